/* Chains of states that are passed through.  What is one is said in reduce/fuse.py; both backends say
 * so of the same states. */
#include "fuse.h"

#include <string.h>

#include "memory.h"
#include "states.h"
#include "stubborn.h"

/* The transitions of one step: how many come to a state, whether one fails; of the first the state,
 * its choices and what it records. */
typedef struct {
  const mc_model *model;
  uint64_t *reached;
  mc_way *way;
  uint32_t count;
  bool fails;
} mc_only;

static void note_only(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  mc_only *only = context;
  only->fails = only->fails || result == MC_FAILED;
  if (only->count++ == 0) {
    memcpy(only->reached, m, only->model->words * sizeof *m);
    mc_way_copy(only->way, way);
  }
}

/* The transitions of a thread's step are noted; whether there is more than one, or one that fails, or
 * not all are known. */
static bool is_no_way_on(mc_worker *worker, const uint64_t *state, uint32_t thread, uint32_t pc,
                         mc_only *only) {
  const mc_model *model = worker->search->model;
  const mc_location *location = mc_location_of(model, thread, pc);
  if (location->has_choices) {
    uint64_t m[model->words];
    bool is_cut = false;
    mc_follow_plainly(model, state, thread, location->step, &worker->way, m, note_only, only,
                      &is_cut);
    return only->count > 1 || only->fails || is_cut;
  }
  uint64_t m[model->words];
  memcpy(m, state, sizeof m);
  mc_way_reset(&worker->way);
  mc_result result = location->step(m, thread, &worker->way);
  if (result >= MC_DONE) note_only(only, result, m, &worker->way);
  return only->count > 1 || only->fails;
}

static uint64_t sum_counters(const mc_model *model, const uint64_t *state) {
  uint64_t sum = 0;
  for (uint32_t thread = 0; thread < model->thread_count; thread++)
    sum += mc_pc(model, state, thread);
  return sum;
}

static const uint32_t NOBODY_ALONE = UINT32_MAX;

/* The thread by whose only transition a state is passed through; NOBODY_ALONE: it is stored.
 *
 * Soundness: reduce/fuse.py has the reasons; `test_fuse.py` compares the counts, and all that is
 * found, with those of the python backend. */
static uint32_t find_way_on(mc_worker *worker, const uint64_t *state, mc_only *only) {
  const mc_search *search = worker->search;
  const mc_model *model = search->model;
  uint32_t found = NOBODY_ALONE;
  uint64_t chosen = UINT64_MAX;
  only->count = 0;
  only->fails = false;
  if (model->stubborn) {
    chosen = mc_choose(search, state, &worker->way);
    if (chosen & (chosen - 1)) return NOBODY_ALONE;
  }
  for (uint32_t thread = 0; thread < model->thread_count; thread++) {
    if (!mc_is_chosen(chosen, thread)) continue;
    uint32_t pc = mc_pc(model, state, thread);
    if (mc_has_ended(model, thread, pc)) continue;
    if (search->has_gates && !mc_is_open(model, state, thread, pc)) continue;
    uint32_t before = only->count;
    if (is_no_way_on(worker, state, thread, pc, only)) return NOBODY_ALONE;
    if (only->count > before) found = thread;
  }
  if (found == NOBODY_ALONE) return NOBODY_ALONE;
  if (sum_counters(model, only->reached) <= sum_counters(model, state)) return NOBODY_ALONE;
  return found;
}

enum { STOPS = 1 << 10 };

/* Where a state is kept if a chain of this worker stopped there: a word that says whether any is, then
 * its words.  Whoever comes to the same place takes it. */
static uint64_t *find_stop(const mc_worker *worker, const uint64_t *state) {
  uint32_t words = worker->search->model->words;
  return worker->stops + (mc_store_hash(state, words) % STOPS) * (words + 1);
}

/* Whether a state is stored for sure: a chain stopped there, or it is there already, but for those
 * where the search began, which may be anything.  Without stubborn sets it takes less to ask the
 * state itself. */
static bool is_known(const mc_worker *worker, const uint64_t *state) {
  const mc_search *search = worker->search;
  uint64_t number;
  if (!worker->stops) return false;
  const uint64_t *stop = find_stop(worker, state);
  if (stop[0] && memcmp(stop + 1, state, search->model->words * sizeof *state) == 0) return true;
  return mc_store_find(&search->store, state, &number) && number >= search->initial;
}

static void note_stop(const mc_worker *worker, const uint64_t *state) {
  if (!worker->stops) return;
  uint64_t *stop = find_stop(worker, state);
  stop[0] = true;
  memcpy(stop + 1, state, worker->search->model->words * sizeof *state);
}

void mc_open_stops(mc_worker *worker) {
  const mc_search *search = worker->search;
  size_t words = (size_t)STOPS * (search->model->words + 1);
  if (!search->options->fuse || !search->model->stubborn || search->options->compact_bits) return;
  worker->stops = mc_realloc(NULL, words, sizeof *worker->stops);
  memset(worker->stops, 0, words * sizeof *worker->stops);
}

void mc_pass(mc_worker *worker, uint64_t *m, mc_passed passed, void *context) {
  const mc_search *search = worker->search;
  const mc_model *model = search->model;
  uint64_t reached[model->words];
  mc_only only = {.model = model, .reached = reached, .way = &worker->only_way};
  mc_way held = worker->way; /* somebody may be turning it */
  worker->way = worker->passing_way;
  for (uint64_t length = 0; !is_known(worker, m); length++) {
    uint32_t thread = find_way_on(worker, m, &only);
    if (thread == NOBODY_ALONE) {
      note_stop(worker, m);
      break;
    }
    if (length > search->longest_chain) mc_die("a chain of states does not end");
    if (passed) passed(context, m, thread, &worker->only_way);
    memcpy(m, reached, sizeof reached);
    if (model->symmetry) model->symmetry->make_canonical(model, m);
  }
  worker->passing_way = worker->way;
  worker->way = held;
}
