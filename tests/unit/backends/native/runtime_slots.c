/* Does to packed states what the tests say on stdin, and prints what came of it, a line each.
 *
 *   layout WORDS SLOTS, then a line `word shift mask last lo uninitialised` for each slot
 *   set VALUE…         every slot, from words full of noise: the words
 *   put SLOT VALUE     the words; the slot's value as it is read back
 *   queue VERB SLOT VALUE    what it gave, and the words
 *   pool REUSE COUNT, then a line `status pointer` for each;  take: each way's pointer and words
 * `try ` before put, queue or take: whether the process survives it (another one does it).
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "model.h"
#include "way.h"

enum { MOST = 512 };

static uint32_t words, slots;
static uint64_t m[MOST];
static mc_field fields[MOST];
static uint32_t statuses[MOST];
static int64_t pointers[MOST];
static mc_patch_word patches[MOST];
static mc_patch fresh[MOST];
static mc_pool pool;

static int64_t read_number(void) {
  int64_t value;
  if (scanf("%" SCNd64, &value) != 1) exit(2);
  return value;
}

static void print_words(const uint64_t *state) {
  for (uint32_t i = 0; i < words; i++) printf(" %" PRIx64, state[i]);
  printf("\n");
}

static void read_layout(void) {
  words = (uint32_t)read_number();
  slots = (uint32_t)read_number();
  for (uint32_t i = 0; i < slots; i++) {
    unsigned word, shift, uninitialised;
    if (scanf("%u %u %" SCNx64 " %" SCNx64 " %" SCNd64 " %u", &word, &shift, &fields[i].mask,
              &fields[i].last, &fields[i].lo, &uninitialised) != 6)
      exit(2);
    fields[i].word = (uint16_t)word;
    fields[i].shift = (uint8_t)shift;
    fields[i].may_be_uninitialised = (uint8_t)uninitialised;
  }
}

static void set_all(void) {
  for (uint32_t i = 0; i < words; i++) m[i] = 0;
  /* Noise where the slots lie: what was there must not matter. */
  for (uint32_t i = 0; i < slots; i++) m[fields[i].word] |= fields[i].mask << fields[i].shift;
  for (uint32_t i = 0; i < slots; i++) mc_put(m, &fields[i], read_number());
  print_words(m);
}

static void put_one(void) {
  uint32_t slot = (uint32_t)read_number();
  mc_put(m, &fields[slot], read_number());
  printf("%" PRId64, mc_get(m, &fields[slot]));
  print_words(m);
}

static void do_queue(void) {
  char verb[20];
  int64_t given = 0;
  if (scanf("%19s", verb) != 1) exit(2);
  int64_t at = read_number(), value = read_number();
  if (!strcmp(verb, "append")) mc_queue_append(m, fields, at, value);
  else if (!strcmp(verb, "appendleft")) mc_queue_appendleft(m, fields, at, value);
  else if (!strcmp(verb, "pop")) given = mc_queue_pop(m, fields, at);
  else if (!strcmp(verb, "popleft")) given = mc_queue_popleft(m, fields, at);
  else if (!strcmp(verb, "remove")) mc_queue_remove(m, fields, at, value);
  else if (!strcmp(verb, "clear")) mc_queue_clear(m, fields, at);
  else if (!strcmp(verb, "contains")) given = mc_queue_contains(m, fields, at, value);
  else exit(2);
  printf("%" PRId64, given);
  print_words(m);
}

static void read_pool(void) {
  pool = (mc_pool){statuses, pointers, fresh, 0, read_number()};
  pool.count = (uint32_t)read_number();
  for (uint32_t i = 0; i < pool.count; i++) {
    statuses[i] = (uint32_t)read_number();
    pointers[i] = read_number();
    const mc_field *f = &fields[statuses[i]];
    patches[i] = (mc_patch_word){~(f->mask << f->shift), (uint64_t)MC_ALIVE << f->shift, f->word};
    fresh[i] = (mc_patch){&patches[i], 1};
  }
}

static void take_all(void) {
  static mc_way way;
  uint64_t copy[MOST];
  mc_way_reset(&way);
  do {
    mc_way_rewind(&way);
    memcpy(copy, m, sizeof m);
    bool has_free = mc_has_free_element(copy, fields, &pool);
    printf("%d %" PRId64, has_free, mc_take(copy, fields, &pool, &way));
    print_words(copy);
  } while (mc_way_advance(&way));
  printf("end\n");
}

static void obey(const char *command) {
  if (!strcmp(command, "layout")) read_layout();
  else if (!strcmp(command, "set")) set_all();
  else if (!strcmp(command, "put")) put_one();
  else if (!strcmp(command, "queue")) do_queue();
  else if (!strcmp(command, "pool")) read_pool();
  else if (!strcmp(command, "take")) take_all();
  else exit(2);
}

/* In a copy of this process; the line is read here, so that both go on behind it. */
static void try(void) {
  char line[200];
  if (!fgets(line, sizeof line, stdin)) exit(2);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    char command[20];
    FILE *text = fmemopen(line, strlen(line), "r");
    if (!freopen("/dev/null", "w", stdout) || !text) _exit(2);
    stdin = text;
    if (scanf("%19s", command) != 1) _exit(2);
    obey(command);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("%s\n", WIFEXITED(status) && WEXITSTATUS(status) == 70  ? "refused"
                 : WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "done"
                                                                 : "crashed");
}

int main(void) {
  char command[20];
  while (scanf("%19s", command) == 1) {
    if (!strcmp(command, "try")) try();
    else obey(command);
  }
  return 0;
}
