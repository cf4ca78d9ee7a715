"""Does the real explorer say of a program what the naive one says?  Everything that is compared.

`compare` returns the disagreements as sentences, none where all is well.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import naive

from modelcheck.backends.python.model import compile_program
from modelcheck.explore.options import Options
from modelcheck.explore.result import Result, Verdict
from modelcheck.explore.search import explore
from modelcheck.explore.walk import walk
from modelcheck.ir.footprint import step_region
from modelcheck.ir.nodes import Body, Crash, Kind, Program, Spawn, Store, Wait
from modelcheck.ir.passes import run_passes
from modelcheck.ir.passes.liveness import liveness
from modelcheck.ir.passes.peel import peel
from modelcheck.ir.text import parse_program, print_program
from modelcheck.ir.types import PtrType
from modelcheck.ir.verify import verify

MOST_STATES = 3_000
FINER = 3  # how many times more states a program may have without passes


@dataclass
class Comparison:
    """What was found; `naive` is None where there are too many states to compare."""

    differences: list[str] = field(default_factory=list)
    naive: naive.Findings | None = None
    program: Program | None = None
    kinds: dict[str, str] = field(default_factory=dict)  # of the properties
    finer: bool = False  # whether the program was also run with every mark a location


def compare(source: Program) -> Comparison:
    """Compare everything about a program as the front end made it."""
    found = Comparison()
    say = found.differences.append
    try:
        verify(source)
        program = found.program = run_passes(source)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        say(f"the passes fail: {error!r}"[:300])
        return found
    found.kinds = {p.name: p.kind for p in program.properties}
    for made in (source, program):
        text = print_program(made)
        if parse_program(text) != made or print_program(parse_program(text)) != text:
            say("printing and parsing is not identity")
    try:
        found.naive = naive.explore(program, most_states=MOST_STATES)
    except naive.TooManyStates:
        return found
    try:
        real = explore(program, Options(max_states=2 * MOST_STATES))
    except Exception as error:  # noqa: BLE001
        say(f"the real explorer fails: {error!r}"[:300])
        return found
    compare_results(say, program, found.naive, real)
    compare_orders(say, program, real)
    replay_all(say, program, real)
    compare_passes(say, found, source, program)
    return found


def compare_results(say, program: Program, ours: naive.Findings, real: Result) -> None:
    if not real.exhausted:
        say(f"the real explorer stopped by {real.stopped_by}")
    counts = real.counts
    for name, expected, got in (
        ("states", ours.states, counts.states),
        ("transitions", ours.transitions, counts.transitions),
        ("depth", ours.depth, counts.depth),
        ("quiescent states", ours.quiescent, real.coverage.quiescent),
        ("deadlocks", ours.deadlocks, real.coverage.deadlocks),
    ):
        if expected != got:
            say(f"{name}: naive {expected}, real {got}")
    violated = {p.name for p in real.properties if p.verdict is Verdict.VIOLATED}
    if violated != ours.violated:
        only = sorted(ours.violated - violated), sorted(violated - ours.violated)
        say(f"violated: only naive {only[0]}, only real {only[1]}")
    untested = {p.name for p in real.properties if p.verdict is Verdict.NOT_TESTED}
    expected = {name for name in ours.not_tested if name not in violated}
    if not ours.states:
        expected = {p.name for p in real.properties} - violated
    if untested != expected:
        say(f"not tested: naive {sorted(expected)}, real {sorted(untested)}")


def compare_orders(say, program: Program, real: Result) -> None:
    """Depth-first finds the same."""
    dfs = explore(program, Options(search="dfs"))
    same = ("states", "transitions")
    if any(getattr(dfs.counts, n) != getattr(real.counts, n) for n in same):
        say(f"dfs counts {dfs.counts}, bfs {real.counts}")
    if {(p.name, p.verdict) for p in dfs.properties} != {
        (p.name, p.verdict) for p in real.properties
    }:
        say("dfs and bfs give different verdicts")


def replay_all(say, program: Program, real: Result) -> None:
    """Every stored path is a path."""
    model = compile_program(program)
    for violation in real.violations:
        for path in violation.witnesses:
            try:
                edges = list(walk(model, path))
            except Exception as error:  # noqa: BLE001
                say(f"the path of {violation.property} does not replay: {error!r}"[:300])
                continue
            if violation.minimal == "steps" and len(path.moves) > violation.depth:
                say(f"the path of {violation.property} is longer than its depth")
            if len(edges) != len(path.moves) + 1:
                say(f"the path of {violation.property} has {len(edges)} states")


# ---------------------------------------------------------------------- before and after the passes


def compare_passes(say, found: Comparison, source: Program, program: Program) -> None:
    """The passes keep what can be violated.

    *Unfolded*: the program as it came, with the locations that the passes decided on.  It does the
    same steps; locals that folding made useless may tell its states apart, so it may have more.
    *Finer*: every mark is a location.  More interleavings, but where nothing is local work that
    others could notice (`is_insensitive`) they show nothing new.
    """
    assert found.naive is not None
    rests = {
        (t.name, b.label.removesuffix("_start"))
        for t in program.templates
        for b in t.body.blocks
        if b.rest
    }
    unfolded = liveness(peel(with_locations(source, rests)))
    verify(unfolded)
    try:
        ours = naive.explore(unfolded, most_states=FINER * MOST_STATES)
    except naive.TooManyStates:
        return
    changed = ours.violated ^ found.naive.violated
    if forgets_pointers_at_rest(unfolded, program):
        changed -= found.naive.violated & {"leak"}
    if changed:
        say(f"folding changes the violated: {sorted(changed)}")
    if ours.not_tested - {"leak"} != found.naive.not_tested - {"leak"}:
        say("folding changes what is tested")
    if ours.states < found.naive.states or ours.depth < found.naive.depth:
        say(f"folding adds states: {ours.states} before, {found.naive.states} after")
    if not is_insensitive(source) or "diverges" in found.naive.failed:
        return
    marks = {
        (t.name, b.label)
        for t in source.templates
        for b in t.body.blocks
        if b.step is not None and not b.inner
    }
    finer = liveness(with_locations(source, marks))
    try:
        ours = naive.explore(finer, most_states=FINER * MOST_STATES)
    except naive.TooManyStates:
        return
    found.finer = True
    seen_more = {"leak"} if forgets_pointers_at_rest(finer, program) else set()
    if not found.naive.failed:
        changed = ours.violated ^ found.naive.violated
        if changed := changed - (found.naive.violated & seen_more):
            say(f"joining changes the violated: {sorted(changed)}")
        return
    # Threads begin one after the other.  With more locations less is done before the next one
    # begins, and if that one's start fails, nothing comes later.
    if ours.fails_at_start:
        return
    # A check in local work fails with the step before it, which then has no successor: what the
    # step did is never seen.  As a step of its own it fails later, so more may happen, not less.
    seen_more |= {"stuck", *(n for n, kind in found.kinds.items() if kind == "reachable")}
    if lost := found.naive.violated - ours.violated - seen_more:
        say(f"joining adds violations: {sorted(lost)}")


def forgets_pointers_at_rest(before: Program, after: Program) -> bool:
    """Whether some pointer of a thread at an idle wait is live before the passes and dead after.

    Such a pointer is a root of `leak`, and what a folded branch would have done with it keeps it
    alive no more.  So the passes may find a leak that was none before; never the other way round.
    """
    live = {(t.name, b.label): set(b.live) for t in after.templates for b in t.body.blocks}
    for template in before.templates:
        pointers = {
            local.name
            for local in template.body.locals
            if isinstance(getattr(local.type, "element", local.type), PtrType)
        }
        for block in template.body.blocks:
            held = pointers & set(block.live) - live.get((template.name, block.label), set())
            if block.rest and held and waits_idle(template.body, block.label):
                return True
    return False


def waits_idle(body: Body, label: str) -> bool:
    """Whether the step at a location may come to an idle wait."""
    instrs = (i for block in step_region(body, label) for i in block.instrs)
    return any(isinstance(i, Wait) and i.idle for i in instrs)


def with_locations(program: Program, rests: set[tuple[str, str]]) -> Program:
    return replace(
        program,
        templates=tuple(
            replace(
                t,
                body=replace(
                    t.body,
                    blocks=tuple(
                        replace(b, rest=(t.name, b.label) in rests) for b in t.body.blocks
                    ),
                ),
            )
            for t in program.templates
        ),
    )


def is_insensitive(program: Program) -> bool:
    """Whether no local work can be noticed by other threads, or notices them.

    Ghosts, local and per-thread objects change with local work; a thread that ends, is crashed or
    may be interrupted shows where it stands; an assert or a check in local work looks.
    """
    if any(o.kind in ("local", "per_thread") or o.ghost for o in program.objects):
        return False
    if any(f.ghost for s in program.structs for f in s.fields):
        return False
    if any(t.spawned or t.interrupts for t in program.templates):
        return False
    nodes = [i for t in program.templates for b in t.body.blocks for i in b.instrs]
    if any(isinstance(i, Crash | Spawn) for i in nodes):
        return False
    if any("$finished" in line for line in print_program(program).splitlines()):
        return False
    return not any(isinstance(i, Store) and i.kind is Kind.GHOST for i in nodes)
