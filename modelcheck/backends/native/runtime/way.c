#include "way.h"

#include "memory.h"

uint32_t mc_pick(mc_way *way, uint32_t count) {
  if (count < 1) mc_die("a step chooses among no values");
  uint32_t position = way->position++;
  if (position == way->digits) {
    if (way->digits == way->capacity) {
      uint32_t capacity = way->capacity ? 2 * way->capacity : 16;
      way->taken = mc_realloc(way->taken, capacity, sizeof *way->taken);
      way->limits = mc_realloc(way->limits, capacity, sizeof *way->limits);
      way->capacity = capacity;
    }
    way->taken[position] = 0;
    way->limits[position] = count;
    way->digits++;
  }
  return way->taken[position];
}

bool mc_way_advance(mc_way *way) {
  way->digits = way->position;
  while (way->digits > 0 && way->taken[way->digits - 1] + 1 == way->limits[way->digits - 1])
    way->digits--;
  if (way->digits == 0) return false;
  way->taken[way->digits - 1]++;
  return true;
}

void mc_note_failure(mc_way *way, uint32_t site, int64_t subject) {
  way->site = site;
  way->subject = subject;
}

void mc_note_order(mc_way *way, uint32_t property, uint32_t first, uint32_t second) {
  if (way->order_count == way->order_capacity) {
    way->order_capacity = way->order_capacity ? 2 * way->order_capacity : 8;
    way->orders = mc_realloc(way->orders, way->order_capacity, sizeof *way->orders);
  }
  way->orders[way->order_count++] = (mc_order){property, first, second};
}

void mc_note_access(mc_way *way, uint32_t slot, uint32_t flags) {
  if (way->access_count == way->access_capacity) {
    way->access_capacity = way->access_capacity ? 2 * way->access_capacity : 16;
    way->accesses = mc_realloc(way->accesses, way->access_capacity, sizeof *way->accesses);
  }
  way->accesses[way->access_count++] = (mc_access){slot, flags};
}

void mc_way_copy(mc_way *to, const mc_way *from) {
  if (to->capacity < from->position) {
    to->capacity = 2 * from->position;
    to->taken = mc_realloc(to->taken, to->capacity, sizeof *to->taken);
    to->limits = mc_realloc(to->limits, to->capacity, sizeof *to->limits);
  }
  if (to->order_capacity < from->order_count) {
    to->order_capacity = 2 * from->order_count;
    to->orders = mc_realloc(to->orders, to->order_capacity, sizeof *to->orders);
  }
  for (uint32_t i = 0; i < from->position; i++) to->taken[i] = from->taken[i];
  for (uint32_t i = 0; i < from->order_count; i++) to->orders[i] = from->orders[i];
  to->position = from->position;
  to->order_count = from->order_count;
}

void mc_way_free(mc_way *way) {
  free(way->taken);
  free(way->limits);
  free(way->orders);
  free(way->accesses);
  *way = (mc_way){0};
}
