/* What a generated file and the runtime know of each other.
 *
 * A generated file holds one program: functions on packed states, and tables.  It exports one
 * symbol, an `mc_model`, and calls the runtime only through what is declared here.  A state is
 * `words` 64-bit words; slot s lies where `fields[s]` says (`ir/layout.py`).  All values are
 * computed in 64 bits, checked, then packed.
 */
#ifndef MC_MODEL_H
#define MC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MC_MODEL_VERSION 4u /* of this interface */
#define MC_UNINITIALISED (-((int64_t)1 << 62)) /* ir/slots.py */
#define MC_MAX_BLOCKS 10000u /* in one step; one more is `diverges` (docs/ir.md) */

enum { MC_NEVER_USED, MC_ALIVE, MC_FREED, MC_DISCARDED }; /* what a status slot holds */

/* ------------------------------------------------------------------------------------- slots */

/* Where a slot lies.  Its value is stored as the distance from `lo`; `last` is the greatest
 * number that may stand there, which means `uninitialised` if `may_be_uninitialised`. */
typedef struct {
  uint64_t mask; /* as many low bits as the slot has */
  uint64_t last;
  int64_t lo;
  uint16_t word;
  uint8_t shift;
  uint8_t may_be_uninitialised;
} mc_field;

/* Ends the process: a value was about to be packed that the slot cannot hold.  Our own mistake:
 * a Check stands before every store. */
_Noreturn void mc_refuse_value(const mc_field *field, int64_t value);

static inline int64_t mc_get(const uint64_t *m, const mc_field *f) {
  return (int64_t)(((m[f->word] >> f->shift) & f->mask) + (uint64_t)f->lo);
}

static inline void mc_put(uint64_t *m, const mc_field *f, int64_t value) {
  uint64_t code = (uint64_t)value - (uint64_t)f->lo;
  if (__builtin_expect(code > f->last - f->may_be_uninitialised, 0)) mc_refuse_value(f, value);
  m[f->word] = (m[f->word] & ~(f->mask << f->shift)) | code << f->shift;
}

static inline bool mc_is_initialised(const uint64_t *m, const mc_field *f) {
  return !f->may_be_uninitialised || ((m[f->word] >> f->shift) & f->mask) != f->last;
}

/* Several slots set at once, word by word: m = (m & keep) | set. */
typedef struct {
  uint64_t keep, set;
  uint32_t word;
} mc_patch_word;

typedef struct {
  const mc_patch_word *words;
  uint32_t count;
} mc_patch;

static inline void mc_apply(uint64_t *m, mc_patch patch) {
  for (uint32_t i = 0; i < patch.count; i++) {
    const mc_patch_word *w = &patch.words[i];
    m[w->word] = (m[w->word] & w->keep) | w->set;
  }
}

/* ------------------------------------------------------------------------------------- ways */

/* One way through a step: its choices, and what it notes.  The runtime makes it and turns it to
 * the next combination of choices; generated code only asks and notes. */
typedef struct mc_way mc_way;

/* The next choice among `count` >= 1 values. */
uint32_t mc_pick(mc_way *way, uint32_t count);

/* Why the step fails: the number of the check in the file, and the pointer to what it is about (of
 * an object that is no struct: its element plus 1; 0 where nothing is known).  Site 0 is
 * `diverges`, whether the file has it or not. */
enum { MC_DIVERGES = 0 };
void mc_note_failure(mc_way *way, uint32_t site, int64_t subject);

/* Under property number `property`, label `first` came before label `second`. */
void mc_note_order(mc_way *way, uint32_t property, uint32_t first, uint32_t second);

/* The step accesses the place whose slot is `slot`; only watching steps say so. */
enum { MC_READ = 0, MC_WRITE = 1, MC_PLAIN = 2 }; /* flags */
void mc_note_access(mc_way *way, uint32_t slot, uint32_t flags);

typedef enum { MC_BLOCKED, MC_IDLE, MC_DONE, MC_FAILED } mc_result; /* the order matters */

/* A step: `m` holds the state, and afterwards (MC_DONE only) the successor. */
typedef mc_result (*mc_step)(uint64_t *m, uint32_t thread, mc_way *way);

/* What happens before the first state: `m` holds the start values. */
typedef mc_result (*mc_start)(uint64_t *m, mc_way *way);

/* A property of a state: 1 or 0, or MC_CANNOT_TELL where a check in it fails. */
enum { MC_CANNOT_TELL = 2 };
typedef int (*mc_judge)(const uint64_t *m);

/* ------------------------------------------------------------------------------------- tables */

typedef struct {
  mc_step step;
  mc_step watch; /* the same step, noting accesses; NULL where it is in no possible race */
  bool has_choices; /* several ways, or orders: ask until all ways are taken */
  bool is_first; /* of an interrupt handler: a thread that stands here has not started */
  bool is_atomic;
} mc_location;

typedef struct {
  const char *name;
  const mc_location *locations;
  uint32_t location_count; /* also the program counter of an ended thread */
} mc_template;

