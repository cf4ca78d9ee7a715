/* What was found: for each key the least witness, so that nothing depends on who found it first.
 *
 * A key says what was found of what; a witness is a state and, where the finding is one of a
 * transition, the threads that move and their choices.  Witnesses are ordered by depth, then state,
 * then moves.
 */
#ifndef MC_FINDINGS_H
#define MC_FINDINGS_H

#include "model.h"

typedef enum {
  MC_STEP_FAILS, /* key: site, subject */
  MC_PROPERTY_FAILS, /* property number */
  MC_SATISFIED, /* number of a `reachable` */
  MC_DEADLOCK,
  MC_LEAK, /* pool element */
  MC_DATA_RACE, /* slot */
  MC_ORDER, /* property, first label, second label */
  MC_STUCK,
} mc_kind;

typedef struct {
  mc_kind kind;
  int64_t parts[3];
} mc_key;

typedef struct {
  int32_t thread; /* -1: the start */
  const uint32_t *choices;
  uint32_t choice_count;
} mc_turn;

typedef struct {
  mc_key key;
  uint32_t depth;
  uint64_t *state; /* NULL: before the first state */
  uint64_t number; /* of the state, or of the one behind which it is passed through */
  bool is_passed;
  bool is_told; /* the host knows it; a lesser witness is told again */
  mc_turn turns[2];
  uint32_t turn_count;
} mc_finding;

/* A hash table of findings that owns their states and choices. */
typedef struct {
  const mc_model *model;
  mc_finding *entries; /* in the order of arrival */
  uint32_t count, capacity;
  uint32_t *index; /* open addressing: entry number plus 1 */
  uint32_t index_size;
  bool has_news; /* one of them is not told */
} mc_findings;

void mc_findings_open(mc_findings *findings, const mc_model *model);
void mc_findings_clear(mc_findings *findings);
void mc_findings_close(mc_findings *findings);

/* The finding of a key, or NULL. */
const mc_finding *mc_findings_get(const mc_findings *findings, const mc_key *key);

/* Keep a copy of a finding if its key is new or its witness is less than the one known. */
void mc_findings_add(mc_findings *findings, const mc_finding *finding);

#endif
