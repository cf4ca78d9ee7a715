/* The store: every state that was found, once.
 *
 * The *arena* holds the packed states one behind the other and is never moved; a state's number is
 * its place there.  The *slots* are an open hash table of 8-byte entries: a state's number plus 1
 * (36 bits) and a tag (28 bits of its hash); 0 is empty.  Only this file knows of either.
 *
 * A group is 1,024 slots.  Which group a hash belongs to is said by its low bits and, once the table
 * has doubled k times, by the lowest k bits of the tag; at which slot of the group the search begins,
 * by the highest ten bits of the tag.  From there it goes round in the cache line, then on to the
 * next line, round in the group.  So when the table doubles, each group splits in place into two,
 * with nothing but the entries themselves: no second table, no look at the arena, and groups are
 * independent, so that workers can share the work.
 *
 * Workers put states at the same time: a state is written into the worker's own piece of the
 * arena, then its slot is published by one compare-and-swap (release); readers acquire.  Nothing
 * is ever taken out, so the first empty slot on the way is where a state would have to be.
 */
#ifndef MC_STORE_H
#define MC_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sizes.h"

enum { MC_TAG_BITS = 64 - MC_NUMBER_BITS };

typedef struct {
  uint32_t words;
  uint32_t workers;
  uint64_t *arena;
  uint64_t arena_states; /* how many there is address space for */
  uint64_t arena_limit; /* how many the memory budget allows now */
  _Atomic uint64_t arena_next; /* the first that belongs to no worker */
  _Atomic uint64_t *slots;
  uint32_t doublings;
  uint32_t max_doublings;
  uint64_t max_bytes; /* of arena and slots together */
  _Atomic bool wants_growth; /* a worker found the table too full */
  bool is_final; /* the budget does not allow it to grow any more */
  uint32_t compact_bits; /* of hash compaction; 0: states are compared as a whole */
  uint64_t released_bytes; /* of the arena: of states that nobody will look at again */
} mc_store;

/* Numbers first ... end-1. */
typedef struct {
  uint64_t first, end;
} mc_range;

/* A worker's place to write: its piece of the arena, and where in it the numbers lie that it gave
 * out since `mc_writer_collect`. */
typedef struct {
  uint64_t next, end; /* of the piece */
  uint64_t first; /* given out since */
  mc_range *ranges; /* complete pieces since */
  uint32_t range_count, range_capacity;
  uint64_t count; /* states put in all */
} mc_writer;

typedef enum { MC_FOUND, MC_NEW, MC_TABLE_FULL, MC_NO_MEMORY } mc_put_result;

/* False where the system gives no address space. */
bool mc_store_open(mc_store *store, uint32_t words, uint32_t workers, uint64_t max_bytes,
                   uint32_t compact_bits);
void mc_store_close(mc_store *store);

static inline uint64_t mc_store_mix(uint64_t hash) {
  hash *= 0xd6e8feb86659fd93u;
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93u;
  return hash ^ hash >> 32;
}

static inline uint64_t mc_store_hash(const uint64_t *state, uint32_t words) {
  uint64_t hash = 0x9e3779b97f4a7c15u;
  for (uint32_t i = 0; i < words; i++) {
    hash = (hash ^ state[i]) * 0x9fb21c651e98df25u;
    hash ^= hash >> 32;
  }
  return mc_store_mix(hash);
}

/* What stands for a state under hash compaction: some bits of its hash (at most 63), spread one to
 * one over a word that is not 0. */
static inline uint64_t mc_store_compact(const mc_store *store, uint64_t hash) {
  return mc_store_mix((hash & (((uint64_t)1 << store->compact_bits) - 1)) + 1);
}

/* The group of a hash: the low bits of the hash, then of the tag; its first slot. */
static inline _Atomic uint64_t *mc_store_group(const mc_store *store, uint64_t hash) {
  uint64_t low = hash & (((uint64_t)1 << MC_FIRST_GROUPS) - 1);
  uint64_t high = hash >> MC_NUMBER_BITS & (((uint64_t)1 << store->doublings) - 1);
  return store->slots + ((low | high << MC_FIRST_GROUPS) << MC_GROUP_BITS);
}

/* Where the search for a hash begins. */
static inline _Atomic uint64_t *mc_store_home(const mc_store *store, uint64_t hash) {
  return mc_store_group(store, hash) + (hash >> (64 - MC_GROUP_BITS));
}

/* A state that is looked up: its hash, its home, and how many slots were looked at.  Whoever makes
 * one prefetches the home (gcc 12 takes a function that only prefetches for one without effect). */
typedef struct {
  uint64_t hash;
  _Atomic uint64_t *home;
  uint32_t looks;
} mc_lookup;

static inline mc_lookup mc_store_begin(const mc_store *store, const uint64_t *state,
                                       uint32_t words) {
  uint64_t hash = mc_store_hash(state, words);
  if (__builtin_expect(store->compact_bits, 0)) hash = mc_store_compact(store, hash);
  return (mc_lookup){hash, mc_store_home(store, hash), 0};
}

/* Find states or put them: number i of `count`, from `*done` on.  Then lookups[i].hash is its number,
 * with MC_IS_NEW if it was not there; under hash compaction that of an old one is unknown.  Ends
 * early, `*done` at the first that was not put, where the table is full or there is no memory. */
#define MC_IS_NEW ((uint64_t)1 << 63)
mc_put_result mc_store_put_batch(mc_store *store, mc_writer *writer, const uint64_t *states,
                                 mc_lookup *lookups, uint32_t *done, uint32_t count);

/* The table has grown: begin again with what is not done. */
void mc_store_begin_again(const mc_store *store, mc_lookup *lookups, uint32_t done,
                          uint32_t count);

/* One state, likewise. */
mc_put_result mc_store_put(mc_store *store, mc_writer *writer, const uint64_t *state,
                           uint64_t *number);

/* The number of a state; false if it is not in the store. */
bool mc_store_find(const mc_store *store, const uint64_t *state, uint64_t *number);

static inline const uint64_t *mc_store_get(const mc_store *store, uint64_t number) {
  return store->arena + number * store->words;
}

/* Make room: whether the table may double within the memory budget; if not it never will, and
 * goes on as it is until a group is full.  Only one thread, while no worker puts anything; then
 * each worker splits its share, and only after the end may they put again. */
bool mc_store_begin_growth(mc_store *store);
void mc_store_split_share(mc_store *store, uint32_t worker, uint32_t workers);
void mc_store_end_growth(mc_store *store);

/* Append the numbers that a writer gave out since the last time to `ranges`. */
void mc_writer_collect(mc_writer *writer, mc_range **ranges, uint32_t *count, uint32_t *capacity);
void mc_writer_free(mc_writer *writer);

/* What arena and slots take at most, by what was handed out. */
uint64_t mc_store_bytes(const mc_store *store);

#endif
