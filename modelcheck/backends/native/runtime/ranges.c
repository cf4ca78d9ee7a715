#include "ranges.h"

#include <inttypes.h>
#include <stdio.h>

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

/* Every state of the search, level by level; depth-first and random have one range of numbers. */
static void look_at_range(const mc_search *search, mc_range range) {
  for (uint64_t n = range.first; n < range.end; n++)
    for (uint32_t i = 0; i < questions.count; i++)
      look(search->model, mc_store_get(&search->store, n), &questions.list[i]);
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
