/* What generated steps do to queues and pools (docs/ir.md, "Memory"). */
#include "memory.h"
#include "model.h"

void mc_refuse_value(const mc_field *field, int64_t value) {
  int64_t hi = (int64_t)(field->last - field->may_be_uninitialised + (uint64_t)field->lo);
  mc_die("%lld is stored where only %lld ... %lld fits (word %u, bit %u), unchecked",
         (long long)value, (long long)field->lo, (long long)hi, field->word, field->shift);
}

/* Take the element at `position`, counted from 1, out. */
static int64_t take_out(uint64_t *m, const mc_field *queue, int64_t position) {
  int64_t count = mc_get(m, queue);
  if (position < 1 || position > count)
    mc_die("a step takes an element out of an empty queue, unchecked");
  int64_t value = mc_get(m, queue + position);
  for (int64_t i = position; i < count; i++) mc_put(m, queue + i, mc_get(m, queue + i + 1));
  mc_put(m, queue + count, 0);
  mc_put(m, queue, count - 1);
  return value;
}

void mc_queue_append(uint64_t *m, const mc_field *fields, int64_t at, int64_t value) {
  const mc_field *queue = fields + at;
  int64_t count = mc_get(m, queue) + 1;
  mc_put(m, queue, count); /* refuses what is beyond the capacity */
  mc_put(m, queue + count, value);
}

void mc_queue_appendleft(uint64_t *m, const mc_field *fields, int64_t at, int64_t value) {
  const mc_field *queue = fields + at;
  int64_t count = mc_get(m, queue);
  mc_put(m, queue, count + 1);
  for (int64_t i = count; i >= 1; i--) mc_put(m, queue + i + 1, mc_get(m, queue + i));
  mc_put(m, queue + 1, value);
}

int64_t mc_queue_pop(uint64_t *m, const mc_field *fields, int64_t at) {
  return take_out(m, fields + at, mc_get(m, fields + at));
}

int64_t mc_queue_popleft(uint64_t *m, const mc_field *fields, int64_t at) {
  return take_out(m, fields + at, 1);
}

void mc_queue_remove(uint64_t *m, const mc_field *fields, int64_t at, int64_t value) {
  const mc_field *queue = fields + at;
  int64_t count = mc_get(m, queue);
  for (int64_t i = 1; i <= count; i++) {
    if (mc_get(m, queue + i) == value) {
      take_out(m, queue, i);
      return;
    }
  }
}

void mc_queue_clear(uint64_t *m, const mc_field *fields, int64_t at) {
  const mc_field *queue = fields + at;
  if (mc_is_initialised(m, queue)) {
    int64_t count = mc_get(m, queue);
    for (int64_t i = 1; i <= count; i++) mc_put(m, queue + i, 0);
  }
  mc_put(m, queue, 0);
}

bool mc_queue_contains(const uint64_t *m, const mc_field *fields, int64_t at, int64_t value) {
  const mc_field *queue = fields + at;
  if (!mc_is_initialised(m, queue)) return false;
  int64_t count = mc_get(m, queue);
  for (int64_t i = 1; i <= count; i++)
    if (mc_get(m, queue + i) == value) return true;
  return false;
}

static bool is_free(const uint64_t *m, const mc_field *fields, const mc_pool *pool, uint32_t i) {
  int64_t status = mc_get(m, fields + pool->statuses[i]);
  return status == MC_NEVER_USED || (pool->reuse && status == MC_FREED);
}

bool mc_has_free_element(const uint64_t *m, const mc_field *fields, const mc_pool *pool) {
  for (uint32_t i = 0; i < pool->count; i++)
    if (is_free(m, fields, pool, i)) return true;
  return false;
}

int64_t mc_take(uint64_t *m, const mc_field *fields, const mc_pool *pool, mc_way *way) {
  uint32_t rank = 0;
  if (pool->reuse) {
    uint32_t free_count = 0;
    for (uint32_t i = 0; i < pool->count; i++) free_count += is_free(m, fields, pool, i);
    rank = mc_pick(way, free_count);
  }
  for (uint32_t i = 0; i < pool->count; i++) {
    if (!is_free(m, fields, pool, i)) continue;
    if (rank-- > 0) continue;
    mc_apply(m, pool->fresh[i]);
    return pool->pointers[i];
  }
  mc_die("a step allocates from an exhausted pool, unchecked");
}
