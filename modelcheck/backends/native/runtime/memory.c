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
  printf("{\"event\":\"error\",\"message\":\"%s\"}\n", text);
  fflush(stdout);
  _Exit(70);
}

void *mc_realloc(void *old, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) mc_die("%zu things of %zu bytes are too many", count, size);
  void *made = realloc(old, count * size);
  if (!made && count && size) mc_die("no memory for %zu bytes", count * size);
  return made;
}

static const uintptr_t HUGE_PAGE = (uintptr_t)1 << 21;

/* The first multiple of a huge page's size from `address` on. */
static uintptr_t round_up(uintptr_t address) { return (address + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1); }

void *mc_reserve(size_t bytes) {
  bytes = round_up(bytes);
  size_t more = bytes + HUGE_PAGE;
  void *start =
      mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return NULL;
  /* Give back what lies before and behind the aligned part. */
  uintptr_t first = round_up((uintptr_t)start), end = first + bytes;
  if (first > (uintptr_t)start) munmap(start, first - (uintptr_t)start);
  if (end < (uintptr_t)start + more) munmap((void *)end, (uintptr_t)start + more - end);
  return (void *)first;
}

void mc_release(void *start, size_t bytes) {
  munmap(start, round_up(bytes));
}

void mc_advise_huge(void *start, size_t bytes) {
  /* Only whole huge pages inside: rounding outwards would touch what others use. */
  uintptr_t first = round_up((uintptr_t)start);
  uintptr_t end = ((uintptr_t)start + bytes) & ~(HUGE_PAGE - 1);
  if (end > first) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
}
