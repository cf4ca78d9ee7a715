/* What a whole state shows: properties, deadlock, leaks, data races. */
#include <string.h>

#include "memory.h"
#include "search.h"
#include "states.h"

/* A state that is passed through counts for the level behind the one that is expanded. */
static uint32_t depth_of(const mc_worker *worker) {
  return worker->search->depth + worker->is_passing;
}

void mc_add_finding(mc_worker *worker, mc_finding *finding) {
  finding->number = worker->expanding;
  finding->is_passed = worker->is_passing;
  const mc_finding *known = mc_findings_get(&worker->search->found, &finding->key);
  /* Breadth-first, what an earlier level showed has the lesser depth. */
  if (known && known->depth < finding->depth) return;
  known = mc_findings_get(&worker->found, &finding->key);
  if (known && known->depth < finding->depth) return;
  mc_findings_add(&worker->found, finding);
}

static void add_state(mc_worker *worker, const uint64_t *state, mc_kind kind, int64_t part) {
  mc_add_finding(worker, &(mc_finding){
                             .key = {kind, {part, 0, 0}},
                             .depth = depth_of(worker),
                             .state = (uint64_t *)state,
                         });
}

/* Soundness: a property is left out only when no deeper state can tell more about it; who sets
 * `is_settled` says when that is. */
void mc_judge_state(mc_worker *worker, const uint64_t *state) {
  const mc_search *search = worker->search;
  const mc_model *model = search->model;
  for (uint32_t i = 0; i < model->property_count; i++) {
    const mc_property *property = &model->properties[i];
    if (search->is_settled[i] || property->kind == MC_FINAL) continue;
    int answer = property->judge(state);
    if (property->kind == MC_INVARIANT ? answer != 1 : answer == MC_CANNOT_TELL)
      add_state(worker, state, MC_PROPERTY_FAILS, i);
    else if (property->kind == MC_REACHABLE && answer == 1)
      add_state(worker, state, MC_SATISFIED, i);
  }
}

/* ------------------------------------------------------------------------------------- leaks */

/* Mark the live pool elements that a slot's value names, and put them on the worker's list. */
static uint32_t follow_pointer(mc_worker *worker, const uint64_t *state, const mc_pointer *pointer,
                               uint32_t waiting) {
  const mc_model *model = worker->search->model;
  if (!mc_is_initialised(state, &model->fields[pointer->slot])) return waiting;
  int64_t value = mc_get(state, &model->fields[pointer->slot]);
  for (uint32_t place = 0; place < pointer->place_count; place++) {
    bool is_named = pointer->is_set ? mc_bit_test(value, place) : value == (int64_t)place + 1;
    int32_t element = is_named ? pointer->elements[place] : -1;
    if (element < 0 || worker->marks[element]) continue;
    worker->marks[element] = 1;
    if (mc_get(state, &model->fields[model->elements[element].status]) == MC_ALIVE)
      worker->waiting[waiting++] = (uint32_t)element;
  }
  return waiting;
}

static void look_for_leaks(mc_worker *worker, const uint64_t *state) {
  const mc_model *model = worker->search->model;
  memset(worker->marks, 0, model->element_count);
  uint32_t waiting = 0;
  for (uint32_t i = 0; i < model->root_count; i++)
    waiting = follow_pointer(worker, state, &model->roots[i], waiting);
  while (waiting > 0) {
    const mc_element *element = &model->elements[worker->waiting[--waiting]];
    for (uint32_t i = 0; i < element->pointer_count; i++)
      waiting = follow_pointer(worker, state, &element->pointers[i], waiting);
  }
  for (uint32_t i = 0; i < model->element_count; i++) {
    bool is_alive = mc_get(state, &model->fields[model->elements[i].status]) == MC_ALIVE;
    if (is_alive && !worker->marks[i]) add_state(worker, state, MC_LEAK, i);
  }
}

void mc_judge_rest(mc_worker *worker, const uint64_t *state, bool is_resting) {
  const mc_search *search = worker->search;
  const mc_model *model = search->model;
  if (!is_resting) {
    worker->deadlocks++;
    if (search->options->deadlock) add_state(worker, state, MC_DEADLOCK, 0);
    return;
  }
  worker->quiescent++;
  for (uint32_t i = 0; i < model->property_count; i++) {
    if (model->properties[i].kind != MC_FINAL || search->is_settled[i]) continue;
    if (model->properties[i].judge(state) != 1) add_state(worker, state, MC_PROPERTY_FAILS, i);
  }
  if (search->options->leak) look_for_leaks(worker, state);
}

/* ------------------------------------------------------------------------------------- races */

/* The enabled ways of one step with their accesses, one behind the other. */
typedef struct mc_record {
  uint32_t *choices, *choice_ends; /* of way i: choice_ends[i] - 1 is its last */
  mc_access *accesses;
  uint32_t *access_ends;
  uint32_t ways, way_capacity, choice_capacity, access_capacity;
} mc_record;

static uint32_t begin_of(const uint32_t *ends, uint32_t way) { return way ? ends[way - 1] : 0; }

