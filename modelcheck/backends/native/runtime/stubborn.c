/* Strong stubborn sets: reduce/stubborn.py, in C.  Both choose the same threads in every state. */
#include "stubborn.h"

#include <string.h>

#include "memory.h"
#include "search.h"
#include "states.h"

enum { MOST_THREADS = 64, MOST_DEMANDS = 512 }; /* reduce/tables.py */

/* What is known of a state: where each thread stands (locations numbered through all threads), and
 * sets of threads: all; those whose step was looked at; those of them whose step is enabled, and whose
 * step fails or takes a sticky edge; by gate those for which it is closed, and those who may open
 * it.  By thread the gates that are closed for it, of those that keep threads.
 *
 * Steps and gates are looked at when somebody first asks: where the first thread's step alone is a
 * stubborn set, nothing is known of the others. */
typedef struct {
  const mc_search *search;
  const mc_model *model;
  const uint64_t *state;
  mc_way *way;
  uint32_t standing[MOST_THREADS];
  uint64_t all, looked, enabled, barred;
  uint32_t thread; /* whose step is looked at */
  bool knows_gates;
  uint64_t closed[MC_MOST_GATES], openers[MC_MOST_GATES];
  uint64_t keeping[MOST_THREADS];
  uint64_t has_openers; /* gates whose openers are known */
} mc_view;

/* A set of threads of which one choice has to be in the stubborn set: who may open one of the gates,
 * or the other threads (none: no such choice). */
typedef struct {
  uint64_t gates, other;
} mc_demand;

typedef struct {
  mc_view *view;
  uint64_t found, known; /* its threads; those before the one whose demands are listed */
  uint32_t work[MOST_THREADS], working;
  mc_demand waiting[MOST_DEMANDS];
  uint32_t waiting_count;
  uint32_t enabled_count, fewest; /* of its threads; a set of so many was found before */
  bool has_too_many, is_no_good;
} mc_closing;

static bool has(const uint64_t *row, uint32_t number) { return row[number / 64] >> number % 64 & 1; }

static const uint64_t *row_of(const mc_stubborn *tables, const uint64_t *rows, uint32_t location) {
  return rows + (size_t)location * tables->row_words;
}

/* Soundness: what is not in the table ends the run; nothing is guessed. */
static uint32_t find_stance(const mc_model *model, const uint64_t *m, uint32_t thread) {
  const mc_stance *stance = &model->stubborn->stances[thread][mc_pc(model, m, thread)];
  uint64_t at = 0;
  for (uint32_t i = 0; i < stance->digit_count; i++) {
    const mc_digit *digit = &stance->digits[i];
    uint64_t value = (uint64_t)mc_get(m, &model->fields[digit->slot]);
    if (value >= digit->size) mc_die("slot %u points nowhere", digit->slot);
    at = at * digit->size + value;
  }
  if (stance->numbers[at] == UINT32_MAX) mc_die("thread %u stands where it cannot come to", thread);
  return stance->numbers[at];
}

static void look(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  mc_view *view = context;
  const mc_stubborn *tables = view->model->stubborn;
  const uint64_t *sticky = row_of(tables, tables->sticky, view->standing[view->thread]);
  (void)way;
  if (result == MC_FAILED || has(sticky, find_stance(view->model, m, view->thread)))
    view->barred |= (uint64_t)1 << view->thread;
}

static void look_at_step(mc_view *view, uint32_t thread) {
  const mc_model *model = view->model;
  const uint64_t *state = view->state;
  uint64_t m[model->words];
  bool is_cut = false; /* whoever takes the step sees that */
  uint32_t pc = mc_pc(model, state, thread);
  view->looked |= (uint64_t)1 << thread;
  if (mc_has_ended(model, thread, pc)) return;
  if (view->search->has_gates && !mc_is_open(model, state, thread, pc)) return;
  const mc_location *location = mc_location_of(model, thread, pc);
  mc_result result;
  view->thread = thread;
  if (location->has_choices) {
    result = mc_follow_plainly(model, state, thread, location->step, view->way, m, look, view,
                               &is_cut);
  } else {
    memcpy(m, state, sizeof m);
    result = location->step(m, thread, view->way);
    if (result >= MC_DONE) look(view, result, m, view->way);
  }
  if (result >= MC_DONE) view->enabled |= (uint64_t)1 << thread;
}

static inline bool is_enabled(mc_view *view, uint32_t thread) {
  if (!(view->looked >> thread & 1)) look_at_step(view, thread);
  return view->enabled >> thread & 1;
}

/* ------------------------------------------------------------------------------------------ gates */

