/* States that are passed through instead of being stored: reduce/fuse.py, in C. */
#ifndef MC_FUSE_H
#define MC_FUSE_H

#include "search.h"

/* A state of a chain: who steps from it, by which way (its choices, and what it records). */
typedef void (*mc_passed)(void *context, const uint64_t *state, uint32_t thread, const mc_way *way);

/* From a state that is come to, through all that are passed through, to the one that is stored: `m`
 * holds the one, then the other.  `passed` is called with each on the way (NULL: nobody asks).  The
 * worker's way is left as it is. */
void mc_pass(mc_worker *worker, uint64_t *m, mc_passed passed, void *context);

#endif
