/* The crew: one thread per worker, made when there is enough to do for the first time. */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "memory.h"
#include "search.h"

static const long NANOSECONDS_BETWEEN_LOOKS = 20000000;

static void *work(void *argument) {
  mc_worker *worker = argument;
  mc_search *search = worker->search;
  uint64_t seen = 0;
  for (;;) {
    pthread_mutex_lock(&search->lock);
    while (search->generation == seen) pthread_cond_wait(&search->begin, &search->lock);
    seen = search->generation;
    mc_task task = search->task;
    pthread_mutex_unlock(&search->lock);
    if (!task) return NULL;
    task(worker);
    pthread_mutex_lock(&search->lock);
    if (--search->running == 0) pthread_cond_signal(&search->end);
    pthread_mutex_unlock(&search->lock);
  }
}

static void make_crew(mc_search *search) {
  search->threads = mc_realloc(NULL, search->worker_count, sizeof *search->threads);
  pthread_mutex_init(&search->lock, NULL);
  pthread_cond_init(&search->begin, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&search->end, &attributes);
  pthread_condattr_destroy(&attributes);
  for (uint32_t i = 0; i < search->worker_count; i++) {
    int error = pthread_create(&search->threads[i], NULL, work, &search->workers[i]);
    if (error) mc_die("cannot start thread %u of %u: error %d", i, search->worker_count, error);
  }
  search->has_crew = true;
}

static void begin_task(mc_search *search, mc_task task) {
  search->task = task;
  search->running = search->worker_count;
  search->generation++;
  pthread_cond_broadcast(&search->begin);
}

void mc_crew_run(mc_search *search, mc_task task, bool is_small) {
  if (is_small || search->worker_count == 1) {
    search->workers[0].is_main = true;
    task(&search->workers[0]);
    search->workers[0].is_main = false;
    return;
  }
  if (!search->has_crew) make_crew(search);
  pthread_mutex_lock(&search->lock);
  begin_task(search, task);
  while (search->running > 0) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += NANOSECONDS_BETWEEN_LOOKS;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
    if (pthread_cond_timedwait(&search->end, &search->lock, &until) == ETIMEDOUT) {
      pthread_mutex_unlock(&search->lock);
      mc_control_look(&search->control, search);
      pthread_mutex_lock(&search->lock);
    }
  }
  pthread_mutex_unlock(&search->lock);
}

void mc_crew_close(mc_search *search) {
  if (!search->has_crew) return;
  pthread_mutex_lock(&search->lock);
  begin_task(search, NULL);
  pthread_mutex_unlock(&search->lock);
  for (uint32_t i = 0; i < search->worker_count; i++) pthread_join(search->threads[i], NULL);
  pthread_mutex_destroy(&search->lock);
  pthread_cond_destroy(&search->begin);
  pthread_cond_destroy(&search->end);
  free(search->threads);
  search->has_crew = false;
}
