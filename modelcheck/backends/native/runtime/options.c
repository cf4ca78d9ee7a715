#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static uint64_t read_number(const char *name, const char *text) {
  char *end;
  uint64_t value = strtoull(text, &end, 10);
  if (end == text || *end) mc_die("%s takes a number, not `%s`", name, text);
  return value;
}

static mc_order_of_search read_search(const char *text) {
  if (strcmp(text, "bfs") == 0) return MC_BFS;
  if (strcmp(text, "dfs") == 0) return MC_DFS;
  if (strcmp(text, "random") == 0) return MC_RANDOM;
  mc_die("there is no search `%s`", text);
}

mc_options mc_read_options(int count, char **arguments) {
  mc_options options = {
      .workers = 1,
      .samples = UINT64_MAX,
      .max_states = UINT64_MAX,
      .memory = (uint64_t)1 << 30,
      .properties = "",
  };
  for (int i = 1; i + 1 < count; i += 2) {
    const char *name = arguments[i], *value = arguments[i + 1];
    if (strcmp(name, "--model") == 0) options.model = value;
    else if (strcmp(name, "--search") == 0) options.search = read_search(value);
    else if (strcmp(name, "--properties") == 0) options.properties = value;
    else if (strcmp(name, "--timeout") == 0) options.timeout_seconds = strtod(value, NULL);
    else if (strcmp(name, "--workers") == 0) options.workers = (uint32_t)read_number(name, value);
    else if (strcmp(name, "--seed") == 0) options.seed = read_number(name, value);
    else if (strcmp(name, "--samples") == 0) options.samples = read_number(name, value);
    else if (strcmp(name, "--max-states") == 0) options.max_states = read_number(name, value);
    else if (strcmp(name, "--memory") == 0) options.memory = read_number(name, value);
    else if (strcmp(name, "--compact") == 0)
      options.compact_bits = (uint32_t)read_number(name, value);
    else if (strcmp(name, "--races") == 0) options.races = read_number(name, value);
    else if (strcmp(name, "--leak") == 0) options.leak = read_number(name, value);
    else if (strcmp(name, "--deadlock") == 0) options.deadlock = read_number(name, value);
    else if (strcmp(name, "--fuse") == 0) options.fuse = read_number(name, value);
    else if (strcmp(name, "--ranges") == 0) options.ranges = read_number(name, value);
    else if (strcmp(name, "--stuck") == 0) options.stuck = read_number(name, value);
    else if (strcmp(name, "--ask-at-once") == 0) options.ask_at_once = read_number(name, value);
    else mc_die("there is no option `%s`", name);
  }
  if (count % 2 == 0) mc_die("`%s` has no value", arguments[count - 1]);
  if (options.workers < 1) options.workers = 1;
  if (options.compact_bits > 63) mc_die("hash compaction has at most 63 bits");
  if (options.compact_bits && options.search != MC_BFS)
    mc_die("hash compaction is for breadth-first search");
  return options;
}

bool mc_is_judged(const mc_options *options, uint32_t property) {
  const char *at = options->properties;
  while (*at) {
    char *end;
    if (strtoul(at, &end, 10) == property && end != at) return true;
    at = *end == ',' ? end + 1 : end;
    if (end == at && *at) return false;
  }
  return false;
}
