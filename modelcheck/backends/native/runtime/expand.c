/* From a state to its successors. */
#include <string.h>

#include "fuse.h"
#include "memory.h"
#include "search.h"
#include "states.h"
#include "stubborn.h"

mc_result mc_follow_plainly(const mc_model *model, const uint64_t *state, uint32_t thread,
                            mc_step step, mc_way *way, uint64_t *m, mc_visit visit, void *context,
                            bool *is_cut) {
  mc_result disabled = MC_IDLE;
  bool is_enabled = false;
  uint64_t made = 0;
  uint32_t diverging = 0;
  mc_way_reset(way);
  for (;;) {
    mc_way_rewind(way);
    memcpy(m, state, model->words * sizeof *m);
    mc_result result = step(m, thread, way);
    if (result < MC_DONE) {
      if (result < disabled) disabled = result;
    } else {
      is_enabled = true;
      diverging += result == MC_FAILED && way->site == MC_DIVERGES;
      visit(context, result, m, way);
    }
    made += way->position;
    if (!mc_way_advance(way)) break;
    if (diverging >= MC_MAX_DIVERGING || made >= MC_MAX_CHOICES_MADE) {
      *is_cut = true;
      break;
    }
  }
  return is_enabled ? MC_DONE : disabled;
}

static inline void make_canonical(const mc_model *model, uint64_t *m) {
  if (model->symmetry) model->symmetry->make_canonical(model, m);
}

typedef struct {
  const mc_model *model;
  uint64_t *m;
  mc_visit visit;
  void *context;
} mc_canonical_visit;

static void visit_canonical(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  const mc_canonical_visit *wanted = context;
  (void)m; /* is wanted->m */
  if (result == MC_DONE) make_canonical(wanted->model, wanted->m);
  wanted->visit(wanted->context, result, wanted->m, way);
}

mc_result mc_follow(const mc_model *model, const uint64_t *state, uint32_t thread, mc_step step,
                    mc_way *way, uint64_t *m, mc_visit visit, void *context, bool *is_cut) {
  if (!model->symmetry)
    return mc_follow_plainly(model, state, thread, step, way, m, visit, context, is_cut);
  mc_canonical_visit wanted = {model, m, visit, context};
  return mc_follow_plainly(model, state, thread, step, way, m, visit_canonical, &wanted, is_cut);
}

void mc_follow_start(const mc_model *model, mc_way *way, uint64_t *m, mc_visit visit, void *context,
                     bool *is_cut) {
  uint64_t made = 0;
  uint32_t diverging = 0;
  mc_way_reset(way);
  for (;;) {
    mc_way_rewind(way);
    memcpy(m, model->start_words, model->words * sizeof *m);
    mc_result result = model->start(m, way);
    if (result >= MC_DONE) {
      diverging += result == MC_FAILED && way->site == MC_DIVERGES;
      if (result == MC_DONE) make_canonical(model, m);
      visit(context, result, m, way);
    }
    made += way->position;
    if (!mc_way_advance(way)) return;
    if (diverging >= MC_MAX_DIVERGING || made >= MC_MAX_CHOICES_MADE) {
      *is_cut = true;
      return;
    }
  }
}

void mc_follow_all(mc_worker *worker, const uint64_t *state, uint64_t movers, uint32_t *thread,
                   mc_visit visit, void *context) {
  const mc_search *search = worker->search;
  const mc_model *model = search->model;
  uint64_t m[model->words];
  bool is_cut = false; /* whoever expanded the state saw that */
  const uint64_t chosen = movers & mc_choose(search, state, &worker->way);
  for (*thread = 0; *thread < model->thread_count; (*thread)++) {
    if (!mc_is_chosen(chosen, *thread)) continue;
    uint32_t pc = mc_pc(model, state, *thread);
    if (mc_has_ended(model, *thread, pc)) continue;
    if (search->has_gates && !mc_is_open(model, state, *thread, pc)) continue;
    mc_follow(model, state, *thread, mc_location_of(model, *thread, pc)->step, &worker->way, m,
              visit, context, &is_cut);
  }
}

/* Whether a handler has not started, or has ended. */
static bool is_at_rest(const mc_model *model, const uint64_t *state, uint32_t handler) {
  uint32_t pc = mc_pc(model, state, handler);
  return mc_has_ended(model, handler, pc) || mc_location_of(model, handler, pc)->is_first;
}

