/* The canonical form of a state, as reduce/canonical.py defines it: the same numbers, step by step.
 *
 *   colours of points → refined → where points of one colour remain, each is tried first → leaves
 *
 * A point is what moves together (threads, elements); the tables of the model say what its slots
 * are, and which values name which point. */
#include <string.h>

#include "memory.h"
#include "model.h"
#include "states.h"

static const uint64_t MARK_FIRST = 0x9e3779b97f4a7c15u, MARK_OUT = 0xbf58476d1ce4e5b9u,
                      MARK_IN = 0x94d049bb133111ebu, MARK_SELF = 0xd6e8feb86659fd93u,
                      MARK_PICKED = 0xa0761d6478bd642fu;

enum { MOST_LEAVES = 4096, NOBODY = -1, NOT_ASKED = 0, TWINS = 1, NO_TWINS = 2 };

/* The finaliser of splitmix64. */
static inline uint64_t scatter(uint64_t z) {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* A slot of point `source` names point `target`. */
typedef struct {
  uint64_t mark;
  int32_t source, target;
} mc_edge;

/* Leaves of one search: states, and the exchange that leads to each. */
typedef struct {
  uint64_t *states;
  uint32_t *orders;
  uint32_t count, capacity;
} mc_leaves;

typedef struct {
  const mc_model *model;
  const mc_symmetry *symmetry;
  const uint64_t *state;
  uint32_t words, count; /* of points */
  mc_edge *edges;
  uint32_t edge_count;
  uint64_t *keys; /* of the points whose class has keys */
  bool *named; /* by another point, or by a slot that is nobody's */
  uint8_t *twins; /* by pair */
  uint32_t *stem; /* the points that were picked */
  uint64_t *best;
  bool has_best;
  mc_leaves *leaves;
} mc_form;

/* ------------------------------------------------------------------------------------- names */

static inline bool lives(const mc_form *form, const mc_holder *holder, const uint32_t *slots) {
  if (!holder->live) return true;
  uint32_t slot = slots ? slots[holder->pc] : holder->pc;
  uint32_t pc = (uint32_t)mc_get(form->state, &form->model->fields[slot]);
  return holder->live[pc / 64] >> pc % 64 & 1;
}

static inline int32_t find_named(const mc_names *names, int64_t value) {
  return value >= 0 && value < names->count ? names->points[value] : NOBODY;
}

static inline int64_t find_image(const mc_names *names, int64_t value, uint32_t place) {
  return names->images[(size_t)value * names->width + place];
}

static void add_edge(mc_form *form, uint64_t k, int64_t code, int32_t source, int32_t target) {
  uint64_t mark = scatter(k * MARK_FIRST + (uint64_t)code);
  form->edges[form->edge_count++] = (mc_edge){mark, source, target};
  if (source != target) form->named[target] = true;
}

/* What a slot says apart from the points that it names; those are edges. */
static int64_t read_names(mc_form *form, const mc_holder *holder, int64_t value, int32_t source) {
  const mc_names *names = holder->names;
  if (value < 0) return value;
  if (!holder->is_set) {
    int32_t target = find_named(names, value);
    if (target == NOBODY) return value;
    add_edge(form, holder->mark, find_image(names, value, 0), source, target);
    return -1;
  }
  int64_t rest = 0;
  for (uint64_t left = (uint64_t)value; left; left &= left - 1) {
    uint32_t bit = (uint32_t)__builtin_ctzll(left);
    int64_t member = (int64_t)bit + holder->first;
    int32_t target = find_named(names, member);
    if (target == NOBODY) rest |= (int64_t)1 << bit;
    else add_edge(form, holder->mark, find_image(names, member, 0), source, target);
  }
  return rest;
}

/* The value of a slot once the points have gone where they go. */
static int64_t rename_value(const mc_form *form, const mc_holder *holder, int64_t value,
                            const uint32_t *goes_to) {
  const mc_names *names = holder->names;
  const mc_point *points = form->symmetry->points;
  if (value < 0) return value;
  if (!holder->is_set) {
    int32_t target = find_named(names, value);
    return target == NOBODY ? value : find_image(names, value, points[goes_to[target]].place);
  }
  int64_t renamed = 0;
  for (uint64_t left = (uint64_t)value; left; left &= left - 1) {
    int64_t member = (int64_t)__builtin_ctzll(left) + holder->first;
    int32_t target = find_named(names, member);
    if (target != NOBODY) member = find_image(names, member, points[goes_to[target]].place);
    renamed |= (int64_t)1 << (member - holder->first);
  }
  return renamed;
}

/* ------------------------------------------------------------------------------------- moving */

static inline void put_value(const mc_model *model, uint64_t *to, uint32_t slot, int64_t value) {
  const mc_field *field = &model->fields[slot];
  if (value == MC_UNINITIALISED && field->may_be_uninitialised)
    to[field->word] = (to[field->word] & ~(field->mask << field->shift)) | field->last << field->shift;
  else mc_put(to, field, value);
}

static void rename_fixed(const mc_form *form, uint64_t *to, const uint32_t *goes_to) {
  const mc_symmetry *symmetry = form->symmetry;
  for (uint32_t i = 0; i < symmetry->fixed_count; i++) {
    const mc_holder *holder = &symmetry->fixed[i];
    int64_t value = mc_value(form->model, form->state, holder->at);
    if (lives(form, holder, NULL))
      put_value(form->model, to, holder->at, rename_value(form, holder, value, goes_to));
  }
}

/* The state with each point at another's place.
 *
 * Soundness: this alone makes a state of a state; reduce/canonical.py has the same, and tests compare
 * what the two backends count. */
static void move_points(const mc_form *form, uint64_t *to, const uint32_t *goes_to) {
  const mc_model *model = form->model;
  const mc_symmetry *symmetry = form->symmetry;
  memcpy(to, form->state, form->words * sizeof *to);
  rename_fixed(form, to, goes_to);
  for (uint32_t p = 0; p < form->count; p++) {
    const mc_class *class = &symmetry->classes[symmetry->points[p].class];
    const uint32_t *from_slots = symmetry->points[p].slots;
    const uint32_t *to_slots = symmetry->points[goes_to[p]].slots;
    uint32_t h = 0;
    for (uint32_t k = 0; k < class->slot_count; k++) {
      const bool is_holder = h < class->holder_count && class->holders[h].at == k;
      if (goes_to[p] == p && !is_holder) continue; /* stays as it is */
      int64_t value = mc_value(model, form->state, from_slots[k]);
      if (is_holder) {
        if (lives(form, &class->holders[h], from_slots))
          value = rename_value(form, &class->holders[h], value, goes_to);
        h++;
      }
      put_value(model, to, to_slots[k], value);
    }
  }
}

/* ------------------------------------------------------------------------------------- colours */

/* What the slots of a point say; whom they name are edges. */
static uint64_t find_colour(mc_form *form, uint32_t p) {
  const mc_point *point = &form->symmetry->points[p];
  const mc_class *class = &form->symmetry->classes[point->class];
  uint64_t colour = scatter(MARK_FIRST + point->class);
  uint32_t first = form->edge_count, h = 0;
  for (uint32_t k = 0; k < class->slot_count; k++) {
    int64_t value = mc_value(form->model, form->state, point->slots[k]);
    if (h < class->holder_count && class->holders[h].at == k) {
      if (lives(form, &class->holders[h], point->slots))
        value = read_names(form, &class->holders[h], value, (int32_t)p);
      h++;
    }
    colour = scatter(colour + scatter((uint64_t)value + MARK_FIRST) + k);
  }
  for (uint32_t i = first; i < form->edge_count; i++)
    if (form->edges[i].target == (int32_t)p) colour += scatter(form->edges[i].mark + MARK_SELF);
  return colour;
}

/* What is said of points by slots that are nobody's; whether they name any. */
static bool add_fixed(mc_form *form, uint64_t *colours) {
  const mc_symmetry *symmetry = form->symmetry;
  uint32_t first = form->edge_count;
  for (uint32_t i = 0; i < symmetry->fixed_count; i++) {
    const mc_holder *holder = &symmetry->fixed[i];
    if (lives(form, holder, NULL))
      read_names(form, holder, mc_value(form->model, form->state, holder->at), NOBODY);
  }
  bool has_any = form->edge_count > first;
  for (uint32_t i = first; i < form->edge_count; i++)
    colours[form->edges[i].target] += scatter(form->edges[i].mark + MARK_FIRST);
  form->edge_count = first;
  return has_any;
}

static uint64_t read_key(const mc_class *class, const mc_point *point, const uint64_t *m) {
  uint64_t key = 0;
  for (uint32_t i = 0, at = 0; i < class->run_count; i++) {
    const mc_bits *bits = &point->places[i];
    key |= (m[bits->word] >> bits->shift & (UINT64_MAX >> (64 - class->widths[i]))) << at;
    at += class->widths[i];
  }
  return key;
}

static void write_key(const mc_class *class, const mc_point *point, uint64_t *m, uint64_t key) {
  for (uint32_t i = 0; i < class->run_count; i++) {
    const mc_bits *bits = &point->places[i];
    uint64_t mask = UINT64_MAX >> (64 - class->widths[i]);
    m[bits->word] = (m[bits->word] & ~(mask << bits->shift)) | (key & mask) << bits->shift;
    key = class->widths[i] == 64 ? 0 : key >> class->widths[i];
  }
}

enum { SEEN_KEYS = 1024 }; /* 2^10 */

/* The colours of keys that came up and name no point, each at the place that its hash says: what the
 * slots of a point say depends on nothing else.  `point` is its number plus 1; 0: nothing is there. */
static _Thread_local struct {
  const mc_model *model;
  struct {
    uint64_t key, colour;
    uint32_t point;
  } seen[SEEN_KEYS];
} colours_of;

static uint64_t find_known_colour(mc_form *form, uint32_t p, const mc_class *class) {
  uint64_t key = form->keys[p] = read_key(class, &form->symmetry->points[p], form->state);
  uint32_t at = (uint32_t)((key + p * MARK_OUT) * MARK_FIRST >> 54);
  if (colours_of.seen[at].point == p + 1 && colours_of.seen[at].key == key)
    return colours_of.seen[at].colour;
  uint32_t first = form->edge_count;
  uint64_t colour = find_colour(form, p);
  if (form->edge_count == first) {
    colours_of.seen[at].key = key;
    colours_of.seen[at].colour = colour;
    colours_of.seen[at].point = p + 1;
  }
  return colour;
}

static void find_colours(mc_form *form, uint64_t *colours) {
  if (colours_of.model != form->model) {
    memset(&colours_of, 0, sizeof colours_of);
    colours_of.model = form->model;
  }
  for (uint32_t p = 0; p < form->count; p++) {
    const mc_class *class = &form->symmetry->classes[form->symmetry->points[p].class];
    colours[p] = class->run_count ? find_known_colour(form, p, class) : find_colour(form, p);
  }
}

/* Each point's colour with those of the points that it names and that name it. */
static void spread(const mc_form *form, uint64_t *colours) {
  uint64_t sums[form->count];
  memcpy(sums, colours, sizeof sums);
  for (uint32_t i = 0; i < form->edge_count; i++) {
    const mc_edge *edge = &form->edges[i];
    if (edge->source == edge->target) continue;
    sums[edge->source] += scatter(edge->mark * MARK_OUT + colours[edge->target]);
    sums[edge->target] += scatter(edge->mark * MARK_IN + colours[edge->source]);
  }
  for (uint32_t p = 0; p < form->count; p++) colours[p] = scatter(sums[p]);
}

/* The points first ... first+count-1 in the order of their colours; equal ones keep theirs. */
static void sort_points(const uint64_t *colours, uint32_t first, uint32_t count, uint32_t *sorted) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t j = i;
    for (; j > 0 && colours[sorted[j - 1]] > colours[first + i]; j--) sorted[j] = sorted[j - 1];
    sorted[j] = first + i;
  }
}

