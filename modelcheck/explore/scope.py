"""The scope line: what a verdict covers and what it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelcheck.explore.options import REDUCTIONS
from modelcheck.explore.properties import list_bodies, list_instructions
from modelcheck.explore.result import SIZES, PropertyResult, Verdict
from modelcheck.ir.nodes import Kind, Load, Program, Store


def describe_scope(
    program: Program,
    properties: Sequence[PropertyResult],
    stopped_by: str,
    omission: str = "",
    reduce: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """The parts of the scope line, most important first."""
    return tuple(_list_parts(program, properties, stopped_by, omission, reduce))


def _list_parts(
    program: Program,
    properties: Sequence[PropertyResult],
    stopped_by: str,
    omission: str,
    reduce: frozenset[str],
) -> Iterator[str]:
    if stopped_by:
        yield f"not exhausted (stopped by {stopped_by})"
    if omission:
        yield omission
    sizes = [f"{setting.name}={setting.value}" for setting in program.settings]
    if sizes:
        yield f"{SIZES}{', '.join(sizes)}"
    yield "memory model sc"
    reductions = [name for name in REDUCTIONS if name in reduce]
    yield f"reduced by {', '.join(reductions)}" if reductions else "no reductions"
    for allow in program.allows:
        where = f" on {allow.on}" if allow.on else ""
        yield f"silenced: {allow.check}{where} ({allow.because})"
    untested = [p.name for p in properties if p.verdict is Verdict.NOT_TESTED]
    if untested:
        yield f"not tested: {', '.join(untested)}"
    if any(p.name == "data-race" for p in properties) and _mixes_kinds(program):
        yield "plain accesses kept apart only by relaxed marked ones are not reported"


def _mixes_kinds(program: Program) -> bool:
    kinds = {
        instr.kind
        for body in list_bodies(program)
        for instr in list_instructions(body)
        if isinstance(instr, Load | Store)
    }
    return {Kind.PLAIN, Kind.ONCE} <= kinds
