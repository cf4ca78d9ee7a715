"""`graph --sample`: a run of a spec on which nothing is violated, or what a `reachable` means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from modelcheck import api
from modelcheck.backends.python.model import compile_program
from modelcheck.explore.result import Minimal, PropertyResult, Violation
from modelcheck.specfiles import SelectionError
from modelcheck.trace.sample import record_sample
from modelcheck.trace.trace import Trace, record_trace


def draw_sample(argument: str, choice: api.Choice, seed: int = 0) -> tuple[api.Run, Trace | None]:
    """A run of one program of a spec on which nothing is violated; None where none was found.

    The run has no result: nothing is searched.  Raises `SelectionError` for a program without any
    initial state, and for a variant that needs what this version cannot do.
    """
    run, _ = api.begin_wander(argument, choice)
    model = compile_program(run.program)
    return run, record_sample(model, run.info, run.sources, run.variant.name, seed)


def draw_reached(
    argument: str,
    choice: api.Choice,
    name: str,
    options: api.Options,
    notice: Callable[[str], None] = lambda _: None,
) -> tuple[api.Run, Trace | None]:
    """A way to a state that satisfies the `reachable` of that name; None where none does,
    or none was found before the search ended.

    Raises `SelectionError` where there is no such property, or it is of another kind.
    """
    program = api.choose_program(argument, choice)
    api.require_known(program, [name])
    kind = next((p.kind for p in program.properties if p.name == name), "built in")
    if kind != "reachable":
        kinds = {"built in": "a built-in check", "assert": "an assert", "invariant": "an invariant"}
        known = ", ".join(p.name for p in program.properties if p.kind == "reachable") or "none"
        raise SelectionError(
            f"`{name}` is {kinds.get(kind, f'a {kind}')}; a sample is of a `reachable`"
            f" (there is {known}), or without --property of a whole run"
        )
    wanted = replace(options, properties=frozenset({name}), shortest="no")
    run = api.check(argument, choice, wanted, notice)
    if run.result is None:
        raise SelectionError(
            f"{run.variant.name} is not checkable yet: it needs {run.variant.needs}"
        )
    (judged,) = (p for p in run.result.properties if p.name == name)
    return run, _record(run, judged)


def _record(run: api.Run, judged: PropertyResult) -> Trace | None:
    """The way to the state; breadth-first without reductions it is a shortest one."""
    if run.result is None or judged.witness is None:
        return None
    way = judged.witness
    is_shortest = run.result.search == "bfs" and not run.result.reductions
    proven: Minimal = "steps" if is_shortest else "no"
    claim = Violation(judged.name, "", (), "", len(way.moves), (way,), proven)
    model = compile_program(run.program)
    return record_trace(model, run.info, run.sources, run.result, claim)
