#include "store.h"

#include <string.h>

#include "compact.h"
#include "memory.h"
#include "slots.h"

#define HUGE_FROM ((uint64_t)4 << 20) /* below that many bytes, small pages cost less */

#ifdef MC_BEFORE_PUBLISHING /* a test lets another worker in between */
void MC_BEFORE_PUBLISHING(void);
#else
#define MC_BEFORE_PUBLISHING() ((void)0)
#endif

static inline uint64_t group_count(const mc_store *store) {
  return (uint64_t)1 << (MC_FIRST_GROUPS + store->doublings);
}

static inline uint64_t slot_count(const mc_store *store) {
  return group_count(store) * GROUP_SLOTS;
}

/* ------------------------------------------------------------------------------------- opening */

bool mc_store_open(mc_store *store, uint32_t words, uint32_t workers, uint64_t max_bytes,
                   uint32_t compact_bits) {
  memset(store, 0, sizeof *store);
  store->compact_bits = compact_bits;
  store->words = words;
  store->workers = workers;
  store->max_bytes = max_bytes;
  uint64_t state_bytes = (uint64_t)words * sizeof(uint64_t);
  uint64_t table = (uint64_t)GROUP_SLOTS << MC_FIRST_GROUPS << 3;
  /* The table may grow as long as it takes half of the budget; address space costs nothing, but
   * a system that counts it (ulimit -v) may refuse, so ask for less until it agrees. */
  while (store->max_doublings < MAX_DOUBLINGS && table << (store->max_doublings + 1) <= max_bytes)
    store->max_doublings++;
  /* With hash compaction most of the arena is given back on the way, so it may be longer. */
  store->arena_states = max_bytes / (compact_bits ? 8 : state_bytes) + MC_LARGEST_PIECE;
  if (store->arena_states > NUMBER_MASK - 1) store->arena_states = NUMBER_MASK - 1;
  for (;;) {
    store->slots = mc_reserve(table << store->max_doublings);
    store->arena = store->slots ? mc_reserve(store->arena_states * state_bytes) : NULL;
    if (store->arena) break;
    if (store->slots) mc_release(store->slots, table << store->max_doublings);
    if (store->max_doublings == 0 || store->arena_states <= 4 * MC_LARGEST_PIECE) return false;
    store->max_doublings--;
    store->arena_states /= 2;
  }
  mc_store_end_growth(store);
  return true;
}

void mc_store_close(mc_store *store) {
  uint64_t table = (uint64_t)GROUP_SLOTS << MC_FIRST_GROUPS << 3;
  mc_release(store->slots, table << store->max_doublings);
  mc_release(store->arena, store->arena_states * store->words * sizeof(uint64_t));
}

uint64_t mc_store_bytes(const mc_store *store) {
  uint64_t states = atomic_load_explicit(&store->arena_next, memory_order_relaxed);
  uint64_t bytes = slot_count(store) * sizeof(uint64_t) + states * store->words * sizeof(uint64_t);
  return bytes - store->released_bytes;
}

/* ------------------------------------------------------------------------------------- looking */

static inline bool has_tag(uint64_t entry, uint64_t hash) {
  return (entry ^ hash) >> MC_NUMBER_BITS == 0;
}

static inline const uint64_t *state_of(const mc_store *store, uint64_t entry, uint32_t words) {
  return store->arena + ((entry & NUMBER_MASK) - 1) * words;
}

static inline bool is_same(const uint64_t *a, const uint64_t *b, uint32_t words) {
  uint64_t difference = 0;
  for (uint32_t i = 0; i < words; i++) difference |= a[i] ^ b[i];
  return difference == 0;
}

/* Look at the home line and prefetch the state that looks like the one wanted (nearly always it is
 * the one).  Gives after how many looks it, or an empty slot, was met: there `put` goes on. */
static inline uint32_t look_ahead(const mc_store *store, const mc_lookup *lookup, uint32_t words) {
  for (uint32_t i = 0; i < LINE_SLOTS; i++) {
    uint64_t entry =
        atomic_load_explicit(slot_in_line(lookup->home, i), memory_order_relaxed);
    if (entry == 0) return i;
    if (!has_tag(entry, lookup->hash)) continue;
    __builtin_prefetch(state_of(store, entry, words));
    return i;
  }
  __builtin_prefetch((const void *)slot_after(lookup->home, LINE_SLOTS));
  return LINE_SLOTS;
}

static bool find(const mc_store *store, const uint64_t *state, const mc_lookup *lookup,
                 uint64_t *number) {
  for (uint32_t i = lookup->looks; i < GROUP_SLOTS; i++) {
    uint64_t entry = atomic_load_explicit(slot_after(lookup->home, i), memory_order_acquire);
    if (entry == 0) return false;
    *number = (entry & NUMBER_MASK) - 1;
    if (has_tag(entry, lookup->hash) &&
        is_same(state_of(store, entry, store->words), state, store->words))
      return true;
  }
  return false;
}

