/* Backwards, level by level: the predecessor of a state is the least state of the level before that
 * has a transition to it, with the least choices.  So a path depends on nothing but the program.
 *
 * All wanted paths are rebuilt together, in one pass over a level.  A step moves the program counter
 * of its own thread and of no other (where none spawns and none crashes): so of the states of the
 * level nearly all are out of the question at a glance, and of the others one thread is asked.
 * Depth-first and random searches stored parents.
 */
#include "path.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuse.h"
#include "memory.h"
#include "report.h"
#include "states.h"

/* Moves: of each the thread, how many choices, and those. */
typedef struct {
  uint32_t *numbers;
  uint32_t count, capacity; /* of the numbers */
} mc_moves;

/* A state on some path, and the moves that led there from its parent, several where states in between
 * are passed through; of an initial state, the start's choices. */
typedef struct {
  uint64_t *state;
  uint32_t depth;
  uint32_t parent; /* the number of its node, or NO_NODE */
  bool has_move;
  uint64_t *best; /* the least predecessor so far */
  mc_moves moves;
} mc_node;

static const uint32_t NO_NODE = UINT32_MAX;

/* Nodes, and an index of those of one depth by their state's hash. */
static struct {
  mc_node *nodes;
  uint32_t count, capacity;
  uint32_t *wanted; /* node numbers, in the order of the requests */
  uint32_t wanted_count, wanted_capacity;
  uint32_t *index; /* node number plus 1 */
  uint32_t index_size;
  uint64_t **sought; /* the states in the index */
  uint32_t sought_count;
  pthread_mutex_t lock;
} paths = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint32_t add_node(uint32_t depth, const uint64_t *state, uint32_t words) {
  if (paths.count == paths.capacity) {
    paths.capacity = paths.capacity ? 2 * paths.capacity : 64;
    paths.nodes = mc_realloc(paths.nodes, paths.capacity, sizeof *paths.nodes);
  }
  mc_node *node = &paths.nodes[paths.count];
  *node = (mc_node){.depth = depth, .parent = NO_NODE};
  node->state = mc_realloc(NULL, words, sizeof *node->state);
  memcpy(node->state, state, words * sizeof *state);
  return paths.count++;
}

void mc_want_path(mc_search *search, uint32_t depth, const uint64_t *state) {
  if (paths.wanted_count == paths.wanted_capacity) {
    paths.wanted_capacity = paths.wanted_capacity ? 2 * paths.wanted_capacity : 16;
    paths.wanted = mc_realloc(paths.wanted, paths.wanted_capacity, sizeof *paths.wanted);
  }
  paths.wanted[paths.wanted_count++] = add_node(depth, state, search->model->words);
}

/* ------------------------------------------------------------------------------------- the index */

static uint32_t *find_node(const mc_search *search, const uint64_t *state) {
  uint32_t words = search->model->words, mask = paths.index_size - 1;
  uint32_t at = (uint32_t)mc_store_hash(state, words) & mask;
  for (;; at = (at + 1) & mask) {
    uint32_t number = paths.index[at];
    if (!number) return &paths.index[at];
    if (memcmp(paths.nodes[number - 1].state, state, words * sizeof *state) == 0)
      return &paths.index[at];
  }
}

/* Put the nodes of one depth into the index; equal states share the first one's answer. */
static uint32_t index_depth(const mc_search *search, uint32_t depth) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < paths.count; i++) count += paths.nodes[i].depth == depth;
  paths.index_size = 64;
  while (paths.index_size < 4 * count) paths.index_size *= 2;
  paths.index = mc_realloc(paths.index, paths.index_size, sizeof *paths.index);
  memset(paths.index, 0, paths.index_size * sizeof *paths.index);
  paths.sought = mc_realloc(paths.sought, count + 1, sizeof *paths.sought);
  paths.sought_count = 0;
  for (uint32_t i = 0; i < paths.count; i++) {
    if (paths.nodes[i].depth != depth) continue;
    uint32_t *place = find_node(search, paths.nodes[i].state);
    if (*place) continue;
    *place = i + 1;
    paths.sought[paths.sought_count++] = paths.nodes[i].state;
  }
  return count;
}

