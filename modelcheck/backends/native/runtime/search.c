/* Breadth-first, level by level: shortest traces, and the same results for any number of workers.
 *
 * The states of a level are cut into units; workers take units, expand their states, and look the
 * successors up in batches.  Where the table has to grow, every worker stops between two batches,
 * all of them split it, and go on.  Between levels one thread alone merges what they found.
 */
#include "search.h"

#include <string.h>

#include "compact.h"
#include "memory.h"
#include "report.h"

void mc_open_checks(mc_worker *worker);
void mc_close_checks(mc_worker *worker);
void mc_open_stops(mc_worker *worker);

/* ------------------------------------------------------------------------------------- putting */

/* Count a new state where there is a limit; the one past the limit proves that there are more. */
static void count_stored(mc_search *search) {
  uint64_t before = atomic_fetch_add_explicit(&search->stored, 1, memory_order_relaxed);
  if (before >= search->options->max_states)
    atomic_store_explicit(&search->is_full, true, memory_order_relaxed);
}

/* What the look-ups first ... end-1 of a batch mean beyond the store, where anybody wants to know. */
static void note_put(mc_worker *worker, uint32_t first, uint32_t end) {
  mc_search *search = worker->search;
  const mc_batch *batch = &worker->batch;
  for (uint32_t i = first; i < end; i++) {
    uint64_t number = batch->lookups[i].hash & ~MC_IS_NEW;
    bool is_new = batch->lookups[i].hash & MC_IS_NEW;
    if (is_new && search->options->max_states != UINT64_MAX) count_stored(search);
    if (is_new && search->links) search->links[number] = batch->sources[i];
    if (search->next) search->next[batch->sources[i] >> MC_RANK_BITS] = (uint32_t)number;
  }
}

/* Look up the candidates of a batch; false where the table must grow first.
 *
 * Past the limit on states nothing is stored any more, but the level is expanded to its end: so
 * what is found does not depend on who came first. */
static bool put_batch(mc_worker *worker) {
  mc_search *search = worker->search;
  mc_batch *batch = &worker->batch;
  if (!atomic_load_explicit(&search->is_full, memory_order_relaxed) &&
      !mc_control_is_stopped(&search->control)) {
    uint32_t first = batch->done;
    mc_put_result result = mc_store_put_batch(&search->store, &worker->writer, batch->states,
                                              batch->lookups, &batch->done, batch->count);
    if (search->is_noted) note_put(worker, first, batch->done);
    if (result == MC_TABLE_FULL) return false;
    if (result == MC_NO_MEMORY) mc_control_stop(&search->control, MC_STOP_MEMORY);
  }
  batch->count = batch->done = 0;
  return true;
}

static void split_share(mc_worker *worker) {
  mc_search *search = worker->search;
  /* On the main thread alone there is nobody to share with. */
  bool is_alone = worker->is_main;
  mc_store_split_share(&search->store, is_alone ? 0 : worker->number,
                       is_alone ? 1 : search->worker_count);
}

static void grow_store(mc_search *search, bool is_small) {
  if (!mc_store_begin_growth(&search->store)) return;
  mc_crew_run(search, split_share, is_small);
  mc_store_end_growth(&search->store);
  for (uint32_t i = 0; i < search->worker_count; i++) {
    mc_batch *batch = &search->workers[i].batch;
    mc_store_begin_again(&search->store, batch->lookups, batch->done, batch->count);
  }
}

static bool wants_growth(const mc_search *search) {
  return atomic_load_explicit(&search->store.wants_growth, memory_order_relaxed);
}

bool mc_put_new(mc_worker *worker) {
  while (!put_batch(worker)) grow_store(worker->search, true);
  if (wants_growth(worker->search)) grow_store(worker->search, true);
  return true;
}

/* ------------------------------------------------------------------------------------- levels */

static bool take_unit(mc_worker *worker) {
  mc_search *search = worker->search;
  uint32_t number = atomic_fetch_add_explicit(&search->next_unit, 1, memory_order_relaxed);
  if (number >= search->unit_count) {
    atomic_fetch_sub_explicit(&search->next_unit, 1, memory_order_relaxed);
    return false;
  }
  worker->unit = search->units[number];
  return true;
}

/* Expand units until there are none left, or the table must grow: then what is under way stays
 * with the worker. */
