"""The program as a transition system over the slots of a state: starts, moves, and what is bad.

A *move* is the step of one thread at one location.  Slots that no move changes, and that have one
value at the start, are put in as numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from modelcheck.backends.facts import find_first_numbers, find_target, list_flags
from modelcheck.backends.smt.cells import Cells, holds_bool
from modelcheck.backends.smt.run import Runner
from modelcheck.backends.smt.terms import Terms, Theory, Value
from modelcheck.backends.smt.ways import Exit, Fault, UnsupportedError, Ways
from modelcheck.ir.bounds import bounds_of
from modelcheck.ir.memory import UNINITIALISED, Memory, Slot, Thread
from modelcheck.ir.nodes import Program, Property
from modelcheck.ir.regions import list_locations
from modelcheck.ir.types import PtrType

MOST_CHOICES = 4096
"""Combinations of choices of one step that are written out, where a state is asked for them all."""


@dataclass(frozen=True, slots=True)
class Move:
    """The step of a thread at a location: when the thread may take it, under which further
    condition it succeeds, what it writes then, and all its ways.
    """

    thread: Thread
    location: int
    at: Value
    succeeds: Value
    writes: Mapping[int, Value]
    ways: Ways


@dataclass(frozen=True, slots=True)
class Start:
    """The initial states: under which condition, on the choices, a start leads to `values`."""

    when: Value
    values: tuple[Value, ...]
    ways: Ways


@dataclass(frozen=True, slots=True)
class Rest:
    """About a thread: whether it can step, and whether it has ended or waits idly."""

    enabled: Value
    resting: Value


@dataclass(slots=True)
class System:
    """A program for a solver.

    `state` has a value for each slot, a variable where it can change.  `who` is the number of the
    thread that moves.  `choices` are all variables of choices, with the number of values of each.

    Soundness: a move that is missing, or whose condition is too strong, hides states; the tests of
    `tests/agree/test_smt.py` compare with the python backend.
    """

    memory: Memory
    terms: Terms
    state: tuple[Value, ...]
    who: Value
    start: Start
    moves: tuple[Move, ...]
    choices: list[tuple[Value, int]]
    _runner: Runner = field(repr=False)
    _rest: tuple[Rest, ...] | None = None

    @property
    def program(self) -> Program:
        """The program."""
        return self.memory.program

    @property
    def variables(self) -> list[tuple[Slot, Value]]:
        """The slots that can change, with their variables."""
        pairs = zip(self.memory.slots, self.state, strict=True)
        return [(slot, value) for slot, value in pairs if not isinstance(value, int)]

    # ------------------------------------------------------------------------ moves

    def successor(self) -> dict[int, Value]:
        """What each variable slot holds after the move of `who`."""
        terms = self.terms
        after: dict[int, Value] = {slot.number: value for slot, value in self.variables}
        for move in self.moves:
            takes = terms.all_of((terms.equal(self.who, move.thread.number), move.at))
            for slot, value in move.writes.items():
                after[slot] = terms.choose(takes, value, after[slot])
        return after

    def succeeds(self) -> Value:
        """Whether the thread `who` can move, and its step does not fail."""
        terms = self.terms
        return terms.any_of(
            terms.all_of((terms.equal(self.who, move.thread.number), move.at, move.succeeds))
            for move in self.moves
        )

    def chosen(self) -> Value:
        """That every choice is one of those there are."""
        return self.terms.all_of(
            self.terms.all_of(
                (self.terms.apply("<=", (0, value)), self.terms.apply("<", (value, count)))
            )
            for value, count in self.choices
        )

    def faults(self) -> Iterator[tuple[Move, Fault, Value]]:
        """All ways to fail: the move, what fails, and when."""
        for move in self.moves:
            for fault in move.ways.faults:
                yield move, fault, self.terms.all_of((move.at, fault.when))

    # ------------------------------------------------------------------------ states

    def judge(self, prop: Property) -> tuple[Value, Value]:
        """Whether a property's body says yes, and whether it fails instead of answering."""
        if prop.body is None:
            return True, False
        terms, ways = self.terms, self._runner.run_judge(prop.body, self.state)
        says_yes = terms.any_of(
            terms.all_of((when, terms.as_bool(answer))) for when, answer in ways.answers
        )
        return says_yes, terms.any_of(fault.when for fault in ways.faults)

    def rest(self) -> tuple[Rest, ...]:
        """Of each thread whether it can step, and whether it rests.

        Raises UnsupportedError where a step has too many choices to be written out.
        """
        if self._rest is None:
            self._rest = tuple(self._rest_of(thread) for thread in self.memory.threads)
        return self._rest

    def is_quiescent(self) -> Value:
        """Whether no step is enabled and every thread has ended or waits idly."""
        return self.terms.all_of(rest.resting for rest in self.rest())

    def is_deadlock(self) -> Value:
        """Whether no step is enabled although some thread neither ended nor waits idly."""
        stands = [self.terms.negate(rest.enabled) for rest in self.rest()]
        return self.terms.all_of((*stands, self.terms.negate(self.is_quiescent())))

    def _rest_of(self, thread: Thread) -> Rest:
        terms = self.terms
        ended = self._runner.speller.ended[thread.number]
        enabled: list[Value] = []
        resting = [terms.equal(self.state[thread.pc], ended)]
        for move in self.moves:
            if move.thread is not thread:
                continue
            steps = terms.any_of((move.succeeds, *(fault.when for fault in move.ways.faults)))
            can_step = terms.all_of((move.at, self._for_some(steps, move.ways)))
            enabled.append(can_step)
            if move.ways.idle:
                stops = self._for_some(terms.any_of(move.ways.blocked), move.ways)
                rests = (move.at, terms.negate(can_step), terms.negate(stops))
                resting.append(terms.all_of(rests))
        return Rest(terms.any_of(enabled), terms.any_of(resting))

    def _for_some(self, value: Value, ways: Ways) -> Value:
        """Whether a condition holds for some of a step's choices."""
        chosen = [(term, count) for term, count in ways.choices if occurs(term, value)]
        combinations = 1
        for _, count in chosen:
            combinations *= count
        if combinations > MOST_CHOICES:
            raise UnsupportedError("a step has too many choices to be told as a formula")
        terms = self.terms
        return terms.any_of(
            terms.z3.substitute(
                value,
                *((term, terms.term(v)) for (term, _), v in zip(chosen, values, strict=True)),
            )
            if values
            else value
            for values in product(*(range(count) for _, count in chosen))
        )


