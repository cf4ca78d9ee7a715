"""What a proof is about: for each judged property the states in which it is seen to fail.

A failing step counts for the state before it, as a race and whatever a state itself shows: so a
property holds if none of its bad states can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from modelcheck.backends.python.failures import make_fail
from modelcheck.backends.python.outcomes import Order
from modelcheck.backends.smt.expressions import Touch
from modelcheck.backends.smt.system import Move, System
from modelcheck.backends.smt.terms import Value
from modelcheck.backends.smt.ways import Fault, UnsupportedError
from modelcheck.backends.subjects import Subject
from modelcheck.explore.leak import LEAK, LeakCheck
from modelcheck.explore.orders import list_edges_on_cycles
from modelcheck.explore.properties import Judged, Silence
from modelcheck.explore.race import RACE, find_innermost_struct
from modelcheck.ir.memory import ALIVE, Memory
from modelcheck.ir.nodes import Kind, Program
from modelcheck.ir.races import find_candidates
from modelcheck.ir.types import PtrType, SetType


@dataclass(frozen=True, slots=True)
class Bad:
    """One way to see a property fail: when, and what a claim says of it (`explore.claims`).

    `thread` is the one whose step fails, or records an order; -1 where a state itself shows it.
    """

    condition: Value
    kind: str
    key: tuple[int, ...] = ()
    thread: int = -1

    @property
    def is_step(self) -> bool:
        """Whether it is a step from the bad state that shows it, so one step further."""
        return self.kind in ("step", "order")


@dataclass(frozen=True, slots=True)
class Goal:
    """A judged property, and its bad states: of a `reachable` the states that satisfy it.

    A `reachable` whose body can fail has a second goal, `is_fault`: the states in which it does.
    A check of orders has a goal for each `order` that may be part of a circle: the states before
    the steps that record it.  One alone is no violation; see `prove.circles`.
    """

    judged: Judged
    bads: tuple[Bad, ...]
    is_fault: bool = False
    order: Order | None = None

    @property
    def key(self) -> str:
        """What tells it from all other goals."""
        if self.order is not None:
            return f"{self.name}: {self.order.second} under {self.order.first}"
        return f"{self.name} (fault)" if self.is_fault else self.name

    @property
    def is_satisfiable(self) -> bool:
        """Whether its bad states are such that one of them is wanted."""
        return self.judged.kind == "reachable" and not self.is_fault

    @property
    def name(self) -> str:
        """Of the property."""
        return self.judged.name


@dataclass(frozen=True, slots=True)
class Goals:
    """All that is judged.  `open` are properties that no formula here tells of, with the reason."""

    all: tuple[Goal, ...]
    at_start: tuple[tuple[Fault, Value], ...]  # what the start itself fails with
    orders_at_start: tuple[tuple[Order, Value], ...] = ()  # which ones it records
    open: Mapping[str, str] = field(default_factory=dict)


def asks_for_subjects(program: Program) -> frozenset[str]:
    """The checks that are silenced for some objects, so that it matters what they are about."""
    return frozenset(allow.check for allow in program.allows if allow.on)


def list_goals(system: System, judged: tuple[Judged, ...]) -> Goals:
    """The goals of a system that was made with `asks_for_subjects` and, to judge races, `touches`.

    Soundness: a bad state that is missing here is never looked for, neither by a search nor by a
    proof; tests/agree/test_smt.py compares with what exploration finds, property by property.
    """
    finder = _Finder(system)
    found: dict[str, list[Bad]] = {j.name: [] for j in judged}
    faults: dict[str, Bad] = {}
    left: dict[str, str] = {}
    for name, bad in finder.list_faults():
        if name in found:
            found[name].append(bad)
    for number, prop in enumerate(p for p in system.program.properties if p.body is not None):
        if prop.name in found:
            bad, fault = finder.find_of_property(number)
            found[prop.name].append(bad)
            if fault is not None:
                faults[prop.name] = fault
    try:
        if "deadlock" in found:
            found["deadlock"].append(Bad(system.is_deadlock(), "deadlock"))
        if LEAK in found:
            found[LEAK] += finder.list_leaks()
    except UnsupportedError as error:
        left |= {name: str(error) for name in ("deadlock", LEAK) if name in found}
    if RACE in found:
        found[RACE] += finder.list_races()
    if "stuck" in found:
        left["stuck"] = "it is about all that can follow a state, not about a state"
    for name in left:
        found.pop(name, None)
    orders = finder.find_orders()
    at_start = tuple(finder.list_orders_at_start())
    circling = list_edges_on_cycles([*orders, *(order for order, _ in at_start)])
    kinds = {j.name: j for j in judged}
    of_orders = [
        Goal(kinds[order.property], tuple(orders.get(order, ())), order=order)
        for order in sorted(circling)
        if order.property in kinds and order.property not in left
    ]
    may_fail = {fault.property for fault, _ in finder.list_at_start()}
    for name in {goal.name for goal in of_orders} - may_fail:
        if not found.get(name):  # it does nothing but record
            found.pop(name, None)
    goals = [Goal(j, _list_possible(j, found[j.name])) for j in judged if j.name in found]
    goals += [Goal(j, (faults[j.name],), is_fault=True) for j in judged if j.name in faults]
    goals += of_orders
    return Goals(tuple(goals), tuple(finder.list_at_start()), at_start, left)


def _list_possible(judged: Judged, bads: list[Bad]) -> tuple[Bad, ...]:
    """The ways to fail that are not ruled out as they are written; of a `reachable` all."""
    if judged.kind == "reachable":
        return tuple(bads)
    return tuple(bad for bad in bads if bad.condition is not False)


class _Finder:
    def __init__(self, system: System) -> None:
        self.system = system
        self.terms = system.terms
        self.memory: Memory = system.memory
        self.silence = Silence(system.program)

    # ------------------------------------------------------------------------ steps

    def list_faults(self) -> Iterator[tuple[str, Bad]]:
        """What steps fail with, by property."""
        for move, fault, when in self.system.faults():
            counts = self.counts(fault)
            condition = self.terms.all_of((when, counts))
            if condition is not False:
                yield fault.property, Bad(condition, "step", (), move.thread.number)

    def list_at_start(self) -> Iterator[tuple[Fault, Value]]:
        """What the start fails with, and when."""
        for fault in self.system.start.ways.faults:
            yield fault, self.terms.all_of((fault.when, self.counts(fault)))

    def counts(self, fault: Fault) -> Value:
        """Whether a fault is about something for which it is not silenced."""
        name = fault.property
        if self.silence.covers_all(name):
            return False
        if name not in asks_for_subjects(self.system.program) or fault.subject is None:
            return not self.silence.covers(name, ())
        tell = make_fail(self.memory, name, fault.detail, fault.subject)
        known = range(self._count_subjects(fault.subject) + 1)
        silenced = [n for n in known if self.silence.covers(name, tell(n).declared)]
        return self.terms.negate(
            self.terms.any_of(self.terms.equal(fault.number, n) for n in silenced)
        )

    def _count_subjects(self, subject: Subject) -> int:
        if subject.struct:
            return len(self.memory.places(subject.struct))
        lookup = self.memory.lookup
        name = getattr(subject.place.root, "object", "")
        return lookup.instances(lookup.object(name))

    # ------------------------------------------------------------------------ properties

    def find_of_property(self, number: int) -> tuple[Bad, Bad | None]:
        """The bad states of a property with a body, the `number`th of those; of a `reachable` that
        can fail also those in which it does.
        """
        prop = [p for p in self.system.program.properties if p.body is not None][number]
        says_yes, fails = self.system.judge(prop)
        terms = self.terms
        if prop.kind == "reachable":
            satisfied = terms.all_of((says_yes, terms.negate(fails)))
            fault = None if fails is False else Bad(fails, "property", (number,))
            return Bad(satisfied, "reachable", (number,)), fault
        condition = terms.any_of((terms.negate(says_yes), fails))
        if prop.kind == "final":
            condition = terms.all_of((self.system.is_quiescent(), condition))
        return Bad(condition, "property", (number,)), None

    # ------------------------------------------------------------------------ orders

    def find_orders(self) -> dict[Order, list[Bad]]:
        """The states before a step that records an order and gets to its end or fails."""
        terms = self.terms
        found: dict[Order, list[Bad]] = {}
        for move in self.system.moves:
            for recorded in move.ways.orders:
                condition = terms.all_of((move.at, self._goes(move), recorded.when))
                order = Order(recorded.property, recorded.first, recorded.second)
                if condition is not False and not self._is_silenced_order(order):
                    bad = Bad(condition, "order", (), move.thread.number)
                    found.setdefault(order, []).append(bad)
        return found

    def list_orders_at_start(self) -> Iterator[tuple[Order, Value]]:
        """What the start records, and when."""
        start = self.system.start
        goes = self.terms.any_of((start.when, *(fault.when for fault in start.ways.faults)))
        for recorded in start.ways.orders:
            order = Order(recorded.property, recorded.first, recorded.second)
            if not self._is_silenced_order(order):
                yield order, self.terms.all_of((goes, recorded.when))

    def _is_silenced_order(self, order: Order) -> bool:
        return self.silence.covers(order.property, (order.first, order.second))

    # ------------------------------------------------------------------------ leaks

    def list_leaks(self) -> Iterator[Bad]:
        """Quiescent states with a live object that nothing leads to, by object."""
        terms, state = self.terms, self.system.state
        check = LeakCheck(self.memory)
        elements = check.elements
        reached: dict[tuple[str, int], Value] = {
            element: terms.any_of(self._names(slot.number, element) for slot in check.roots)
            for element in elements
        }
        for _ in elements:  # a way to an object is no longer than there are objects
            further = {}
            for element, known in reached.items():
                ways = [known]
                for other, slots in check.inside.items():
                    lives = terms.equal(state[elements[other]], ALIVE)
                    leads = terms.any_of(self._names(slot.number, element) for slot in slots)
                    ways.append(terms.all_of((reached[other], lives, leads)))
                further[element] = terms.any_of(ways)
            if all(terms.same(further[e], reached[e]) for e in elements):
                break
            reached = further
        quiescent = self.system.is_quiescent()
        for number, (element, status) in enumerate(elements.items()):
            obj = self.memory.lookup.object(element[0])
            struct = getattr(obj.type, "struct", "")
            if self.silence.covers(LEAK, frozenset(n for n in (obj.name, struct) if n)):
                continue
            lives = terms.equal(state[status], ALIVE)
            lost = terms.negate(reached[element])
            yield Bad(terms.all_of((quiescent, lives, lost)), "leak", (number,))

    def _names(self, slot: int, element: tuple[str, int]) -> Value:
        """Whether what a slot holds names an element of a pool."""
        terms, held = self.terms, self.system.state[slot]
        match self.memory.slots[slot].type:
            case PtrType(struct):
                return terms.any_of(
                    terms.equal(held, place.number + 1)
                    for place in self.memory.places(struct)
                    if (place.object, place.element) == element
                )
            case SetType(PtrType(struct)):
                named = terms.any_of(
                    terms.apply("bit-test", (held, place.number))
                    for place in self.memory.places(struct)
                    if (place.object, place.element) == element
                )
                # What is not initialised is negative, and has bits.
                return terms.all_of((terms.apply("<", (0, held)), named))
            case _:
                return False

    # ------------------------------------------------------------------------ races

    def list_races(self) -> Iterator[Bad]:
        """States in which two threads can each take next a step that accesses one place."""
        moves: dict[tuple[int, int], Move] = {
            (move.thread.number, move.location): move for move in self.system.moves
        }
        candidates = find_candidates(self.memory)
        for first, second in combinations(range(len(self.memory.threads)), 2):
            for i, j in sorted(candidates.get((first, second), ())):
                if (first, i) in moves and (second, j) in moves:
                    yield from self._race(moves[first, i], moves[second, j])

    def _race(self, first: Move, second: Move) -> Iterator[Bad]:
        terms = self.terms
        both = terms.all_of((first.at, second.at, self._goes(first), self._goes(second)))
        if both is False:
            return
        by_slot: dict[int, list[Value]] = {}
        for x in first.ways.touched:
            for y in second.ways.touched:
                if not _conflict(x, y):
                    continue
                for a in x.targets:
                    for b in y.targets:
                        if a.slot == b.slot:
                            conditions = (x.condition, y.condition, a.condition, b.condition)
                            by_slot.setdefault(a.slot, []).append(terms.all_of(conditions))
        for slot, found in sorted(by_slot.items()):
            if not self._is_silenced(slot):
                condition = terms.all_of((both, terms.any_of(found)))
                if condition is not False:
                    yield Bad(condition, "race", (slot,), first.thread.number)

    def _goes(self, move: Move) -> Value:
        """Whether a step gets to its end or fails, by the choices made."""
        return self.terms.any_of((move.succeeds, *(fault.when for fault in move.ways.faults)))

    def _is_silenced(self, key: int) -> bool:
        slot = self.memory.slots[key]
        fields = [part for part in slot.path if isinstance(part, str)]
        struct = find_innermost_struct(self.memory.lookup, slot.object, slot.path)
        label = f"{struct}.{fields[-1]}" if fields else slot.object
        return self.silence.covers(RACE, frozenset(n for n in (slot.object, struct, label) if n))


def _conflict(x: Touch, y: Touch) -> bool:
    is_plain = x.kind is Kind.PLAIN or y.kind is Kind.PLAIN
    return (x.is_write or y.is_write) and is_plain
