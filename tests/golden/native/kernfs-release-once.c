/* The program `kernfs-release-once`; generated. */
#include "model.h"

#pragma GCC diagnostic ignored "-Wtautological-compare"
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Warray-bounds"

static const mc_field m_fields[] = {
  {0x7ULL, 5ULL, 0LL, 0, 0, 0}, /* 0: close.pc */
  {0x7ULL, 5ULL, 0LL, 0, 3, 0}, /* 1: drain.pc */
  {0x1ULL, 1ULL, 0LL, 0, 6, 0}, /* 2: close.t8 */
  {0x3ULL, 2ULL, 0LL, 0, 7, 0}, /* 3: close.t9 */
  {0x1ULL, 1ULL, 0LL, 0, 9, 0}, /* 4: close.t12 */
  {0x1ULL, 1ULL, 0LL, 0, 10, 0}, /* 5: drain.t8 */
  {0x3ULL, 2ULL, 0LL, 0, 11, 0}, /* 6: drain.t9 */
  {0x1ULL, 1ULL, 0LL, 0, 13, 0}, /* 7: drain.t12 */
  {0x3ULL, 2ULL, 0LL, 0, 14, 0}, /* 8: open_file_mutex.owner */
  {0x3ULL, 2ULL, 0LL, 0, 16, 0}, /* 9: open_file_mutex.holder */
  {0x1ULL, 1ULL, 0LL, 0, 18, 0}, /* 10: files[0].released */
  {0xffULL, 255ULL, 0LL, 0, 19, 0}, /* 11: files[0].calls */
  {0, 0, 0, 0, 0, 0}, /* nowhere: where null pointers lead */
};

static const uint64_t m_pairs_1[] = {0x1880ULL};

static int64_t m_touch(mc_way *way, int64_t slot, int64_t key, uint32_t flags) {
  mc_note_access(way, (uint32_t)key, flags);
  return slot;
}

static mc_result m_start_close(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  (void)way;
  mc_put(m, &m_fields[0], 0);
  return MC_DONE;
}

static mc_result m_start_drain(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  (void)way;
  mc_put(m, &m_fields[1], 0);
  return MC_DONE;
}

static mc_result m_initial(uint64_t *m, mc_way *way) {
  (void)m;
  (void)way;
  return MC_DONE;
}

static mc_result m_start(uint64_t *m, mc_way *way) {
  mc_result result = m_initial(m, way);
  for (uint32_t thread = 0; thread < 1 && result == MC_DONE; thread++)
    result = m_start_close(m, thread, way);
  for (uint32_t thread = 1; thread < 2 && result == MC_DONE; thread++)
    result = m_start_drain(m, thread, way);
  return result;
}

/* modelcheck/kernel/mutex.py:80:5: mutex_lock(open_file_mutex) */
static mc_result m_step_close_b50(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  if (!(mc_get(m, &m_fields[8]) != 1LL)) {
    mc_note_failure(way, 1, 1);
    return MC_FAILED;
  }
  if (!(mc_get(m, &m_fields[8]) == 0LL)) return MC_BLOCKED;
  mc_put(m, &m_fields[8], 1LL);
  mc_put(m, &m_fields[9], 1LL);
  mc_put(m, &m_fields[0], 1);
  return MC_DONE;
}

/* specs/kernfs/kernfs-release-once.py:27:32: if not (check_released and of.released): */
static mc_result m_step_close_b57(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_t8 = 0;
  (void)thread;
  (void)way;
  v_t8 = mc_get(m, &m_fields[10]);
  if (!(v_t8)) goto at_b53;
  mc_put(m, &m_fields[0], 3);
  return MC_DONE;
at_b53:
  mc_put(m, &m_fields[11], (mc_get(m, &m_fields[11]) + 1LL) & 0xff);
  mc_put(m, &m_fields[0], 2);
  return MC_DONE;
}

