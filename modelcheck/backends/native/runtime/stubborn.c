/* Strong stubborn sets: reduce/stubborn.py, in C.  Both choose the same threads in every state. */
#include "stubborn.h"

#include <string.h>

#include "search.h"
#include "states.h"

enum { MOST_THREADS = 64 }; /* reduce/tables.py */

/* What is known of a state: where each thread stands (locations numbered through all templates), and
 * sets of threads: those whose step is enabled, and those whose step fails or takes a sticky edge. */
typedef struct {
  const mc_model *model;
  uint32_t standing[MOST_THREADS];
  uint64_t enabled, barred;
  uint32_t thread; /* whose step is looked at */
} mc_view;

static bool has(const uint64_t *row, uint32_t number) { return row[number / 64] >> number % 64 & 1; }

static const uint64_t *row_of(const mc_stubborn *tables, const uint64_t *rows, uint32_t location) {
  return rows + (size_t)location * tables->row_words;
}

static void look(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  mc_view *view = context;
  const mc_stubborn *tables = view->model->stubborn;
  const uint64_t *sticky = row_of(tables, tables->sticky, view->standing[view->thread]);
  (void)way;
  if (result == MC_FAILED ||
      has(sticky, tables->base[view->thread] + mc_pc(view->model, m, view->thread)))
    view->barred |= (uint64_t)1 << view->thread;
}

static void look_at_steps(mc_view *view, const uint64_t *state, bool has_gates, mc_way *way) {
  const mc_model *model = view->model;
  uint64_t m[model->words];
  bool is_cut = false; /* whoever takes the step sees that */
  for (uint32_t thread = 0; thread < model->thread_count; thread++) {
    uint32_t pc = mc_pc(model, state, thread);
    view->standing[thread] = model->stubborn->base[thread] + pc;
    if (mc_has_ended(model, thread, pc)) continue;
    if (has_gates && !mc_is_open(model, state, thread, pc)) continue;
    const mc_location *location = mc_location_of(model, thread, pc);
    mc_result result;
    view->thread = thread;
    if (location->has_choices) {
      result = mc_follow_plainly(model, state, thread, location->step, way, m, look, view,
                                 &is_cut);
    } else {
      memcpy(m, state, sizeof m);
      result = location->step(m, thread, way);
      if (result >= MC_DONE) look(view, result, m, way);
    }
    if (result >= MC_DONE) view->enabled |= (uint64_t)1 << thread;
  }
}

/* The threads of the smallest stubborn set with a thread in it. */
static uint64_t close_set(const mc_view *view, uint32_t seed) {
  const mc_stubborn *tables = view->model->stubborn;
  uint64_t found = (uint64_t)1 << seed, work = found;
  while (work) {
    uint32_t thread = (uint32_t)__builtin_ctzll(work);
    work &= work - 1;
    const uint64_t *rows = view->enabled >> thread & 1 ? tables->dependent : tables->enabling;
    const uint64_t *row = row_of(tables, rows, view->standing[thread]);
    for (uint32_t other = 0; other < view->model->thread_count; other++) {
      uint64_t bit = (uint64_t)1 << other;
      if (found & bit || !has(row, view->standing[other])) continue;
      found |= bit;
      work |= bit;
    }
  }
  return found;
}

/* Soundness: reduce/stubborn.py has the reasons; `test_native.py` compares the choices. */
uint64_t mc_choose(const mc_search *search, const uint64_t *state, mc_way *way) {
  mc_view view = {.model = search->model};
  if (!view.model->stubborn) return UINT64_MAX;
  look_at_steps(&view, state, search->has_gates, way);
  uint64_t best = view.enabled;
  int fewest = __builtin_popcountll(best);
  for (uint32_t seed = 0; seed < view.model->thread_count && fewest > 1; seed++) {
    if (!(view.enabled >> seed & 1)) continue;
    uint64_t found = close_set(&view, seed) & view.enabled;
    int count = __builtin_popcountll(found);
    if (count < fewest && !(found & view.barred)) {
      best = found;
      fewest = count;
    }
  }
  return view.enabled ? best : UINT64_MAX;
}
