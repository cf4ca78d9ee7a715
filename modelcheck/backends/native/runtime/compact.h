/* Hash compaction (Wolper and Leroy 1993; Stern and Dill 1995): a slot holds some bits of a state's
 * hash and nothing else, and states are forgotten once they are expanded.
 *
 * Two states with the same bits are taken for one, so some may be omitted: with n states and b bits
 * the probability that any is, is below n^2 / 2^(b+1).  What is found is real.
 */
#ifndef MC_COMPACT_H
#define MC_COMPACT_H

#include "store.h"

/* As `mc_store_put_batch` and `mc_store_put`; a number is known only of a state that is new. */
mc_put_result mc_put_compact(mc_store *store, mc_writer *writer, const uint64_t *states,
                             mc_lookup *lookups, uint32_t *done, uint32_t count);
mc_put_result mc_put_one_compact(mc_store *store, mc_writer *writer, const uint64_t *state,
                                 const mc_lookup *lookup, uint64_t *number);

/* Nobody will look at the states from `first` to `end` again; called with ascending numbers. */
void mc_forget_states(mc_store *store, uint64_t first, uint64_t end);

#endif
