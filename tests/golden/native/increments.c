/* The program `increments`; generated. */
#include "model.h"

#pragma GCC diagnostic ignored "-Wtautological-compare"
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Warray-bounds"

static const mc_field m_fields[] = {
  {0x7ULL, 4ULL, 0LL, 0, 0, 0}, /* 0: increment[0].pc */
  {0x7ULL, 4ULL, 0LL, 0, 3, 0}, /* 1: increment[1].pc */
  {0xffULL, 255ULL, 0LL, 0, 6, 0}, /* 2: increment[0].value */
  {0xffULL, 255ULL, 0LL, 0, 14, 0}, /* 3: increment[1].value */
  {0xffULL, 255ULL, 0LL, 0, 22, 0}, /* 4: counter */
  {0, 0, 0, 0, 0, 0}, /* nowhere: where null pointers lead */
};

static mc_result m_start_increment(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)way;
  mc_put(m, &m_fields[thread], 0);
  return MC_DONE;
}

static mc_result m_initial(uint64_t *m, mc_way *way) {
  (void)m;
  (void)way;
  return MC_DONE;
}

static mc_result m_start(uint64_t *m, mc_way *way) {
  mc_result result = m_initial(m, way);
  for (uint32_t thread = 0; thread < 2 && result == MC_DONE; thread++)
    result = m_start_increment(m, thread, way);
  return result;
}

/* specs/classics/increments.py:43:21: value = READ_ONCE(counter) */
static mc_result m_step_increment_b7(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_value = 0;
  (void)way;
  v_value = mc_get(m, &m_fields[4]);
  mc_put(m, &m_fields[thread], 1);
  mc_put(m, &m_fields[2 + thread * 1], v_value);
  return MC_DONE;
}

/* specs/classics/increments.py:44:13: WRITE_ONCE(counter, value + 1) */
static mc_result m_step_increment_b8(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_value = mc_get(m, &m_fields[2 + thread * 1]);
  (void)way;
  mc_put(m, &m_fields[4], (v_value + 1LL) & 0xff);
  mc_put(m, &m_fields[thread], 2);
  mc_put(m, &m_fields[2 + thread * 1], 0);
  return MC_DONE;
}

/* specs/classics/increments.py:43:21: value = READ_ONCE(counter) */
static mc_result m_step_increment_b13(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_value = 0;
  (void)way;
  v_value = mc_get(m, &m_fields[4]);
  mc_put(m, &m_fields[thread], 3);
  mc_put(m, &m_fields[2 + thread * 1], v_value);
  return MC_DONE;
}

/* specs/classics/increments.py:44:13: WRITE_ONCE(counter, value + 1) */
static mc_result m_step_increment_b14(uint64_t *m, uint32_t thread, mc_way *way) {
  int64_t v_value = mc_get(m, &m_fields[2 + thread * 1]);
  (void)way;
  mc_put(m, &m_fields[4], (v_value + 1LL) & 0xff);
  mc_put(m, &m_fields[thread], 4);
  mc_put(m, &m_fields[2 + thread * 1], 0);
  return MC_DONE;
}

static int m_judge_no_update_lost(const uint64_t *m) {
  return (mc_get(m, &m_fields[4]) == 4LL) ? 1 : 0;
}

static int m_judge_all_updates_counted(const uint64_t *m) {
  return (mc_get(m, &m_fields[4]) == 4LL) ? 1 : 0;
}

static const mc_location m_locations_increment[] = {
    {m_step_increment_b7, NULL, false, false, false},
    {m_step_increment_b8, NULL, false, false, false},
    {m_step_increment_b13, NULL, false, false, false},
    {m_step_increment_b14, NULL, false, false, false},
};

static const mc_template m_templates[] = {
    {"increment", m_locations_increment, 4},
};

static const mc_thread m_threads[] = {
    {0, -1, {0, 0}, 0, NULL, 0},
    {0, -1, {0, 0}, 0, NULL, 0},
};

static const uint64_t m_start_words[] = {
    0x0ULL,
};

static const mc_property m_properties[] = {
    {"no_update_lost", m_judge_no_update_lost, MC_FINAL, false},
    {"all_updates_counted", m_judge_all_updates_counted, MC_REACHABLE, false},
};

extern const mc_model m_model;
const mc_model m_model = {
    .version = MC_MODEL_VERSION,
    .name = "increments",
    .words = 1,
    .slot_count = 5,
    .fields = m_fields,
    .templates = m_templates,
    .template_count = 1,
    .threads = m_threads,
    .thread_count = 2,
    .moves_others = false,
    .start = m_start,
    .start_words = m_start_words,
    .properties = m_properties,
    .property_count = 2,
    .races = NULL,
    .race_count = 0,
    .stubborn = NULL,
    .elements = NULL,
    .element_count = 0,
    .roots = NULL,
    .root_count = 0,
    .symmetry = NULL,
};