/* ------------------------------------------------------------------------------------- one level */

typedef struct {
  mc_worker *worker;
  const uint64_t *state;
  uint32_t thread;
  mc_moves moves; /* from that state on */
} mc_visitor;

static void add_move(mc_moves *moves, uint32_t thread, const mc_way *way) {
  uint32_t count = moves->count + 2 + way->position;
  if (count > moves->capacity) {
    moves->capacity = 2 * count;
    moves->numbers = mc_realloc(moves->numbers, moves->capacity, sizeof *moves->numbers);
  }
  uint32_t *at = moves->numbers + moves->count;
  *at++ = thread;
  *at++ = way->position;
  for (uint32_t i = 0; i < way->position; i++) *at++ = way->taken[i];
  moves->count = count;
}

static void set_moves(mc_node *node, const mc_moves *moves) {
  node->has_move = true;
  node->moves.count = 0;
  if (node->moves.capacity < moves->count) {
    node->moves.capacity = moves->count;
    node->moves.numbers = mc_realloc(node->moves.numbers, moves->count, sizeof *moves->numbers);
  }
  memcpy(node->moves.numbers, moves->numbers, moves->count * sizeof *moves->numbers);
  node->moves.count = moves->count;
}

/* A state that is come to is perhaps one that is wanted.  Threads and choices come in increasing
 * order, so of one predecessor the first move counts. */
static void look_whether_wanted(const mc_visitor *visitor, const uint64_t *m) {
  const mc_search *search = visitor->worker->search;
  uint32_t words = search->model->words, number = *find_node(search, m);
  if (!number) return;
  pthread_mutex_lock(&paths.lock);
  mc_node *node = &paths.nodes[number - 1];
  if (!node->best || mc_compare_states(search->model, visitor->state, node->best) < 0) {
    node->best = mc_realloc(node->best, words, sizeof *node->best);
    memcpy(node->best, visitor->state, words * sizeof *node->best);
    set_moves(node, &visitor->moves);
  }
  pthread_mutex_unlock(&paths.lock);
}

static void look_at_passed(void *context, const uint64_t *state, uint32_t thread,
                           const mc_way *way) {
  mc_visitor *visitor = context;
  look_whether_wanted(visitor, state);
  add_move(&visitor->moves, thread, way);
}

static void look_at_reached(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  mc_visitor *visitor = context;
  const mc_search *search = visitor->worker->search;
  uint64_t reached[search->model->words];
  if (result != MC_DONE) return;
  visitor->moves.count = 0;
  add_move(&visitor->moves, visitor->thread, way);
  memcpy(reached, m, sizeof reached);
  if (search->options->fuse) mc_pass(visitor->worker, reached, look_at_passed, visitor);
  look_whether_wanted(visitor, reached);
}

static const uint64_t ALL_THREADS = UINT64_MAX;

static void visit_successors(mc_worker *worker, const uint64_t *state, uint64_t movers) {
  mc_visitor visitor = {.worker = worker, .state = state};
  mc_follow_all(worker, state, movers, &visitor.thread, look_at_reached, &visitor);
  free(visitor.moves.numbers);
}

/* Where the program counters lie: all their bits, those of each thread, and each bit's thread. */
typedef struct {
  uint64_t *all; /* by word */
  uint64_t *own; /* by thread, in the word of its program counter */
  uint8_t *owner; /* by bit of the state */
} mc_counters;

static struct {
  mc_counters counters;
  bool is_used;
} filter;

static void open_filter(const mc_search *search) {
  const mc_model *model = search->model;
  mc_counters *counters = &filter.counters;
  /* Under symmetry the threads change places on the way; where states are passed through several
   * threads move. */
  filter.is_used = !model->moves_others && model->thread_count <= 64 && !model->symmetry &&
                   !search->options->fuse;
  if (!filter.is_used) return;
  counters->all = mc_realloc(NULL, model->words, sizeof *counters->all);
  counters->own = mc_realloc(NULL, model->thread_count + 1, sizeof *counters->own);
  counters->owner = mc_realloc(NULL, (size_t)model->words * 64, sizeof *counters->owner);
  memset(counters->all, 0, model->words * sizeof *counters->all);
  for (uint32_t thread = 0; thread < model->thread_count; thread++) {
    const mc_seat *seat = &search->seats[thread];
    counters->own[thread] = (uint64_t)seat->mask << seat->shift;
    counters->all[seat->word] |= counters->own[thread];
    for (uint32_t bit = 0; bit < 64; bit++)
      if (counters->own[thread] >> bit & 1) counters->owner[seat->word * 64u + bit] = (uint8_t)thread;
  }
}

