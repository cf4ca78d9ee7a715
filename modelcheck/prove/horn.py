"""Program → constrained Horn clauses in SMT-LIB 2.6, for any solver that takes them.

The clauses are those that Spacer is given here (`prove.spacer`): the states at the start, those
that a step leads to, and for each property that none of its bad states is among them.  `sat` says
that there is an invariant, so that no run of any length violates one of the properties; `unsat`
that some run does.  (Bjørner, Gurfinkel, McMillan, Rybalchenko: Horn clause solvers for program
verification, 2015; the format is that of CHC-COMP, but for bit vectors.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from modelcheck.backends.smt.system import make_system
from modelcheck.backends.smt.terms import Theory
from modelcheck.explore.properties import list_judged
from modelcheck.ir.nodes import Program
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Goal, Goals, asks_for_subjects, list_goals

_ONE_ORDER = "one recorded order is no violation"
_WANTED = "a state that satisfies it is wanted"


def write_horn(program: Program, theory: Theory = "bits") -> str:
    """The clauses of a program after all passes, over bit vectors or over Ints.

    Raises UnsupportedError for a program that no formula tells of.

    Soundness: every state that a run comes to satisfies the predicate in every model of the
    clauses, and no bad one does, but for the properties that are named as left out.
    """
    system = make_system(program, theory, asked=asks_for_subjects(program), touches=True)
    goals = list_goals(system, list_judged(program, None))
    return "\n".join(_Writer(Frames(system)).list_lines(goals)) + "\n"


class _Writer:
    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.terms = frames.terms
        z3 = self.terms.z3
        before = frames.state(0)
        self.holds = z3.Function("holds", *(value.sort() for value in before), z3.BoolSort())

    def list_lines(self, goals: Goals) -> Iterator[str]:
        frames, terms = self.frames, self.terms
        system = frames.system
        before, after = frames.state(0), frames.state(1)
        yield f"; {system.program.path or system.program.name}, by modelcheck"
        yield "; sat: no run violates a property below; unsat: some run does"
        yield from self._list_names()
        yield "(set-logic HORN)"
        yield self.holds.sexpr()
        yield "; what can be at the start"
        yield self._clause(terms.term(frames.start()), self.holds(*before))
        yield "; what a step leads to"
        step = terms.z3.And(self.holds(*before), terms.term(frames.step(0)))
        yield self._clause(step, self.holds(*after))
        left_out = dict(goals.open)
        for fault, when in goals.at_start:
            yield f"; {fault.property}, at the start"
            condition = frames.at(terms.all_of((system.chosen(), when)), 0)
            yield self._clause(terms.term(condition), terms.z3.BoolVal(False))
        for goal in goals.all:
            if goal.order is not None:
                left_out[goal.name] = _ONE_ORDER
            elif goal.is_satisfiable:
                left_out[goal.name] = _WANTED
            else:
                yield from self._forbid(goal)
        yield from _list_left_out(left_out)
        yield "(check-sat)"

    def _list_names(self) -> Iterator[str]:
        variables = self.frames.system.variables
        for (slot, _), value in zip(variables, self.frames.state(0), strict=True):
            yield f"; {value.sexpr()}: {slot.name}"

    def _forbid(self, goal: Goal) -> Iterator[str]:
        """That no state is a bad one of a goal."""
        frames, terms = self.frames, self.terms
        yield f"; {goal.key}"
        bad = terms.any_of(bad.condition for bad in goal.bads)
        if bad is False:
            yield ";   nothing can violate it"
            return
        condition = frames.at(terms.all_of((frames.system.chosen(), bad)), 0)
        there = terms.z3.And(self.holds(*frames.state(0)), terms.term(condition))
        yield self._clause(there, terms.z3.BoolVal(False))

    def _clause(self, body: Any, head: Any) -> str:
        """`body` implies `head`, whatever the variables are that are in them."""
        z3 = self.terms.z3
        implied = z3.Implies(body, head)
        frames = self.frames
        used = set(_list_variables(z3, implied))
        every = (*frames.state(0), *frames.others(0), *frames.state(1))
        names = [variable for variable in every if variable.get_id() in used]
        return f"(assert {(z3.ForAll(names, implied) if names else implied).sexpr()})"


def _list_variables(z3: Any, term: Any) -> Iterable[int]:
    """The numbers of the constants in a term that are variables here."""
    waiting, seen = [term], set[int]()
    while waiting:
        found = waiting.pop()
        if found.get_id() in seen:
            continue
        seen.add(found.get_id())
        waiting += found.children()
        if z3.is_const(found) and found.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            yield found.get_id()


def _list_left_out(left_out: Mapping[str, str]) -> Iterator[str]:
    for name, reason in left_out.items():
        yield f"; not in here: {name}: {reason}"