static void expand_level(mc_worker *worker) {
  mc_search *search = worker->search;
  do {
    if (wants_growth(search)) return;
    if (worker->batch.count >= MC_BATCH) {
      if (!put_batch(worker)) return;
      if (worker->is_main) mc_control_look(&search->control, search);
      if (mc_control_is_stopped(&search->control)) return;
    }
    while (worker->unit.first < worker->unit.end && worker->batch.count < MC_BATCH)
      mc_expand(worker, worker->unit.first++);
  } while (worker->unit.first < worker->unit.end || take_unit(worker));
  put_batch(worker);
}

static bool has_work_left(const mc_search *search) {
  if (search->next_unit < search->unit_count) return true;
  for (uint32_t i = 0; i < search->worker_count; i++) {
    const mc_worker *worker = &search->workers[i];
    if (worker->unit.first < worker->unit.end || worker->batch.count) return true;
  }
  return false;
}

void mc_cut_units(mc_search *search, const mc_level *level) {
  uint64_t unit = level->states / search->worker_count / 8;
  unit = unit < MC_SMALLEST_UNIT ? MC_SMALLEST_UNIT : unit;
  unit = unit > MC_LARGEST_UNIT ? MC_LARGEST_UNIT : unit;
  search->unit_count = 0;
  search->next_unit = 0;
  for (uint32_t i = 0; i < level->range_count; i++) {
    const mc_range *range = &search->ranges[level->first_range + i];
    for (uint64_t first = range->first; first < range->end; first += unit) {
      if (search->unit_count == search->unit_capacity) {
        search->unit_capacity = search->unit_capacity ? 2 * search->unit_capacity : 64;
        search->units = mc_realloc(search->units, search->unit_capacity, sizeof *search->units);
      }
      uint64_t end = first + unit < range->end ? first + unit : range->end;
      search->units[search->unit_count++] = (mc_range){first, end};
    }
  }
}

/* The states that workers put since the last time become the next level. */
static void close_level(mc_search *search) {
  if (search->level_count == search->level_capacity) {
    search->level_capacity = search->level_capacity ? 2 * search->level_capacity : 64;
    search->levels = mc_realloc(search->levels, search->level_capacity, sizeof *search->levels);
  }
  mc_level *level = &search->levels[search->level_count++];
  *level = (mc_level){.first_range = search->range_count};
  for (uint32_t i = 0; i < search->worker_count; i++)
    mc_writer_collect(&search->workers[i].writer, &search->ranges, &search->range_count,
                      &search->range_capacity);
  level->range_count = search->range_count - level->first_range;
  for (uint32_t i = level->first_range; i < search->range_count; i++)
    level->states += search->ranges[i].end - search->ranges[i].first;
  search->states += level->states;
}

static void count_open_properties(mc_search *search) {
  search->open_properties = 0;
  for (uint32_t i = 0; i < search->model->property_count; i++)
    search->open_properties +=
        search->model->properties[i].kind != MC_FINAL && !search->is_settled[i];
}

/* Take over what the workers found.  A property that failed needs no deeper state; neither does a
 * `reachable` that was seen, unless asking for it can fail.  What a state shows that is passed
 * through is of the next level. */
static void merge_findings(mc_search *search) {
  for (uint32_t i = 0; i < search->worker_count; i++) {
    mc_findings *found = &search->workers[i].found;
    for (uint32_t j = 0; j < found->count; j++) mc_findings_add(&search->found, &found->entries[j]);
    mc_findings_clear(found);
  }
  for (uint32_t i = 0; i < search->found.count; i++) {
    const mc_key *key = &search->found.entries[i].key;
    if (search->found.entries[i].depth > search->depth) continue; /* a lesser one may come */
    if (key->kind == MC_SATISFIED && !search->model->properties[key->parts[0]].can_fail)
      search->is_settled[key->parts[0]] = true;
    if (key->kind == MC_PROPERTY_FAILS &&
        search->model->properties[key->parts[0]].kind != MC_REACHABLE)
      search->is_settled[key->parts[0]] = true;
  }
  count_open_properties(search);
}

void mc_search_ask_host(mc_search *search) {
  if (!search->found.has_news) return;
  mc_report_found(search);
  const char *answer = mc_read_line();
  if (strcmp(answer, "end") == 0) search->until = 0;
  else if (strncmp(answer, "until ", 6) == 0) search->until = (uint32_t)strtoul(answer + 6, NULL, 10);
  else if (strcmp(answer, "stop") == 0) mc_control_stop(&search->control, MC_STOP_INTERRUPT);
  else if (strcmp(answer, "go") != 0) mc_die("the host says `%s`", answer);
}