def occurs(variable: Value, value: Value) -> bool:
    """Whether a variable is in a value."""
    if isinstance(value, int):
        return False
    wanted, waiting, seen = variable.get_id(), [value], set[int]()
    while waiting:
        term = waiting.pop()
        number = term.get_id()
        if number == wanted:
            return True
        if number not in seen:
            seen.add(number)
            waiting += term.children()
    return False


def make_system(
    program: Program,
    theory: Theory = "bits",
    *,
    asked: Collection[str] = (),
    touches: bool = False,
    room: int = 0,
) -> System:
    """The system of a program after all passes; `asked` and `touches` as of `Runner`, `room` is a
    number that values hold though nothing in the program is as large.

    Raises UnsupportedError for what cannot be told as a formula.
    """
    memory = Memory(program)
    bodies = [program.initial, *(template.body for template in program.templates)]
    bodies += [prop.body for prop in program.properties if prop.body is not None]
    # Statuses and what `New` counts are small; a queue's length has one place more.
    lowest, highest = bounds_of(memory, bodies)
    if asked:  # then places have numbers, whether pointers lead there or not
        highest = max(highest, *(memory.domain(PtrType(s.name))[1] for s in program.structs), 0)
    if lowest <= UNINITIALISED:
        raise UnsupportedError(f"it has numbers as low as {lowest}, which stands for no number")
    terms = Terms(theory, lowest, max(highest + 1, room))
    runner = Runner(memory, terms, asked=asked, touches=touches)
    maker = _Maker(runner)
    start = maker.make_start()
    free = tuple(
        terms.variable(f"s{slot.number}", is_bool=holds_bool(slot)) for slot in memory.slots
    )
    moves, _ = maker.make_moves(free)
    changed = {slot for move in moves for slot in move.writes}
    state = tuple(
        first if isinstance(first, int) and slot.number not in changed else variable
        for slot, variable, first in zip(memory.slots, free, start.values, strict=True)
    )
    moves, choices = maker.make_moves(state)
    choices += start.ways.choices
    who = terms.variable("who", is_bool=False)
    return System(memory, terms, state, who, start, moves, choices, runner)


