"""The formulas of a program against its states: steps on numbers, bounded search, and proofs."""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.backends.python.model import Model, compile_program
from modelcheck.backends.python.outcomes import Failure, Order, Outcome, State
from modelcheck.backends.python.runtime import Chooser
from modelcheck.backends.smt.cells import holds_bool
from modelcheck.backends.smt.run import Runner
from modelcheck.backends.smt.system import make_system
from modelcheck.backends.smt.terms import Terms
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.explore.options import Options
from modelcheck.explore.orders import find_cycles
from modelcheck.explore.properties import list_judged
from modelcheck.explore.result import Result, Verdict
from modelcheck.explore.search import explore
from modelcheck.ir.bounds import bounds_of
from modelcheck.ir.nodes import Program
from modelcheck.ir.regions import list_locations
from modelcheck.prove.bounded import BoundedSearch
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import asks_for_subjects, list_goals
from modelcheck.prove.prove import ProveOptions, prove
from modelcheck.prove.result import Answer
from modelcheck.prove.solver import Clock, OutOfTimeError

MOST_STATES = 3000  # of a program that is compared

# ---------------------------------------------------------------------------------------------
# Steps and properties, run on numbers


def compare_steps(program: Program, most_states: int) -> Iterator[str]:
    """What differs between formulas with numbers put in and the python backend, state by state."""
    model = compile_program(program)
    memory = model.memory
    bodies = [program.initial, *(t.body for t in program.templates)]
    lowest, highest = bounds_of(memory, bodies)
    runner = Runner(memory, Terms("bits", lowest, highest + 1))
    starts = [o.result for o in model.start() if not isinstance(o.result, Failure)]
    states: dict[State, None] = dict.fromkeys(starts)
    waiting = list(states)
    for state in waiting:
        if len(waiting) > most_states:
            return
        base = [bool(v) if holds_bool(s) else v for s, v in zip(memory.slots, state, strict=True)]
        for thread in memory.threads:
            theirs = model.outcomes(state, thread.number)
            for outcome in theirs:
                if not isinstance(outcome.result, Failure) and outcome.result not in states:
                    states[outcome.result] = None
                    waiting.append(outcome.result)
            locations = list_locations(memory.lookup.template(thread.template).body)
            may_be_stopped = any(t.interrupts for t in program.templates)  # by what is no step
            if state[thread.pc] < len(locations) and (theirs or not may_be_stopped):
                ours = list(_run_step(runner, thread, locations[state[thread.pc]], base))
                if ours != [_describe(outcome) for outcome in theirs]:
                    yield f"{thread.name} in {state}: {ours} and not {theirs}"
        yield from _compare_judges(runner, model, state, base)


def _run_step(runner, thread, location, base):
    """The transitions of a step: the choices, and the state or the property that fails."""
    chooser = Chooser()
    while True:
        chooser.rewind()
        ways = runner.run_step(thread, location, base, chooser.pick)
        choices = tuple(chooser.taken[: chooser.position])
        failed = [fault.property for fault in ways.faults if fault.when is True]
        if failed:
            yield choices, failed[0]
        for way in ways.exits:
            assert way.when is True
            yield choices, tuple(int(way.cells[slot]) for slot in range(len(base)))
        if not chooser.advance():
            return


def _describe(outcome: Outcome):
    is_failing = isinstance(outcome.result, Failure)
    return outcome.choices, outcome.result.property if is_failing else outcome.result


def _compare_judges(runner: Runner, model: Model, state: State, base) -> Iterator[str]:
    for prop in model.program.properties:
        if prop.body is None:
            continue
        ways = runner.run_judge(prop.body, base)
        theirs = model.judges[prop.name](state)
        ours = [bool(answer) for when, answer in ways.answers if when is True]
        if ours != ([] if isinstance(theirs, Failure) else [theirs]):
            yield f"{prop.name} in {state}: {ours} and not {theirs}"


# ---------------------------------------------------------------------------------------------
# Bounded search


def find_depths(result: Result) -> dict[str, int]:
    """By property the steps to the nearest violation (of a `reachable`: to what satisfies it)."""
    depths = {}
    for known in result.properties:
        found = [violation.depth for violation in known.violations if violation.witnesses]
        if known.witness is not None:
            found.append(len(known.witness.moves))
        if found:
            depths[known.name] = min(found)
    return depths