static bool holds(const mc_view *view, const mc_test *test, uint32_t thread) {
  int64_t value = mc_value(view->model, view->state, test->slot);
  if (test->is_bit)
    return (mc_shift_right(value, test->own ? thread : test->lo) & 1) == test->wanted;
  if (test->own) return (value == (int64_t)thread + 1) == test->wanted;
  return (test->lo <= value && value <= test->hi) == test->wanted;
}

static bool hold(const mc_view *view, const mc_test *tests, uint32_t count, uint32_t thread) {
  for (uint32_t i = 0; i < count; i++)
    if (!holds(view, &tests[i], thread)) return false;
  return true;
}

static void look_at_gates(mc_view *view) {
  const mc_stubborn *tables = view->model->stubborn;
  memset(view->keeping, 0, view->model->thread_count * sizeof *view->keeping);
  view->has_openers = 0;
  view->knows_gates = true;
  for (uint32_t i = 0; i < tables->gate_count; i++) {
    const mc_gate *gate = &tables->gates[i];
    view->closed[i] = 0;
    for (uint64_t left = gate->threads; left; left &= left - 1) {
      uint32_t thread = (uint32_t)__builtin_ctzll(left);
      if (!hold(view, gate->tests, gate->test_count, thread)) continue;
      view->closed[i] |= (uint64_t)1 << thread;
      if (i < tables->passed_count) view->keeping[thread] |= (uint64_t)1 << i;
    }
  }
}

static bool meet(const uint64_t *a, const uint64_t *b, uint32_t words) {
  for (uint32_t i = 0; i < words; i++)
    if (a[i] & b[i]) return true;
  return false;
}

static bool may_open(const mc_view *view, const mc_gate *gate, uint64_t closed, uint32_t thread) {
  bool is_kept = gate->around && (closed >> thread & 1);
  for (uint32_t i = 0; i < gate->opener_count; i++) {
    const mc_opener *opener = &gate->openers[i];
    if (has(is_kept ? opener->from_around : opener->from, view->standing[thread]) &&
        hold(view, opener->tests, opener->test_count, thread))
      return true;
  }
  return false;
}

/* The threads that can come to a step that may open a gate, with nobody before them. */
static uint64_t find_openers(mc_view *view, uint32_t number) {
  uint64_t bit = (uint64_t)1 << number;
  if (view->has_openers & bit) return view->openers[number];
  const mc_gate *gate = &view->model->stubborn->gates[number];
  uint64_t found = 0;
  for (uint32_t thread = 0; thread < view->model->thread_count; thread++)
    if (may_open(view, gate, view->closed[number], thread)) found |= (uint64_t)1 << thread;
  view->has_openers |= bit;
  return view->openers[number] = found;
}

/* The gates, closed for a thread, that keep it from all steps of a row (NULL: from the one where it
 * stands). */
static uint64_t find_keepers(mc_view *view, uint32_t thread, const uint64_t *row) {
  const mc_stubborn *tables = view->model->stubborn;
  uint32_t stands = view->standing[thread];
  uint64_t found = 0;
  if (!view->knows_gates) look_at_gates(view);
  for (uint64_t left = view->keeping[thread]; left; left &= left - 1) {
    uint32_t i = (uint32_t)__builtin_ctzll(left);
    const mc_gate *gate = &tables->gates[i];
    if (row ? !meet(row_of(tables, gate->around, stands), row, tables->row_words)
            : has(gate->steps, stands))
      found |= (uint64_t)1 << i;
  }
  return found;
}

/* -------------------------------------------------------------------------------------- the closure */

static void include(mc_closing *closing, uint64_t threads) {
  for (uint64_t left = threads & ~closing->found; left; left &= left - 1)
    closing->work[closing->working++] = (uint32_t)__builtin_ctzll(left);
  closing->found |= threads;
}

static void demand(mc_closing *closing, uint64_t gates, uint64_t other) {
  if (!gates) {
    include(closing, other);
  } else if (!other && !(gates & (gates - 1))) {
    include(closing, find_openers(closing->view, (uint32_t)__builtin_ctzll(gates)));
  } else if (closing->waiting_count == MOST_DEMANDS) {
    closing->has_too_many = true;
  } else {
    closing->waiting[closing->waiting_count++] = (mc_demand){gates, other};
  }
}

/* For each other thread that can come to one of some steps: that it is in the set, or who opens a
 * gate that keeps it from all of them. */
static void demand_users(mc_closing *closing, const mc_users *users) {
  mc_view *view = closing->view;
  for (uint32_t other = 0; other < view->model->thread_count; other++) {
    if (closing->known >> other & 1 || !has(users->from, view->standing[other])) continue;
    demand(closing, find_keepers(view, other, users->steps), (uint64_t)1 << other);
  }
}