/* specs/kernfs/kernfs-release-once.py:27:32: if not (check_released and of.released): */
static mc_result m_watch_close_b57(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_t8 = 0;
  (void)thread;
  v_t8 = mc_get(m, &m_fields[m_touch(way, 10, 10, MC_PLAIN)]);
  if (!(v_t8)) goto at_b53;
  mc_put(m, &m_fields[0], 3);
  return MC_DONE;
at_b53:
  mc_put(m, &m_fields[11], (mc_get(m, &m_fields[11]) + 1LL) & 0xff);
  mc_put(m, &m_fields[0], 2);
  return MC_DONE;
}

/* specs/kernfs/kernfs-release-once.py:29:9: of.released = True */
static mc_result m_step_close_b58(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  (void)way;
  mc_put(m, &m_fields[10], 1LL);
  mc_put(m, &m_fields[0], 3);
  return MC_DONE;
}

/* specs/kernfs/kernfs-release-once.py:29:9: of.released = True */
static mc_result m_watch_close_b58(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  mc_put(m, &m_fields[m_touch(way, 10, 10, MC_WRITE | MC_PLAIN)], 1LL);
  mc_put(m, &m_fields[0], 3);
  return MC_DONE;
}

/* modelcheck/kernel/mutex.py:108:5: mutex_unlock(open_file_mutex) */
static mc_result m_step_close_b60(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  if (!(mc_get(m, &m_fields[8]) == 1LL)) {
    mc_note_failure(way, 2, 1);
    return MC_FAILED;
  }
  mc_put(m, &m_fields[8], 0LL);
  mc_put(m, &m_fields[9], 0LL);
  mc_put(m, &m_fields[0], 4);
  return MC_DONE;
}

/* modelcheck/kernel/mutex.py:112:5: mutex_unlock(open_file_mutex) */
static mc_result m_step_close_b62(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_t9 = 0;
  (void)v_t9;
  int64_t v_t12 = 0;
  (void)thread;
  v_t9 = mc_get(m, &m_fields[8]);
  v_t12 = mc_get(m, &m_fields[9]) == 1LL;
  if (!(v_t12)) goto at_b70;
  v_t12 = mc_get(m, &m_fields[8]) == 1LL;
at_b70:
  if (!(!v_t12)) {
    mc_note_failure(way, 3, 0);
    return MC_FAILED;
  }
  mc_put(m, &m_fields[0], 5);
  return MC_DONE;
}

/* modelcheck/kernel/mutex.py:80:5: mutex_lock(open_file_mutex) */
static mc_result m_step_drain_b50(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  if (!(mc_get(m, &m_fields[8]) != 2LL)) {
    mc_note_failure(way, 1, 1);
    return MC_FAILED;
  }
  if (!(mc_get(m, &m_fields[8]) == 0LL)) return MC_BLOCKED;
  mc_put(m, &m_fields[8], 2LL);
  mc_put(m, &m_fields[9], 2LL);
  mc_put(m, &m_fields[1], 1);
  return MC_DONE;
}

/* specs/kernfs/kernfs-release-once.py:27:32: if not (check_released and of.released): */
static mc_result m_step_drain_b59(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_t8 = 0;
  (void)thread;
  (void)way;
  v_t8 = mc_get(m, &m_fields[10]);
  if (!(v_t8)) goto at_b55;
  mc_put(m, &m_fields[1], 3);
  return MC_DONE;
at_b55:
  mc_put(m, &m_fields[11], (mc_get(m, &m_fields[11]) + 1LL) & 0xff);
  mc_put(m, &m_fields[1], 2);
  return MC_DONE;
}

/* specs/kernfs/kernfs-release-once.py:27:32: if not (check_released and of.released): */
static mc_result m_watch_drain_b59(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_t8 = 0;
  (void)thread;
  v_t8 = mc_get(m, &m_fields[m_touch(way, 10, 10, MC_PLAIN)]);
  if (!(v_t8)) goto at_b55;
  mc_put(m, &m_fields[1], 3);
  return MC_DONE;
at_b55:
  mc_put(m, &m_fields[11], (mc_get(m, &m_fields[11]) + 1LL) & 0xff);
  mc_put(m, &m_fields[1], 2);
  return MC_DONE;
}