/* Thread t; its program counter is slot t. */
typedef struct {
  uint32_t template;
  int32_t target; /* the thread on whose CPU this handler runs, or -1 */
  uint32_t flags[2]; /* the slots that must all be 1 before it starts */
  uint32_t flag_count;
  const uint32_t *handlers; /* the threads that interrupt this one */
  uint32_t handler_count;
} mc_thread;

/* Locations i and j of two threads' templates may race: bit i * (locations of b) + j. */
typedef struct {
  uint32_t a, b; /* threads, a < b */
  const uint64_t *pairs;
} mc_race;

/* Stubborn sets: what reduce/tables.py and reduce/gates.py found out.  The locations of all threads
 * are numbered in one row; a set of them is a row of `row_words` words.
 *
 * What is (`wanted`) or is not so of a slot: its number lies in lo … hi, or (`is_bit`) it has bit lo.
 * With `own` the id or bit of the thread in question is meant. */
typedef struct {
  uint32_t slot;
  bool is_bit, own, wanted;
  int64_t lo, hi;
} mc_test;

/* Where a thread stands at one location: `numbers` by the values of some slots, as digits; UINT32_MAX
 * where none ever does. */
typedef struct {
  uint32_t slot, size;
} mc_digit;

typedef struct {
  const mc_digit *digits;
  uint32_t digit_count;
  const uint32_t *numbers;
} mc_stance;

/* Some steps, and where a thread stands that can come to one of them: rows. */
typedef struct {
  const uint64_t *steps, *from;
} mc_users;

typedef struct {
  const mc_test *tests;
  uint32_t test_count;
  /* Rows: where a thread that passes the tests stands if it can come to a step that may open the
   * gate; and if it can while the gate is closed for it (NULL: of a gate that keeps no thread). */
  const uint64_t *from, *from_around;
} mc_opener;

typedef struct {
  const mc_test *tests;
  uint32_t test_count;
  uint64_t threads; /* for which it may be closed */
  const uint64_t *steps; /* a row: those that a thread does not take while it is closed for it */
  const uint64_t *around; /* by location; NULL for what keeps no thread, but a property */
  const mc_opener *openers;
  uint32_t opener_count;
} mc_gate;

typedef struct {
  const uint64_t *cases; /* sets of gates */
  uint32_t case_count;
  mc_users users; /* of all that may change it */
} mc_watched;

enum { MC_MOST_GATES = 64 };

typedef struct mc_search mc_search; /* search.h */
typedef struct mc_model mc_model;

/* Strong stubborn sets, in stubborn.c: the threads of one, a bit for each; all if none is enabled.
 * Only a model with tables for it names this function, so that others do without the file. */
uint64_t mc_choose_stubborn(const mc_search *search, const uint64_t *state, mc_way *way);

typedef struct {
  uint64_t (*choose)(const mc_search *, const uint64_t *, mc_way *); /* mc_choose_stubborn */
  const mc_stance *const *stances; /* by thread and program counter, its end last */
  uint32_t row_words;
  const mc_users *dependent, *enabling; /* by location */
  const uint64_t *sticky; /* a row for each location */
  const mc_gate *gates;
  uint32_t gate_count, passed_count; /* those of threads come first */
  const uint64_t *seen; /* by location: a set of properties */
  const mc_watched *watched;
} mc_stubborn;

typedef enum { MC_INVARIANT, MC_FINAL, MC_REACHABLE } mc_property_kind;

typedef struct {
  const char *name;
  mc_judge judge;
  mc_property_kind kind;
  bool can_fail; /* the judge may be unable to tell */
} mc_property;

/* For `leak`: a slot that holds a pointer or a set of pointers.  `elements[i]` is the pool element
 * (number in `mc_model.elements`) around the struct's place i, or -1. */
typedef struct {
  uint32_t slot;
  uint32_t place_count;
  const int32_t *elements;
  bool is_set;
} mc_pointer;

typedef struct {
  uint32_t status; /* its slot */
  const mc_pointer *pointers; /* inside the element */
  uint32_t pointer_count;
} mc_element;

/* Symmetry (reduce/permute.py).  A *point* is one number of one class: the threads and elements that
 * are exchanged together for those of another.
 *
 * Which values name a point: `points[value]`, or -1; what the value is when that point has another
 * place: `images[value * width + place]`. */
typedef struct {
  const int32_t *points;
  const int64_t *images;
  uint32_t count, width;
} mc_names;

/* A slot that holds names: the value itself, or a set whose bit i stands for `first` + i.  `at` and
 * `pc` are offsets among a point's slots, or slots where it belongs to none.  `live` has a bit for
 * each program counter at which the slot means something; NULL: always. */
typedef struct {
  uint32_t at, mark;
  const mc_names *names;
  bool is_set;
  int64_t first;
  uint32_t pc;
  const uint64_t *live;
} mc_holder;

