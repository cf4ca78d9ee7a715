/* How a state was reached: rebuilt when somebody asks, for no parents are stored. */
#ifndef MC_PATH_H
#define MC_PATH_H

#include "search.h"

/* Remember that the path to a state at a depth is wanted. */
void mc_want_path(mc_search *search, uint32_t depth, const uint64_t *state);

/* Find all wanted paths and report them, in the order in which they were asked for. */
void mc_report_paths(mc_search *search);

#endif
