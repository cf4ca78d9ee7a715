/* Depth-first and random: the orders in which one state at a time is expanded.
 *
 * The same states, transitions and verdicts as breadth-first where they come to the end.  Each
 * state's parent is stored: the one that found it (explore/worklists.py has the same orders).
 */
#include <string.h>

#include "memory.h"
#include "search.h"

typedef struct {
  uint64_t *waiting; /* numbers of states, the next at the end */
  uint64_t count, capacity;
  uint64_t newest; /* how many at the end the last expansion found */
  uint64_t walks;
  uint64_t random;
} mc_worklist;

static const uint64_t NO_PARENT = UINT64_MAX;

/* splitmix64 (Steele, Lea, Flood 2014), as in explore/worklists.py. */
static uint64_t next_random(mc_worklist *list) {
  uint64_t z = list->random += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static void push(mc_worklist *list, uint64_t number) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 1024;
    list->waiting = mc_realloc(list->waiting, list->capacity, sizeof *list->waiting);
  }
  list->waiting[list->count++] = number;
}

static void note_found(mc_search *search, uint64_t number, uint64_t parent, uint32_t depth) {
  if (number >= search->ordered_capacity) {
    search->ordered_capacity = 2 * (number + 1024);
    search->parents =
        mc_realloc(search->parents, search->ordered_capacity, sizeof *search->parents);
    search->depths = mc_realloc(search->depths, search->ordered_capacity, sizeof *search->depths);
  }
  search->parents[number] = parent;
  search->depths[number] = depth;
}

/* The new states first ... end-1 wait to be expanded. */
static void add_found(mc_search *search, mc_worklist *list, uint64_t first, uint64_t end) {
  bool is_dfs = search->options->search == MC_DFS;
  for (uint64_t i = first; i < end; i++) push(list, is_dfs ? end - 1 - (i - first) : i);
  list->newest = end - first;
}

static bool take_random(const mc_search *search, mc_worklist *list, uint64_t *number) {
  if (list->newest == 0 || list->walks == 0) {
    if (list->walks == search->options->samples) return false;
    list->walks++;
  }
  uint64_t among = list->newest ? list->newest : list->count;
  uint64_t chosen = list->count - 1 - next_random(list) % among;
  *number = list->waiting[chosen];
  list->waiting[chosen] = list->waiting[--list->count];
  list->newest = 0;
  return true;
}

static bool take(const mc_search *search, mc_worklist *list, uint64_t *number) {
  if (list->count == 0) return false;
  if (search->options->search == MC_RANDOM) return take_random(search, list, number);
  *number = list->waiting[--list->count];
  return true;
}

static void merge(mc_search *search) {
  mc_findings *found = &search->workers[0].found;
  if (found->count == 0) return;
  for (uint32_t i = 0; i < found->count; i++) mc_findings_add(&search->found, &found->entries[i]);
  mc_findings_clear(found);
}

void mc_search_ordered(mc_search *search) {
  mc_worker *worker = &search->workers[0];
  mc_worklist list = {.random = search->options->seed};
  uint64_t known = worker->writer.count, number;
  for (uint64_t i = 0; i < known; i++) note_found(search, i, NO_PARENT, 0);
  add_found(search, &list, 0, known);
  merge(search);
  worker->is_main = true;
  while (take(search, &list, &number)) {
    if (search->options->ask_at_once) mc_search_ask_host(search);
    if (search->until == 0) mc_control_stop(&search->control, MC_STOP_HOST);
    if (known > search->options->max_states)
      mc_control_stop(&search->control, MC_STOP_STATES);
    mc_control_look(&search->control, search);
    if (mc_control_is_stopped(&search->control)) break;
    search->depth = search->depths[number];
    mc_expand(worker, number);
    mc_put_new(worker);
    for (uint64_t i = known; i < worker->writer.count; i++)
      note_found(search, i, number, search->depth + 1);
    add_found(search, &list, known, worker->writer.count);
    known = search->states = worker->writer.count;
    merge(search);
  }
  if (list.count > 0) mc_control_stop(&search->control, MC_STOP_SAMPLES);
  worker->is_main = false;
  search->states = known;
  free(list.waiting);
}
