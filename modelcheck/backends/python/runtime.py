"""What generated steps call: queues, life and death of objects, choices.

`m` is always the memory of the step under way: a list of slots.  A helper raises InternalError
where a Check should have stood before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from modelcheck.backends.facts import PoolFacts
from modelcheck.backends.python.outcomes import (
    BLOCKED,
    IDLE,
    CutOutcomes,
    Failure,
    Order,
    Outcome,
    State,
    Step,
    StepResult,
)
from modelcheck.diagnostics import NOWHERE, InternalError, Span
from modelcheck.ir.memory import ALIVE, FREED
from modelcheck.ir.nodes import Kind

Slots = list[int]


# ---------------------------------------------------------------------------------------------
# Queues: the length at slot b, then the elements


def queue_append(m: Slots, b: int, value: int) -> None:
    """Put a value behind the last element."""
    m[b] += 1
    m[b + m[b]] = value


def queue_appendleft(m: Slots, b: int, value: int) -> None:
    """Put a value before the first element."""
    count = m[b]
    m[b + 2 : b + 2 + count] = m[b + 1 : b + 1 + count]
    m[b + 1] = value
    m[b] = count + 1


def queue_pop(m: Slots, b: int) -> int:
    """Take the last element out."""
    return _take(m, b, m[b])


def queue_popleft(m: Slots, b: int) -> int:
    """Take the first element out."""
    return _take(m, b, 1)


def _take(m: Slots, b: int, position: int) -> int:
    """Take the element at a position, counted from 1, out."""
    count = m[b]
    if not 0 < position <= count:
        raise InternalError("a step takes an element out of an empty queue, unchecked")
    value = m[b + position]
    m[b + position : b + count] = m[b + position + 1 : b + count + 1]
    m[b + count] = 0
    m[b] = count - 1
    return value


def queue_remove(m: Slots, b: int, value: int) -> None:
    """Take the first element that equals a value out, if there is one."""
    for position in range(1, m[b] + 1):
        if m[b + position] == value:
            _take(m, b, position)
            return


def queue_clear(m: Slots, b: int) -> None:
    """Make a queue empty (a fresh one too, whose length is uninitialised)."""
    for position in range(1, m[b] + 1):
        m[b + position] = 0
    m[b] = 0


def queue_contains(m: Sequence[int], b: int, value: int) -> bool:
    """Whether an element equals a value."""
    return value in m[b + 1 : b + 1 + m[b]]


# ---------------------------------------------------------------------------------------------
# Life and death


def is_alive(m: Sequence[int], status: int, thread: int, ended: Sequence[int]) -> bool:
    """Whether an object lives: by its status slot and its thread's number, -1 where it has none."""
    return (status < 0 or m[status] == ALIVE) and (thread < 0 or m[thread] != ended[thread])