bool mc_store_find(const mc_store *store, const uint64_t *state, uint64_t *number) {
  mc_lookup lookup = mc_store_begin(store, state, store->words);
  return find(store, state, &lookup, number);
}

/* ------------------------------------------------------------------------------------- putting */

/* Small pieces while there is little, so that many workers do not take more than there is. */
static uint64_t choose_piece(const mc_store *store) {
  uint64_t piece = slot_count(store) / 64 / store->workers;
  if (piece < MC_SMALLEST_PIECE) return MC_SMALLEST_PIECE;
  return piece > MC_LARGEST_PIECE ? MC_LARGEST_PIECE : piece;
}

static void close_piece(mc_writer *writer) {
  if (writer->first == writer->next) return;
  if (writer->range_count == writer->range_capacity) {
    writer->range_capacity = writer->range_capacity ? 2 * writer->range_capacity : 8;
    writer->ranges = mc_realloc(writer->ranges, writer->range_capacity, sizeof *writer->ranges);
  }
  writer->ranges[writer->range_count++] = (mc_range){writer->first, writer->next};
  writer->first = writer->next;
}

/* The number that the next new state gets. */
static bool take_number(mc_store *store, mc_writer *writer) {
  if (writer->next < writer->end) return true;
  uint64_t piece = choose_piece(store);
  uint64_t first = atomic_fetch_add_explicit(&store->arena_next, piece, memory_order_relaxed);
  if (first + piece > store->arena_limit + store->released_bytes / store->words / 8) {
    atomic_fetch_sub_explicit(&store->arena_next, piece, memory_order_relaxed);
    return false;
  }
  if (!store->is_final && first + piece > slot_count(store) * MC_FULL_PERCENT / 100)
    atomic_store_explicit(&store->wants_growth, true, memory_order_relaxed);
  close_piece(writer);
  writer->first = writer->next = first;
  writer->end = first + piece;
  return true;
}

bool mc_write_state(mc_store *store, mc_writer *writer, const uint64_t *state, uint32_t words) {
  if (!take_number(store, writer)) return false;
  uint64_t *copy = store->arena + writer->next * words;
  for (uint32_t w = 0; w < words; w++) copy[w] = state[w];
  return true;
}

mc_put_result mc_refuse_full(mc_store *store) {
  if (store->is_final) return MC_NO_MEMORY;
  atomic_store_explicit(&store->wants_growth, true, memory_order_relaxed);
  return MC_TABLE_FULL;
}

/* Soundness: a state that is taken for another is never expanded; so nothing but all of its words
 * decides, and the tag only says where to look. */
static inline __attribute__((always_inline)) mc_put_result put(mc_store *store, mc_writer *writer,
                                                               const uint64_t *state,
                                                               const mc_lookup *lookup,
                                                               uint32_t words, uint64_t *number) {
  bool is_written = false;
  for (uint32_t i = lookup->looks; i < GROUP_SLOTS; i++) {
    _Atomic uint64_t *slot =
        i < LINE_SLOTS ? slot_in_line(lookup->home, i) : slot_after(lookup->home, i);
    uint64_t entry = atomic_load_explicit(slot, memory_order_acquire);
    if (entry == 0) {
      if (!is_written && !mc_write_state(store, writer, state, words)) return MC_NO_MEMORY;
      is_written = true;
      MC_BEFORE_PUBLISHING();
      uint64_t made = (lookup->hash & ~NUMBER_MASK) | (writer->next + 1);
      if (store->workers == 1)
        atomic_store_explicit(slot, made, memory_order_relaxed);
      else /* another worker may be faster: then `entry` says what is there now */
        atomic_compare_exchange_strong_explicit(slot, &entry, made, memory_order_release,
                                                memory_order_acquire);
      if (entry == 0) {
        *number = writer->next++;
        writer->count++;
        return MC_NEW;
      }
    }
    if (!has_tag(entry, lookup->hash)) continue;
    *number = (entry & NUMBER_MASK) - 1;
    if (is_same(state_of(store, entry, words), state, words)) return MC_FOUND;
  }
  return mc_refuse_full(store);
}

static inline __attribute__((always_inline)) mc_put_result
put_all(mc_store *store, mc_writer *writer, const uint64_t *states, mc_lookup *lookups,
        uint32_t *done, uint32_t count, uint32_t words) {
  for (uint32_t i = *done; i < count; i++)
    lookups[i].looks = look_ahead(store, &lookups[i], words);
  for (uint32_t i = *done; i < count; i++) {
    uint64_t number = 0;
    mc_put_result result =
        put(store, writer, states + (size_t)i * words, &lookups[i], words, &number);
    if (result > MC_NEW) {
      *done = i;
      return result;
    }
    lookups[i].hash = result == MC_NEW ? number | MC_IS_NEW : number;
  }
  *done = count;
  return MC_FOUND;
}

