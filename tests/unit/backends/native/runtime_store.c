/* Runs the store for the tests: `runtime_store TEST WORDS WORKERS COUNT BYTES`; where something is
 * not as it should be, it ends with 1 and a line that says what.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "store.h"

enum { MOST_WORKERS = 8, MOST_WORDS = 16, ROUND = 500 };

static mc_store store;
static mc_writer writers[MOST_WORKERS];
static pthread_barrier_t barrier;
static uint32_t words, workers;
static uint64_t count;

#define EXPECT(condition, ...) \
  do { \
    if (!(condition)) { \
      printf(__VA_ARGS__); \
      printf(" (line %d)\n", __LINE__); \
      exit(1); \
    } \
  } while (0)

static uint64_t mix(uint64_t z) { /* splitmix64 */
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* State i: of several words only one tells it from its neighbours, and it may be any of them. */
static void make_state(uint64_t i, uint64_t *state) {
  for (uint32_t w = 0; w < words; w++) state[w] = w;
  state[i % words] = mix(i);
}

static void grow(void) {
  if (!atomic_load(&store.wants_growth) || !mc_store_begin_growth(&store)) return;
  for (uint32_t w = 0; w < workers; w++) mc_store_split_share(&store, w, workers);
  mc_store_end_growth(&store);
}

static mc_put_result put(uint32_t worker, uint64_t i, uint64_t *number) {
  uint64_t state[MOST_WORDS];
  mc_put_result result;
  make_state(i, state);
  while ((result = mc_store_put(&store, &writers[worker], state, number)) == MC_TABLE_FULL) grow();
  if (workers == 1) grow();
  return result;
}

/* Every state once, under a number of its own, its words unchanged; nothing that was not put. */
static void expect_all_there(void) {
  uint64_t state[MOST_WORDS], number, sum = 0;
  uint8_t *is_seen = mc_realloc(NULL, store.arena_next + 1, 1);
  memset(is_seen, 0, store.arena_next + 1);
  for (uint64_t i = 0; i < count; i++) {
    make_state(i, state);
    EXPECT(mc_store_find(&store, state, &number), "state %lu is lost", i);
    EXPECT(number < store.arena_next, "state %lu has number %lu", i, number);
    EXPECT(!is_seen[number], "two states have number %lu", number);
    is_seen[number] = 1;
    EXPECT(!memcmp(mc_store_get(&store, number), state, words * 8), "state %lu has changed", i);
    make_state(count + i, state);
    EXPECT(!mc_store_find(&store, state, &number), "state %lu was never put", count + i);
  }
  for (uint32_t w = 0; w < workers; w++) sum += writers[w].count;
  EXPECT(sum == count, "%lu states of %lu were new", sum, count);
  free(is_seen);
}

/* The ranges that were given out: as many numbers as states, none twice. */
static void expect_ranges(void) {
  mc_range *ranges = NULL;
  uint32_t range_count = 0, capacity = 0;
  uint64_t sum = 0;
  uint8_t *is_seen = mc_realloc(NULL, store.arena_next + 1, 1);
  memset(is_seen, 0, store.arena_next + 1);
  for (uint32_t w = 0; w < workers; w++)
    mc_writer_collect(&writers[w], &ranges, &range_count, &capacity);
  for (uint32_t r = 0; r < range_count; r++) {
    sum += ranges[r].end - ranges[r].first;
    for (uint64_t n = ranges[r].first; n < ranges[r].end; n++) {
      EXPECT(!is_seen[n], "number %lu was given out twice", n);
      is_seen[n] = 1;
    }
  }
  EXPECT(sum == count, "%lu numbers for %lu states", sum, count);
  free(ranges);
  free(is_seen);
}

/* ------------------------------------------------------------------------------------- one by one */

static void put_alone(void) {
  uint64_t number, again;
  for (uint64_t i = 0; i < count; i++) {
    EXPECT(put(0, i, &number) == MC_NEW, "state %lu is not new", i);
    EXPECT(put(0, i, &again) == MC_FOUND && again == number, "state %lu is new again", i);
    EXPECT(put(0, i / 2, &again) == MC_FOUND, "state %lu is new again", i / 2);
  }
  EXPECT(count < 1000 || store.doublings > 0, "the table never grew");
}

/* ------------------------------------------------------------------------------------- batches */

