/* What comes from outside while a search runs: the host's commands, the clock, the memory. */
#ifndef MC_CONTROL_H
#define MC_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"

typedef enum {
  MC_GO_ON,
  MC_STOP_INTERRUPT,
  MC_STOP_TIMEOUT,
  MC_STOP_MEMORY,
  MC_STOP_STATES,
  MC_STOP_HOST,
  MC_STOP_SAMPLES,
  MC_STOP_CHOICES,
} mc_stop;

typedef struct mc_search mc_search;

typedef struct {
  const mc_options *options;
  double begin, next_report, next_look;
  _Atomic int stop; /* an mc_stop; only the first reason is kept */
} mc_control;

void mc_control_open(mc_control *control, const mc_options *options);

/* Seconds since the search began. */
double mc_control_seconds(const mc_control *control);

/* End the search, for the first reason given. */
void mc_control_stop(mc_control *control, mc_stop reason);

static inline bool mc_control_is_stopped(const mc_control *control) {
  return atomic_load_explicit(&control->stop, memory_order_relaxed) != MC_GO_ON;
}

/* Look at the clock, and every now and then at the rest; reports progress.  Main thread only. */
void mc_control_look(mc_control *control, const mc_search *search);

/* The next line from the host, without its end; ends the process where the host is gone. */
const char *mc_read_line(void);

#endif
