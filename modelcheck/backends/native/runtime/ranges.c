#include "ranges.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuse.h"
#include "memory.h"
#include "states.h"

typedef struct {
  uint32_t slot;
  int32_t where;
  int64_t value;
  int64_t least, greatest;
  bool is_seen;
} mc_question;

static struct {
  mc_question *list;
  uint32_t count, capacity;
} questions;

void mc_want_range(uint32_t slot, int32_t where, int64_t value) {
  if (questions.count == questions.capacity) {
    questions.capacity = questions.capacity ? 2 * questions.capacity : 64;
    questions.list = mc_realloc(questions.list, questions.capacity, sizeof *questions.list);
  }
  questions.list[questions.count++] = (mc_question){.slot = slot, .where = where, .value = value};
}

static void look(const mc_model *model, const uint64_t *state, mc_question *question) {
  const mc_field *field = &model->fields[question->slot];
  if (question->where >= 0 &&
      mc_value(model, state, (uint32_t)question->where) != question->value)
    return;
  if (!mc_is_initialised(state, field)) return;
  int64_t value = mc_get(state, field);
  if (!question->is_seen || value < question->least) question->least = value;
  if (!question->is_seen || value > question->greatest) question->greatest = value;
  question->is_seen = true;
}

static void look_at_state(const mc_model *model, const uint64_t *state) {
  for (uint32_t i = 0; i < questions.count; i++) look(model, state, &questions.list[i]);
}

static void look_at_way(void *context, const uint64_t *state, uint32_t thread, const mc_way *way) {
  (void)thread, (void)way;
  look_at_state(context, state);
}

static void look_behind(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  mc_worker *worker = context;
  const mc_model *model = worker->search->model;
  uint64_t reached[model->words];
  (void)way;
  if (result != MC_DONE) return;
  memcpy(reached, m, sizeof reached);
  mc_pass(worker, reached, look_at_way, (void *)model);
}

/* Every state of the search, level by level; depth-first and random have one range of numbers.  Those
 * that were passed through are come to once more. */
static void look_at_range(const mc_search *search, mc_range range) {
  uint32_t thread;
  for (uint64_t n = range.first; n < range.end; n++) {
    const uint64_t *state = mc_store_get(&search->store, n);
    look_at_state(search->model, state);
    if (search->expanded && (search->expanded[n / 64] >> n % 64 & 1))
      mc_follow_all(&search->workers[0], state, UINT64_MAX, &thread, look_behind,
                    &search->workers[0]);
  }
}

void mc_report_ranges(const mc_search *search) {
  for (uint32_t i = 0; i < search->range_count; i++) look_at_range(search, search->ranges[i]);
  if (search->parents) look_at_range(search, (mc_range){0, search->workers[0].writer.count});
  printf("{\"event\":\"ranges\",\"rows\":[");
  for (uint32_t i = 0; i < questions.count; i++) {
    const mc_question *question = &questions.list[i];
    if (i) putchar(',');
    if (question->is_seen)
      printf("[%" PRId64 ",%" PRId64 "]", question->least, question->greatest);
    else
      printf("null");
  }
  printf("]}\n");
  fflush(stdout);
  free(questions.list);
  questions.list = NULL;
  questions.count = questions.capacity = 0;
}
