/* What a search is asked to do: the command line of the search process. */
#ifndef MC_OPTIONS_H
#define MC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum { MC_BFS, MC_DFS, MC_RANDOM } mc_order_of_search;

typedef struct {
  const char *model; /* NULL: the only one */
  mc_order_of_search search;
  uint32_t workers;
  uint64_t seed;
  uint64_t samples, max_states; /* UINT64_MAX: no limit */
  uint32_t compact_bits; /* of hash compaction; 0: none */
  uint64_t memory; /* bytes for everything */
  double timeout_seconds; /* 0: none */
  const char *properties; /* numbers, separated by commas */
  bool races, leak, deadlock, stuck;
  bool fuse; /* pass through states with one transition */
  bool ranges; /* the host will ask for the values of slots */
  bool ask_at_once; /* report what dfs and random find as soon as they find it */
} mc_options;

/* Ends the process where an option is not understood. */
mc_options mc_read_options(int count, char **arguments);

/* Whether a property's number is in the list. */
bool mc_is_judged(const mc_options *options, uint32_t property);

#endif
