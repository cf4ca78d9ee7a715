/* Memory of the process itself: allocation that never fails silently, reserved address space. */
#ifndef MC_MEMORY_H
#define MC_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Say why on the line protocol, and end the process: the host reports an internal error. */
_Noreturn void mc_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Room for `count` things of `size` bytes; ends the process where there is none.  Only for what
 * stays small beside the states. */
void *mc_realloc(void *old, size_t count, size_t size);

/* Address space without memory behind it, aligned to 2 MiB: pages come when they are first touched.
 * Gives NULL where the system refuses. */
void *mc_reserve(size_t bytes);

void mc_release(void *start, size_t bytes);

/* Ask for huge pages in a part of what was reserved. */
void mc_advise_huge(void *start, size_t bytes);

#endif
