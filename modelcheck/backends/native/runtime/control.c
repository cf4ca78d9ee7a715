#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "report.h"

static const double SECONDS_BETWEEN_LOOKS = 0.05;
static const double SECONDS_BETWEEN_REPORTS = 0.5;

static volatile sig_atomic_t is_signalled;

static void note_signal(int number) {
  (void)number;
  is_signalled = 1;
}

static double read_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void mc_control_open(mc_control *control, const mc_options *options) {
  memset(control, 0, sizeof *control);
  control->options = options;
  control->begin = read_clock();
  control->next_look = control->begin + SECONDS_BETWEEN_LOOKS;
  control->next_report = control->begin + SECONDS_BETWEEN_REPORTS;
  struct sigaction action = {.sa_handler = note_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  /* SIGPIPE keeps its meaning: who nobody listens to ends. */
}

double mc_control_seconds(const mc_control *control) { return read_clock() - control->begin; }

void mc_control_stop(mc_control *control, mc_stop reason) {
  int expected = MC_GO_ON;
  atomic_compare_exchange_strong(&control->stop, &expected, (int)reason);
}

/* ------------------------------------------------------------------------------------- commands */

static char buffer[1 << 16];
static size_t buffered, consumed;

static bool has_line(void) {
  return memchr(buffer + consumed, '\n', buffered - consumed) != NULL;
}

/* Take more of what the host wrote; a host that is gone takes the search with it. */
static void read_more(void) {
  if (consumed > 0) {
    memmove(buffer, buffer + consumed, buffered - consumed);
    buffered -= consumed;
    consumed = 0;
  }
  if (buffered == sizeof buffer) mc_die("a command is too long");
  ssize_t count = read(STDIN_FILENO, buffer + buffered, sizeof buffer - buffered);
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) _exit(0);
  buffered += (size_t)count;
}

const char *mc_read_line(void) {
  while (!has_line()) read_more();
  char *line = buffer + consumed;
  char *end = memchr(line, '\n', buffered - consumed);
  *end = '\0';
  consumed = (size_t)(end - buffer) + 1;
  return line;
}

/* While a search runs the host says nothing but `stop`. */
static bool is_told_to_stop(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  while (!has_line()) {
    if (poll(&input, 1, 0) <= 0) return false;
    read_more();
  }
  return strcmp(mc_read_line(), "stop") == 0;
}

/* ------------------------------------------------------------------------------------- limits */

static uint64_t read_resident_bytes(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  unsigned long size, resident;
  int count = fscanf(file, "%lu %lu", &size, &resident);
  fclose(file);
  return count == 2 ? (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void mc_control_look(mc_control *control, const mc_search *search) {
  double now = read_clock();
  if (control->options->timeout_seconds > 0 &&
      now - control->begin >= control->options->timeout_seconds)
    mc_control_stop(control, MC_STOP_TIMEOUT);
  if (now < control->next_look) return;
  control->next_look = now + SECONDS_BETWEEN_LOOKS;
  if (is_signalled || is_told_to_stop()) mc_control_stop(control, MC_STOP_INTERRUPT);
  if (now < control->next_report) return;
  control->next_report = now + SECONDS_BETWEEN_REPORTS;
  mc_report_progress(search);
  if (read_resident_bytes() > control->options->memory)
    mc_control_stop(control, MC_STOP_MEMORY);
}
