/* Packed states by the values of their slots. */
#ifndef MC_STATES_H
#define MC_STATES_H

#include "model.h"

/* The value of a slot, MC_UNINITIALISED included. */
static inline int64_t mc_value(const mc_model *model, const uint64_t *state, uint32_t slot) {
  const mc_field *field = &model->fields[slot];
  return mc_is_initialised(state, field) ? mc_get(state, field) : MC_UNINITIALISED;
}

/* Less, equal or greater: slot by slot, as the python backend compares states. */
int mc_compare_states(const mc_model *model, const uint64_t *a, const uint64_t *b);

static inline uint32_t mc_pc(const mc_model *model, const uint64_t *state, uint32_t thread) {
  return (uint32_t)mc_get(state, &model->fields[thread]);
}

static inline bool mc_has_ended(const mc_model *model, uint32_t thread, uint32_t pc) {
  return pc == model->templates[model->threads[thread].template].location_count;
}

static inline const mc_location *mc_location_of(const mc_model *model, uint32_t thread,
                                                uint32_t pc) {
  return &model->templates[model->threads[thread].template].locations[pc];
}

#endif