/* Soundness: backends/python/interrupts.py is the rule; tests compare programs with handlers. */
bool mc_is_open(const mc_model *model, const uint64_t *state, uint32_t thread, uint32_t pc) {
  const mc_thread *known = &model->threads[thread];
  for (uint32_t i = 0; i < known->handler_count; i++)
    if (!is_at_rest(model, state, known->handlers[i])) return false;
  if (known->target < 0 || !mc_location_of(model, thread, pc)->is_first) return true;
  uint32_t target = (uint32_t)known->target;
  if (mc_has_ended(model, target, mc_pc(model, state, target))) return true;
  for (uint32_t i = 0; i < known->flag_count; i++)
    if (!mc_get(state, &model->fields[known->flags[i]])) return false;
  return true;
}

/* ------------------------------------------------------------------------------------- batches */

static void grow_batch(mc_batch *batch, uint32_t words) {
  batch->capacity = batch->capacity ? 2 * batch->capacity : 2 * MC_BATCH;
  batch->states = mc_realloc(batch->states, batch->capacity, words * sizeof *batch->states);
  batch->lookups = mc_realloc(batch->lookups, batch->capacity, sizeof *batch->lookups);
  batch->sources = mc_realloc(batch->sources, batch->capacity, sizeof *batch->sources);
}

/* Make sure that `count` more candidates have room. */
static inline void make_room(mc_batch *batch, uint32_t count, uint32_t words) {
  while (batch->count + count > batch->capacity) grow_batch(batch, words);
}

static inline void copy_state(uint64_t *to, const uint64_t *from, uint32_t words) {
  for (uint32_t i = 0; i < words; i++) to[i] = from[i];
}

/* The candidate behind the last one is complete. */
static inline void add_candidate(const mc_store *store, mc_batch *batch, const uint64_t *made,
                                 uint64_t source, uint32_t words) {
  uint32_t i = batch->count++;
  mc_lookup lookup = mc_store_begin(store, made, words);
  __builtin_prefetch((const void *)lookup.home);
  batch->lookups[i] = lookup;
  batch->sources[i] = source;
}

/* ------------------------------------------------------------------------------------- expanding */

typedef struct {
  mc_worker *worker;
  const uint64_t *state;
  uint64_t number;
  uint32_t thread;
  uint64_t transitions; /* of the step under way */
  uint64_t rank; /* of the next transition among those of the state */
  bool is_failing;
} mc_expansion;

static void note_orders(mc_worker *worker, const uint64_t *state, uint32_t thread,
                        const mc_way *way) {
  for (uint32_t i = 0; i < way->order_count; i++) {
    const mc_order *order = &way->orders[i];
    mc_add_finding(worker, &(mc_finding){
                               .key = {MC_ORDER, {order->property, order->first, order->second}},
                               .depth = worker->search->depth + worker->is_passing + 1,
                               .state = (uint64_t *)state,
                               .turns = {{(int32_t)thread, way->taken, way->position}},
                               .turn_count = 1,
                           });
  }
}

/* Judge a state that is passed through, and count its transition.
 *
 * Soundness: what is not judged here is judged nowhere; without stubborn sets one thread is enabled
 * in it, and nothing races. */
static void look_at_passed(void *context, const uint64_t *state, uint32_t thread,
                           const mc_way *way) {
  mc_worker *worker = context;
  const mc_search *search = worker->search;
  worker->is_passing = true;
  if (search->open_properties) mc_judge_state(worker, state);
  if (way->order_count) note_orders(worker, state, thread, way);
  if (search->model->stubborn && search->wants_races) mc_look_for_races(worker, state);
  worker->is_passing = false;
  worker->taken[search->seats[thread].first_taken + mc_pc(search->model, state, thread)]++;
}

static void note_failure(mc_expansion *expansion, const mc_way *way, uint32_t choices) {
  mc_worker *worker = expansion->worker;
  expansion->is_failing = true;
  mc_add_finding(worker, &(mc_finding){
                             .key = {MC_STEP_FAILS, {way->site, way->subject, 0}},
                             .depth = worker->search->depth + 1,
                             .state = (uint64_t *)expansion->state,
                             .turns = {{(int32_t)expansion->thread, way->taken, choices}},
                             .turn_count = 1,
                         });
}

static inline uint64_t make_source(uint64_t number, uint64_t rank) {
  const uint64_t most = ((uint64_t)1 << MC_RANK_BITS) - 1;
  return number << MC_RANK_BITS | (rank < most ? rank : most);
}