def is_usable(
    m: Sequence[int], status: int, thread: int, ended: Sequence[int], freed_counts: int
) -> bool:
    """Like `is_alive`; with `freed_counts`, an object that was freed but not discarded too."""
    if freed_counts and m[status] == FREED:
        return True
    return is_alive(m, status, thread, ended)


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool at work."""

    known: PoolFacts

    def has_free_slot(self, m: Sequence[int]) -> bool:
        """Whether `New` would find a slot."""
        known = self.known
        return any(m[status] in known.free_values for status in known.statuses)

    def take(self, m: Slots, chooser: Chooser | None) -> int:
        """Allocate: the lowest slot, or with `reuse` any; gives the pointer to it."""
        known = self.known
        free = [i for i, status in enumerate(known.statuses) if m[status] in known.free_values]
        if not free:
            raise InternalError("a step allocates from an exhausted pool, unchecked")
        rank = chooser.pick(len(free)) if known.reuse and chooser is not None else 0
        element = free[rank]
        m[known.statuses[element]] = ALIVE
        set_slots(m, known.fresh[element])
        return known.pointers[element]


def set_slots(m: Slots, values: Sequence[tuple[int, int]]) -> None:
    """Set single slots: pairs of number and value."""
    for slot, value in values:
        m[slot] = value


def set_by_pointer(
    m: Slots, pointer: int, by_pointer: Mapping[int, tuple[tuple[int, int], ...]]
) -> None:
    """Free or discard: set the slots of the object that a pointer is the whole of."""
    if pointer not in by_pointer:
        raise InternalError("a step frees what is no whole object, unchecked")
    set_slots(m, by_pointer[pointer])


# ---------------------------------------------------------------------------------------------
# Choices, recorded orders, touched slots


@dataclass(frozen=True, slots=True)
class Touch:
    """One look at or change of memory by a step: the slot, the slot that stands for the place (of
    a queue: its length), and where in the source the instruction stands.
    """

    slot: int
    key: int
    is_write: bool
    kind: Kind
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(slots=True)
class Chooser:
    """The choices of one way through a step, and what it notes on the way.

    An odometer: `taken` counts up like its digits, `limits` are the digits' bases, so all ways
    come in increasing order.  A digit's base may depend on the digits before it.
    """

    taken: list[int] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    position: int = 0
    orders: list[Order] = field(default_factory=list)
    touched: list[Touch] = field(default_factory=list)
    waited: Span | None = None
    at: Span = NOWHERE  # the last instruction with a place in the source; only watched steps say

    def rewind(self) -> None:
        """Begin another way through the step."""
        self.position = 0
        self.orders.clear()
        self.touched = []
        self.waited = None
        self.at = NOWHERE

    def pick(self, count: int) -> int:
        """The next choice among `count` values."""
        if count < 1:
            raise InternalError("a step chooses among no values")
        position = self.position
        if position == len(self.taken):
            self.taken.append(0)
            self.limits.append(count)
        self.position = position + 1
        return self.taken[position]

    def advance(self) -> bool:
        """Turn to the next combination; false when all were taken."""
        del self.taken[self.position :], self.limits[self.position :]
        while self.taken and self.taken[-1] + 1 == self.limits[-1]:
            self.taken.pop()
            self.limits.pop()
        if not self.taken:
            return False
        self.taken[-1] += 1
        return True

    def order(self, property_: str, first: str, second: str) -> None:
        """Record that `first` was passed before `second`."""
        self.orders.append(Order(property_, first, second))

    def touch(self, slot: int, key: int, is_write: bool, kind: Kind) -> int:
        """Note that the step touches a slot; gives the slot."""
        self.touched.append(Touch(slot, key, is_write, kind, self.at))
        return slot

    def wait(self, span: Span) -> None:
        """Note where a way through the step was disabled."""
        self.waited = span


@dataclass(slots=True)
class WatchingChooser(Chooser):
    """A chooser that notes where in the source each choice is made."""

    asked: list[Span] = field(default_factory=list)

    def rewind(self) -> None:
        """Begin another way through the step."""
        Chooser.rewind(self)
        self.asked = []

    def pick(self, count: int) -> int:
        """The next choice among `count` values."""
        self.asked.append(self.at)
        return Chooser.pick(self, count)


Way = Callable[[State, Chooser], State | int | Failure]


MAX_DIVERGING = 16  # ways of one step from one state that may diverge
MAX_CHOICES_MADE = 2_000_000  # over all ways of one step from one state


def follow_choices(way: Way) -> Step:
    """The step that takes every way through its choices, as far as the limits allow.

    Soundness: ways that are not followed are states that are not visited; `CutOutcomes` says so,
    and the search never calls such a run exhausted.
    """

    def step(state: State) -> StepResult:
        chooser = Chooser()
        outcomes = []
        disabled = IDLE
        made = diverging = 0
        while True:
            chooser.rewind()
            result = way(state, chooser)
            if isinstance(result, int):
                disabled = min(disabled, result)  # BLOCKED is less than IDLE
            else:
                choices = tuple(chooser.taken[: chooser.position])
                outcomes.append(Outcome(choices, result, tuple(chooser.orders)))
                if isinstance(result, Failure) and result.property == "diverges":
                    diverging += 1
            made += chooser.position
            if not chooser.advance():
                return outcomes or disabled
            if diverging >= MAX_DIVERGING or made >= MAX_CHOICES_MADE:
                return CutOutcomes(outcomes)

    return step


assert BLOCKED < IDLE, "follow_choices takes the least"
