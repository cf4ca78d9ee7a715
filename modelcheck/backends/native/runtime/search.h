/* A search: its store, its levels, its workers and what they found. */
#ifndef MC_SEARCH_H
#define MC_SEARCH_H

#include <pthread.h>

#include "control.h"
#include "findings.h"
#include "model.h"
#include "options.h"
#include "store.h"
#include "way.h"

/* Successors that wait to be looked up: enough of them under way hide the memory's latency. */
typedef struct {
  uint64_t *states; /* one behind the other */
  mc_lookup *lookups;
  uint64_t *sources; /* where they come from: a state's number, and which of its transitions it was */
  uint32_t count, done, capacity;
} mc_batch;

/* In a source the transition's rank takes the low bits. */
enum { MC_RANK_BITS = 24 };

typedef struct mc_worker {
  mc_search *search;
  uint32_t number;
  bool is_main; /* runs on the main thread now, so it looks at the clock */
  mc_writer writer;
  mc_batch batch;
  mc_range unit; /* of the level: what is left of the piece under way */
  uint64_t expanding; /* the number of the state that is expanded */
  bool is_passing; /* what is looked at is passed through, behind that state */
  mc_way way, passing_way, only_way; /* those beside are `mc_pass`'s own */
  mc_findings found;
  uint64_t quiescent, deadlocks;
  uint64_t *taken; /* transitions per location, thread by thread */
  bool is_cut; /* some step had more ways than are followed */
  struct mc_record *records; /* of watched ways */
  uint8_t *marks; /* of pool elements */
  uint32_t *waiting;
  uint64_t *stops; /* states where chains ended; NULL where they are not kept */
} mc_worker;

/* The states of one level: ranges first_range ... first_range + range_count - 1. */
typedef struct {
  uint32_t first_range, range_count;
  uint64_t states;
} mc_level;

typedef void (*mc_task)(mc_worker *worker);

/* A thread, as the innermost loop wants to see it. */
typedef struct {
  const mc_location *locations;
  uint32_t location_count;
  uint32_t mask; /* of its program counter, which lies in word `word` from bit `shift` on */
  uint16_t word;
  uint8_t shift;
  uint32_t first_taken; /* where its locations are counted */
} mc_seat;

struct mc_search {
  const mc_model *model;
  const mc_options *options;
  mc_control control;
  mc_store store;
  mc_worker *workers;
  uint32_t worker_count;

  mc_findings found; /* of the levels before; of dfs and random: all */
  bool *is_settled; /* properties that no deeper state can tell more about */
  uint32_t open_properties; /* invariants and `reachable`s that are not settled */
  mc_seat *seats; /* by thread */
  uint32_t taken_count;
  bool has_gates, wants_races;
  uint64_t initial; /* how many states are stored because the search begins there */
  uint64_t longest_chain; /* of states that are passed through */

  mc_stop ended_by; /* MC_GO_ON: every state was expanded */
  uint32_t depth; /* of the states that are expanded now */
  mc_range *ranges;
  uint32_t range_count, range_capacity;
  mc_level *levels;
  uint32_t level_count, level_capacity;
  mc_range *units;
  uint32_t unit_count, unit_capacity;
  _Atomic uint32_t next_unit;
  uint32_t until; /* no level from this one on is expanded */

  _Atomic uint64_t stored; /* counted only where there is a limit on it */
  _Atomic bool is_full; /* the limit is passed: nothing new is stored */
  uint64_t states;

  bool is_noted; /* somebody wants to know what look-ups give */

  /* `stuck`, NULL where nobody asks: a bit for each state from which all is well, and one successor
   * of each state */
  _Atomic uint64_t *marks;
  uint32_t *next;
  bool is_backward, is_thorough; /* of a sweep: its direction; whether it asks all successors */
  _Atomic bool is_changed, is_left; /* it marked a state; it left one unmarked */

  /* A bit for each state that was expanded; NULL where nobody asks what was passed through behind
   * them. */
  _Atomic uint64_t *expanded;

  uint64_t *links; /* hash compaction only: each state's source */
  uint64_t forgotten; /* states below this number, but for the initial ones, are gone */

  /* dfs and random only: by state number */
  uint64_t *parents;
  uint32_t *depths;
  uint64_t ordered_capacity;

  /* The crew: threads that run one task after the other. */
  pthread_t *threads;
  bool has_crew;
  pthread_mutex_t lock;
  pthread_cond_t begin, end;
  uint64_t generation;
  uint32_t running;
  mc_task task;
};

/* search.c */
void mc_search_open(mc_search *search, const mc_model *model, const mc_options *options);
void mc_search_run(mc_search *search);
void mc_search_close(mc_search *search);
/* Cut a level into units for the workers. */
void mc_cut_units(mc_search *search, const mc_level *level);
void mc_search_ask_host(mc_search *search);
bool mc_put_new(mc_worker *worker);
uint64_t mc_sum_transitions(const mc_search *search);

/* crew.c: run a task on every worker (`is_small`: on the first one alone) and wait for the end. */
void mc_crew_run(mc_search *search, mc_task task, bool is_small);
void mc_crew_close(mc_search *search);

/* expand.c */
typedef void (*mc_visit)(void *context, mc_result result, const uint64_t *m, mc_way *way);

/* Every way through a step from a state: calls `visit` for each that is not disabled, with the
 * canonical form of the state it leads to (`plainly`: with that state).  Gives MC_DONE if there was
 * one, else why there is none.  `is_cut` is set where not all are followed. */
mc_result mc_follow_plainly(const mc_model *model, const uint64_t *state, uint32_t thread,
                            mc_step step, mc_way *way, uint64_t *m, mc_visit visit, void *context,
                            bool *is_cut);
mc_result mc_follow(const mc_model *model, const uint64_t *state, uint32_t thread, mc_step step,
                    mc_way *way, uint64_t *m, mc_visit visit, void *context, bool *is_cut);

/* Every way to start, likewise. */
void mc_follow_start(const mc_model *model, mc_way *way, uint64_t *m, mc_visit visit, void *context,
                     bool *is_cut);

/* Every transition that the search takes from a state, of the threads in `movers` (a bit for each; of
 * those from number 64 on all): `visit` is called in order of threads and choices, as by
 * `mc_follow`; `*thread` says whose it is. */
void mc_follow_all(mc_worker *worker, const uint64_t *state, uint64_t movers, uint32_t *thread,
                   mc_visit visit, void *context);

/* Whether interrupts allow a thread that stands at `pc` to step. */
bool mc_is_open(const mc_model *model, const uint64_t *state, uint32_t thread, uint32_t pc);

/* Judge a state, and put its successors into the batch. */
void mc_expand(mc_worker *worker, uint64_t number);

/* check.c: what a whole state shows. */
void mc_judge_state(mc_worker *worker, const uint64_t *state);
void mc_judge_rest(mc_worker *worker, const uint64_t *state, bool is_resting);
void mc_look_for_races(mc_worker *worker, const uint64_t *state);
void mc_add_finding(mc_worker *worker, mc_finding *finding);

/* ordered.c: depth-first and random. */
void mc_search_ordered(mc_search *search);

/* stuck.c: mark a state from which all is well; then find the others, which gives false where the
 * search is told to stop meanwhile. */
void mc_open_stuck(mc_search *search);
void mc_close_stuck(mc_search *search);
void mc_mark(mc_search *search, uint64_t number);
bool mc_find_stuck(mc_search *search);

#endif
