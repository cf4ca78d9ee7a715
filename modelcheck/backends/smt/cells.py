"""The slots of a state while a step runs: what each holds, as a value of `terms`.

An address that depends on the state is one of finitely many slots.  To read there chooses between
what they hold; to write there changes each under the condition that it is the one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from modelcheck.backends.smt.terms import Terms, Value
from modelcheck.ir.address import Address
from modelcheck.ir.memory import Memory, Slot
from modelcheck.ir.nodes import Expr
from modelcheck.ir.types import BoolType

Evaluate = Callable[[Expr], Value]


@dataclass(frozen=True, slots=True)
class Target:
    """One slot that an address may be, and when it is."""

    condition: Value
    slot: int


def holds_bool(slot: Slot) -> bool:
    """Whether a slot is a Bool in formulas: never anything but False and True."""
    return (
        isinstance(slot.type, BoolType)
        and slot.role != "queue-length"
        and not (slot.may_be_uninitialised)
    )


class Cells:
    """What the slots hold: `base`, and what was changed since.

    Soundness: a slot that is written under a condition must keep what it held otherwise.
    """

    __slots__ = ("_base", "_slots", "_terms", "changed")

    def __init__(
        self,
        memory: Memory,
        terms: Terms,
        base: Sequence[Value],
        changed: dict[int, Value] | None = None,
    ) -> None:
        self._slots = memory.slots
        self._terms = terms
        self._base = base
        self.changed = {} if changed is None else changed

    def copy(self, memory: Memory) -> Cells:
        """The same, to be changed by itself."""
        return Cells(memory, self._terms, self._base, dict(self.changed))

    def __getitem__(self, slot: int) -> Value:
        found = self.changed.get(slot)
        return self._base[slot] if found is None else found

    def __setitem__(self, slot: int, value: Value) -> None:
        is_bool = holds_bool(self._slots[slot])
        fit = self._terms.as_bool if is_bool else self._terms.as_number
        self.changed[slot] = fit(value)

    def set_all(self, values: Iterable[tuple[int, int]], condition: Value = True) -> None:
        """Set single slots, pairs of number and value, where a condition holds."""
        for slot, value in values:
            self.write([Target(condition, slot)], value)

    def read(self, targets: Sequence[Target], fit: Callable[[Value], Value]) -> Value:
        """What the slot holds that an address is; `fit` makes it a Bool or a number."""
        if not targets:
            return fit(0)  # a null pointer, in what a condition keeps from mattering
        return self._terms.select((t.condition, fit(self[t.slot])) for t in targets)

    def write(self, targets: Sequence[Target], value: Value) -> None:
        """Put a value into the slot that an address is."""
        for target in targets:
            if target.condition is True:
                self[target.slot] = value
            elif target.condition is not False:
                is_bool = holds_bool(self._slots[target.slot])
                fit = self._terms.as_bool if is_bool else self._terms.as_number
                old = fit(self[target.slot])
                self[target.slot] = self._terms.choose(target.condition, fit(value), old)


def list_targets(terms: Terms, address: Address, evaluate: Evaluate) -> list[Target]:
    """The slots that an address may be, each once.

    A null pointer, or an index outside, leads nowhere: a Check before it fails.
    """
    found: list[tuple[Value, int]] = [(True, address.offset)]
    if address.pointer is not None:
        pointer = evaluate(address.pointer)
        found = [
            (terms.equal(pointer, value), address.offset + start)
            for value, start in enumerate(address.table)
            if value
        ]
    for term in address.terms:
        index = evaluate(term.index)
        found = [
            (terms.all_of((condition, terms.equal(index, i))), number + i * term.stride)
            for condition, number in found
            for i in range(term.count)
        ]
    by_slot: dict[int, list[Value]] = {}
    for condition, slot in found:
        if condition is not False:
            by_slot.setdefault(slot, []).append(condition)
    return [Target(terms.any_of(conditions), slot) for slot, conditions in by_slot.items()]


def number_of(terms: Terms, address: Address, evaluate: Evaluate) -> Value:
    """The number that an address stands for (of a null pointer: any)."""
    total: Value = address.offset
    if address.pointer is not None:
        total = terms.add(total, look_up(terms, address.table, evaluate(address.pointer)))
    for term in address.terms:
        index = evaluate(term.index)
        scaled = index if term.stride == 1 else terms.apply("*", (index, term.stride))
        total = terms.add(total, scaled)
    return total


def look_up(terms: Terms, table: Sequence[int], index: Value) -> Value:
    """The entry of a table at an index within it."""
    if isinstance(index, int):
        return table[index] if 0 <= index < len(table) else 0
    by_entry: dict[int, list[Value]] = {}
    for i, entry in enumerate(table):
        by_entry.setdefault(entry, []).append(terms.equal(index, i))
    # The entry that most indices have is what is left over.
    cases = sorted(by_entry.items(), key=lambda item: len(item[1]))
    return terms.select((terms.any_of(conditions), entry) for entry, conditions in cases)
