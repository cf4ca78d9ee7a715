"""From what a search found and counted to its result: the same for every backend.

A backend adds only how it traces a state back to the start, and that for all states at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal

from modelcheck.backends.python.outcomes import State
from modelcheck.explore.coverage import find_unevaluated, find_untaken
from modelcheck.explore.findings import Found, FoundCycle, Origin
from modelcheck.explore.judging import Judging
from modelcheck.explore.options import REDUCTIONS, Options
from modelcheck.explore.orbits import Told
from modelcheck.explore.properties import Ending, decide, list_needing_quiescence
from modelcheck.explore.result import (
    Counts,
    Coverage,
    FieldRange,
    Minimal,
    Move,
    Path,
    Result,
    Violation,
)
from modelcheck.explore.scope import describe_scope
from modelcheck.ir.memory import Memory

Describe = Callable[[State], str]

_TWO_DIGITS = Context(prec=2, rounding=ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a search counted: `depth` of the deepest state, `taken` transitions by thread and
    location.  `stuck_unknown` says why `stuck` was not judged although the search came to its end,
    `omission` what hash compaction may have left out.
    """

    states: int
    transitions: int
    depth: int
    quiescent: int
    deadlocks: int
    taken: Sequence[Sequence[int]]
    stopped_by: str
    stuck_unknown: str = ""
    omission: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What only the backend can say: paths to origins, and words for states.

    `describe` gives the details that are too dear to work out for every candidate, by property.
    `retell` is set where states stand for others (symmetry): what was found, in the program itself.
    """

    find_paths: Callable[[Sequence[Origin]], Sequence[Path]]
    describe: Mapping[str, Describe]
    ranges: tuple[FieldRange, ...] = ()
    retell: Callable[[Found, Path], Told] | None = None


def make_result(judging: Judging, tally: Tally, answers: Answers, backend: str) -> Result:
    """The result of a search that has ended: exhausted if nothing stopped it and it began at the
    start.

    Soundness: what was seen from a state in the middle is so, and what was not seen there may be
    elsewhere; tests/unit/explore/test_begin.py begins in each state of programs that are violated.
    """
    program, options = judging.program, judging.options
    begun = options.begin.told if options.begin is not None else ""
    exhausted = not tally.stopped_by and not tally.omission and not begun
    told = _tell_all(judging, answers)
    violations = _make_violations(judging, told, answers.describe, _find_proof(options, tally))
    ending = Ending(
        exhausted=exhausted,
        progress=_describe_progress(tally, begun),
        quiescent=tally.quiescent,
        states=tally.states,
        needs_quiescence=list_needing_quiescence(program),
        reasons=_explain_unknown(judging, tally),
        seen={name: told[found].path for name, found in judging.findings.seen.items()},
    )
    properties = decide(judging.judged, violations, ending)
    taken = _count_taken(judging.memory, tally.taken)
    where = (f"explored only what follows {begun}",) if begun else ()
    scope = describe_scope(program, properties, tally.stopped_by, tally.omission, options.reduce)
    return Result(
        program=program.name,
        variant=options.variant,
        properties=properties,
        counts=Counts(
            tally.states, tally.transitions, tally.depth if options.search == "bfs" else None
        ),
        exhausted=exhausted,
        stopped_by=tally.stopped_by,
        backend=backend,
        reductions=tuple(name for name in REDUCTIONS if name in options.reduce),
        search=options.search,
        coverage=Coverage(
            taken=taken,
            untaken=find_untaken(program, taken),
            unevaluated=find_unevaluated(
                program, judging.judged, taken, tally.states, tally.quiescent
            ),
            ranges=answers.ranges,
            quiescent=tally.quiescent,
            deadlocks=tally.deadlocks,
        ),
        omission=tally.omission,
        begun=begun,
        scope=(*where, *scope),
    )


def _describe_progress(tally: Tally, begun: str) -> str:
    """Why what was not violated is not decided."""
    if tally.stopped_by:
        return (
            f"stopped by {tally.stopped_by} after {tally.states:,} states and "
            f"{tally.transitions:,} transitions"
        )
    return f"not violated after {begun}; the rest was not explored" if begun else tally.omission


def describe_omission(states: int, bits: int | None) -> str:
    """What hash compaction with `bits` a state may have omitted; empty without.

    With n states and hashes of b bits the expected number of states that are taken for another is
    below n(n-1)/2 · 2^-b, which bounds the probability of any (Stern and Dill 1995, section 3).
    """
    if bits is None:
        return ""
    bound = min(1.0, float(states) ** 2 / 2 ** (bits + 1))
    return f"hash-compacted, p(any state omitted) < {_round_up(bound)}"


def _round_up(bound: float) -> str:
    """Two digits, never less than the number."""
    if bound >= 1:
        return "1"
    return f"{_TWO_DIGITS.create_decimal(Decimal(bound)):.1e}"


def _explain_unknown(judging: Judging, tally: Tally) -> dict[str, str]:
    """The properties that a search could not judge although it came to its end, and why."""
    if "stuck" not in judging.names or not tally.stuck_unknown:
        return {}
    return {"stuck": tally.stuck_unknown}


def make_path(origin: Origin, initial: tuple[int, ...], moves: tuple[Move, ...]) -> Path:
    """The path to an origin: a way to its state, then its own moves."""
    if origin.number < 0:
        return Path(origin.initial, origin.moves, origin.last)
    if origin.last == "race":
        return Path(initial, moves, "race", origin.moves)
    return Path(initial, (*moves, *origin.moves), origin.last)


def _tell_all(judging: Judging, answers: Answers) -> dict[Found, Told]:
    """The path to everything that the result tells, asked for once, and what is shown there."""
    findings = judging.findings
    told: list[Found] = [*findings.violated.values(), *findings.seen.values()]
    told += [edge for cycle in findings.list_cycles() for edge in cycle.edges]
    origins = list(dict.fromkeys(found.origin for found in told))
    paths = dict(zip(origins, answers.find_paths(origins), strict=True))
    if answers.retell is None:
        return {found: Told(paths[found.origin], found.failure, found.state) for found in told}
    return {found: answers.retell(found, paths[found.origin]) for found in told}


def _find_proof(options: Options, tally: Tally) -> Minimal:
    """What the search proved about its paths: breadth-first they are the shortest, unless paths
    were left out (by partial-order reduction, for a hash that two states share, as choices that
    were not followed), states were passed through (then levels are no numbers of steps), or the
    paths share a beginning that nobody proved to be short.
    """
    is_whole = "por" not in options.reduce and not tally.omission and tally.stopped_by != "choices"
    is_whole = is_whole and "fuse" not in options.reduce
    is_whole = is_whole and options.begin is None
    return "steps" if options.search == "bfs" and is_whole else "no"


def _make_violations(
    judging: Judging,
    told: Mapping[Found, Told],
    describe: Mapping[str, Describe],
    minimal: Minimal,
) -> tuple[Violation, ...]:
    """All violations, by property, then depth, then object."""
    findings = judging.findings
    made = [_make_cycle(found, told, minimal) for found in findings.list_cycles()]
    for found in findings.violated.values():
        shown = told[found]
        failure = shown.failure
        name = failure.property
        detail = describe[name](shown.state) if name in describe else failure.detail
        made.append(
            Violation(
                name,
                failure.object,
                failure.names,
                detail,
                len(shown.path.moves),
                (shown.path,),
                minimal,
            )
        )
    made.sort(key=lambda v: (findings.position(v.property), v.depth, v.object))
    return tuple(made)


def _make_cycle(found: FoundCycle, told: Mapping[Found, Told], minimal: Minimal) -> Violation:
    """The violation that a cycle of recorded orders is: a witness for each of its edges."""
    cycle = found.cycle
    return Violation(
        cycle.name,
        " -> ".join((*cycle.members, cycle.members[0])),
        cycle.members,
        "; ".join(f"{edge.second} is taken under {edge.first}" for edge in cycle.edges),
        max(len(told[edge].path.moves) for edge in found.edges),
        tuple(told[edge].path for edge in found.edges),
        minimal,
    )


def _count_taken(memory: Memory, taken: Sequence[Sequence[int]]) -> dict[tuple[str, str], int]:
    """Transitions per location, the threads of a template together."""
    counts: dict[tuple[str, str], int] = {}
    for thread, by_location in zip(memory.threads, taken, strict=True):
        labels = memory.locations(thread.template)
        for label, count in zip(labels, by_location, strict=False):
            if count:
                key = (thread.template, label)
                counts[key] = counts.get(key, 0) + count
    return counts
