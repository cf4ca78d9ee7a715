"""Slots and patches: what generated C knows of one program's memory, as constant tables.

`m_fields` says where each slot lies, and has one entry more than there are slots: `nowhere`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.backends.facts import Facts, ThreadFacts, Values
from modelcheck.backends.native.unit import Part, Unit
from modelcheck.backends.native.words import (
    clean_name,
    write_bool,
    write_comment,
    write_value,
    write_word,
)
from modelcheck.ir.layout import WORD_BITS, Layout, Packed
from modelcheck.ir.memory import ALIVE, Memory
from modelcheck.ir.nodes import Program, Template

FULL = (1 << WORD_BITS) - 1


@dataclass(frozen=True, slots=True)
class PatchWord:
    """One word of a patch: word = (word & keep) | set."""

    word: int
    keep: int
    set: int


def make_patch(layout: Layout, values: Values) -> tuple[PatchWord, ...]:
    """Several slots set at once, word by word; a later value of a slot replaces an earlier one."""
    words: dict[int, tuple[int, int]] = {}
    for slot, value in dict(values).items():
        packed = layout.packed[slot]
        code = packed.encode(value)
        if packed.bits:
            keep, bits = words.get(packed.word, (FULL, 0))
            mask = ((1 << packed.bits) - 1) << packed.shift
            words[packed.word] = (keep & ~mask, bits | code << packed.shift)
    return tuple(PatchWord(word, *words[word]) for word in sorted(words))


class Tables:
    """Makes the tables of one program, each when it is first needed.

    Soundness: the entry `nowhere` is what a null pointer's table names: it reads as 0, and nothing
    but 0 can be stored there, so a null pointer never reaches a slot, whatever code comes first.
    """

    def __init__(self, memory: Memory, layout: Layout, unit: Unit) -> None:
        self.memory = memory
        self.layout = layout
        self.unit = unit
        self._facts = Facts(memory)
        self._threads = tuple(self._facts.of_thread(thread) for thread in memory.threads)
        self._pools = self._facts.list_pools()
        self.nowhere = len(memory.slots)
        self._add_fields()

    @property
    def program(self) -> Program:
        """The program."""
        return self.memory.program

    def facts_of(self, template: Template) -> tuple[ThreadFacts, ...]:
        """What differs between the threads of a template."""
        return tuple(self._threads[t.number] for t in self.memory.threads_of(template.name))

    def rebirths_of(self, template: Template) -> tuple[Values, ...]:
        """What Spawn of each thread of a template sets."""
        return tuple(map(self._facts.list_rebirth, self.memory.threads_of(template.name)))

    # -----------------------------------------------------------------------------------------
    # Fields

    def _add_fields(self) -> None:
        lines = ["static const mc_field m_fields[] = {"]
        lines += [f"  {_write_field(p)}, {_describe_slot(p)}" for p in self.layout.packed]
        lines += ["  {0, 0, 0, 0, 0, 0}, /* nowhere: where null pointers lead */", "};"]
        self.unit.add(Part.FIELDS, "m_fields", "\n".join(lines))

    # -----------------------------------------------------------------------------------------
    # Patches

    def patch(self, values: Values) -> str:
        """The initialiser of a patch."""
        words = make_patch(self.layout, values)
        items = [f"{{{write_word(w.keep)}, {write_word(w.set)}, {w.word}}}" for w in words]
        return f"{{{self.unit.add_table('m_words', 'mc_patch_word', items)}, {len(items)}}}"

    def patches(self, prefix: str, several: Sequence[Values]) -> str:
        """The name of a table of patches."""
        return self.unit.add_table(prefix, "mc_patch", [self.patch(values) for values in several])

    def deaths(self, struct: str) -> str:
        """The table of what Free sets, by pointer."""
        return self._by_pointer("m_free", struct, self._facts.list_deaths(struct))

    def discards(self, struct: str) -> str:
        """The table of what Discard sets, by pointer."""
        return self._by_pointer("m_discard", struct, self._facts.list_discards(struct))

    def _by_pointer(self, prefix: str, struct: str, values: dict[int, Values]) -> str:
        count = len(self.memory.places(struct)) + 1
        return self.patches(prefix, [values.get(pointer, ()) for pointer in range(count)])

    # -----------------------------------------------------------------------------------------
    # Pools

    def pool(self, name: str) -> str:
        """The name of a pool."""
        names = {pool: f"m_pool_{i}_{clean_name(pool)}" for i, pool in enumerate(self._pools)}
        if names[name] not in self.unit.pieces:
            known = self._pools[name]
            statuses = self.unit.add_table("m_statuses", "uint32_t", list(map(str, known.statuses)))
            pointers = self.unit.add_table("m_pointers", "int64_t", list(map(str, known.pointers)))
            fresh = self.patches(
                "m_fresh",
                [
                    ((status, ALIVE), *values)
                    for status, values in zip(known.statuses, known.fresh, strict=True)
                ],
            )
            reuse = write_bool(known.reuse)
            parts = f"{statuses}, {pointers}, {fresh}, {len(known.statuses)}, {reuse}"
            text = f"static const mc_pool {names[name]} = {{{parts}}};"
            self.unit.add(Part.DATA, names[name], text)
        return names[name]


def _write_field(packed: Packed) -> str:
    slot = packed.slot
    unset = slot.may_be_uninitialised
    last = slot.hi - slot.lo + unset
    lo = write_value(slot.lo)
    where = f"{packed.word}, {packed.shift}" if packed.bits else "0, 0"
    mask = (1 << packed.bits) - 1
    return f"{{{write_word(mask)}, {last}ULL, {lo}, {where}, {int(unset)}}}"


def _describe_slot(packed: Packed) -> str:
    return write_comment(f"{packed.slot.number}: {packed.slot.name}")