/* States in batches, each twice in its batch and again in the next one. */
static void put_batches(void) {
  static uint64_t states[3 * ROUND * MOST_WORDS];
  static mc_lookup lookups[3 * ROUND];
  uint64_t new_count = 0;
  for (uint64_t first = 0; first < count; first += ROUND) {
    uint32_t size = 0, done = 0;
    for (uint64_t i = first < ROUND ? 0 : first - ROUND; i < first + ROUND && i < count; i++)
      for (int twice = 0; twice < (i < first ? 1 : 2); twice++, size++) {
        make_state(i, states + size * words);
        lookups[size] = mc_store_begin(&store, states + size * words, words);
      }
    while (mc_store_put_batch(&store, &writers[0], states, lookups, &done, size) == MC_TABLE_FULL) {
      grow();
      mc_store_begin_again(&store, lookups, done, size);
    }
    EXPECT(done == size, "%u of %u were put", done, size);
    for (uint32_t i = 0; i < size; i++) {
      const uint64_t *stored = mc_store_get(&store, lookups[i].hash & ~MC_IS_NEW);
      EXPECT(!memcmp(stored, states + i * words, words * 8), "a wrong number");
      new_count += lookups[i].hash >> 63;
    }
    grow();
  }
  EXPECT(new_count == count, "%lu of %lu were new", new_count, count);
}

/* ------------------------------------------------------------------------------------- together */

/* All workers put the same states at the same time, each in its own order, round by round; between two
 * rounds the table grows, a share by each. */
static void *put_with_others(void *argument) {
  uint32_t worker = (uint32_t)(uintptr_t)argument;
  for (uint64_t first = 0; first < count; first += ROUND) {
    uint64_t size = count - first < ROUND ? count - first : ROUND, done = 0;
    while (done < size) {
      for (; done < size; done++) {
        uint64_t state[MOST_WORDS], number;
        make_state(first + (done * 7 + worker * 131) % size, state);
        if (size % 7 == 0) make_state(first + (done + worker) % size, state);
        if (mc_store_put(&store, &writers[worker], state, &number) == MC_TABLE_FULL) break;
        EXPECT(!memcmp(mc_store_get(&store, number), state, words * 8), "a wrong number");
      }
      /* Who is done waits for those whose group is full. */
      static _Atomic uint32_t unfinished;
      static bool may_grow;
      atomic_fetch_add(&unfinished, done < size);
      pthread_barrier_wait(&barrier);
      if (worker == 0) may_grow = atomic_load(&store.wants_growth) && mc_store_begin_growth(&store);
      pthread_barrier_wait(&barrier);
      bool is_over = atomic_load(&unfinished) == 0;
      if (may_grow) mc_store_split_share(&store, worker, workers);
      pthread_barrier_wait(&barrier);
      if (worker == 0) atomic_store(&unfinished, 0);
      if (worker == 0 && may_grow) mc_store_end_growth(&store);
      pthread_barrier_wait(&barrier);
      if (is_over) break;
    }
  }
  return NULL;
}

static void put_together(void) {
  pthread_t threads[MOST_WORKERS];
  pthread_barrier_init(&barrier, NULL, workers);
  for (uint32_t w = 0; w < workers; w++)
    pthread_create(&threads[w], NULL, put_with_others, (void *)(uintptr_t)w);
  for (uint32_t w = 0; w < workers; w++) pthread_join(threads[w], NULL);
}

/* ------------------------------------------------------------------------------------- adversaries */

static uint64_t overtaking; /* what the other worker puts while the first is about to publish */
static uint32_t overtakers;

void overtake(void); /* compiled in as MC_BEFORE_PUBLISHING */
void overtake(void) {
  if (overtakers == 0) return;
  overtakers--;
  uint64_t number, state = overtaking;
  EXPECT(mc_store_put(&store, &writers[1], &state, &number) == MC_NEW, "not put in between");
}

static uint64_t invert(uint64_t odd) { /* modulo 2^64, by Newton */
  uint64_t x = odd;
  for (int i = 0; i < 6; i++) x *= 2 - odd * x;
  return x;
}

/* The state of one word that has a given hash: each step of the hash, undone. */
static uint64_t make_with_hash(uint64_t hash) {
  uint64_t mixer = invert(0xd6e8feb86659fd93u);
  for (int i = 0; i < 2; i++) {
    hash ^= hash >> 32;
    hash *= mixer;
  }
  hash ^= hash >> 32;
  hash ^= hash >> 32;
  hash ^= hash >> 32;
  return hash * invert(0x9fb21c651e98df25u) ^ 0x9e3779b97f4a7c15u;
}

/* Different states of one group and one tag: each is compared with all before.  A group's worth fits;
 * one more does not, however often the table doubles, and that is said. */
