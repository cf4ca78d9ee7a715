/* Runs generated models for the tests: everything a model says of given states, as numbers.
 *
 * In, as 64-bit words: for each model of the table its number of states, then the states.  Out: for
 * each model its start; the bits of its races; for each state and thread the ways through the step
 * and through the watching step, whether the gate of interrupts is open, then the judges and the
 * leaked elements of the state.  A list is its items, each behind a 1, then a 0.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "model.h"
#include "way.h"

extern const mc_model *const models[];
extern const size_t model_count;

void mc_die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(3);
}

void *mc_realloc(void *old, size_t count, size_t size) {
  void *made = realloc(old, count * size);
  if (!made) mc_die("no memory");
  return made;
}

static void out(int64_t number) {
  if (fwrite(&number, sizeof number, 1, stdout) != 1) exit(4);
}

static mc_result run(const mc_model *model, mc_step step, uint64_t *m, uint32_t thread,
                     mc_way *way) {
  return step ? step(m, thread, way) : model->start(m, way);
}

/* Every way through a step (NULL: the start), cut where the python backend cuts. */
static void print_ways(const mc_model *model, mc_step step, const uint64_t *state,
                       uint32_t thread) {
  static mc_way way;
  uint64_t *m = mc_realloc(NULL, model->words, sizeof *m);
  uint32_t diverging = 0;
  uint64_t made = 0;
  mc_way_reset(&way);
  do {
    mc_way_rewind(&way);
    memcpy(m, state, model->words * sizeof *m);
    mc_result result = run(model, step, m, thread, &way);
    out(1);
    out(result);
    out(way.position);
    for (uint32_t i = 0; i < way.position; i++) out(way.taken[i]);
    out(way.order_count);
    for (uint32_t i = 0; i < way.order_count; i++) {
      out(way.orders[i].property);
      out(way.orders[i].first);
      out(way.orders[i].second);
    }
    out(way.access_count);
    for (uint32_t i = 0; i < way.access_count; i++) {
      out(way.accesses[i].slot);
      out(way.accesses[i].flags);
    }
    out(result == MC_FAILED ? way.site : 0);
    out(result == MC_FAILED ? way.subject : 0);
    for (uint32_t i = 0; i < model->words; i++) out((int64_t)m[i]);
    made += way.position;
    if (result == MC_FAILED && way.site == 0) diverging++;
    if (!mc_way_advance(&way)) break;
  } while (diverging < MC_MAX_DIVERGING && made < MC_MAX_CHOICES_MADE);
  out(0);
  free(m);
}

static bool has_ended(const mc_model *model, const uint64_t *m, uint32_t thread) {
  const mc_template *template = &model->templates[model->threads[thread].template];
  return mc_get(m, &model->fields[thread]) == template->location_count;
}

static const mc_location *location_of(const mc_model *model, const uint64_t *m, uint32_t thread) {
  const mc_template *template = &model->templates[model->threads[thread].template];
  return &template->locations[mc_get(m, &model->fields[thread])];
}

/* Whether interrupts let a thread go on. */
static bool is_open(const mc_model *model, const uint64_t *m, uint32_t t) {
  const mc_thread *thread = &model->threads[t];
  for (uint32_t i = 0; i < thread->handler_count; i++) {
    uint32_t handler = thread->handlers[i];
    if (!has_ended(model, m, handler) && !location_of(model, m, handler)->is_first) return false;
  }
  if (thread->target < 0 || !location_of(model, m, t)->is_first) return true;
  if (has_ended(model, m, (uint32_t)thread->target)) return true;
  for (uint32_t i = 0; i < thread->flag_count; i++)
    if (mc_get(m, &model->fields[thread->flags[i]]) != 1) return false;
  return true;
}

static void mark(const mc_model *model, const uint64_t *m, const mc_pointer *pointers,
                 uint32_t count, bool *reached) {
  for (uint32_t i = 0; i < count; i++) {
    const mc_pointer *pointer = &pointers[i];
    const mc_field *field = &model->fields[pointer->slot];
    if (!mc_is_initialised(m, field)) continue;
    int64_t value = mc_get(m, field);
    for (uint32_t place = 0; place < pointer->place_count; place++) {
      bool leads_there = pointer->is_set ? value >> place & 1 : value == (int64_t)place + 1;
      int32_t element = leads_there ? pointer->elements[place] : -1;
      if (element < 0 || reached[element]) continue;
      reached[element] = true;
      const mc_element *found = &model->elements[element];
      if (mc_get(m, &model->fields[found->status]) == MC_ALIVE)
        mark(model, m, found->pointers, found->pointer_count, reached);
    }
  }
}

static void print_leaks(const mc_model *model, const uint64_t *m) {
  bool *reached = calloc(model->element_count + 1, sizeof *reached);
  mark(model, m, model->roots, model->root_count, reached);
  for (uint32_t i = 0; i < model->element_count; i++) {
    if (reached[i] || mc_get(m, &model->fields[model->elements[i].status]) != MC_ALIVE) continue;
    out(1);
    out(i);
  }
  out(0);
  free(reached);
}

static uint32_t count_locations(const mc_model *model, uint32_t thread) {
  return model->templates[model->threads[thread].template].location_count;
}

static void print_races(const mc_model *model) {
  for (uint32_t r = 0; r < model->race_count; r++) {
    const mc_race *race = &model->races[r];
    uint32_t columns = count_locations(model, race->b);
    for (uint32_t i = 0; i < count_locations(model, race->a); i++) {
      for (uint32_t j = 0; j < columns; j++) {
        uint32_t bit = i * columns + j;
        if (!(race->pairs[bit / 64] >> bit % 64 & 1)) continue;
        out(1);
        out(race->a);
        out(race->b);
        out(i);
        out(j);
      }
    }
  }
  out(0);
}

static void print_state(const mc_model *model, const uint64_t *state) {
  for (uint32_t thread = 0; thread < model->thread_count; thread++) {
    if (has_ended(model, state, thread)) continue;
    const mc_location *location = location_of(model, state, thread);
    print_ways(model, location->step, state, thread);
    out(location->watch != NULL);
    if (location->watch) print_ways(model, location->watch, state, thread);
    out(location->has_choices);
    out(location->is_atomic);
    out(is_open(model, state, thread));
  }
  for (uint32_t i = 0; i < model->property_count; i++) {
    out(model->properties[i].judge(state));
    out(model->properties[i].can_fail);
    out(model->properties[i].kind);
  }
  print_leaks(model, state);
}

int main(void) {
  for (size_t i = 0; i < model_count; i++) {
    const mc_model *model = models[i];
    if (model->version != MC_MODEL_VERSION) return 5;
    uint64_t count;
    if (fread(&count, sizeof count, 1, stdin) != 1) return 6;
    print_ways(model, NULL, model->start_words, 0);
    print_races(model);
    uint64_t *state = mc_realloc(NULL, model->words, sizeof *state);
    while (count-- > 0) {
      if (fread(state, sizeof *state, model->words, stdin) != model->words) return 7;
      print_state(model, state);
    }
    free(state);
  }
  return 0;
}
