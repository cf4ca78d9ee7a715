/* Strong stubborn sets: reduce/stubborn.py, in C.  Both choose the same threads in every state. */
#include "stubborn.h"

#include <string.h>

#include "search.h"
#include "states.h"

enum { MOST_THREADS = 64, MOST_DEMANDS = 512 }; /* reduce/tables.py */

/* What is known of a state: where each thread stands (locations numbered through all threads), and
 * sets of threads: those whose step is enabled, those whose step fails or takes a sticky edge, and
 * by gate those for which it is closed, and those who may open it. */
typedef struct {
  const mc_model *model;
  const uint64_t *state;
  uint32_t standing[MOST_THREADS];
  uint64_t enabled, barred;
  uint32_t thread; /* whose step is looked at */
  uint64_t closed[MC_MOST_GATES], openers[MC_MOST_GATES];
  uint64_t has_openers; /* gates whose openers are known */
} mc_view;

/* A set of threads of which one choice has to be in the stubborn set: who may open one of the gates,
 * or the other threads (none: no such choice). */
typedef struct {
  uint64_t gates, other;
} mc_demand;

typedef struct {
  mc_view *view;
  uint64_t found;
  uint32_t work[MOST_THREADS], working;
  mc_demand waiting[MOST_DEMANDS];
  uint32_t waiting_count;
  bool has_too_many;
} mc_closing;

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

/* ------------------------------------------------------------------------------------------ gates */

static bool holds(const mc_view *view, const mc_test *test, uint32_t thread) {
  int64_t value = mc_get(view->state, &view->model->fields[test->slot]);
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
  for (uint32_t i = 0; i < tables->gate_count; i++) {
    const mc_gate *gate = &tables->gates[i];
    view->closed[i] = 0;
    for (uint64_t left = gate->threads; left; left &= left - 1) {
      uint32_t thread = (uint32_t)__builtin_ctzll(left);
      if (hold(view, gate->tests, gate->test_count, thread))
        view->closed[i] |= (uint64_t)1 << thread;
    }
  }
}

static bool meet(const uint64_t *a, const uint64_t *b, uint32_t words) {
  for (uint32_t i = 0; i < words; i++)
    if (a[i] & b[i]) return true;
  return false;
}

static bool may_open(const mc_view *view, const mc_gate *gate, uint64_t closed, uint32_t thread) {
  const mc_stubborn *tables = view->model->stubborn;
  bool is_kept = gate->around && (closed >> thread & 1);
  const uint64_t *row =
      row_of(tables, is_kept ? gate->around : tables->reach, view->standing[thread]);
  for (uint32_t i = 0; i < gate->opener_count; i++) {
    const mc_opener *opener = &gate->openers[i];
    if (meet(row, opener->steps, tables->row_words) &&
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
static uint64_t find_keepers(const mc_view *view, uint32_t thread, const uint64_t *row) {
  const mc_stubborn *tables = view->model->stubborn;
  uint32_t stands = view->standing[thread];
  uint64_t found = 0;
  for (uint32_t i = 0; i < tables->passed_count; i++) {
    const mc_gate *gate = &tables->gates[i];
    if (!(view->closed[i] >> thread & 1)) continue;
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

/* For each other thread that can come to a step of a row: that it is in the set, or who opens a gate
 * that keeps it from all of them. */
static void demand_users(mc_closing *closing, uint32_t thread, const uint64_t *row) {
  const mc_view *view = closing->view;
  const mc_stubborn *tables = view->model->stubborn;
  for (uint32_t other = 0; other < view->model->thread_count; other++) {
    if (other == thread) continue;
    if (!meet(row_of(tables, tables->reach, view->standing[other]), row, tables->row_words))
      continue;
    demand(closing, find_keepers(view, other, row), (uint64_t)1 << other);
  }
}

/* What has to happen, one or the other, before a property gets another answer. */
static void demand_watchers(mc_closing *closing, uint32_t thread, const mc_watched *watched) {
  for (uint32_t i = 0; i < watched->case_count; i++) {
    uint64_t closed = 0;
    for (uint64_t left = watched->cases[i]; left; left &= left - 1) {
      uint32_t gate = (uint32_t)__builtin_ctzll(left);
      if (closing->view->closed[gate]) closed |= (uint64_t)1 << gate;
    }
    if (!closed) {
      demand_users(closing, thread, watched->steps);
      return;
    }
    demand(closing, closed, 0);
  }
  if (!watched->case_count) demand_users(closing, thread, watched->steps);
}

static void demand_all(mc_closing *closing, uint32_t thread) {
  const mc_view *view = closing->view;
  const mc_stubborn *tables = view->model->stubborn;
  uint32_t stands = view->standing[thread];
  if (!(view->enabled >> thread & 1)) {
    uint64_t gates = find_keepers(view, thread, NULL);
    if (gates)
      demand(closing, gates, 0);
    else
      demand_users(closing, thread, row_of(tables, tables->enabling, stands));
    return;
  }
  demand_users(closing, thread, row_of(tables, tables->dependent, stands));
  for (uint64_t left = tables->seen[stands]; left; left &= left - 1)
    demand_watchers(closing, thread, &tables->watched[__builtin_ctzll(left)]);
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

/* The threads of a small stubborn set with a thread in it. */
static uint64_t close_set(mc_view *view, uint32_t seed) {
  mc_closing closing = {.view = view};
  include(&closing, (uint64_t)1 << seed);
  for (;;) {
    while (closing.working) demand_all(&closing, closing.work[--closing.working]);
    if (closing.has_too_many) return UINT64_MAX;
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
  mc_view view = {.model = search->model, .state = state};
  look_at_steps(&view, state, search->has_gates, way);
  if (view.enabled & (view.enabled - 1)) look_at_gates(&view);
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