static void close_filter(void) {
  free(filter.counters.all);
  free(filter.counters.own);
  free(filter.counters.owner);
  filter.counters = (mc_counters){0};
}

/* The threads that may lead from one state to another: all where no program counter moves (a step
 * may come back to where it was), one, or none. */
static inline uint64_t find_movers(const uint64_t *from, const uint64_t *to, uint32_t words) {
  const mc_counters *counters = &filter.counters;
  uint64_t moved = 0;
  uint32_t word = 0;
  for (uint32_t i = 0; i < words; i++) {
    uint64_t differing = (from[i] ^ to[i]) & counters->all[i];
    if (!differing) continue;
    if (moved) return 0;
    moved = differing;
    word = i;
  }
  if (!moved) return ALL_THREADS;
  uint32_t thread = counters->owner[word * 64u + (uint32_t)__builtin_ctzll(moved)];
  return moved & ~counters->own[thread] ? 0 : (uint64_t)1 << thread;
}

static inline uint64_t find_all_movers(const uint64_t *state, uint32_t words) {
  uint64_t movers = 0;
  for (uint32_t i = 0; i < paths.sought_count; i++)
    movers |= find_movers(state, paths.sought[i], words);
  return movers;
}

static void visit_level(mc_worker *worker) {
  mc_search *search = worker->search;
  uint32_t number, words = search->model->words;
  while ((number = atomic_fetch_add(&search->next_unit, 1)) < search->unit_count)
    for (uint64_t n = search->units[number].first; n < search->units[number].end; n++) {
      const uint64_t *state = mc_store_get(&search->store, n);
      uint64_t movers = filter.is_used ? find_all_movers(state, words) : ALL_THREADS;
      if (movers) visit_successors(worker, state, movers);
    }
}

static void note_start(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  if (result != MC_DONE) return;
  uint32_t number = *find_node(context, m);
  if (!number || paths.nodes[number - 1].has_move) return;
  paths.nodes[number - 1].has_move = true;
  add_move(&paths.nodes[number - 1].moves, 0, way);
}

static void find_starts(mc_search *search) {
  uint64_t m[search->model->words];
  bool is_cut = false;
  index_depth(search, 0);
  mc_follow_start(search->model, &search->workers[0].way, m, note_start, search, &is_cut);
  for (uint32_t i = 0; i < paths.count; i++) {
    if (paths.nodes[i].depth != 0) continue;
    uint32_t first = *find_node(search, paths.nodes[i].state) - 1;
    if (!paths.nodes[first].has_move) mc_die("a path does not begin at a start");
    if (first != i) set_moves(&paths.nodes[i], &paths.nodes[first].moves);
  }
}

/* ------------------------------------------------------------------------------------- all levels */

/* The nodes of a depth that have no predecessor yet get one, from the level before. */
static void step_back(mc_search *search, uint32_t depth) {
  if (!index_depth(search, depth)) return;
  mc_cut_units(search, &search->levels[depth - 1]);
  mc_crew_run(search, visit_level, search->levels[depth - 1].states < MC_SMALL_LEVEL);
  uint32_t count = paths.count;
  for (uint32_t i = 0; i < count; i++) {
    if (paths.nodes[i].depth != depth) continue;
    uint32_t first = *find_node(search, paths.nodes[i].state) - 1;
    if (!paths.nodes[first].best) mc_die("a state at depth %u has no predecessor", depth);
    if (first != i) {
      mc_node *node = &paths.nodes[i];
      set_moves(node, &paths.nodes[first].moves);
      node->parent = paths.nodes[first].parent;
      continue;
    }
    uint32_t parent = add_node(depth - 1, paths.nodes[i].best, search->model->words);
    paths.nodes[i].parent = parent;
  }
}

