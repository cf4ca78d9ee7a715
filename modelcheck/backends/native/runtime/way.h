/* The ways through one step: an odometer over its choices, and what a way notes. */
#ifndef MC_WAY_H
#define MC_WAY_H

#include "model.h"

typedef struct {
  uint32_t property, first, second;
} mc_order;

typedef struct {
  uint32_t slot, flags;
} mc_access;

/* `taken` counts up like the digits of an odometer, `limits` are the digits' bases; a digit's base
 * may depend on the digits before it.  So all ways come in increasing order of their choices. */
struct mc_way {
  uint32_t *taken, *limits;
  uint32_t digits, position, capacity;
  uint32_t site; /* of the check that failed */
  int64_t subject;
  mc_order *orders;
  uint32_t order_count, order_capacity;
  mc_access *accesses;
  uint32_t access_count, access_capacity;
};

/* The choices of a way, and the orders that it records, for whoever keeps them. */
void mc_way_copy(mc_way *to, const mc_way *from);

/* Begin with the first of all ways. */
static inline void mc_way_reset(mc_way *way) {
  way->digits = way->position = 0;
  way->order_count = way->access_count = 0;
}

/* Begin the way that the digits say. */
static inline void mc_way_rewind(mc_way *way) {
  way->position = 0;
  way->order_count = way->access_count = 0;
}

/* Turn to the next combination of choices; false when all were taken. */
bool mc_way_advance(mc_way *way);

void mc_way_free(mc_way *way);

/* How many ways are followed (backends/python/runtime.py has the same limits). */
enum { MC_MAX_DIVERGING = 16, MC_MAX_CHOICES_MADE = 2000000 };

#endif
