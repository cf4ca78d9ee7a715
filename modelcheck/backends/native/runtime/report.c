#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

static const char *const KINDS[] = {
    [MC_STEP_FAILS] = "step", [MC_PROPERTY_FAILS] = "property", [MC_SATISFIED] = "reachable",
    [MC_DEADLOCK] = "deadlock", [MC_LEAK] = "leak", [MC_DATA_RACE] = "race",
    [MC_ORDER] = "order", [MC_STUCK] = "stuck",
};
static const uint32_t KEY_LENGTHS[] = {
    [MC_STEP_FAILS] = 2, [MC_PROPERTY_FAILS] = 1, [MC_SATISFIED] = 1, [MC_DEADLOCK] = 0,
    [MC_LEAK] = 1, [MC_DATA_RACE] = 1, [MC_ORDER] = 3, [MC_STUCK] = 0,
};
static const char *const STOPS[] = {
    [MC_GO_ON] = "", [MC_STOP_INTERRUPT] = "interrupt", [MC_STOP_TIMEOUT] = "timeout",
    [MC_STOP_MEMORY] = "max-memory", [MC_STOP_STATES] = "max-states", [MC_STOP_HOST] = "host",
    [MC_STOP_SAMPLES] = "samples", [MC_STOP_CHOICES] = "choices",
};

void mc_print_words(const uint64_t *state, uint32_t words) {
  for (uint32_t i = 0; i < words; i++) printf("%s%" PRIx64, i ? " " : "", state[i]);
}

/* How many states there are by now; past the limit on them, no more than the limit. */
static uint64_t count_states(const mc_search *search) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < search->worker_count; i++) count += search->workers[i].writer.count;
  return count < search->options->max_states ? count : search->options->max_states;
}

void mc_report_progress(const mc_search *search) {
  uint64_t waiting = 0;
  if (search->level_count) {
    const mc_level *level = &search->levels[search->level_count - 1];
    waiting = level->states;
  }
  printf("{\"event\":\"progress\",\"states\":%" PRIu64 ",\"transitions\":%" PRIu64
         ",\"depth\":%" PRIu32 ",\"waiting\":%" PRIu64 ",\"seconds\":%.3f}\n",
         count_states(search), mc_sum_transitions(search), search->depth, waiting,
         mc_control_seconds(&search->control));
  fflush(stdout);
}

static void print_numbers(const uint32_t *numbers, uint32_t count) {
  putchar('[');
  for (uint32_t i = 0; i < count; i++) printf("%s%" PRIu32, i ? "," : "", numbers[i]);
  putchar(']');
}

static void print_finding(const mc_search *search, const mc_finding *finding) {
  printf("{\"kind\":\"%s\",\"key\":[", KINDS[finding->key.kind]);
  for (uint32_t i = 0; i < KEY_LENGTHS[finding->key.kind]; i++)
    printf("%s%" PRId64, i ? "," : "", finding->key.parts[i]);
  printf("],\"depth\":%" PRIu32 ",\"state\":\"", finding->depth);
  if (finding->state) mc_print_words(finding->state, search->model->words);
  putchar('"');
  for (uint32_t i = 0; i < finding->turn_count; i++) {
    const char *which = i ? "2" : "";
    printf(",\"thread%s\":%" PRId32 ",\"choices%s\":", which, finding->turns[i].thread, which);
    print_numbers(finding->turns[i].choices, finding->turns[i].choice_count);
  }
  putchar('}');
}

/* Those that the host does not know: a lesser witness of what it knows is one. */
static void print_findings(mc_search *search) {
  bool is_first = true;
  printf("\"found\":[");
  for (uint32_t i = 0; i < search->found.count; i++) {
    mc_finding *finding = &search->found.entries[i];
    if (finding->is_told) continue;
    if (!is_first) putchar(',');
    print_finding(search, finding);
    finding->is_told = true;
    is_first = false;
  }
  search->found.has_news = false;
  printf("]}\n");
}

void mc_report_found(mc_search *search) {
  printf("{\"event\":\"found\",\"level\":%" PRIu32 ",", search->depth);
  print_findings(search);
  fflush(stdout);
}

static void print_taken(const mc_search *search) {
  const mc_model *model = search->model;
  printf("\"taken\":[");
  for (uint32_t thread = 0; thread < model->thread_count; thread++) {
    uint32_t count = model->templates[model->threads[thread].template].location_count;
    printf("%s[", thread ? "," : "");
    for (uint32_t pc = 0; pc < count; pc++) {
      uint64_t sum = 0;
      for (uint32_t i = 0; i < search->worker_count; i++)
        sum += search->workers[i].taken[search->seats[thread].first_taken + pc];
      printf("%s%" PRIu64, pc ? "," : "", sum);
    }
    putchar(']');
  }
  putchar(']');
}

void mc_report_end(mc_search *search, const char *stuck) {
  uint64_t quiescent = 0, deadlocks = 0;
  for (uint32_t i = 0; i < search->worker_count; i++) {
    quiescent += search->workers[i].quiescent;
    deadlocks += search->workers[i].deadlocks;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"event\":\"end\",\"stopped_by\":\"%s\",\"states\":%" PRIu64 ",\"transitions\":%" PRIu64
         ",\"depth\":",
         STOPS[search->ended_by], count_states(search), mc_sum_transitions(search));
  if (search->options->search == MC_BFS) {
    uint32_t levels = search->level_count;
    while (levels > 0 && search->levels[levels - 1].states == 0) levels--;
    printf("%" PRIu32, levels ? levels - 1 : 0);
  } else {
    printf("null");
  }
  printf(",\"quiescent\":%" PRIu64 ",\"deadlocks\":%" PRIu64 ",\"stuck\":\"%s\",", quiescent,
         deadlocks, stuck);
  print_taken(search);
  printf(",\"bytes\":%" PRIu64 ",\"seconds\":%.6f,", (uint64_t)usage.ru_maxrss * 1024,
         mc_control_seconds(&search->control));
  print_findings(search);
  fflush(stdout);
}