static uint32_t count_colours(const mc_form *form, const uint64_t *colours) {
  uint32_t sorted[form->count], known = form->count > 0;
  sort_points(colours, 0, form->count, sorted);
  for (uint32_t i = 1; i < form->count; i++)
    known += colours[sorted[i]] != colours[sorted[i - 1]];
  return known;
}

/* ------------------------------------------------------------------------------------- cells */

static bool has_same_slots(const mc_form *form, uint32_t a, uint32_t b) {
  const mc_point *one = &form->symmetry->points[a], *other = &form->symmetry->points[b];
  const mc_class *class = &form->symmetry->classes[one->class];
  for (uint32_t k = 0; k < class->slot_count; k++)
    if (mc_value(form->model, form->state, one->slots[k]) !=
        mc_value(form->model, form->state, other->slots[k]))
      return false;
  return true;
}

/* Whether the exchange of two points leaves the state as it is. */
static bool are_twins(mc_form *form, uint32_t a, uint32_t b) {
  uint8_t *known = &form->twins[(a < b ? a : b) * form->count + (a < b ? b : a)];
  if (*known == NOT_ASKED) {
    bool is_so = !form->named[a] && !form->named[b] && has_same_slots(form, a, b);
    if (!is_so) {
      uint32_t goes_to[form->count];
      uint64_t moved[form->words];
      for (uint32_t p = 0; p < form->count; p++) goes_to[p] = p;
      goes_to[a] = b;
      goes_to[b] = a;
      move_points(form, moved, goes_to);
      is_so = memcmp(moved, form->state, sizeof moved) == 0;
    }
    *known = is_so ? TWINS : NO_TWINS;
  }
  return *known == TWINS;
}