/* Written out for the usual sizes, so that the loops over words go away. */
mc_put_result mc_store_put_batch(mc_store *store, mc_writer *writer, const uint64_t *states,
                                 mc_lookup *lookups, uint32_t *done, uint32_t count) {
  if (store->compact_bits) return mc_put_compact(store, writer, states, lookups, done, count);
  switch (store->words) {
    case 1: return put_all(store, writer, states, lookups, done, count, 1);
    case 2: return put_all(store, writer, states, lookups, done, count, 2);
    case 3: return put_all(store, writer, states, lookups, done, count, 3);
    default: return put_all(store, writer, states, lookups, done, count, store->words);
  }
}

void mc_store_begin_again(const mc_store *store, mc_lookup *lookups, uint32_t done,
                          uint32_t count) {
  for (uint32_t i = done; i < count; i++)
    lookups[i] = (mc_lookup){lookups[i].hash, mc_store_home(store, lookups[i].hash), 0};
}

mc_put_result mc_store_put(mc_store *store, mc_writer *writer, const uint64_t *state,
                           uint64_t *number) {
  mc_lookup lookup = mc_store_begin(store, state, store->words);
  if (store->compact_bits) return mc_put_one_compact(store, writer, state, &lookup, number);
  return put(store, writer, state, &lookup, store->words, number);
}

void mc_writer_collect(mc_writer *writer, mc_range **ranges, uint32_t *count, uint32_t *capacity) {
  close_piece(writer);
  if (*count + writer->range_count > *capacity) {
    *capacity = 2 * (*count + writer->range_count);
    *ranges = mc_realloc(*ranges, *capacity, sizeof **ranges);
  }
  for (uint32_t i = 0; i < writer->range_count; i++) (*ranges)[(*count)++] = writer->ranges[i];
  writer->range_count = 0;
}

void mc_writer_free(mc_writer *writer) {
  free(writer->ranges);
  writer->ranges = NULL;
}

/* ------------------------------------------------------------------------------------- growing */

bool mc_store_begin_growth(mc_store *store) {
  uint64_t added = slot_count(store) * sizeof(uint64_t);
  if (store->doublings == store->max_doublings ||
      mc_store_bytes(store) + added > store->max_bytes) {
    store->is_final = true;
    atomic_store(&store->wants_growth, false);
    return false;
  }
  /* What is empty is 0, and fresh pages are. */
  if (2 * added >= HUGE_FROM) mc_advise_huge(store->slots + slot_count(store), added);
  return true;
}

/* Put an entry into a group that nobody else uses. */
static void place(_Atomic uint64_t *group, uint64_t entry) {
  _Atomic uint64_t *home = group + (entry >> (64 - MC_GROUP_BITS));
  uint32_t i = 0;
  while (atomic_load_explicit(slot_after(home, i), memory_order_relaxed)) i++;
  atomic_store_explicit(slot_after(home, i), entry, memory_order_relaxed);
}

/* Soundness: an entry that lands where no search for it comes by is a state that is stored, and
 * expanded, twice, or (in the wrong half) never found again; the counts say so. */
static void split_group(_Atomic uint64_t *low, _Atomic uint64_t *high, uint32_t bit) {
  uint64_t entries[GROUP_SLOTS];
  memcpy(entries, (const void *)low, sizeof entries);
  memset((void *)low, 0, sizeof entries);
  for (uint32_t i = 0; i < GROUP_SLOTS; i++)
    if (entries[i]) place(entries[i] >> MC_NUMBER_BITS >> bit & 1 ? high : low, entries[i]);
}

void mc_store_split_share(mc_store *store, uint32_t worker, uint32_t workers) {
  uint64_t groups = group_count(store);
  for (uint64_t i = groups * worker / workers; i < groups * (worker + 1) / workers; i++)
    split_group(store->slots + i * GROUP_SLOTS, store->slots + (groups + i) * GROUP_SLOTS,
                store->doublings);
}

void mc_store_end_growth(mc_store *store) {
  if (atomic_exchange(&store->wants_growth, false)) store->doublings++;
  uint64_t table = slot_count(store) * sizeof(uint64_t);
  uint64_t state_bytes = store->words * sizeof(uint64_t);
  uint64_t limit = (store->max_bytes > table ? store->max_bytes - table : 0) / state_bytes;
  uint64_t before = store->arena_limit;
  store->arena_limit = limit < store->arena_states ? limit : store->arena_states;
  if (store->compact_bits) return;
  /* From some size on huge pages save more than their first touch costs. */
  if (before == 0) {
    uint64_t skipped = HUGE_FROM / state_bytes * store->words;
    if (store->arena_states * store->words > skipped)
      mc_advise_huge(store->arena + skipped, store->arena_states * state_bytes - skipped * 8);
  }
}