/* What was found in a state. */
static const mc_finding *find_shown(const mc_search *search, const uint64_t *state) {
  size_t bytes = search->model->words * sizeof *state;
  for (uint32_t i = 0; i < search->found.count; i++) {
    const mc_finding *finding = &search->found.entries[i];
    if (finding->state && memcmp(finding->state, state, bytes) == 0) return finding;
  }
  mc_die("the path to a state that shows nothing is wanted");
}

/* The moves to a node from the one that is to be its parent. */
static void find_moves(mc_search *search, uint32_t parent, uint32_t node) {
  paths.nodes[node].parent = parent;
  paths.index_size = 64;
  paths.index = mc_realloc(paths.index, paths.index_size, sizeof *paths.index);
  memset(paths.index, 0, paths.index_size * sizeof *paths.index);
  *find_node(search, paths.nodes[node].state) = node + 1;
  visit_successors(&search->workers[0], paths.nodes[parent].state, ALL_THREADS);
  if (!paths.nodes[node].has_move) mc_die("a stored parent does not lead to its child");
}

static uint32_t add_stored(const mc_search *search, uint64_t number) {
  const uint64_t *state = mc_store_get(&search->store, number);
  return add_node(search->depths[number], state, search->model->words);
}

/* Depth-first and random: along the stored parents. */
static void follow_parents(mc_search *search, uint32_t wanted) {
  uint64_t number;
  uint32_t node = wanted;
  const mc_finding *shown = find_shown(search, paths.nodes[node].state);
  if (shown->is_passed) {
    number = shown->number;
    node = add_stored(search, number);
    find_moves(search, node, wanted);
  } else if (!mc_store_find(&search->store, paths.nodes[node].state, &number)) {
    mc_die("the path to a state that was never stored is wanted");
  }
  while (search->parents[number] != UINT64_MAX) {
    number = search->parents[number];
    uint32_t parent = add_stored(search, number);
    find_moves(search, parent, node);
    node = parent;
  }
}

/* ------------------------------------------------------------------------------------- compaction */

typedef struct {
  mc_visitor visitor;
  uint64_t wanted, seen; /* ranks */
  uint64_t *next; /* the state that the wanted transition leads to */
  bool is_found;
} mc_picker;

static void pick_passed(void *context, const uint64_t *state, uint32_t thread, const mc_way *way) {
  mc_visitor *visitor = context;
  (void)state;
  add_move(&visitor->moves, thread, way);
}

static void pick_transition(void *context, mc_result result, const uint64_t *m, mc_way *way) {
  mc_picker *picker = context;
  const mc_search *search = picker->visitor.worker->search;
  if (picker->seen++ != picker->wanted || result != MC_DONE) return;
  memcpy(picker->next, m, search->model->words * sizeof *m);
  add_move(&picker->visitor.moves, picker->visitor.thread, way);
  if (search->options->fuse)
    mc_pass(picker->visitor.worker, picker->next, pick_passed, &picker->visitor);
  picker->is_found = true;
}

/* From a state along its transition of a rank; the moves go into a node. */
static void take_transition(mc_search *search, uint64_t *state, uint64_t rank, uint32_t node) {
  uint64_t next[search->model->words];
  mc_worker *worker = &search->workers[0];
  mc_picker picker = {.visitor = {.worker = worker, .state = state}, .wanted = rank, .next = next};
  mc_follow_all(worker, state, ALL_THREADS, &picker.visitor.thread, pick_transition, &picker);
  if (!picker.is_found) mc_die("a link names a transition that there is not");
  set_moves(&paths.nodes[node], &picker.visitor.moves);
  free(picker.visitor.moves.numbers);
  memcpy(state, next, sizeof next);
}