/* The points of one colour that are not all twins, of the class and colour that comes first: how
 * many; 0 if there are none. */
static uint32_t find_cell(mc_form *form, const uint64_t *colours, uint32_t *cell) {
  for (uint32_t c = 0; c < form->symmetry->class_count; c++) {
    const mc_class *class = &form->symmetry->classes[c];
    uint32_t sorted[class->count];
    sort_points(colours, class->first, class->count, sorted);
    for (uint32_t i = 0, end; i < class->count; i = end) {
      bool is_alike = true;
      for (end = i + 1; end < class->count && colours[sorted[end]] == colours[sorted[i]]; end++)
        is_alike = is_alike && are_twins(form, sorted[i], sorted[end]);
      if (is_alike) continue;
      memcpy(cell, &sorted[i], (end - i) * sizeof *cell);
      return end - i;
    }
  }
  return 0;
}

/* Tell all that colours can, and find the first cell whose points still may differ. */
static uint32_t refine(mc_form *form, uint64_t *colours, uint32_t *cell) {
  for (uint32_t known = 0;;) {
    uint32_t size = find_cell(form, colours, cell);
    if (!size) return 0;
    uint32_t now = count_colours(form, colours);
    if (now == known) return size;
    known = now;
    spread(form, colours);
  }
}