static void take_outcome(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  mc_expansion *expansion = context;
  mc_worker *worker = expansion->worker;
  mc_batch *batch = &worker->batch;
  uint32_t words = worker->search->model->words;
  uint64_t source = make_source(expansion->number, expansion->rank++);
  expansion->transitions++;
  if (way->order_count) note_orders(worker, expansion->state, expansion->thread, way);
  if (result == MC_FAILED) {
    note_failure(expansion, way, way->position);
    return;
  }
  make_room(batch, 1, words);
  uint64_t *made = batch->states + (size_t)batch->count * words;
  copy_state(made, m, words);
  if (worker->search->options->fuse) mc_pass(worker, made, look_at_passed, worker);
  add_candidate(&worker->search->store, batch, made, source, words);
}

/* All ways of a step with choices, or that records orders. */
static mc_result expand_choices(mc_expansion *expansion, const mc_location *location) {
  mc_worker *worker = expansion->worker;
  const mc_model *model = worker->search->model;
  uint64_t m[model->words];
  return mc_follow(model, expansion->state, expansion->thread, location->step, &worker->way, m,
                   take_outcome, expansion, &worker->is_cut);
}

/* Judge a state and make its successors; `words` is a constant where this is written out.
 *
 * A step without choices is made in place, behind the last candidate: `make_room` has seen to it
 * that each thread finds room there. */
static inline __attribute__((always_inline)) void expand(mc_worker *worker, uint64_t number,
                                                         uint32_t words) {
  mc_search *search = worker->search;
  const mc_model *model = search->model;
  const mc_store *store = &search->store;
  mc_batch *batch = &worker->batch;
  const uint64_t *state = store->arena + number * words;
  const bool has_gates = search->has_gates, is_fused = search->options->fuse;
  const uint32_t thread_count = model->thread_count;
  mc_expansion expansion = {.worker = worker, .state = state, .number = number};
  bool is_enabled = false, is_resting = true;
  uint32_t racing = 0; /* threads that stand where a race is possible */
  worker->expanding = number;
  if (__builtin_expect(search->expanded != NULL, 0))
    atomic_fetch_or_explicit(&search->expanded[number / 64], (uint64_t)1 << number % 64,
                             memory_order_relaxed);
  if (search->open_properties) mc_judge_state(worker, state);
  make_room(batch, thread_count, words);
  const uint64_t chosen = mc_choose(search, state, &worker->way);
  for (uint32_t thread = 0; thread < thread_count; thread++) {
    if (!mc_is_chosen(chosen, thread)) continue;
    const mc_seat *seat = &search->seats[thread];
    uint32_t pc = (uint32_t)(state[seat->word] >> seat->shift) & seat->mask;
    if (pc == seat->location_count) continue;
    const mc_location *location = &seat->locations[pc];
    if (has_gates && !mc_is_open(model, state, thread, pc)) {
      is_resting = false;
      continue;
    }
    mc_result result;
    uint64_t transitions = 1;
    if (__builtin_expect(location->has_choices, 0)) {
      expansion.thread = thread;
      expansion.transitions = 0;
      result = expand_choices(&expansion, location);
      transitions = expansion.transitions;
      make_room(batch, thread_count, words);
    } else {
      uint64_t *made = batch->states + (size_t)batch->count * words;
      copy_state(made, state, words);
      result = location->step(made, thread, &worker->way);
      if (__builtin_expect(result == MC_DONE, 1)) {
        make_canonical(model, made);
        if (is_fused) mc_pass(worker, made, look_at_passed, worker);
        add_candidate(store, batch, made, make_source(number, expansion.rank), words);
      } else if (result == MC_FAILED) {
        expansion.thread = thread;
        note_failure(&expansion, &worker->way, 0);
      }
    }
    if (result < MC_DONE) {
      is_resting = is_resting && result == MC_IDLE;
      continue;
    }
    is_enabled = true;
    if (!location->has_choices) expansion.rank++;
    racing += location->watch != NULL;
    worker->taken[seat->first_taken + pc] += transitions;
  }
  if (!is_enabled) mc_judge_rest(worker, state, is_resting);
  else if ((racing > 1 || model->stubborn) && search->wants_races) mc_look_for_races(worker, state);
  if (search->marks && (expansion.is_failing || !is_enabled)) mc_mark(search, number);
}

/* Written out for the usual sizes, so that the loops over words go away. */
void mc_expand(mc_worker *worker, uint64_t number) {
  switch (worker->search->model->words) {
    case 1: expand(worker, number, 1); return;
    case 2: expand(worker, number, 2); return;
    case 3: expand(worker, number, 3); return;
    default: expand(worker, number, worker->search->model->words);
  }
}
