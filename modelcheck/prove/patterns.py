"""Patterns: what a state has in it of one or two threads and the memory that all share.

A *pattern* says where one thread stands and what one or two shared slots hold, where two threads
stand, or what two shared slots hold together.  The states of a small program show which patterns
there are; that the others never come up is a conjecture for any number of threads (invisible
invariants: Pnueli, Ruah and Zuck, TACAS 2001; I4: Ma et al., SOSP 2019).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product
from typing import Any

from modelcheck.backends.smt.cells import holds_bool
from modelcheck.backends.smt.terms import Terms, Value
from modelcheck.ir.memory import Memory, Slot, Thread
from modelcheck.ir.types import ThreadIdType

NOBODY, MYSELF, ANOTHER, SOMEBODY = "nobody", "myself", "another", "somebody"
ALONE = " (whoever)"  # behind the name of a ThreadId that is seen from no thread
SHARED = (2, 3)  # slots in a pattern without threads
ELSE = "else"
"""A value that no state of the small program has."""

MOST_VALUES = 12  # of a slot that patterns tell of

Atom = tuple[str, object]  # the name of a slot, and its value (of a ThreadId: who, seen from one)
Pattern = tuple[Any, ...]  # of its first word depends what follows
"""("at", template, location, atom, …), ("both", template, location, template, location) or
("shared", atom, atom).
"""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Reads patterns out of states of one program; `values` are those that each slot may have in
    a pattern (a slot that is not there is in none).

    Slots go by names that do not depend on how many threads there are.
    """

    memory: Memory
    values: dict[str, frozenset[object]]

    def list_in(self, state: Sequence[int]) -> Iterator[Pattern]:
        """The patterns of a state, each as often as it comes up."""
        shared = [s for s in self.memory.slots if is_shared(s) and s.name in self.values]
        shared.sort(key=lambda slot: slot.name)  # of two atoms the one with the lesser name first
        held_by_all = sorted((self._atom(s, state, None) for s in shared), key=_name_of)
        for count in SHARED:
            yield from (("shared", *atoms) for atoms in combinations(held_by_all, count))
        stands = [(t.template, state[t.pc]) for t in self.memory.threads]
        for first, second in permutations(range(len(stands)), 2):
            yield ("both", *stands[first], *stands[second])
        for thread, stand in zip(self.memory.threads, stands, strict=True):
            seen = [self._atom(slot, state, thread) for slot in shared]
            own = [
                self._atom(slot, state, thread)
                for slot in own_slots(self.memory, thread)
                if own_name(slot, thread) in self.values
            ]
            for atom in (*own, *seen):
                yield ("at", *stand, atom)
            for one, other in combinations(sorted((*own, *seen), key=_name_of), 2):
                yield ("at", *stand, one, other)

    def list_all(self, seen: Iterable[Pattern]) -> Iterator[Pattern]:
        """Every pattern made of what comes up in some: the seen ones among them."""
        stands = set[tuple[str, int]]()
        atoms = dict[tuple[str, int], set[str]]()
        shared = set[str]()
        for pattern in seen:
            match pattern:
                case ("both", a, i, b, j):
                    stands |= {(a, i), (b, j)}
                case ("shared", *held):
                    shared |= {name for name, _ in held}
                case ("at", template, location, *held):
                    atoms.setdefault((template, location), set()).update(name for name, _ in held)
        for first, second in product(sorted(stands), repeat=2):
            yield ("both", *first, *second)
        for count in SHARED:
            for names in combinations(sorted(shared), count):
                for values in product(*map(self._all_values, names)):
                    yield ("shared", *zip(names, values, strict=True))
        for stand, told in atoms.items():
            for count in (1, 2):
                for names in combinations(sorted(told), count):
                    for values in product(*map(self._all_values, names)):
                        yield ("at", *stand, *zip(names, values, strict=True))

    def _all_values(self, name: str) -> list[object]:
        return [*sorted(self.values[name], key=str), ELSE]

    def _atom(self, slot: Slot, state: Sequence[int], thread: Thread | None) -> Atom:
        value: object = state[slot.number]
        if thread is None:
            name = name_alone(slot)
            value = (SOMEBODY if value else NOBODY) if _is_thread(slot) else value
        else:
            value = _see(state[slot.number], thread) if _is_thread(slot) else value
            name = slot.name if is_shared(slot) else own_name(slot, thread)
        return name, value if value in self.values[name] else ELSE


def _name_of(atom: Atom) -> str:
    return atom[0]


def _see(value: int, thread: Thread) -> str:
    return NOBODY if value == 0 else MYSELF if value == thread.number + 1 else ANOTHER


