"""Slots → bits: how a state is packed into 64-bit words.

The program counters come first, then each thread's locals side by side, then the elements of the
objects: what changes together lies in one word.  A group that fits into one word is never split.
A slot's value is stored as its distance from `lo`, UNINITIALISED as the number after the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from modelcheck.diagnostics import InternalError
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.memory import UNINITIALISED, Memory, Slot
from modelcheck.ir.nodes import Program, QueueOp, Store
from modelcheck.ir.races import find_declaration
from modelcheck.ir.types import Embedded, ValueType

WORD_BITS = 64


@dataclass(frozen=True, slots=True)
class Packed:
    """Where one slot lies: `bits` bits of word `word`, from bit `shift` (0 the least) on."""

    slot: Slot
    word: int
    shift: int
    bits: int

    def encode(self, value: int) -> int:
        """The bits that stand for a value."""
        last = self.slot.hi - self.slot.lo
        code = last + 1 if value == UNINITIALISED else value - self.slot.lo
        if not 0 <= code <= last + self.slot.may_be_uninitialised:
            raise InternalError(f"{value} is no value of `{self.slot.name}`")
        return code

    def decode(self, code: int) -> int:
        """The value that some bits stand for."""
        value = code + self.slot.lo
        return UNINITIALISED if value > self.slot.hi else value


@dataclass(frozen=True, slots=True)
class Layout:
    """Where every slot lies, by slot number."""

    program: str
    packed: tuple[Packed, ...]
    words: int

    @property
    def bits(self) -> int:
        """How many bits a state needs."""
        return sum(packed.bits for packed in self.packed)

    @property
    def state_bytes(self) -> int:
        """How many bytes a state takes."""
        return self.words * WORD_BITS // 8

    def pack(self, state: Sequence[int]) -> tuple[int, ...]:
        """The words of a state.

        Soundness: different states must have different words; `test_layout.py` unpacks them.
        """
        words = [0] * self.words
        for packed, value in zip(self.packed, state, strict=True):
            if packed.bits:
                words[packed.word] |= packed.encode(value) << packed.shift
        return tuple(words)

    def unpack(self, words: Sequence[int]) -> tuple[int, ...]:
        """The state that some words are."""
        return tuple(p.decode(words[p.word] >> p.shift & (1 << p.bits) - 1) for p in self.packed)


def layout(program: Program) -> Layout:
    """Pack the slots of a program's states."""
    return pack_slots(Memory(program))


def pack_slots(memory: Memory) -> Layout:
    """Pack slots group by group, each into the first word with room for all of it."""
    used = [0]
    packed: dict[int, Packed] = {}
    for group in _split_groups(_narrow_slots(memory)):
        total = sum(slot_bits(slot) for slot in group)
        word = next((w for w, bits in enumerate(used) if bits + total <= WORD_BITS), len(used))
        if word == len(used):
            used.append(0)
        for slot in group:
            bits = slot_bits(slot)
            packed[slot.number] = Packed(slot, word, used[word], bits)
            used[word] += bits
    return Layout(
        memory.program.name, tuple(packed[slot.number] for slot in memory.slots), len(used)
    )


def _narrow_slots(memory: Memory) -> list[Slot]:
    """The slots; a field that nothing stores has only its start value and, dead, 0.

    Whatever else came there would be refused: `encode` and the native runtime check every value.
    """
    stored = {
        find_declaration(memory.lookup, instr.place)
        for body in (memory.program.initial, *(t.body for t in memory.program.templates))
        for block in body.blocks
        for instr in block.instrs
        if isinstance(instr, Store | QueueOp)
    }
    return [
        slot
        if slot.role != "field" or _find_declaration(memory.lookup, slot) in stored
        else _narrow(memory, slot)
        for slot in memory.slots
    ]


def _find_declaration(lookup: Lookup, slot: Slot) -> str:
    """What declares a field: as `find_declaration` says it of places."""
    declaration = slot.object
    found: ValueType = lookup.object(slot.object).type
    for part in slot.path:
        if isinstance(found, Embedded) and isinstance(part, str):
            declaration = f"{found.struct}.{part}"
        found = lookup.inner_type(found, part)
    return declaration


def _narrow(memory: Memory, slot: Slot) -> Slot:
    at = slot.number - memory.element_slots(slot.object, slot.element).start
    values = {
        0,
        memory.start[slot.number],
        memory.start_values(slot.object, slot.element)[at],
        *((memory.new_values(slot.object)[at],) if _is_pool(memory, slot) else ()),
    }
    known = [value for value in values if value not in (None, UNINITIALISED)]
    return replace(slot, lo=min(known), hi=max(known))


def _is_pool(memory: Memory, slot: Slot) -> bool:
    return memory.lookup.object(slot.object).kind == "pool"


def slot_bits(slot: Slot) -> int:
    """How many bits hold every value of a slot; 0 where there is only one."""
    bits = (slot.hi - slot.lo + slot.may_be_uninitialised).bit_length()
    if bits > WORD_BITS:
        raise InternalError(f"`{slot.name}` does not fit into a word")
    return bits


def _split_groups(slots: Sequence[Slot]) -> Iterator[list[Slot]]:
    """What changes together, in pieces of at most a word."""
    for _, group in groupby(slots, key=_group_of):
        piece: list[Slot] = []
        room = WORD_BITS
        for slot in group:
            if slot_bits(slot) > room:
                yield piece
                piece, room = [], WORD_BITS
            piece.append(slot)
            room -= slot_bits(slot)
        yield piece


def _group_of(slot: Slot) -> tuple[str, str, int]:
    if slot.role in ("pc", "irqs", "softirqs"):
        return slot.role, "", 0
    if slot.role == "local":
        return slot.role, "", slot.thread or 0
    return "object", slot.object, slot.element


def print_layout(layout: Layout) -> str:
    """The layout as a table, word by word."""
    by_word = sorted(layout.packed, key=lambda p: (p.word, p.shift, p.slot.number))
    width = max((len(p.slot.name) for p in by_word), default=0)
    lines = []
    for word, group in groupby(by_word, key=lambda p: p.word):
        members = list(group)
        lines.append(f"word {word}: {sum(p.bits for p in members)} of {WORD_BITS} bits")
        lines.append(f"  {'from':>4} {'bits':>4}  {'slot':<{width}}  values")
        for p in members:
            more = ", uninitialised" if p.slot.may_be_uninitialised else ""
            values = f"{p.slot.lo} … {p.slot.hi}{more}"
            lines.append(f"  {p.shift:>4} {p.bits:>4}  {p.slot.name:<{width}}  {values}")
    count = len(layout.packed)
    lines.append(f"{count} slots, {layout.bits} bits: {layout.state_bytes} bytes a state")
    return "\n".join(lines) + "\n"
