/* Stuck states: those from which the program can never come to rest, or to a fault, again.
 *
 * One backward sweep from the states that are quiescent, in deadlock, or have a failing step, over
 * the transitions that the workers stored (explore/stuck.py is the definition).
 */
#include <string.h>

#include "memory.h"
#include "search.h"

void mc_edges_add(mc_edges *edges, uint64_t from, uint64_t to) {
  if (edges->count == edges->capacity) {
    edges->capacity = edges->capacity ? 2 * edges->capacity : 1024;
    edges->from = mc_realloc(edges->from, edges->capacity, sizeof *edges->from);
    edges->to = mc_realloc(edges->to, edges->capacity, sizeof *edges->to);
  }
  edges->from[edges->count] = (uint32_t)from;
  edges->to[edges->count] = (uint32_t)to;
  edges->count++;
}

void mc_edges_add_goal(mc_edges *edges, uint64_t state) {
  if (edges->goal_count == edges->goal_capacity) {
    edges->goal_capacity = edges->goal_capacity ? 2 * edges->goal_capacity : 256;
    edges->goals = mc_realloc(edges->goals, edges->goal_capacity, sizeof *edges->goals);
  }
  edges->goals[edges->goal_count++] = (uint32_t)state;
}

void mc_edges_free(mc_edges *edges) {
  free(edges->from);
  free(edges->to);
  free(edges->goals);
  *edges = (mc_edges){0};
}

/* The sources of state s at sources[first[s]] ... sources[first[s + 1] - 1]. */
typedef struct {
  uint64_t *first;
  uint32_t *sources;
} mc_reverse;

static mc_reverse reverse_edges(const mc_search *search, uint64_t numbers) {
  mc_reverse made;
  uint64_t total = 0;
  made.first = mc_realloc(NULL, numbers + 2, sizeof *made.first);
  memset(made.first, 0, (numbers + 2) * sizeof *made.first);
  for (uint32_t i = 0; i < search->worker_count; i++) {
    const mc_edges *edges = &search->workers[i].edges;
    total += edges->count;
    for (uint64_t e = 0; e < edges->count; e++) made.first[edges->to[e] + 2]++;
  }
  for (uint64_t s = 2; s < numbers + 2; s++) made.first[s] += made.first[s - 1];
  made.sources = mc_realloc(NULL, total + 1, sizeof *made.sources);
  for (uint32_t i = 0; i < search->worker_count; i++) {
    const mc_edges *edges = &search->workers[i].edges;
    for (uint64_t e = 0; e < edges->count; e++)
      made.sources[made.first[edges->to[e] + 1]++] = edges->from[e];
  }
  return made;
}

/* Which state numbers reach a goal. */
static uint8_t *sweep(const mc_search *search, uint64_t numbers) {
  mc_reverse edges = reverse_edges(search, numbers);
  uint8_t *reaches = mc_realloc(NULL, numbers + 1, sizeof *reaches);
  uint32_t *waiting = mc_realloc(NULL, numbers + 1, sizeof *waiting);
  uint64_t count = 0;
  memset(reaches, 0, numbers + 1);
  for (uint32_t i = 0; i < search->worker_count; i++) {
    const mc_edges *own = &search->workers[i].edges;
    for (uint64_t g = 0; g < own->goal_count; g++) {
      if (reaches[own->goals[g]]) continue;
      reaches[own->goals[g]] = 1;
      waiting[count++] = own->goals[g];
    }
  }
  while (count > 0) {
    uint32_t state = waiting[--count];
    for (uint64_t e = edges.first[state]; e < edges.first[state + 1]; e++) {
      uint32_t source = edges.sources[e];
      if (reaches[source]) continue;
      reaches[source] = 1;
      waiting[count++] = source;
    }
  }
  free(edges.first);
  free(edges.sources);
  free(waiting);
  return reaches;
}

static void add_stuck(mc_search *search, uint64_t number, uint32_t depth) {
  mc_findings_add(&search->found, &(mc_finding){
                                      .key = {MC_STUCK, {0, 0, 0}},
                                      .depth = depth,
                                      .state = (uint64_t *)mc_store_get(&search->store, number),
                                  });
}

static void add_unreaching(mc_search *search, mc_range range, const uint8_t *reaches,
                           uint32_t level) {
  for (uint64_t n = range.first; n < range.end; n++)
    if (!reaches[n]) add_stuck(search, n, search->depths ? search->depths[n] : level);
}

void mc_find_stuck(mc_search *search) {
  uint8_t *reaches = sweep(search, search->store.arena_next);
  for (uint32_t l = 0; l < search->level_count; l++)
    for (uint32_t r = 0; r < search->levels[l].range_count; r++)
      add_unreaching(search, search->ranges[search->levels[l].first_range + r], reaches, l);
  if (search->depths) /* no levels: the numbers are one range */
    add_unreaching(search, (mc_range){0, search->states}, reaches, 0);
  free(reaches);
}
