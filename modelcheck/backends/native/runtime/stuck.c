/* Stuck states: those from which the program can never come to rest, or to a fault, again.
 *
 * The search marks the states that are quiescent, in deadlock, or have a failing step: one bit each;
 * and it notes one successor of every state (4 bytes).  At the end each state with a marked
 * successor is marked, until there is none left; what is not marked then is stuck
 * (explore/stuck.py is the definition).  *Quick* sweeps ask only the noted successors; they cost
 * little and save nearly everything.  A *thorough* sweep makes all successors of what is left again.
 */
#include <string.h>

#include "fuse.h"
#include "memory.h"
#include "search.h"
#include "states.h"

static const uint64_t MOST_NUMBERED = UINT32_MAX; /* states that `next` can name */

void mc_open_stuck(mc_search *search) {
  uint64_t states = search->store.arena_states;
  if (search->options->compact_bits || states > MOST_NUMBERED) return;
  search->marks = mc_reserve(states / 8 + sizeof *search->marks);
  search->next = mc_reserve(states * sizeof *search->next);
  if (!search->marks || !search->next) mc_die("no address space to look for stuck states");
  const uint64_t small = (uint64_t)1 << 20; /* for so many, small pages cost less */
  if (states > small) mc_advise_huge(search->next + small, (states - small) * sizeof *search->next);
}

void mc_close_stuck(mc_search *search) {
  uint64_t states = search->store.arena_states;
  if (search->marks) mc_release(search->marks, states / 8 + sizeof *search->marks);
  if (search->next) mc_release(search->next, states * sizeof *search->next);
}

void mc_mark(mc_search *search, uint64_t number) {
  atomic_fetch_or_explicit(&search->marks[number / 64], (uint64_t)1 << number % 64,
                           memory_order_relaxed);
}

static bool is_marked(const mc_search *search, uint64_t number) {
  uint64_t word = atomic_load_explicit(&search->marks[number / 64], memory_order_relaxed);
  return word >> number % 64 & 1;
}

/* ------------------------------------------------------------------------------------- one state */

typedef struct {
  mc_worker *worker;
  bool is_saved;
} mc_looker;

static void look_at_successor(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  (void)way;
  mc_looker *looker = context;
  const mc_search *search = looker->worker->search;
  uint64_t number, reached[search->model->words];
  if (looker->is_saved || result != MC_DONE) return;
  memcpy(reached, m, sizeof reached);
  if (search->options->fuse) mc_pass(looker->worker, reached, NULL, NULL);
  if (!mc_store_find(&search->store, reached, &number))
    mc_die("a successor of a stored state is not stored");
  looker->is_saved = is_marked(search, number);
}

/* Whether a successor is marked.
 *
 * Soundness: whoever is left unmarked is called stuck, and whoever is marked is not; so all that the
 * search took for enabled is asked here. */
static bool is_saved(mc_worker *worker, const uint64_t *state) {
  mc_looker looker = {.worker = worker};
  uint32_t thread;
  mc_follow_all(worker, state, UINT64_MAX, &thread, look_at_successor, &looker);
  return looker.is_saved;
}

/* ------------------------------------------------------------------------------------- one unit */

static void save(mc_search *search, uint64_t number) {
  mc_mark(search, number);
  atomic_store_explicit(&search->is_changed, true, memory_order_relaxed);
}

enum { AHEAD = 16 }; /* states whose successor's mark is prefetched */

static void visit_quickly(mc_search *search, const mc_range *unit) {
  const uint32_t *next = search->next;
  bool is_backward = search->is_backward;
  uint64_t count = unit->end - unit->first;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t number = is_backward ? unit->end - 1 - i : unit->first + i;
    if (i + AHEAD < count) {
      uint64_t later = is_backward ? number - AHEAD : number + AHEAD;
      __builtin_prefetch((const void *)&search->marks[next[later] / 64]);
    }
    if (!is_marked(search, number) && is_marked(search, next[number])) save(search, number);
  }
}

static void visit_thoroughly(mc_worker *worker, uint64_t number) {
  mc_search *search = worker->search;
  if (is_marked(search, number)) return;
  if (is_saved(worker, mc_store_get(&search->store, number))) save(search, number);
  else atomic_store_explicit(&search->is_left, true, memory_order_relaxed);
}

/* The states of the units, each unit in the direction of the sweep. */
static void sweep_units(mc_worker *worker) {
  mc_search *search = worker->search;
  uint32_t taken;
  while ((taken = atomic_fetch_add(&search->next_unit, 1)) < search->unit_count) {
    uint32_t number = search->is_backward ? search->unit_count - 1 - taken : taken;
    const mc_range *unit = &search->units[number];
    if (!search->is_thorough) visit_quickly(search, unit);
    for (uint64_t i = 0; search->is_thorough && i < unit->end - unit->first; i++)
      visit_thoroughly(worker, search->is_backward ? unit->end - 1 - i : unit->first + i);
    if (worker->is_main) mc_control_look(&search->control, search);
    if (mc_control_is_stopped(&search->control)) return;
  }
}

/* ------------------------------------------------------------------------------------- all levels */

static void sweep_level(mc_search *search, uint32_t number) {
  const mc_level *level = &search->levels[number];
  mc_cut_units(search, level);
  mc_crew_run(search, sweep_units, level->states < MC_SMALL_LEVEL);
}

/* The search in another order has no levels: its numbers are one. */
static void make_one_level(mc_search *search) {
  search->ranges = mc_realloc(search->ranges, 1, sizeof *search->ranges);
  search->levels = mc_realloc(search->levels, 1, sizeof *search->levels);
  search->ranges[0] = (mc_range){0, search->states};
  search->levels[0] = (mc_level){0, 1, search->states};
  search->range_count = search->level_count = 1;
}

static void add_stuck(mc_search *search, uint64_t number, uint32_t level) {
  mc_findings_add(&search->found, &(mc_finding){
                                      .key = {MC_STUCK, {0, 0, 0}},
                                      .depth = search->depths ? search->depths[number] : level,
                                      .state = (uint64_t *)mc_store_get(&search->store, number),
                                  });
}

/* The stuck states of the first level that has any. */
static void add_unmarked(mc_search *search) {
  for (uint32_t l = 0; l < search->level_count; l++) {
    bool is_found = false;
    for (uint32_t r = 0; r < search->levels[l].range_count; r++) {
      mc_range range = search->ranges[search->levels[l].first_range + r];
      for (uint64_t n = range.first; n < range.end; n++) {
        if (is_marked(search, n)) continue;
        add_stuck(search, n, l);
        is_found = true;
      }
    }
    if (is_found) return;
  }
}

/* One sweep over all levels; whether it marked anything. */
static bool sweep(mc_search *search, bool is_thorough) {
  search->is_thorough = is_thorough;
  search->is_changed = search->is_left = false;
  for (uint32_t i = 0; i < search->level_count && !mc_control_is_stopped(&search->control); i++)
    sweep_level(search, search->is_backward ? search->level_count - 1 - i : i);
  search->is_backward = !search->is_backward;
  return search->is_changed;
}

bool mc_find_stuck(mc_search *search) {
  bool has_levels = search->level_count > 0;
  if (!has_levels) make_one_level(search);
  search->is_backward = true;
  do {
    while (sweep(search, false)) {
    }
  } while (sweep(search, true) && search->is_left);
  bool is_stopped = mc_control_is_stopped(&search->control);
  if (search->is_left && !is_stopped) add_unmarked(search);
  if (!has_levels) search->level_count = search->range_count = 0;
  return !is_stopped;
}