/* Hash compaction: the states of a level that was expanded are needed no more; the initial ones are
 * where paths begin. */
static void forget_level(mc_search *search, uint32_t number) {
  const mc_level *level = &search->levels[number];
  if (number == 0 || level->states == 0) return;
  uint64_t end = search->ranges[level->first_range + level->range_count - 1].end;
  uint64_t first = search->forgotten ? search->forgotten : search->levels[0].states;
  mc_forget_states(&search->store, first, end);
  search->forgotten = end;
}

static void expand_levels(mc_search *search) {
  close_level(search);
  while (search->levels[search->level_count - 1].states > 0) {
    const mc_level *level = &search->levels[search->level_count - 1];
    search->depth = search->level_count - 1;
    if (search->depth >= search->until) {
      mc_control_stop(&search->control, MC_STOP_HOST);
      return;
    }
    bool is_small = level->states < MC_SMALL_LEVEL;
    mc_cut_units(search, level);
    while (has_work_left(search) && !mc_control_is_stopped(&search->control)) {
      mc_crew_run(search, expand_level, is_small);
      if (wants_growth(search)) grow_store(search, is_small);
    }
    close_level(search);
    merge_findings(search);
    if (search->links) forget_level(search, search->level_count - 2);
    if (search->is_full) mc_control_stop(&search->control, MC_STOP_STATES);
    mc_search_ask_host(search);
    mc_control_look(&search->control, search);
    if (mc_control_is_stopped(&search->control)) return;
  }
}

/* ------------------------------------------------------------------------------------- the start */

static void take_start(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  mc_worker *worker = context;
  mc_search *search = worker->search;
  mc_turn start = {-1, way->taken, way->position};
  for (uint32_t i = 0; i < way->order_count; i++) {
    const mc_order *order = &way->orders[i];
    mc_findings_add(&worker->found,
                    &(mc_finding){
                        .key = {MC_ORDER, {order->property, order->first, order->second}},
                        .turns = {start},
                        .turn_count = 1,
                    });
  }
  if (result == MC_FAILED) {
    mc_findings_add(&worker->found, &(mc_finding){
                                        .key = {MC_STEP_FAILS, {way->site, way->subject, 0}},
                                        .turns = {start},
                                        .turn_count = 1,
                                    });
    return;
  }
  uint64_t number;
  mc_put_result put;
  while ((put = mc_store_put(&search->store, &worker->writer, m, &number)) == MC_TABLE_FULL)
    grow_store(search, true);
  if (put == MC_NO_MEMORY) mc_control_stop(&search->control, MC_STOP_MEMORY);
  if (put == MC_NEW && search->options->max_states != UINT64_MAX) count_stored(search);
  if (wants_growth(search)) grow_store(search, true);
}

static void begin(mc_search *search) {
  mc_worker *worker = &search->workers[0];
  uint64_t m[search->model->words];
  worker->is_main = true;
  mc_follow_start(search->model, &worker->way, m, take_start, worker, &worker->is_cut);
  worker->is_main = false;
}

/* ------------------------------------------------------------------------------------- the whole */

static bool has_gates(const mc_model *model) {
  for (uint32_t i = 0; i < model->thread_count; i++)
    if (model->threads[i].target >= 0) return true;
  return false;
}

static void open_seats(mc_search *search) {
  const mc_model *model = search->model;
  search->seats = mc_realloc(NULL, model->thread_count + 1, sizeof *search->seats);
  for (uint32_t i = 0; i < model->thread_count; i++) {
    const mc_template *template = &model->templates[model->threads[i].template];
    const mc_field *pc = &model->fields[i];
    search->seats[i] = (mc_seat){
        .locations = template->locations,
        .location_count = template->location_count,
        .mask = (uint32_t)pc->mask,
        .word = pc->word,
        .shift = pc->shift,
        .first_taken = search->taken_count,
    };
    search->taken_count += template->location_count;
    search->longest_chain += template->location_count; /* the greatest sum of program counters */
  }
}