class _Maker:
    """Makes starts and moves."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.memory = runner.memory
        self.terms = runner.terms
        self.count = 0

    def pick(self, _: int) -> Value:
        """A new choice."""
        self.count += 1
        return self.terms.variable(f"c{self.count}", is_bool=False)

    def make_start(self) -> Start:
        """The start: the initial code, then each thread's work before its first location."""
        values = [
            self._fit(slot, value)
            for slot, value in zip(self.memory.slots, self.memory.start, strict=True)
        ]
        ways = self.runner.run_initial(self.runner.cells(values), self.pick)
        all_ways = Ways(faults=ways.faults, choices=ways.choices, orders=ways.orders)
        exits: Sequence[Exit] = ways.exits
        for thread in self.memory.threads:
            if self.memory.lookup.template(thread.template).spawned or not exits:
                continue
            when = self.terms.any_of(way.when for way in exits)
            cells = self.runner.merge(exits).copy(self.memory)
            ways = self.runner.run_start(thread, cells, {}, when, self.pick)
            exits = ways.exits
            all_ways.faults += ways.faults
            all_ways.choices += ways.choices
            all_ways.orders += ways.orders
        if not exits:
            return Start(False, tuple(values), all_ways)
        cells = self.runner.merge(exits)
        reached = tuple(cells[slot] for slot in range(len(values)))
        return Start(self.terms.any_of(way.when for way in exits), reached, all_ways)

    def _fit(self, slot: Slot, value: int) -> Value:
        return bool(value) if holds_bool(slot) else value

    def make_moves(
        self, state: Sequence[Value]
    ) -> tuple[tuple[Move, ...], list[tuple[Value, int]]]:
        """All moves, and their choices."""
        found, choices = [], []
        for thread in self.memory.threads:
            template = self.memory.lookup.template(thread.template)
            for number, location in enumerate(list_locations(template.body)):
                at = self.terms.equal(state[thread.pc], number)
                gate = self._gate(thread, number, state)
                at = self.terms.all_of((at, gate))
                if at is False:
                    continue
                ways = self.runner.run_step(thread, location, state, self.pick)
                choices += ways.choices
                succeeds = self.terms.any_of(way.when for way in ways.exits)
                writes = self._list_writes(ways.exits, state)
                found.append(Move(thread, number, at, succeeds, writes, ways))
        return tuple(found), choices

    def _list_writes(self, exits: Sequence[Exit], state: Sequence[Value]) -> dict[int, Value]:
        if not exits:
            return {}
        cells: Cells = self.runner.merge(exits)
        return {
            slot: value
            for slot, value in sorted(cells.changed.items())
            if not self.terms.same(value, state[slot])
        }

    def _gate(self, thread: Thread, location: int, state: Sequence[Value]) -> Value:
        """What interrupts allow: a handler's first step where its target does, and a target's step
        where no handler of it runs.
        """
        terms, memory = self.terms, self.memory
        conditions: list[Value] = []
        ended = self.runner.speller.ended
        for other in memory.threads:
            if find_target(memory, other) == thread.number:
                template = memory.lookup.template(other.template)
                rests = find_first_numbers(memory, template) | {ended[other.number]}
                conditions.append(
                    terms.any_of(terms.equal(state[other.pc], n) for n in sorted(rests))
                )
        target = find_target(memory, thread)
        template = memory.lookup.template(thread.template)
        if target is not None and location in find_first_numbers(memory, template):
            flags = [terms.as_bool(state[f]) for f in list_flags(memory, template, target)]
            has_ended = terms.equal(state[target], ended[target])
            conditions.append(terms.any_of((has_ended, terms.all_of(flags))))
        return terms.all_of(conditions)


def list_shapes(system: System) -> Iterable[Value]:
    """What holds in every state whatever the program does: each slot has a value of its type."""
    terms = system.terms
    for slot, value in system.variables:
        if holds_bool(slot):
            continue
        within = terms.all_of(
            (terms.apply("<=", (slot.lo, value)), terms.apply("<=", (value, slot.hi)))
        )
        if slot.may_be_uninitialised:
            within = terms.any_of((within, terms.equal(value, UNINITIALISED)))
        yield within
