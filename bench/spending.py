"""Where the time of the python backend goes, on one program.

Two views.  *Shares*: parts of the search are run again by themselves on all states, without
anything between them, and timed; `stuck` and Python's garbage collector are what a run without
them saves; what is left is the search loop, with what it notes for traces and coverage.
*Functions*: what cProfile says, which makes many small calls dearer than they are, but names them.

    python bench/spending.py SPEC NAME=VALUE…      prints JSON
"""

from __future__ import annotations

import cProfile
import gc
import json
import pstats
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from modelcheck import api
from modelcheck.backends.python.model import Model, compile_program
from modelcheck.backends.python.outcomes import Failure, State, list_outcomes
from modelcheck.explore.options import Options
from modelcheck.explore.properties import list_judged
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.search import explore
from modelcheck.ir.nodes import Program
from modelcheck.specfiles import find_spec

ROUNDS = 3
FUNCTIONS = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a run: seconds and its share of the whole, medians over the rounds.

    A share that is a difference of two runs can come out below 0: then it is smaller than the
    noise, and that is to be seen.
    """

    name: str
    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Function:
    """A function as cProfile saw it, without what it called."""

    name: str
    calls: int
    share: float


@dataclass(frozen=True, slots=True)
class Spending:
    """What the search of one program cost, and for what."""

    states: int
    transitions: int
    seconds: float
    states_per_second: int
    parts: tuple[Part, ...]
    functions: tuple[Function, ...]


def find_spending(program: Program) -> Spending:
    """Run a program, its parts and its profile."""
    model = compile_program(program)
    result = explore(program)
    states = _list_states(model)
    if len(states) != result.counts.states:
        raise SystemExit(f"bench: {len(states)} states by hand, {result.counts.states} by explore")
    unstuck = frozenset(judged.name for judged in list_judged(program, None)) - {"stuck"}
    rounds = []
    for _ in range(ROUNDS):
        whole = _time(lambda: explore(program))
        parts = {
            "generated steps": _time(lambda: _run_steps(model, states)),
            "hashing and store": _time_store(model, states),
            "property checks": _time(lambda: _run_judges(model, states)),
            "race check": _time(lambda: _run_races(model, states)),
            "`stuck`": whole - _time(lambda: explore(program, Options(properties=unstuck))),
            "garbage collector": whole - _time_uncollected(program),
            "compiling the program": _time(lambda: compile_program(program)),
        }
        parts["search loop"] = whole - sum(parts.values())
        rounds.append((whole, parts))
    seconds = median(whole for whole, _ in rounds)
    return Spending(
        states=result.counts.states,
        transitions=result.counts.transitions,
        seconds=round(seconds, 4),
        states_per_second=round(len(states) / seconds),
        parts=tuple(
            Part(
                name,
                round(median(parts[name] for _, parts in rounds), 4),
                round(median(parts[name] / whole for whole, parts in rounds), 3),
            )
            for name in rounds[0][1]
        ),
        functions=_profile(program),
    )


def _time(work: Callable[[], object]) -> float:
    """Processor seconds, which tell less of what else the machine does than those of the clock."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def _time_uncollected(program: Program) -> float:
    gc.disable()
    try:
        return _time(lambda: explore(program))
    finally:
        gc.enable()


def _list_states(model: Model) -> list[State]:
    """All states, breadth-first, by the smallest search there is."""
    seen: dict[State, None] = {}
    for outcome in model.start():
        if not isinstance(outcome.result, Failure):
            seen[outcome.result] = None
    states = list(seen)
    for state in states:  # grows meanwhile
        for successor in _list_successors(model, state):
            if successor not in seen:
                seen[successor] = None
                states.append(successor)
    return states


def _list_successors(model: Model, state: State) -> list[State]:
    return [
        outcome.result
        for thread, table in enumerate(model.tables)
        if (step := table[state[thread]]) is not None
        for outcome in list_outcomes(step(state))
        if not isinstance(outcome.result, Failure)
    ]


def _run_steps(model: Model, states: list[State]) -> None:
    tables = list(enumerate(model.tables))
    for state in states:
        for thread, table in tables:
            step = table[state[thread]]
            if step is not None:
                step(state)


def _time_store(model: Model, states: list[State]) -> float:
    """Look up every successor, put the new ones.  Successors are made a batch at a time, as
    fresh tuples, for a tuple met again would be quicker to compare.
    """
    batch = 20_000
    index: dict[State, int] = {}
    spent = 0.0
    for first in range(0, len(states), batch):
        reached = [
            successor
            for state in states[first : first + batch]
            for successor in _list_successors(model, state)
        ]
        start = time.process_time()
        for successor in reached:
            if index.get(successor) is None:
                index[successor] = len(index)
        spent += time.process_time() - start
    return spent


def _run_judges(model: Model, states: list[State]) -> None:
    """The invariants and `reachable`s of every state; those of quiescent states are few."""
    judges = [
        model.judges[p.name]
        for p in model.program.properties
        if p.kind in ("invariant", "reachable")
    ]
    for state in states:
        for holds in judges:
            holds(state)


def _run_races(model: Model, states: list[State]) -> None:
    race = RaceCheck(model)
    if race.has_candidates:
        for state in states:
            for _ in race.find(state):
                pass


def _profile(program: Program) -> tuple[Function, ...]:
    profiler = cProfile.Profile()
    profiler.runcall(explore, program, Options())
    table = pstats.Stats(profiler).stats  # type: ignore[attr-defined]  # typeshed leaves it out
    whole = sum(own for _, _, own, _, _ in table.values())
    grouped: dict[str, tuple[int, float]] = {}
    for (file, _, function), (_, calls, own, _, _) in table.items():
        name = _name_function(file, function)
        before = grouped.get(name, (0, 0.0))
        grouped[name] = (before[0] + calls, before[1] + own)
    ranked = sorted(grouped.items(), key=lambda item: -item[1][1])[:FUNCTIONS]
    return tuple(Function(name, calls, round(own / whole, 3)) for name, (calls, own) in ranked)


def _name_function(file: str, function: str) -> str:
    """`search.py _expand_all`; all generated functions of one kind together."""
    if file.startswith("<modelcheck"):
        return "generated properties" if ": properties " in file else "generated steps"
    return function if file == "~" else f"{Path(file).name} {function}"


def main(arguments: list[str]) -> int:
    """Print the spending of the program that the arguments name."""
    spec = api.load_spec(find_spec(arguments[0]))
    settings = {name: int(value) for name, _, value in (a.partition("=") for a in arguments[1:])}
    program = api.make_program(spec, spec.info.default, settings)
    print(json.dumps(asdict(find_spending(program)), indent=2))  # noqa: T201 (a program)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