def _is_thread(slot: Slot) -> bool:
    return isinstance(slot.type, ThreadIdType) and slot.role != "queue-length"


def name_alone(slot: Slot) -> str:
    """The name of a shared slot in patterns that are about no thread."""
    return f"{slot.name}{ALONE}" if _is_thread(slot) else slot.name


def is_shared(slot: Slot) -> bool:
    """Whether a slot belongs to no thread."""
    return slot.thread is None and slot.role not in ("pc", "local")


def own_slots(memory: Memory, thread: Thread) -> list[Slot]:
    """What belongs to a thread alone, but for where it stands."""
    return [s for s in memory.slots if s.thread == thread.number and s.role != "pc"]


def own_name(slot: Slot, thread: Thread) -> str:
    """A slot of a thread, by a name that is the same for all copies of its template."""
    return f"{thread.template}: {slot.name.replace(thread.name, thread.template, 1)}"


def find_values(memory: Memory, states: Iterable[Sequence[int]]) -> dict[str, frozenset[object]]:
    """The values that slots have in some states, of slots with few."""
    found: dict[str, set[object]] = {}
    for state in states:
        for slot in memory.slots:
            if is_shared(slot):
                found.setdefault(slot.name, set()).add(state[slot.number])
        for thread in memory.threads:
            for slot in own_slots(memory, thread):
                name = own_name(slot, thread)
                value = state[slot.number]
                known = _see(value, thread) if _is_thread(slot) else value
                found.setdefault(name, set()).add(known)
    threads = {slot.name for slot in memory.slots if is_shared(slot) and _is_thread(slot)}
    for name in threads:
        found[name] = {NOBODY, MYSELF, ANOTHER}
        found[f"{name}{ALONE}"] = {NOBODY, SOMEBODY}
    return {name: frozenset(v) for name, v in found.items() if len(v) <= MOST_VALUES}


class Instances:
    """Patterns as formulas: all ways in which one can come up in a state of a program."""

    def __init__(self, patterns: Patterns, terms: Terms, state: Sequence[Value]) -> None:
        self._patterns = patterns
        self._memory = patterns.memory
        self._terms = terms
        self._state = state
        shared = [s for s in self._memory.slots if is_shared(s)]
        self._shared = {s.name: s for s in shared} | {name_alone(s): s for s in shared}
        self._own = {
            (thread.number, own_name(slot, thread)): slot
            for thread in self._memory.threads
            for slot in own_slots(self._memory, thread)
        }
        self._known: dict[object, Value] = {}

    def of(self, pattern: Pattern) -> Iterator[Value]:
        """When the pattern comes up, for each thread or pair of threads that it may be about."""
        terms = self._terms
        match pattern:
            case ("shared", *atoms):
                yield terms.all_of(self._holds(atom, None) for atom in atoms)
            case ("both", a, i, b, j):
                threads = self._memory.threads
                for first, second in permutations(threads, 2):
                    if (first.template, second.template) == (a, b):
                        yield terms.all_of((self._stands(first, i), self._stands(second, j)))
            case ("at", template, location, *atoms):
                for thread in self._memory.threads_of(str(template)):
                    held = [self._holds(atom, thread) for atom in atoms]
                    yield terms.all_of((self._stands(thread, location), *held))

    def _stands(self, thread: Thread, location: object) -> Value:
        key = thread.number, location
        if key not in self._known:
            self._known[key] = self._terms.equal(self._state[thread.pc], location)
        return self._known[key]

    def _holds(self, atom: object, thread: Thread | None) -> Value:
        key = atom, None if thread is None else thread.number
        if key not in self._known:
            self._known[key] = self._make_holds(atom, thread)
        return self._known[key]

    def _make_holds(self, atom: object, thread: Thread | None) -> Value:
        assert isinstance(atom, tuple)
        name, value = atom
        slot = self._shared.get(name)
        if slot is None:
            assert thread is not None
            slot = self._own[thread.number, name]
        values = self._patterns.values[name]
        if value == ELSE:
            return self._terms.negate(
                self._terms.any_of(self._equals(slot, one, thread) for one in values)
            )
        return self._equals(slot, value, thread)

    def _equals(self, slot: Slot, value: object, thread: Thread | None) -> Value:
        terms, held = self._terms, self._state[slot.number]
        if _is_thread(slot):
            nobody = terms.equal(held, 0)
            myself = False if thread is None else terms.equal(held, thread.number + 1)
            if value in (NOBODY, MYSELF):
                return nobody if value == NOBODY else myself
            return terms.negate(terms.any_of((nobody, myself)))
        return terms.equal(held, bool(value) if holds_bool(slot) else value)
