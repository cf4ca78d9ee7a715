"""One program, searched in every way by both backends: what differs, as sentences."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace

from agree.batch import Case, run
from modelcheck.backends.native.build import Built
from modelcheck.backends.python.model import Model, compile_program
from modelcheck.checks import BUILT_IN
from modelcheck.explore.options import COMPACT_BITS, Options
from modelcheck.explore.result import PropertyResult, Result, Violation
from modelcheck.explore.search import Run

WORKERS = (1, 2, 4)
MOST_STATES = 3_000
LEVELS_LIMIT = 0.5  # of the states, where the number of states is limited


def list_ways(case: Case, seed: int = 0) -> list[Options]:
    """How a program is searched besides breadth-first to the end: all that the options allow."""
    names = [p.name for p in case.program.properties] + list(BUILT_IN)
    ways = [
        Options(search="dfs"),
        Options(search="random", seed=seed),
        Options(search="random", seed=seed + 1, samples=1 + seed % 7),
        Options(stop="first", workers=2),
        Options(search="dfs", stop="first"),
        Options(search="random", stop="first", seed=seed),
        Options(properties=frozenset({names[seed % len(names)]}), workers=2),
        Options(properties=frozenset({names[seed % len(names)]}), search="dfs", stop="first"),
        Options(properties=frozenset({names[seed * 5 % len(names)]}), workers=1, stop="first"),
    ]
    return [replace(way, ranges=True, reduce=case.reduce) for way in ways]


def compare(
    case: Case,
    built: Built,
    ways: Callable[[Case], list[Options]] = list_ways,
    most_states: int = MOST_STATES,
) -> Iterator[str]:
    """What differs; nothing is said of a program with more states than `most_states`."""
    model = compile_program(case.program)
    usual = Options(ranges=True, reduce=case.reduce)
    theirs = Run(model, replace(usual, max_states=most_states)).execute()
    if theirs.stopped_by == "max-states":
        return
    if case.reduce:
        yield from compare_unreduced(theirs, explore_full(model, usual))
    for workers in WORKERS:
        yield from compare_run(theirs, case, built, replace(usual, workers=workers))
    for options in ways(case):
        yield from compare_run(Run(model, options).execute(), case, built, options)
    yield from _compare_limited(theirs, case, built)
    yield from _compare_compact(theirs, case, built)


def explore_full(model: Model, options: Options) -> Result:
    """What is found without reductions."""
    return Run(model, replace(options, reduce=frozenset())).execute()


def compare_unreduced(reduced: Result, full: Result) -> Iterator[str]:
    """What a reduction changed that it must not: anything but counts and which path is told."""
    if reduced.counts.states > full.counts.states:
        yield f"{full.counts} reduced to {reduced.counts}"
    # Under symmetry one of several objects is told of, and no values.
    keeps_names = "symmetry" not in reduced.reductions
    for expected, got in zip(full.properties, reduced.properties, strict=True):
        if expected.verdict != got.verdict or (
            keeps_names and list_reported(expected) != list_reported(got)
        ):
            yield f"{expected.name}: {_cut(expected)}, reduced {_cut(got)}"
    for name in ("untaken", "unevaluated", "ranges")[: None if keeps_names else 2]:
        expected, got = getattr(full.coverage, name), getattr(reduced.coverage, name)
        if expected != got:
            yield f"{name}: {_cut(expected)}, reduced {_cut(got)}"


def list_reported(of: PropertyResult) -> tuple[object, ...]:
    """What is said of a property, but for the paths and what depends on them."""
    return of.name, of.verdict, sorted({(v.object, v.names) for v in of.violations})


def compare_way(case: Case, built: Built, model: Model, options: Options) -> Iterator[str]:
    """What differs in one way."""
    yield from compare_run(Run(model, options).execute(), case, built, options)


def compare_run(theirs: Result, case: Case, built: Built, options: Options) -> Iterator[str]:
    try:
        ours = run(case, built, options)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        yield f"the native search fails ({_describe(options)}): {error!r}"[:4000]
        return
    for difference in list_differences(theirs, ours):
        yield f"{difference} ({_describe(options)})"


def list_differences(theirs: Result, ours: Result) -> Iterator[str]:
    """The fields in which two results differ; the backend's name is none."""
    for name in (field.name for field in dataclasses.fields(Result)):
        expected, got = getattr(theirs, name), getattr(ours, name)
        if name == "backend" or expected == got:
            continue
        if name == "properties" and len(expected) == len(got):
            pairs = [pair for pair in zip(expected, got, strict=True) if pair[0] != pair[1]]
            yield from (f"{x.name}: python {_cut(x)}, native {_cut(y)}" for x, y in pairs)
        else:
            yield f"{name}: python {_cut(expected)}, native {_cut(got)}"