def compare_search(program: Program, result: Result, seconds: float = 60.0) -> Iterator[str]:
    """What bounded search up to the explored depth finds otherwise than exploration did.

    Raises UnsupportedError, and OutOfTimeError after what was compared as far as it came.
    """
    system = make_system(program, asked=asks_for_subjects(program), touches=True)
    goals = list_goals(system, list_judged(program, None))
    search = BoundedSearch(Frames(system), Clock(seconds))
    left, found = list(goals.all), {}
    for fault, when in goals.at_start:
        if search.can_start_with(when):
            found[fault.property] = 0
    orders = {o: 0 for o, when in goals.orders_at_start if search.can_start_with(when)}
    is_whole = True
    try:
        while search.depth <= (result.counts.depth or 0) and not search.is_over:
            for seen in search.advance(left):
                left.remove(seen.goal)
                if seen.goal.order is not None:
                    orders.setdefault(seen.goal.order, seen.depth)
                else:
                    found[seen.goal.name] = min(seen.depth, found.get(seen.goal.name, seen.depth))
    except OutOfTimeError:
        is_whole = False
    found |= find_depths_of_circles(orders)
    known = {g.name for g in goals.all} | {f.property for f, _ in goals.at_start}
    expected = {name: depth for name, depth in find_depths(result).items() if name in known}
    for name in expected.keys() & {goal.name for goal in goals.all if goal.order is not None}:
        # Told is the circle of fewest orders; the one that is closed first may be another.
        expected |= find_depths(explore(program, Options(properties={name}, stop="first")))
    if is_whole and not search.is_over and not _goes_round(program, result):
        yield f"runs are longer than {result.counts.depth} steps"
    if not is_whole:  # a step that fails leads one further than was searched
        expected = {n: d for n, d in expected.items() if d <= search.depth or found.get(n) == d}
    if found != expected:
        yield f"found after {found}, explored after {expected}"
    if not is_whole:
        raise OutOfTimeError


def find_depths_of_circles(orders: dict[Order, int]) -> dict[str, int]:
    """By property the depth at which the orders recorded so far, each at its own, have a circle."""
    depths = {}
    for depth in sorted(set(orders.values()), reverse=True):
        so_far = frozenset(order for order, seen in orders.items() if seen <= depth)
        depths |= {cycle.name: depth for cycle in find_cycles(so_far)}
    return depths


def _goes_round(program: Program, result: Result) -> bool:
    """Whether there may be runs longer than the depth: the graph has a circle, or ways of different
    length lead to one state; so any count of transitions may that is not one of trees.
    """
    starts = {outcome.result for outcome in compile_program(program).start()}
    roots = sum(not isinstance(start, Failure) for start in starts)
    return result.counts.transitions > result.counts.states - roots


# ---------------------------------------------------------------------------------------------
# Proofs


def find_wrong_proofs(program: Program, result: Result, options: ProveOptions) -> Iterator[str]:
    """Properties that are proved although exploration refutes them, or the other way round."""
    violated = {p.name for p in result.properties if p.verdict is Verdict.VIOLATED}
    for proof in prove(program, options).proofs:
        if proof.answer is Answer.PROVED and proof.name in violated:
            yield f"{proof.name} is proved by {proof.by}, and violated"
        if proof.answer is Answer.VIOLATED and proof.name not in violated:
            yield f"{proof.name} is refuted by {proof.by}, and verified"


def compare_all(program: Program, seconds: float) -> tuple[list[str], str]:
    """Everything above of one program: what differs, and how much was compared."""
    result = explore(program, Options(max_states=MOST_STATES))
    if not result.exhausted:
        return [], f"have more than {MOST_STATES:,} states"
    found = []
    compared = "compared whole"
    try:
        found += compare_steps(program, 100)
        try:
            for difference in compare_search(program, result, seconds):
                found.append(difference)
        except OutOfTimeError:
            compared = f"compared as deep as {seconds:.0f} s last"
        for method in ("induction", "spacer"):
            options = ProveOptions(method=method, most_steps=3, seconds=seconds / 10)
            found += find_wrong_proofs(program, result, options)
    except UnsupportedError:
        compared = "cannot be told as formulas"
    return found, compared
