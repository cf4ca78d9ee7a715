#include "findings.h"

#include <string.h>

#include "memory.h"
#include "states.h"

static uint64_t hash_key(const mc_key *key) {
  uint64_t hash = (uint64_t)key->kind * 0x9e3779b97f4a7c15u;
  for (int i = 0; i < 3; i++) {
    hash = (hash ^ (uint64_t)key->parts[i]) * 0x9fb21c651e98df25u;
    hash ^= hash >> 29;
  }
  return hash;
}

static bool is_key(const mc_key *a, const mc_key *b) {
  return a->kind == b->kind && memcmp(a->parts, b->parts, sizeof a->parts) == 0;
}

/* Where a key's entry number stands in the index, or would. */
static uint32_t *find_place(const mc_findings *findings, const mc_key *key) {
  uint32_t mask = findings->index_size - 1;
  for (uint32_t at = (uint32_t)hash_key(key) & mask;; at = (at + 1) & mask) {
    uint32_t *place = &findings->index[at];
    if (*place == 0 || is_key(&findings->entries[*place - 1].key, key)) return place;
  }
}

/* The moves of a finding as one row of numbers: thread, its choices, thread, its choices. */
static bool get_number(const mc_finding *finding, uint32_t i, int64_t *number) {
  for (uint32_t t = 0; t < finding->turn_count; t++) {
    const mc_turn *turn = &finding->turns[t];
    if (i <= turn->choice_count) {
      *number = i == 0 ? turn->thread : (int64_t)turn->choices[i - 1];
      return true;
    }
    i -= turn->choice_count + 1;
  }
  return false;
}

static int compare_turns(const mc_finding *a, const mc_finding *b) {
  for (uint32_t i = 0;; i++) {
    int64_t x, y;
    bool in_a = get_number(a, i, &x), in_b = get_number(b, i, &y);
    if (!in_a || !in_b) return (int)in_a - (int)in_b;
    if (x != y) return x < y ? -1 : 1;
  }
}

static bool is_less(const mc_model *model, const mc_finding *a, const mc_finding *b) {
  if (a->depth != b->depth) return a->depth < b->depth;
  if (a->state && b->state) {
    int order = mc_compare_states(model, a->state, b->state);
    if (order != 0) return order < 0;
  } else if (a->state || b->state) {
    return !a->state;
  }
  return compare_turns(a, b) < 0;
}

static void copy_into(mc_findings *findings, mc_finding *to, const mc_finding *from) {
  *to = *from;
  findings->has_news = true;
  if (from->state) {
    size_t words = findings->model->words;
    to->state = mc_realloc(NULL, words, sizeof *to->state);
    memcpy(to->state, from->state, words * sizeof *to->state);
  }
  for (uint32_t i = 0; i < from->turn_count; i++) {
    uint32_t count = from->turns[i].choice_count;
    uint32_t *choices = count ? mc_realloc(NULL, count, sizeof *choices) : NULL;
    if (count) memcpy(choices, from->turns[i].choices, count * sizeof *choices);
    to->turns[i].choices = choices;
  }
}

static void free_entry(mc_finding *entry) {
  free(entry->state);
  for (uint32_t i = 0; i < entry->turn_count; i++) free((void *)entry->turns[i].choices);
}

void mc_findings_open(mc_findings *findings, const mc_model *model) {
  *findings = (mc_findings){.model = model, .index_size = 64};
  findings->index = mc_realloc(NULL, findings->index_size, sizeof *findings->index);
  memset(findings->index, 0, findings->index_size * sizeof *findings->index);
}

void mc_findings_clear(mc_findings *findings) {
  for (uint32_t i = 0; i < findings->count; i++) free_entry(&findings->entries[i]);
  findings->count = 0;
  memset(findings->index, 0, findings->index_size * sizeof *findings->index);
}

void mc_findings_close(mc_findings *findings) {
  mc_findings_clear(findings);
  free(findings->entries);
  free(findings->index);
}

const mc_finding *mc_findings_get(const mc_findings *findings, const mc_key *key) {
  if (findings->count == 0) return NULL;
  uint32_t number = *find_place(findings, key);
  return number ? &findings->entries[number - 1] : NULL;
}

static void grow(mc_findings *findings) {
  findings->index_size *= 2;
  findings->index = mc_realloc(findings->index, findings->index_size, sizeof *findings->index);
  memset(findings->index, 0, findings->index_size * sizeof *findings->index);
  for (uint32_t i = 0; i < findings->count; i++)
    *find_place(findings, &findings->entries[i].key) = i + 1;
}

void mc_findings_add(mc_findings *findings, const mc_finding *finding) {
  uint32_t *place = find_place(findings, &finding->key);
  if (*place) {
    mc_finding *known = &findings->entries[*place - 1];
    if (!is_less(findings->model, finding, known)) return;
    mc_finding made;
    copy_into(findings, &made, finding);
    free_entry(known);
    *known = made;
    return;
  }
  if (findings->count == findings->capacity) {
    findings->capacity = findings->capacity ? 2 * findings->capacity : 16;
    findings->entries =
        mc_realloc(findings->entries, findings->capacity, sizeof *findings->entries);
  }
  copy_into(findings, &findings->entries[findings->count++], finding);
  *place = findings->count;
  if (2 * findings->count > findings->index_size) grow(findings);
}