def _compare_limited(theirs: Result, case: Case, built: Built) -> Iterator[str]:
    """With a limit on states.  The python backend stops within a level, the native one after it;
    but it reports the limit, the same for any number of workers, and what it found is so.
    """
    limit = max(1, int(theirs.counts.states * LEVELS_LIMIT))
    if limit >= theirs.counts.states:
        return
    first: Result | None = None
    for workers in WORKERS:
        try:
            options = Options(max_states=limit, workers=workers, reduce=case.reduce)
            ours = run(case, built, options)
        except Exception as error:  # noqa: BLE001
            yield f"the native search fails (max-states {limit}): {error!r}"[:4000]
            return
        if (ours.counts.states, ours.stopped_by) != (limit, "max-states"):
            yield f"max-states {limit}: {ours.stopped_by} after {ours.counts}"
        # A state that is passed through shows what is found before the rest of its level is seen:
        # the witness need not be the least one.
        if "fuse" in case.reduce:
            known = {(v.property, v.object) for v in theirs.violations}
            made_up = [v for v in ours.violations if (v.property, v.object) not in known]
        else:
            made_up = [v for v in ours.violations if v not in theirs.violations]
        if made_up:
            yield f"max-states {limit}: {_cut(made_up)} is not so"
        first = first or ours
        yield from (f"max-states, {workers} workers: {d}" for d in list_differences(first, ours))


def _compare_compact(theirs: Result, case: Case, built: Built) -> Iterator[str]:
    """With hash compaction the same is found (small programs leave nothing out), by the same paths
    for any number of workers; but nothing that holds is verified, and `stuck` is not judged.
    """
    # Under symmetry the path decides which of several equal objects is named.
    keeps_names = "symmetry" not in case.reduce
    # Where states are passed through, the paths to one state have several lengths.
    keeps_lengths = "fuse" not in case.reduce
    keeps = {"keeps_names": keeps_names, "keeps_lengths": keeps_lengths}
    expected = [
        _summarise(v, **keeps) for v in theirs.violations if v.witnesses and v.property != "stuck"
    ]
    first: Result | None = None
    for workers in WORKERS:
        name = f"compact, {workers} workers"
        try:
            options = Options(compact_bits=COMPACT_BITS, workers=workers, reduce=case.reduce)
            ours = run(case, built, options)
        except Exception as error:  # noqa: BLE001
            yield f"the native search fails ({name}): {error!r}"[:4000]
            return
        if ours.exhausted or ours.counts != theirs.counts:
            yield f"{name}: python {theirs.counts}, native {ours.counts}"
        if replace(ours.coverage, ranges=theirs.coverage.ranges) != theirs.coverage:
            yield f"{name}: python {_cut(theirs.coverage)}, native {_cut(ours.coverage)}"
        found = [_summarise(v, **keeps) for v in ours.violations]
        if sorted(found, key=repr) != sorted(expected, key=repr):
            yield f"{name}: python {_cut(expected)}, native {_cut(found)}"
        first = first or ours
        yield from (f"{name}: {d}" for d in list_differences(first, ours))


def _summarise(
    violation: Violation, *, keeps_names: bool, keeps_lengths: bool
) -> tuple[object, ...]:
    """A violation but for its path: which of the shortest is told."""
    lengths = [len(path.moves) for path in violation.witnesses]
    names = (violation.object, violation.detail) if keeps_names else ()
    return (violation.property, *((violation.depth, lengths) if keeps_lengths else ()), *names)


def _describe(options: Options) -> str:
    """The options that are not as usual, in words."""
    usual = Options()
    fields = [f.name for f in dataclasses.fields(Options) if f.name != "ranges"]
    given = {n: getattr(options, n) for n in fields if getattr(options, n) != getattr(usual, n)}
    return ", ".join(f"{name}={value}" for name, value in given.items())


def _cut(value: object) -> str:
    text = str(value)
    return text if len(text) < 1000 else text[:1000] + "…"
