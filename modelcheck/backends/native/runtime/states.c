#include "states.h"

int mc_compare_states(const mc_model *model, const uint64_t *a, const uint64_t *b) {
  for (uint32_t slot = 0; slot < model->slot_count; slot++) {
    int64_t x = mc_value(model, a, slot), y = mc_value(model, b, slot);
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}