static void put_same_tag(void) {
  uint64_t number, state, size = (uint64_t)1 << MC_GROUP_BITS;
  uint64_t tag = (uint64_t)0x5a5a5a5a5a5a5a5a >> MC_NUMBER_BITS << MC_NUMBER_BITS;
  for (uint64_t i = 0; i <= size; i++) {
    state = make_with_hash(tag | i << MC_FIRST_GROUPS);
    EXPECT(mc_store_hash(&state, 1) == (tag | i << MC_FIRST_GROUPS), "the hash has changed");
    mc_put_result result;
    while ((result = mc_store_put(&store, &writers[0], &state, &number)) == MC_TABLE_FULL) grow();
    EXPECT(result == (i < size ? MC_NEW : MC_NO_MEMORY), "state %lu: %d", i, result);
  }
  for (uint64_t i = 0; i < size; i++) {
    state = make_with_hash(tag | i << MC_FIRST_GROUPS);
    EXPECT(mc_store_find(&store, &state, &number), "state %lu is lost", i);
    EXPECT(*mc_store_get(&store, number) == state, "state %lu has changed", i);
  }
  EXPECT(writers[0].count == size, "%lu were new", writers[0].count);
}

/* Different tags that want the same slot of their group: they are told apart by doubling alone. */
static void put_same_home(void) {
  uint64_t number, state;
  for (int twice = 0; twice < 2; twice++) {
    for (uint64_t i = 0; i < count; i++) {
      state = make_with_hash((i << MC_NUMBER_BITS) & (UINT64_MAX >> MC_GROUP_BITS));
      mc_put_result result;
      while ((result = mc_store_put(&store, &writers[0], &state, &number)) == MC_TABLE_FULL) grow();
      EXPECT(result == (twice ? MC_FOUND : MC_NEW), "state %lu: %d", i, result);
      grow();
    }
  }
}

/* Between the look at a slot and the publishing, another worker takes it: with the same state (then
 * that one counts), or with another one (then both are there). */
static void put_overtaken(void) {
  uint64_t number, other;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t hash = mix(i), neighbour = hash ^ (i % 2 ? (uint64_t)1 << MC_NUMBER_BITS : 0);
    uint64_t state = make_with_hash(hash);
    overtaking = make_with_hash(neighbour);
    overtakers = 1;
    mc_put_result result;
    while ((result = mc_store_put(&store, &writers[0], &state, &number)) == MC_TABLE_FULL) grow();
    EXPECT(overtakers == 0, "nobody was let in between");
    EXPECT(result == (i % 2 ? MC_NEW : MC_FOUND), "state %lu: %d", i, result);
    EXPECT(*mc_store_get(&store, number) == state, "state %lu has another's number", i);
    EXPECT(mc_store_find(&store, &overtaking, &other), "what overtook state %lu is lost", i);
    EXPECT((number == other) == (i % 2 == 0), "state %lu has another's number", i);
    grow();
  }
  EXPECT(writers[0].count + writers[1].count == count + count / 2, "a wrong number of new states");
}

/* ------------------------------------------------------------------------------------- no room */

/* A small budget: what was stored stays, and the store says that it is full. */
static void put_beyond(void) {
  uint64_t number, stored = 0;
  while (put(0, stored, &number) == MC_NEW) stored++;
  EXPECT(stored > 0 && stored < count, "%lu states were stored", stored);
  EXPECT(mc_store_bytes(&store) <= store.max_bytes + MC_LARGEST_PIECE * words * 8, "too many bytes");
  count = stored;
}

int main(int argument_count, char **arguments) {
  if (argument_count != 6) return 2;
  words = (uint32_t)atoi(arguments[2]);
  workers = (uint32_t)atoi(arguments[3]);
  count = strtoull(arguments[4], NULL, 10);
  uint64_t bytes = strtoull(arguments[5], NULL, 10);
  EXPECT(mc_store_open(&store, words, workers, bytes, 0), "no store");
  if (!strcmp(arguments[1], "alone")) put_alone();
  else if (!strcmp(arguments[1], "batches")) put_batches();
  else if (!strcmp(arguments[1], "together")) put_together();
  else if (!strcmp(arguments[1], "beyond")) put_beyond();
  else if (!strcmp(arguments[1], "same-tag") && words == 1) return put_same_tag(), 0;
  else if (!strcmp(arguments[1], "overtaken") && words == 1) return put_overtaken(), 0;
  else if (!strcmp(arguments[1], "same-home") && words == 1) return put_same_home(), 0;
  else return 2;
  expect_all_there();
  expect_ranges();
  printf("%lu states, %u doublings\n", count, store.doublings);
  for (uint32_t w = 0; w < workers; w++) mc_writer_free(&writers[w]);
  mc_store_close(&store);
  return 0;
}