/* Hash compaction: links back to an initial state, then forward again, transition by transition. */
static void follow_links(mc_search *search, uint32_t wanted) {
  uint32_t words = search->model->words;
  const mc_finding *shown = find_shown(search, paths.nodes[wanted].state);
  const bool is_passed = shown->is_passed;
  uint32_t depth = paths.nodes[wanted].depth - is_passed; /* of what was stored */
  uint64_t *numbers = mc_realloc(NULL, (size_t)depth + 1, sizeof *numbers);
  uint64_t state[words];
  numbers[depth] = shown->number;
  for (uint32_t d = depth; d > 0; d--)
    numbers[d - 1] = search->links[numbers[d]] >> MC_RANK_BITS;
  memcpy(state, mc_store_get(&search->store, numbers[0]), sizeof state);
  uint32_t parent = depth || is_passed ? add_node(0, state, words) : wanted;
  for (uint32_t d = 1; d <= depth; d++) {
    bool is_last = d == depth && !is_passed;
    uint32_t node = is_last ? wanted : add_node(d, state, words);
    uint64_t rank = search->links[numbers[d]] & (((uint64_t)1 << MC_RANK_BITS) - 1);
    take_transition(search, state, rank, node);
    memcpy(paths.nodes[node].state, state, is_last ? 0 : sizeof state);
    paths.nodes[node].parent = parent;
    parent = node;
  }
  free(numbers);
  if (is_passed) find_moves(search, parent, wanted);
  else if (memcmp(paths.nodes[wanted].state, state, sizeof state) != 0)
    mc_die("the links lead to another state");
}

/* One move, from where its numbers begin; gives where those of the next one do. */
static const uint32_t *print_move(const uint32_t *at, bool with_thread) {
  uint32_t thread = *at++, count = *at++;
  putchar('[');
  if (with_thread) printf("%" PRIu32, thread);
  for (uint32_t i = 0; i < count; i++)
    printf("%s%" PRIu32, i || with_thread ? "," : "", *at++);
  putchar(']');
  return at;
}

static void print_path(uint32_t wanted) {
  uint32_t length = 0;
  for (uint32_t n = wanted; n != NO_NODE; n = paths.nodes[n].parent) length++;
  uint32_t *nodes = mc_realloc(NULL, length, sizeof *nodes);
  for (uint32_t n = wanted, i = length; n != NO_NODE; n = paths.nodes[n].parent) nodes[--i] = n;
  printf("{\"choices\":");
  print_move(paths.nodes[nodes[0]].moves.numbers, false);
  printf(",\"moves\":[");
  for (uint32_t i = 1; i < length; i++) {
    const mc_moves *moves = &paths.nodes[nodes[i]].moves;
    for (const uint32_t *at = moves->numbers; at < moves->numbers + moves->count;) {
      if (i > 1 || at > moves->numbers) putchar(',');
      at = print_move(at, true);
    }
  }
  printf("]}");
  free(nodes);
}

static void forget_paths(void) {
  for (uint32_t i = 0; i < paths.count; i++) {
    free(paths.nodes[i].state);
    free(paths.nodes[i].best);
    free(paths.nodes[i].moves.numbers);
  }
  free(paths.nodes);
  free(paths.wanted);
  free(paths.index);
  free(paths.sought);
  paths.nodes = NULL;
  paths.wanted = paths.index = NULL;
  paths.sought = NULL;
  paths.count = paths.capacity = paths.wanted_count = paths.wanted_capacity = 0;
}

void mc_report_paths(mc_search *search) {
  uint32_t deepest = 0;
  for (uint32_t i = 0; i < paths.count; i++)
    if (paths.nodes[i].depth > deepest) deepest = paths.nodes[i].depth;
  if (search->links) {
    for (uint32_t i = 0; i < paths.wanted_count; i++) follow_links(search, paths.wanted[i]);
  } else if (search->parents) {
    for (uint32_t i = 0; i < paths.wanted_count; i++) {
      follow_parents(search, paths.wanted[i]);
      for (uint32_t n = 0; n < paths.count; n++)
        if (paths.nodes[n].parent == NO_NODE) paths.nodes[n].depth = 0;
    }
  } else {
    if (deepest >= search->level_count) mc_die("no state is as deep as %u", deepest);
    open_filter(search);
    for (uint32_t depth = deepest; depth > 0; depth--) step_back(search, depth);
    close_filter();
  }
  find_starts(search);
  printf("{\"event\":\"paths\",\"paths\":[");
  for (uint32_t i = 0; i < paths.wanted_count; i++) {
    if (i) putchar(',');
    print_path(paths.wanted[i]);
  }
  printf("]}\n");
  fflush(stdout);
  forget_paths();
}
