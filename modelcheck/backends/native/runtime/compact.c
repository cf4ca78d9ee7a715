#define _GNU_SOURCE
#include "compact.h"

#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "slots.h"

static const uint64_t UNKNOWN = UINT64_MAX;

/* Soundness: what is taken for an old state here is never expanded; the verdict says so
 * (`hash-compacted`), and is never `verified`. */
mc_put_result mc_put_one_compact(mc_store *store, mc_writer *writer, const uint64_t *state,
                                 const mc_lookup *lookup, uint64_t *number) {
  *number = UNKNOWN;
  for (uint32_t i = 0; i < GROUP_SLOTS; i++) {
    _Atomic uint64_t *slot = slot_after(lookup->home, i);
    uint64_t entry = atomic_load_explicit(slot, memory_order_relaxed);
    if (entry == lookup->hash) return MC_FOUND;
    if (entry) continue;
    if (!mc_write_state(store, writer, state, store->words)) return MC_NO_MEMORY;
    atomic_store_explicit(slot, lookup->hash, memory_order_relaxed);
    *number = writer->next++;
    writer->count++;
    return MC_NEW;
  }
  return mc_refuse_full(store);
}

mc_put_result mc_put_compact(mc_store *store, mc_writer *writer, const uint64_t *states,
                             mc_lookup *lookups, uint32_t *done, uint32_t count) {
  for (; *done < count; ++*done) {
    uint64_t number;
    mc_put_result result =
        mc_put_one_compact(store, writer, states + (size_t)*done * store->words,
                           &lookups[*done], &number);
    if (result > MC_NEW) return result;
    lookups[*done].hash = result == MC_NEW ? number | MC_IS_NEW : 0;
  }
  return MC_FOUND;
}

void mc_forget_states(mc_store *store, uint64_t first, uint64_t end) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t from = ((uintptr_t)(store->arena + first * store->words) + page - 1) & ~(page - 1);
  uintptr_t to = (uintptr_t)(store->arena + end * store->words) & ~(page - 1);
  if (to <= from) return;
  if (madvise((void *)from, to - from, MADV_DONTNEED) == 0) store->released_bytes += to - from;
}
