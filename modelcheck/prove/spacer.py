"""Spacer: proofs that find the lemmas they need.  (Komuravelli, Gurfinkel, Chaki: CAV 2014, in z3.)

The program is one predicate over its slots, closed under moves; the question is whether it can hold
of a bad state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Goal
from modelcheck.prove.solver import Clock, OutOfTimeError, Solver


@dataclass(frozen=True, slots=True)
class Found:
    """What Spacer says: the invariant that proves all goals; or None where one is reached."""

    invariant: Any | None


def ask_spacer(frames: Frames, goals: Sequence[Goal], facts: Sequence[Goal], clock: Clock) -> Found:
    """Whether some goal is reached from the start; `facts` are proved.  Raises OutOfTimeError.

    Soundness: the invariant that Spacer found is checked by another solver: it holds at the start,
    every move keeps it, and no state that has it is bad; in states that have the facts.
    """
    terms = frames.terms
    z3 = terms.z3
    clock.check()
    fixedpoint = z3.Fixedpoint()
    fixedpoint.set(engine="spacer")
    fixedpoint.set("timeout", clock.limit())
    before, after = frames.state(0), frames.state(1)
    holds = z3.Function("holds", *(value.sort() for value in before), z3.BoolSort())
    is_bad = z3.Function("is_bad", z3.BoolSort())
    fixedpoint.register_relation(holds)
    fixedpoint.register_relation(is_bad)
    for variable in (*before, *after, *frames.others(0)):
        fixedpoint.declare_var(variable)
    known = terms.negate(terms.any_of(bad.condition for fact in facts for bad in fact.bads))
    step = terms.term(terms.all_of((frames.at(known, 0), frames.step(0))))
    bad = terms.term(frames.at(terms.all_of((known, _condition(frames, goals))), 0))
    fixedpoint.rule(holds(*before), terms.term(frames.start()))
    fixedpoint.rule(holds(*after), [holds(*before), step])
    fixedpoint.rule(is_bad(), [holds(*before), bad])
    try:
        answer = fixedpoint.query(is_bad())
    except z3.Z3Exception as error:  # it says "canceled" where the time is over
        raise OutOfTimeError from error
    if answer == z3.unknown:
        raise OutOfTimeError
    if answer == z3.sat:
        return Found(None)
    invariant = _read_invariant(frames, holds, fixedpoint.get_answer())
    check_invariant(frames, invariant, (step, bad), clock)
    return Found(invariant)


def _condition(frames: Frames, goals: Sequence[Goal]) -> Any:
    terms = frames.terms
    bad = terms.any_of(bad.condition for goal in goals for bad in goal.bads)
    return terms.all_of((frames.system.chosen(), bad))


def _read_invariant(frames: Frames, holds: Any, answer: Any) -> Any:
    """The definition of `holds` in an answer, over the state of station 0.

    The answer is a conjunction of `forall` that say of a predicate what it is.
    """
    z3 = frames.terms.z3
    waiting = [answer]
    while waiting:
        term = waiting.pop()
        if z3.is_quantifier(term):
            body = term.body()
            parts = body.children() if z3.is_eq(body) else []
            for one, other in (parts, parts[::-1]) if len(parts) == 2 else ():
                if z3.is_app(one) and one.decl().eq(holds):
                    return _rename(frames, term, one, other)
        else:
            waiting += term.children()
    raise OutOfTimeError  # an answer of a form that is not known proves nothing


def _rename(frames: Frames, quantifier: Any, applied: Any, body: Any) -> Any:
    """The body of a definition, its bound variables renamed to those of station 0."""
    z3 = frames.terms.z3
    count = quantifier.num_vars()
    bound: list[Any] = [None] * count
    for argument, variable in zip(applied.children(), frames.state(0), strict=True):
        if z3.is_var(argument):
            bound[z3.get_var_index(argument)] = variable
    missing = [i for i, variable in enumerate(bound) if variable is None]
    if missing:
        raise OutOfTimeError
    return z3.substitute_vars(body, *bound)


def check_invariant(frames: Frames, invariant: Any, rules: tuple[Any, Any], clock: Clock) -> None:
    """Raise OutOfTimeError unless an invariant holds at the start, and the rules (what a step is,
    what is bad) keep it and do not meet it.
    """
    terms = frames.terms
    step, bad = rules
    before, after = frames.state(0), frames.state(1)
    there = terms.z3.substitute(invariant, *zip(before, after, strict=True))
    questions = (
        (frames.start(), terms.negate(invariant)),
        (invariant, step, terms.negate(there)),
        (invariant, bad),
    )
    for question in questions:
        if Solver(terms, clock).find(*question) is not None:
            raise OutOfTimeError  # not believed: no proof
