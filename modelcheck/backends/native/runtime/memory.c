#define _GNU_SOURCE
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

void mc_die(const char *format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  for (char *c = text; *c; c++)
    if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x20) *c = '\'';
  printf("\n{\"event\":\"error\",\"message\":\"%s\"}\n", text);
  fflush(stdout);
  _Exit(70);
}

void *mc_realloc(void *old, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) mc_die("%zu things of %zu bytes are too many", count, size);
  void *made = realloc(old, count * size);
  if (!made && count && size) mc_die("no memory for %zu bytes", count * size);
  return made;
}

void *mc_reserve(size_t bytes) {
  void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}

void mc_release(void *start, size_t bytes) { munmap(start, bytes); }

void mc_advise_huge(void *start, size_t bytes) {
  /* Only whole huge pages inside: rounding outwards would touch what others use. */
  const uintptr_t page = (uintptr_t)1 << 21;
  uintptr_t first = ((uintptr_t)start + page - 1) & ~(page - 1);
  uintptr_t last = ((uintptr_t)start + bytes) & ~(page - 1);
  if (last > first) (void)madvise((void *)first, last - first, MADV_HUGEPAGE);
}