/* Where a run of bits lies. */
typedef struct {
  uint16_t word;
  uint8_t shift;
} mc_bits;

typedef struct {
  uint32_t class, place;
  const uint32_t *slots;
  const mc_bits *places; /* of the runs of its key */
} mc_point;

typedef struct {
  uint32_t first, count; /* of its points */
  uint32_t slot_count; /* of each */
  const mc_holder *holders; /* those of the slots that hold names, in order */
  uint32_t holder_count;
  /* All bits of a point as one number, its *key*: runs of so many bits, one behind the other.  None
   * where they are no 64, or points differ in more than where they lie. */
  const uint8_t *widths;
  uint32_t run_count;
} mc_class;

/* In symmetry.c: put a state into its canonical form.  Only a model with a symmetry names it. */
void mc_make_canonical(const mc_model *model, uint64_t *state);

typedef struct {
  void (*make_canonical)(const mc_model *, uint64_t *); /* mc_make_canonical */
  const mc_point *points;
  uint32_t point_count;
  const mc_class *classes;
  uint32_t class_count;
  const mc_holder *fixed; /* slots that belong to no point */
  uint32_t fixed_count;
  uint32_t most_edges; /* names that a state can hold */
} mc_symmetry;

struct mc_model {
  uint32_t version; /* MC_MODEL_VERSION */
  const char *name;
  uint32_t words;
  uint32_t slot_count;
  const mc_field *fields; /* by slot; the program counters come first */
  const mc_template *templates;
  uint32_t template_count;
  const mc_thread *threads;
  uint32_t thread_count;
  bool moves_others; /* a step may move the program counter of another thread */
  mc_start start;
  const uint64_t *start_words; /* packed start values */
  const mc_property *properties; /* those with a body, in the program's order */
  uint32_t property_count;
  const mc_race *races;
  uint32_t race_count;
  const mc_stubborn *stubborn; /* NULL: every enabled step is taken */
  const mc_element *elements; /* of pools, in order of declaration */
  uint32_t element_count;
  const mc_pointer *roots; /* pointers outside pools */
  uint32_t root_count;
  const mc_symmetry *symmetry; /* NULL where nothing is exchanged */
};

/* ------------------------------------------------------------------------------------- operators */

static inline int64_t mc_floor_div(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return (int64_t)(0 - (uint64_t)a);
  int64_t q = a / b;
  return q - (a % b != 0 && (a < 0) != (b < 0));
}

static inline int64_t mc_floor_mod(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static inline int64_t mc_shift_left(int64_t a, int64_t n) {
  return n < 0 || n > 63 ? 0 : (int64_t)((uint64_t)a << n);
}

static inline int64_t mc_shift_right(int64_t a, int64_t n) { return n < 0 || n > 63 ? 0 : a >> n; }
static inline int64_t mc_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t mc_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t mc_abs(int64_t a) { return a < 0 ? -a : a; }
static inline int64_t mc_bit_test(int64_t s, int64_t i) { return i < 0 || i > 62 ? 0 : s >> i & 1; }

static inline int64_t mc_bit_set(int64_t s, int64_t i) {
  return i < 0 || i > 62 ? s : s | (int64_t)1 << i;
}

static inline int64_t mc_bit_clear(int64_t s, int64_t i) {
  return i < 0 || i > 62 ? s : s & ~((int64_t)1 << i);
}

static inline int64_t mc_popcount(int64_t s) { return __builtin_popcountll((uint64_t)s); }

/* ------------------------------------------------------------------------------------- queues */

/* A queue is its length at slot `at`, then its elements; `fields` is the model's table. */
void mc_queue_append(uint64_t *m, const mc_field *fields, int64_t at, int64_t value);
void mc_queue_appendleft(uint64_t *m, const mc_field *fields, int64_t at, int64_t value);
int64_t mc_queue_pop(uint64_t *m, const mc_field *fields, int64_t at);
int64_t mc_queue_popleft(uint64_t *m, const mc_field *fields, int64_t at);
void mc_queue_remove(uint64_t *m, const mc_field *fields, int64_t at, int64_t value);
void mc_queue_clear(uint64_t *m, const mc_field *fields, int64_t at);
bool mc_queue_contains(const uint64_t *m, const mc_field *fields, int64_t at, int64_t value);

/* ------------------------------------------------------------------------------------- pools */

/* A pool as `new` sees it: of element i the status slot, the pointer to it, and the slots it sets
 * (its status among them). */
typedef struct {
  const uint32_t *statuses;
  const int64_t *pointers;
  const mc_patch *fresh;
  uint32_t count;
  bool reuse; /* freed elements may come back, and any free one may be taken */
} mc_pool;

bool mc_has_free_element(const uint64_t *m, const mc_field *fields, const mc_pool *pool);

/* Take the lowest free element; with `reuse` any, which is a choice.  Gives the pointer to it. */
int64_t mc_take(uint64_t *m, const mc_field *fields, const mc_pool *pool, mc_way *way);

#endif