/* What has to happen, one or the other, before a property gets another answer. */
static void demand_watchers(mc_closing *closing, const mc_watched *watched) {
  if (!closing->view->knows_gates) look_at_gates(closing->view);
  for (uint32_t i = 0; i < watched->case_count; i++) {
    uint64_t closed = 0;
    for (uint64_t left = watched->cases[i]; left; left &= left - 1) {
      uint32_t gate = (uint32_t)__builtin_ctzll(left);
      if (closing->view->closed[gate]) closed |= (uint64_t)1 << gate;
    }
    if (!closed) {
      demand_users(closing, &watched->users);
      return;
    }
    demand(closing, closed, 0);
  }
  if (!watched->case_count) demand_users(closing, &watched->users);
}

/* A set with a step that fails or takes a sticky edge, with no fewer enabled threads than another
 * one, or with all of them, is no good whatever else it needs. */
static void demand_all(mc_closing *closing, uint32_t thread) {
  mc_view *view = closing->view;
  const mc_stubborn *tables = view->model->stubborn;
  uint32_t stands = view->standing[thread];
  closing->known = closing->found;
  if ((closing->found | (view->looked & ~view->enabled)) == view->all) {
    closing->is_no_good = true;
    return;
  }
  if (!is_enabled(view, thread)) {
    uint64_t gates = find_keepers(view, thread, NULL);
    if (gates)
      demand(closing, gates, 0);
    else
      demand_users(closing, &tables->enabling[stands]);
    return;
  }
  if (view->barred >> thread & 1 || ++closing->enabled_count >= closing->fewest) {
    closing->is_no_good = true;
    return;
  }
  demand_users(closing, &tables->dependent[stands]);
  for (uint64_t left = tables->seen[stands]; left; left &= left - 1)
    demand_watchers(closing, &tables->watched[__builtin_ctzll(left)]);
}

/* The least that a demand still needs; 0: it is met. */
static uint64_t find_missing(const mc_closing *closing, const mc_demand *one) {
  uint64_t best = 0;
  int fewest = MOST_THREADS + 1;
  for (uint64_t left = one->gates; left; left &= left - 1) {
    uint64_t missing = find_openers(closing->view, (uint32_t)__builtin_ctzll(left)) & ~closing->found;
    if (!missing) return 0;
    if (__builtin_popcountll(missing) < fewest) {
      best = missing;
      fewest = __builtin_popcountll(missing);
    }
  }
  if (!one->other) return best;
  uint64_t missing = one->other & ~closing->found;
  return __builtin_popcountll(missing) < fewest ? missing : best;
}

/* The threads of a small stubborn set with a thread in it; 0 where it is no good. */
static uint64_t close_set(mc_view *view, uint32_t seed, uint32_t fewest) {
  mc_closing closing;
  closing.view = view;
  closing.found = closing.working = closing.waiting_count = closing.enabled_count = 0;
  closing.fewest = fewest;
  closing.has_too_many = closing.is_no_good = false;
  include(&closing, (uint64_t)1 << seed);
  for (;;) {
    while (closing.working) {
      demand_all(&closing, closing.work[--closing.working]);
      if (closing.is_no_good || closing.has_too_many) return 0;
    }
    uint64_t next = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < closing.waiting_count; i++) {
      uint64_t missing = find_missing(&closing, &closing.waiting[i]);
      if (!missing) continue;
      if (!next) next = missing;
      closing.waiting[kept++] = closing.waiting[i];
    }
    closing.waiting_count = kept;
    if (!kept) return closing.found;
    include(&closing, next);
  }
}

/* Soundness: reduce/stubborn.py has the reasons; `test_native.py` compares the choices. */
uint64_t mc_choose_stubborn(const mc_search *search, const uint64_t *state, mc_way *way) {
  const mc_model *model = search->model;
  mc_view view;
  view.search = search;
  view.model = model;
  view.state = state;
  view.way = way;
  view.all = UINT64_MAX >> (64 - model->thread_count);
  view.looked = view.enabled = view.barred = 0;
  view.knows_gates = false;
  for (uint32_t thread = 0; thread < model->thread_count; thread++)
    view.standing[thread] = find_stance(model, state, thread);
  uint64_t best = 0;
  uint32_t fewest = UINT32_MAX;
  for (uint32_t seed = 0; seed < model->thread_count && fewest > 1; seed++) {
    if (!is_enabled(&view, seed)) continue;
    uint64_t found = close_set(&view, seed, fewest) & view.enabled;
    if (found) best = found;
    else if (view.looked == view.all && !best) found = view.enabled;
    if (found) fewest = (uint32_t)__builtin_popcountll(found);
  }
  if (best) return best;
  return view.enabled ? view.enabled : UINT64_MAX;
}
