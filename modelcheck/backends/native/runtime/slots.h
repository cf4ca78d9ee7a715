/* The slots of the table, and the order in which a look-up goes through them. */
#ifndef MC_SLOTS_H
#define MC_SLOTS_H

#include "store.h"

enum {
  GROUP_SLOTS = 1 << MC_GROUP_BITS,
  LINE_SLOTS = 8, /* in a cache line */
  MAX_DOUBLINGS = MC_TAG_BITS - MC_GROUP_BITS, /* then the tag has no bit left to split by */
};

/* Reserved space is aligned to 2 MiB, so lines and groups are aligned to their sizes. */
#define LINE_BYTES (LINE_SLOTS * sizeof(uint64_t))
#define LINE_BYTES_MASK ((uintptr_t)LINE_BYTES - 1)
#define GROUP_BYTES_MASK ((uintptr_t)GROUP_SLOTS * sizeof(uint64_t) - 1)
#define NUMBER_MASK (((uint64_t)1 << MC_NUMBER_BITS) - 1)

/* The slot to look at after i others: round in the home line, which is here already, then round in
 * the next line, and so on, round in the group. */
static inline _Atomic uint64_t *slot_after(_Atomic uint64_t *home, uint32_t i) {
  uintptr_t address = (uintptr_t)home;
  uintptr_t line = (address & GROUP_BYTES_MASK & ~LINE_BYTES_MASK) + i / LINE_SLOTS * LINE_BYTES;
  uintptr_t inside = (address + i * sizeof(uint64_t)) & LINE_BYTES_MASK;
  return (_Atomic uint64_t *)((address & ~GROUP_BYTES_MASK) | (line & GROUP_BYTES_MASK) | inside);
}

/* The same for i < LINE_SLOTS. */
static inline _Atomic uint64_t *slot_in_line(_Atomic uint64_t *home, uint32_t i) {
  uintptr_t address = (uintptr_t)home;
  uintptr_t inside = (address + i * sizeof(uint64_t)) & LINE_BYTES_MASK;
  return (_Atomic uint64_t *)((address & ~LINE_BYTES_MASK) | inside);
}

/* Write a state where the writer's next number is; false where there is no memory. */
bool mc_write_state(mc_store *store, mc_writer *writer, const uint64_t *state, uint32_t words);

/* The whole group is full: what that means. */
mc_put_result mc_refuse_full(mc_store *store);

#endif
