/* The search process: reads the command line, searches, then answers the host's questions. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "path.h"
#include "ranges.h"
#include "report.h"

/* What was linked in: one program, or several that `--model` tells apart. */
extern const mc_model *const mc_models[];
extern const unsigned mc_model_count;

static const mc_model *find_model(const char *name) {
  for (unsigned i = 0; i < mc_model_count; i++)
    if (!name || strcmp(mc_models[i]->name, name) == 0) return mc_models[i];
  mc_die("there is no model `%s`", name ? name : "");
}

static void read_path(mc_search *search, const char *text) {
  uint32_t words = search->model->words;
  uint64_t state[words];
  char *at;
  uint32_t depth = (uint32_t)strtoul(text, &at, 10);
  for (uint32_t i = 0; i < words; i++) state[i] = strtoull(at, &at, 16);
  mc_want_path(search, depth, state);
}

static void read_range(const char *text) {
  char *at;
  uint32_t slot = (uint32_t)strtoul(text, &at, 10);
  int32_t where = (int32_t)strtol(at, &at, 10);
  mc_want_range(slot, where, strtoll(at, NULL, 10));
}

static void answer_questions(mc_search *search) {
  for (;;) {
    const char *line = mc_read_line();
    if (strncmp(line, "path ", 5) == 0) read_path(search, line + 5);
    else if (strcmp(line, "paths") == 0) mc_report_paths(search);
    else if (strncmp(line, "range ", 6) == 0) read_range(line + 6);
    else if (strcmp(line, "ranges") == 0) mc_report_ranges(search);
    else if (strcmp(line, "quit") == 0) return;
    else if (strcmp(line, "stop") != 0) mc_die("the host says `%s`", line);
  }
}

int main(int count, char **arguments) {
  mc_options options = mc_read_options(count, arguments);
  const mc_model *model = find_model(options.model);
  if (model->version != MC_MODEL_VERSION) mc_die("the model is of version %u", model->version);
  mc_search search;
  mc_search_open(&search, model, &options);
  mc_search_run(&search);
  search.ended_by = (mc_stop)search.control.stop;
  const char *stuck = options.stuck ? "unknown" : "off";
  if (search.marks && search.ended_by == MC_GO_ON && mc_find_stuck(&search)) stuck = "judged";
  mc_report_end(&search, stuck);
  answer_questions(&search);
  mc_search_close(&search);
  return 0;
}