static void open_worker(mc_search *search, uint32_t number) {
  mc_worker *worker = &search->workers[number];
  *worker = (mc_worker){.search = search, .number = number};
  worker->taken = mc_realloc(NULL, search->taken_count + 1, sizeof *worker->taken);
  memset(worker->taken, 0, (search->taken_count + 1) * sizeof *worker->taken);
  mc_findings_open(&worker->found, search->model);
  mc_open_checks(worker);
  mc_open_stops(worker);
}

/* The store's part of the memory: beside it each state has parents and depths, links, or a noted
 * successor and a mark. */
static uint64_t choose_store_memory(const mc_model *model, const mc_options *options) {
  uint64_t in_store = (options->compact_bits ? 0 : model->words * sizeof(uint64_t)) + 20;
  uint64_t beside = options->search != MC_BFS ? 12 : 0;
  beside += options->compact_bits ? 8 : options->stuck ? 5 : 0;
  return options->memory / (in_store + beside) * in_store;
}

void mc_search_open(mc_search *search, const mc_model *model, const mc_options *options) {
  *search = (mc_search){.model = model, .options = options, .until = UINT32_MAX};
  mc_control_open(&search->control, options);
  /* Depth-first and random go one way at a time; under hash compaction what is taken for what would
   * depend on who comes first. */
  bool is_alone = options->search != MC_BFS || options->compact_bits;
  search->worker_count = is_alone ? 1 : options->workers;
  search->has_gates = has_gates(model);
  search->wants_races = options->races && model->race_count > 0;
  open_seats(search);
  search->is_settled = mc_realloc(NULL, model->property_count + 1, sizeof *search->is_settled);
  for (uint32_t i = 0; i < model->property_count; i++)
    search->is_settled[i] = !mc_is_judged(options, i);
  count_open_properties(search);
  uint64_t memory = choose_store_memory(model, options);
  if (!mc_store_open(&search->store, model->words, search->worker_count, memory,
                     options->compact_bits))
    mc_die("no address space for a store of %llu bytes", (unsigned long long)memory);
  if (options->compact_bits) {
    search->links = mc_reserve(search->store.arena_states * sizeof *search->links);
    if (!search->links) mc_die("no address space for the links of hash compaction");
  }
  if (options->stuck) mc_open_stuck(search);
  if (options->ranges && options->fuse) {
    search->expanded = mc_reserve(search->store.arena_states / 8 + sizeof *search->expanded);
    if (!search->expanded) mc_die("no address space to note what is expanded");
  }
  search->is_noted = search->links || search->next || options->max_states != UINT64_MAX;
  mc_findings_open(&search->found, model);
  search->workers = mc_realloc(NULL, search->worker_count, sizeof *search->workers);
  for (uint32_t i = 0; i < search->worker_count; i++) open_worker(search, i);
}

void mc_search_run(mc_search *search) {
  begin(search);
  search->initial = search->workers[0].writer.count;
  if (search->options->search == MC_BFS) expand_levels(search);
  else mc_search_ordered(search);
  merge_findings(search);
  mc_search_ask_host(search);
  for (uint32_t i = 0; i < search->worker_count; i++)
    if (search->workers[i].is_cut) mc_control_stop(&search->control, MC_STOP_CHOICES);
}

uint64_t mc_sum_transitions(const mc_search *search) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < search->worker_count; i++)
    for (uint32_t j = 0; j < search->taken_count; j++) sum += search->workers[i].taken[j];
  return sum;
}

void mc_search_close(mc_search *search) {
  mc_crew_close(search);
  for (uint32_t i = 0; i < search->worker_count; i++) {
    mc_worker *worker = &search->workers[i];
    mc_close_checks(worker);
    mc_findings_close(&worker->found);
    mc_writer_free(&worker->writer);
    mc_way_free(&worker->way);
    mc_way_free(&worker->passing_way);
    mc_way_free(&worker->only_way);
    free(worker->taken);
    free(worker->stops);
    free(worker->batch.states);
    free(worker->batch.lookups);
    free(worker->batch.sources);
  }
  mc_findings_close(&search->found);
  if (search->links)
    mc_release(search->links, search->store.arena_states * sizeof *search->links);
  if (search->expanded)
    mc_release(search->expanded, search->store.arena_states / 8 + sizeof *search->expanded);
  mc_close_stuck(search);
  mc_store_close(&search->store);
  free(search->workers);
  free(search->seats);
  free(search->is_settled);
  free(search->ranges);
  free(search->levels);
  free(search->units);
  free(search->parents);
  free(search->depths);
}