/* specs/kernfs/kernfs-release-once.py:29:9: of.released = True */
static mc_result m_step_drain_b60(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  (void)way;
  mc_put(m, &m_fields[10], 1LL);
  mc_put(m, &m_fields[1], 3);
  return MC_DONE;
}

/* specs/kernfs/kernfs-release-once.py:29:9: of.released = True */
static mc_result m_watch_drain_b60(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  mc_put(m, &m_fields[m_touch(way, 10, 10, MC_WRITE | MC_PLAIN)], 1LL);
  mc_put(m, &m_fields[1], 3);
  return MC_DONE;
}

/* modelcheck/kernel/mutex.py:108:5: mutex_unlock(open_file_mutex) */
static mc_result m_step_drain_b62(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)thread;
  if (!(mc_get(m, &m_fields[8]) == 2LL)) {
    mc_note_failure(way, 2, 1);
    return MC_FAILED;
  }
  mc_put(m, &m_fields[8], 0LL);
  mc_put(m, &m_fields[9], 0LL);
  mc_put(m, &m_fields[1], 4);
  return MC_DONE;
}

/* modelcheck/kernel/mutex.py:112:5: mutex_unlock(open_file_mutex) */
static mc_result m_step_drain_b64(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_t9 = 0;
  (void)v_t9;
  int64_t v_t12 = 0;
  (void)thread;
  v_t9 = mc_get(m, &m_fields[8]);
  v_t12 = mc_get(m, &m_fields[9]) == 2LL;
  if (!(v_t12)) goto at_b72;
  v_t12 = mc_get(m, &m_fields[8]) == 2LL;
at_b72:
  if (!(!v_t12)) {
    mc_note_failure(way, 3, 0);
    return MC_FAILED;
  }
  mc_put(m, &m_fields[1], 5);
  return MC_DONE;
}

static int m_judge_released_once(const uint64_t *m) {
  return (mc_get(m, &m_fields[11]) == 1LL) ? 1 : 0;
}

static const mc_location m_locations_close[] = {
    {m_step_close_b50, NULL, false, false, true},
    {m_step_close_b57, m_watch_close_b57, false, false, false},
    {m_step_close_b58, m_watch_close_b58, false, false, false},
    {m_step_close_b60, NULL, false, false, true},
    {m_step_close_b62, NULL, false, false, false},
};

static const mc_location m_locations_drain[] = {
    {m_step_drain_b50, NULL, false, false, true},
    {m_step_drain_b59, m_watch_drain_b59, false, false, false},
    {m_step_drain_b60, m_watch_drain_b60, false, false, false},
    {m_step_drain_b62, NULL, false, false, true},
    {m_step_drain_b64, NULL, false, false, false},
};

static const mc_template m_templates[] = {
    {"close", m_locations_close, 5},
    {"drain", m_locations_drain, 5},
};

static const mc_thread m_threads[] = {
    {0, -1, {0, 0}, 0, NULL, 0},
    {1, -1, {0, 0}, 0, NULL, 0},
};

static const uint64_t m_start_words[] = {
    0x0ULL,
};

static const mc_property m_properties[] = {
    {"released_once", m_judge_released_once, MC_FINAL, false},
};

static const mc_race m_races[] = {
    {0, 1, m_pairs_1},
};

extern const mc_model m_model;
const mc_model m_model = {
    .version = MC_MODEL_VERSION,
    .name = "kernfs-release-once",
    .words = 1,
    .slot_count = 12,
    .fields = m_fields,
    .templates = m_templates,
    .template_count = 2,
    .threads = m_threads,
    .thread_count = 2,
    .moves_others = false,
    .start = m_start,
    .start_words = m_start_words,
    .properties = m_properties,
    .property_count = 1,
    .races = m_races,
    .race_count = 1,
    .stubborn = NULL,
    .elements = NULL,
    .element_count = 0,
    .roots = NULL,
    .root_count = 0,
    .symmetry = NULL,
};
