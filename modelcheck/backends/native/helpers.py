"""Small functions that generated files share; a file has those that it needs."""

from __future__ import annotations

from modelcheck.backends.native.tables import Tables
from modelcheck.backends.native.unit import Part

HELPERS = {
    "m_has_ended": """\
/* Of a program counter the greatest number means ended; nowhere has ended too. */
static bool m_has_ended(const uint64_t *m, int64_t thread) {
  return (uint64_t)mc_get(m, &m_fields[thread]) == m_fields[thread].last;
}""",
    "m_is_finished": """\
static bool m_is_finished(const uint64_t *m, int64_t id) {
  return m_has_ended(m, id == 0 ? NOWHERE : id - 1);
}""",
    "m_part": """\
/* What begins behind a slot; a part of nowhere is nowhere. */
static int64_t m_part(int64_t slot, int64_t offset) {
  return slot == NOWHERE ? NOWHERE : slot + offset;
}""",
    "m_touch": """\
static int64_t m_touch(mc_way *way, int64_t slot, int64_t key, uint32_t flags) {
  mc_note_access(way, (uint32_t)key, flags);
  return slot;
}""",
    "m_is_alive": """\
/* By status slot and by the thread it dies with; -1 where there is none. */
static bool m_is_alive(const uint64_t *m, int64_t status, int64_t thread) {
  return (status < 0 || mc_get(m, &m_fields[status]) == MC_ALIVE) &&
         (thread < 0 || !m_has_ended(m, thread));
}""",
    "m_is_usable": """\
static bool m_is_usable(const uint64_t *m, int64_t status, int64_t thread, int64_t freed_counts) {
  if (freed_counts && status >= 0 && mc_get(m, &m_fields[status]) == MC_FREED) return true;
  return m_is_alive(m, status, thread);
}""",
    "m_set_by_pointer": """\
/* Free or discard; a pointer to no whole object has no patch. */
static void m_set_by_pointer(uint64_t *m, const mc_patch *by_pointer, int64_t pointer) {
  if (by_pointer[pointer].count == 0) mc_refuse_value(&m_fields[NOWHERE], pointer);
  mc_apply(m, by_pointer[pointer]);
}""",
}

_ORDER = tuple(HELPERS)


def need_helper(tables: Tables, name: str) -> str:
    """The name of a helper, which the file then has."""
    # All at once, so that each stands before those that call it; what nobody needs is dropped.
    if name not in tables.unit.pieces:
        for helper in _ORDER:
            text = HELPERS[helper].replace("NOWHERE", str(tables.nowhere))
            tables.unit.add(Part.HELPERS, helper, text)
    return name
