"""From small programs to facts about any number of threads, and what these prove.

What no state of the small programs shows is conjectured never to come up, and what their numbers
add up to is conjectured to add up always.  In the program that stands for all sizes, what one step
from conjectured states breaks is given up until nothing is broken (Houdini, Flanagan and Leino,
FME 2001).  Threads beside those of the program are there by their numbers: how many more stand at
each location, which no step of another thread changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from modelcheck.backends.facts import find_begin_numbers
from modelcheck.backends.python.outcomes import State
from modelcheck.backends.smt.system import System
from modelcheck.backends.smt.terms import Value
from modelcheck.explore.look import look
from modelcheck.ir.memory import Memory
from modelcheck.prove.bounded import Seen, read_seen
from modelcheck.prove.counts import Equation, Stand, find_equations, read_columns
from modelcheck.prove.family import Family
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Goal
from modelcheck.prove.patterns import Instances, Pattern, Patterns, find_values
from modelcheck.prove.solver import Clock, OutOfTimeError, Solver
from modelcheck.prove.structure import list_structure

MOST_THREADS = 1 << 22
"""PID_MAX_LIMIT of include/linux/threads.h: a machine has no more threads at a time."""

LOOKED_AT = 20_000  # states of each small program
ROOM = 1 << 26  # numbers that sums over all threads stay below


@dataclass(frozen=True, slots=True)
class Conjecture:
    """A pattern that never comes up, an equation, or a property: when it holds at a station 0 or 1,
    as a Bool that stands for it.
    """

    what: Pattern | Equation | Goal
    holds: Value
    is_assumed: Any = field(compare=False)


@dataclass(frozen=True, slots=True)
class Learned:
    """What is proved for any number of threads: how many facts, which goals, and of each goal that
    is not a step from states that the facts allow to a bad one.
    """

    facts: int
    proved: tuple[Goal, ...]
    failed: tuple[Seen, ...]


class Learner:
    """Learns facts about one family.

    Soundness: what comes out is checked by another solver, without anything that was assumed on
    the way: it holds at the start, every step keeps it, and no bad state has it (`check`).
    """

    def __init__(self, family: Family, system: System, clock: Clock) -> None:
        self._family = family
        self._system = system
        self._terms = system.terms
        self._frames = Frames(system)
        self._clock = clock
        self._solver = Solver(system.terms, clock)
        self._chosen = self._frames.at(system.chosen(), 1)
        self._solver.add(self._frames.step(0), self._chosen)
        self._numbers: dict[Stand, Value] = {}  # of the threads that are not in the program

    def learn(self, goals: Sequence[Goal]) -> Learned:
        """Prove what follows from facts.  Raises OutOfTimeError."""
        terms = self._terms
        left = self._conjecture(goals)
        failed: dict[str, Seen] = {}
        while left:
            self._clock.check()
            lost = terms.any_of(terms.negate(self._at(one, 1)) for one in left)
            assumed = [one.is_assumed for one in left]
            model = self._solver.find(lost, assuming=assumed)
            if model is None:
                break
            kept = []
            for one in left:
                if terms.z3.is_true(
                    model.eval(terms.term(self._at(one, 1)), model_completion=True)
                ):
                    kept.append(one)
                elif isinstance(one.what, Goal):
                    failed[one.what.key] = read_seen(self._frames, one.what, model, 1)
            left = kept
        self.check(left)
        proved = tuple(one.what for one in left if isinstance(one.what, Goal) and one.what in goals)
        mine = [seen for key, seen in failed.items() if key in {goal.key for goal in goals}]
        return Learned(len(left) - len(proved), proved, tuple(mine))

    def _at(self, one: Conjecture, k: int) -> Value:
        return self._frames.at(one.holds, k)

    # ------------------------------------------------------------------------ conjectures

    def _conjecture(self, goals: Sequence[Goal]) -> list[Conjecture]:
        """What holds at the start, of all that the small programs suggest and of the goals."""
        terms, system = self._terms, self._system
        found: list[tuple[Pattern | Equation | Goal, Value]] = [
            (goal, terms.negate(terms.any_of(bad.condition for bad in goal.bads)))
            for goal in (*list_structure(system), *goals)
        ]
        memories = [Memory(program) for program in self._family.small]
        states: list[Sequence[State]] = [
            look(program, LOOKED_AT, self._clock.is_over).states for program in self._family.small
        ]
        self._clock.check()
        rows = [
            read_columns(memory, state)
            for memory, some in zip(memories, states, strict=True)
            for state in some
        ]
        equations = [one for one in find_equations(rows) if terms.fits(one.greatest)]
        found += [(one, self._write_equation(one)) for one in equations]
        patterns = Patterns(memories[-1], find_values(memories[-1], states[-1]))
        seen = {pattern for state in states[-1] for pattern in patterns.list_in(state)}
        mine = Patterns(system.memory, patterns.values)
        instances = Instances(mine, terms, system.state)
        for pattern in sorted(set(patterns.list_all(seen)) - seen, key=str):
            found.append((pattern, terms.negate(terms.any_of(instances.of(pattern)))))
        began = Solver(terms, self._clock)
        began.add(self._frames.start(), self._begin_numbers())
        return [
            self._assume(number, what, holds)
            for number, (what, holds) in enumerate(found)
            if holds is not True and self._holds_at_start(began, holds)
        ]

    def _assume(self, number: int, what: Pattern | Equation | Goal, holds: Value) -> Conjecture:
        terms = self._terms
        assumed = terms.variable(f"fact {number}", is_bool=True)
        self._solver.add(terms.any_of((terms.negate(assumed), self._frames.at(holds, 0))))
        return Conjecture(what, holds, assumed)

    def _holds_at_start(self, began: Solver, holds: Value) -> bool:
        return began.find(self._frames.at(self._terms.negate(holds), 0)) is None

    def _write_equation(self, equation: Equation) -> Value:
        terms, system = self._terms, self._system
        slots = {slot.name: slot for slot in system.memory.slots}
        total: Value = equation.constant
        for column, factor in equation.terms:
            if isinstance(column, str):
                value = terms.as_number(system.state[slots[column].number])
            else:
                value = self._count(column)
            total = terms.add(total, terms.apply("*", (value, factor)))
        return terms.equal(total, 0)

    def _count(self, stand: Stand) -> Value:
        """How many threads stand somewhere: those of the program, and the others."""
        terms, (template, location) = self._terms, stand
        total: Value = 0
        for thread in self._system.memory.threads_of(template):
            is_there = terms.equal(self._system.state[thread.pc], location)
            total = terms.add(total, terms.choose(is_there, 1, 0))
        if template in self._family.templates:
            total = terms.add(total, self._number(stand))
        return total

    def _number(self, stand: Stand) -> Value:
        """How many of the threads that are not in the program stand somewhere."""
        if stand not in self._numbers:
            value = self._terms.variable(f"others at {stand}", is_bool=False)
            self._numbers[stand] = value
            self._solver.add(self._within(value))
        return self._numbers[stand]

    def _within(self, number: Value) -> Value:
        terms = self._terms
        least = terms.apply("<=", (0, number))
        return terms.all_of((least, terms.apply("<=", (number, MOST_THREADS))))

    def _begin_numbers(self) -> Value:
        """At the start the others stand where a thread may stand then."""
        terms, memory = self._terms, self._system.memory
        first = {
            (template.name, number)
            for template in self._family.big.templates
            for number in find_begin_numbers(memory, template)
        }
        return terms.all_of(
            self._within(value) if stand in first else terms.equal(value, 0)
            for stand, value in self._numbers.items()
        )

    # ------------------------------------------------------------------------ the last word

    def check(self, facts: Sequence[Conjecture]) -> None:
        """Raise OutOfTimeError unless the facts hold at the start and after every step."""
        terms, frames = self._terms, self._frames
        before = terms.all_of(self._at(one, 0) for one in facts)
        after = terms.all_of(self._at(one, 1) for one in facts)
        bounds = terms.all_of(self._within(value) for value in self._numbers.values())
        questions = (
            (frames.start(), self._begin_numbers(), terms.negate(before)),
            (before, bounds, frames.step(0), self._chosen, terms.negate(after)),
        )
        for question in questions:
            if Solver(terms, self._clock).find(*question) is not None:
                raise OutOfTimeError  # not believed: no proof
