/* Symmetry: states that are exchanged for each other are kept in one form. */
#ifndef MC_SYMMETRY_H
#define MC_SYMMETRY_H

#include "model.h"

/* Put a state into its canonical form; only where the model has a symmetry. */
void mc_make_canonical(const mc_model *model, uint64_t *state);

#endif