static void order_points(const mc_form *form, const uint64_t *colours, uint32_t *goes_to) {
  for (uint32_t c = 0; c < form->symmetry->class_count; c++) {
    const mc_class *class = &form->symmetry->classes[c];
    uint32_t sorted[class->count];
    sort_points(colours, class->first, class->count, sorted);
    for (uint32_t i = 0; i < class->count; i++) goes_to[sorted[i]] = class->first + i;
  }
}

/* ------------------------------------------------------------------------------------- leaves */

static uint32_t find_leaf(const mc_form *form, const uint64_t *leaf) {
  const mc_leaves *leaves = form->leaves;
  for (uint32_t i = 0; i < leaves->count; i++)
    if (memcmp(&leaves->states[(size_t)i * form->words], leaf, form->words * sizeof *leaf) == 0)
      return i;
  return leaves->count;
}

static void add_leaf(mc_form *form, const uint64_t *colours) {
  mc_leaves *leaves = form->leaves;
  uint32_t goes_to[form->count];
  uint64_t leaf[form->words];
  order_points(form, colours, goes_to);
  move_points(form, leaf, goes_to);
  if (!form->has_best || mc_compare_states(form->model, leaf, form->best) < 0)
    memcpy(form->best, leaf, sizeof leaf);
  form->has_best = true;
  if (leaves->count == MOST_LEAVES || find_leaf(form, leaf) < leaves->count) return;
  if (leaves->count == leaves->capacity) {
    leaves->capacity = leaves->capacity ? 2 * leaves->capacity : 16;
    leaves->states = mc_realloc(leaves->states, leaves->capacity, sizeof leaf);
    leaves->orders = mc_realloc(leaves->orders, leaves->capacity, sizeof goes_to);
  }
  memcpy(&leaves->states[(size_t)leaves->count * form->words], leaf, sizeof leaf);
  memcpy(&leaves->orders[(size_t)leaves->count++ * form->count], goes_to, sizeof goes_to);
}

/* Whether the first leaf behind a point is known, by an exchange that keeps what was picked and
 * takes a tried point to this one: then all leaves behind it are. */
static bool is_mirrored(mc_form *form, uint64_t *colours, uint32_t point, const uint32_t *tried,
                        uint32_t tried_count, uint32_t depth) {
  uint32_t cell[form->count], goes_to[form->count], back[form->count];
  uint64_t leaf[form->words];
  while (refine(form, colours, cell)) colours[cell[0]] = scatter(colours[cell[0]] + MARK_PICKED);
  order_points(form, colours, goes_to);
  move_points(form, leaf, goes_to);
  uint32_t known = find_leaf(form, leaf);
  if (known == form->leaves->count) return false;
  const uint32_t *order = &form->leaves->orders[(size_t)known * form->count];
  for (uint32_t p = 0; p < form->count; p++) back[goes_to[p]] = p;
  for (uint32_t i = 0; i < depth; i++)
    if (back[order[form->stem[i]]] != form->stem[i]) return false;
  for (uint32_t i = 0; i < tried_count; i++)
    if (back[order[tried[i]]] == point) return true;
  return false;
}

