/* Which threads' steps are taken in a state. */
#ifndef MC_STUBBORN_H
#define MC_STUBBORN_H

#include "search.h"

/* The set of those threads, a bit for each; all where nothing is reduced or no step is enabled. */
static inline uint64_t mc_choose(const mc_search *search, const uint64_t *state, mc_way *way) {
  const mc_stubborn *stubborn = search->model->stubborn;
  return stubborn ? stubborn->choose(search, state, way) : UINT64_MAX;
}

/* Only programs of up to 64 threads are reduced. */
static inline bool mc_is_chosen(uint64_t chosen, uint32_t thread) {
  return thread >= 64 || chosen >> thread & 1;
}

#endif