static void record_way(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  (void)result;
  (void)m;
  mc_record *record = context;
  uint32_t choices = begin_of(record->choice_ends, record->ways);
  uint32_t accesses = begin_of(record->access_ends, record->ways);
  if (record->ways == record->way_capacity) {
    record->way_capacity = record->way_capacity ? 2 * record->way_capacity : 16;
    record->choice_ends =
        mc_realloc(record->choice_ends, record->way_capacity, sizeof *record->choice_ends);
    record->access_ends =
        mc_realloc(record->access_ends, record->way_capacity, sizeof *record->access_ends);
  }
  if (choices + way->position > record->choice_capacity) {
    record->choice_capacity = 2 * (choices + way->position);
    record->choices = mc_realloc(record->choices, record->choice_capacity, sizeof(uint32_t));
  }
  if (accesses + way->access_count > record->access_capacity) {
    record->access_capacity = 2 * (accesses + way->access_count);
    record->accesses = mc_realloc(record->accesses, record->access_capacity, sizeof(mc_access));
  }
  if (way->position)
    memcpy(record->choices + choices, way->taken, way->position * sizeof(uint32_t));
  if (way->access_count)
    memcpy(record->accesses + accesses, way->accesses, way->access_count * sizeof(mc_access));
  record->choice_ends[record->ways] = choices + way->position;
  record->access_ends[record->ways] = accesses + way->access_count;
  record->ways++;
}

static void watch(mc_worker *worker, const uint64_t *state, uint32_t thread, uint32_t pc,
                  mc_record *record) {
  const mc_model *model = worker->search->model;
  uint64_t m[model->words];
  bool is_cut = false; /* the step itself says so already */
  record->ways = 0;
  mc_follow_plainly(model, state, thread, mc_location_of(model, thread, pc)->watch, &worker->way, m,
                    record_way, record, &is_cut);
}

static mc_turn turn_of(const mc_record *record, uint32_t thread, uint32_t way) {
  uint32_t first = begin_of(record->choice_ends, way);
  return (mc_turn){(int32_t)thread, record->choices + first, record->choice_ends[way] - first};
}

/* Whether two accesses conflict: one place, one writes, one is plain. */
static bool do_conflict(const mc_access *a, const mc_access *b) {
  uint32_t flags = a->flags | b->flags;
  return a->slot == b->slot && (flags & MC_WRITE) && (flags & MC_PLAIN);
}

static void compare_ways(mc_worker *worker, const uint64_t *state, const mc_race *race, uint32_t x,
                         uint32_t y) {
  const mc_record *first = &worker->records[0], *second = &worker->records[1];
  for (uint32_t i = begin_of(first->access_ends, x); i < first->access_ends[x]; i++) {
    for (uint32_t j = begin_of(second->access_ends, y); j < second->access_ends[y]; j++) {
      if (!do_conflict(&first->accesses[i], &second->accesses[j])) continue;
      mc_add_finding(worker, &(mc_finding){
                                 .key = {MC_DATA_RACE, {first->accesses[i].slot, 0, 0}},
                                 .depth = depth_of(worker),
                                 .state = (uint64_t *)state,
                                 .turns = {turn_of(first, race->a, x), turn_of(second, race->b, y)},
                                 .turn_count = 2,
                             });
    }
  }
}

void mc_look_for_races(mc_worker *worker, const uint64_t *state) {
  const mc_search *search = worker->search;
  const mc_model *model = search->model;
  for (uint32_t i = 0; i < model->race_count; i++) {
    const mc_race *race = &model->races[i];
    uint32_t a = mc_pc(model, state, race->a), b = mc_pc(model, state, race->b);
    if (mc_has_ended(model, race->a, a) || mc_has_ended(model, race->b, b)) continue;
    uint32_t count = model->templates[model->threads[race->b].template].location_count;
    uint64_t bit = (uint64_t)a * count + b;
    if (!(race->pairs[bit / 64] >> bit % 64 & 1)) continue;
    /* An interrupt can stop a step that would be enabled by itself. */
    if (search->has_gates && !(mc_is_open(model, state, race->a, a) &&
                               mc_is_open(model, state, race->b, b)))
      continue;
    watch(worker, state, race->a, a, &worker->records[0]);
    if (worker->records[0].ways == 0) continue;
    watch(worker, state, race->b, b, &worker->records[1]);
    for (uint32_t x = 0; x < worker->records[0].ways; x++)
      for (uint32_t y = 0; y < worker->records[1].ways; y++)
        compare_ways(worker, state, race, x, y);
  }
}

void mc_open_checks(mc_worker *worker) {
  const mc_model *model = worker->search->model;
  worker->records = mc_realloc(NULL, 2, sizeof *worker->records);
  memset(worker->records, 0, 2 * sizeof *worker->records);
  worker->marks = mc_realloc(NULL, model->element_count + 1, sizeof *worker->marks);
  worker->waiting = mc_realloc(NULL, model->element_count + 1, sizeof *worker->waiting);
}

void mc_close_checks(mc_worker *worker) {
  for (int i = 0; i < 2; i++) {
    free(worker->records[i].choices);
    free(worker->records[i].choice_ends);
    free(worker->records[i].accesses);
    free(worker->records[i].access_ends);
  }
  free(worker->records);
  free(worker->marks);
  free(worker->waiting);
}