static void descend(mc_form *form, uint64_t *colours, uint32_t depth) {
  uint32_t cell[form->count], tried[form->count], tried_count = 0;
  uint64_t picked[form->count];
  uint32_t size = refine(form, colours, cell);
  if (!size) {
    add_leaf(form, colours);
    return;
  }
  for (uint32_t i = 0; i < size; i++) {
    bool is_twin = false;
    for (uint32_t j = 0; j < tried_count; j++)
      is_twin = is_twin || are_twins(form, tried[j], cell[i]);
    if (is_twin) continue;
    memcpy(picked, colours, sizeof picked);
    picked[cell[i]] = scatter(picked[cell[i]] + MARK_PICKED);
    if (tried_count && is_mirrored(form, picked, cell[i], tried, tried_count, depth)) continue;
    memcpy(picked, colours, sizeof picked);
    picked[cell[i]] = scatter(picked[cell[i]] + MARK_PICKED);
    form->stem[depth] = cell[i];
    descend(form, picked, depth + 1);
    tried[tried_count++] = cell[i];
  }
}

/* Where the points go by their colours alone; false where those do not decide: where points name one
 * another, or two of one colour are named or have not the same slots.
 *
 * Soundness: what is done is an exchange, and the one that the search would come to;
 * `test_symmetry_agreement.py` compares all results with those of the python backend, which only
 * has the search. */
static bool sort_at_a_glance(const mc_form *form, const uint64_t *colours, uint32_t *goes_to) {
  const mc_symmetry *symmetry = form->symmetry;
  uint32_t sorted[form->count];
  if (form->edge_count) return false;
  for (uint32_t c = 0; c < symmetry->class_count; c++) {
    const mc_class *class = &symmetry->classes[c];
    if (!class->run_count) return false;
    sort_points(colours, class->first, class->count, sorted);
    for (uint32_t i = 0; i < class->count; i++) {
      uint32_t p = sorted[i], before = i ? sorted[i - 1] : p;
      goes_to[p] = class->first + i;
      if (i && colours[p] == colours[before] &&
          (form->keys[p] != form->keys[before] || form->named[p] || form->named[before]))
        return false;
    }
  }
  return true;
}

/* `move_points` of a state in which no point names one. */
static void move_keys(const mc_form *form, uint64_t *to, const uint32_t *goes_to) {
  const mc_symmetry *symmetry = form->symmetry;
  for (uint32_t p = 0; p < form->count; p++)
    if (goes_to[p] != p)
      write_key(&symmetry->classes[symmetry->points[p].class], &symmetry->points[goes_to[p]], to,
                form->keys[p]);
}

void mc_make_canonical(const mc_model *model, uint64_t *state) {
  const mc_symmetry *symmetry = model->symmetry;
  uint32_t count = symmetry->point_count, words = model->words;
  uint64_t colours[count], unrefined[count], old[words], keys[count];
  uint32_t cell[count], goes_to[count], stem[count];
  mc_edge edges[symmetry->most_edges + 1];
  bool named[count];
  uint8_t twins[count * count];
  memcpy(old, state, sizeof old);
  memset(named, 0, sizeof named);
  mc_leaves leaves = {0};
  mc_form form = {
      .model = model,
      .symmetry = symmetry,
      .state = old,
      .words = words,
      .count = count,
      .edges = edges,
      .keys = keys,
      .named = named,
      .twins = twins,
      .stem = stem,
      .best = state,
      .leaves = &leaves,
  };
  find_colours(&form, colours);
  bool has_fixed = add_fixed(&form, colours), is_moved = false;
  bool is_told = sort_at_a_glance(&form, colours, goes_to);
  if (!is_told) {
    memset(twins, 0, sizeof twins);
    memcpy(unrefined, colours, sizeof colours);
    if (refine(&form, colours, cell)) {
      descend(&form, unrefined, 0);
      free(leaves.states);
      free(leaves.orders);
      return;
    }
    order_points(&form, colours, goes_to);
  }
  for (uint32_t p = 0; p < count; p++) is_moved = is_moved || goes_to[p] != p;
  if (!is_moved) return;
  if (!is_told) {
    move_points(&form, state, goes_to);
  } else {
    move_keys(&form, state, goes_to);
    if (has_fixed) rename_fixed(&form, state, goes_to);
  }
}
