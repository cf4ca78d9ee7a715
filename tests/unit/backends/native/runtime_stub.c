/* A model written by hand: two threads count to 2 with a load and a store each, and may lose one.
 *
 * Word 0: the program counters (bits 0 and 2), what each loaded (4 and 6), the counter (8).
 */
#include "model.h"

static const mc_field fields[] = {
    {3, 2, 0, 0, 0, 0}, {3, 2, 0, 0, 2, 0}, {3, 2, 0, 0, 4, 0}, {3, 2, 0, 0, 6, 0}, {3, 2, 0, 0, 8, 0},
};
enum { LOADED = 2, COUNTER = 4, COUNTED_TO_TWO = 0 };

static mc_result load(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)way;
  mc_put(m, &fields[LOADED + thread], mc_get(m, &fields[COUNTER]));
  mc_put(m, &fields[thread], 1);
  return MC_DONE;
}

static mc_result store(uint64_t *m, uint32_t thread, mc_way *way) {
  (void)way;
  mc_put(m, &fields[COUNTER], mc_get(m, &fields[LOADED + thread]) + 1);
  mc_put(m, &fields[LOADED + thread], 0);
  mc_put(m, &fields[thread], 2);
  return MC_DONE;
}

static mc_result start(uint64_t *m, mc_way *way) {
  (void)m;
  (void)way;
  return MC_DONE;
}

static int has_counted_to_two(const uint64_t *m) { return mc_get(m, &fields[COUNTER]) == 2; }

static const mc_location locations[] = {{load, NULL, false, false, false},
                                        {store, NULL, false, false, false}};
static const mc_template templates[] = {{"count", locations, 2}};
static const mc_thread threads[] = {{0, -1, {0, 0}, 0, NULL, 0}, {0, -1, {0, 0}, 0, NULL, 0}};
static const uint64_t start_words[] = {0};
static const mc_property properties[] = {{"two", has_counted_to_two, MC_FINAL, false}};

extern const mc_model *const mc_models[];
extern const unsigned mc_model_count;

static const mc_model model = {
    .version = MC_MODEL_VERSION,
    .name = "stub",
    .words = 1,
    .slot_count = 5,
    .fields = fields,
    .templates = templates,
    .template_count = 1,
    .threads = threads,
    .thread_count = 2,
    .start = start,
    .start_words = start_words,
    .properties = properties,
    .property_count = 1,
};
const mc_model *const mc_models[] = {&model};
const unsigned mc_model_count = 1;
