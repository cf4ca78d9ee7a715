"""What became of a spec's mutants, as text: survivors, every line, and who killed what."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from fractions import Fraction

from modelcheck.explore.result import Verdict
from modelcheck.mutate.judge import INTERRUPTED, Judged, Kill, Outcome
from modelcheck.mutate.mutant import Mutant
from modelcheck.mutate.mutation import Mutation
from modelcheck.report.text import describe_counts

_WIDTH = 100
_MUTATOR = 12  # characters of the longest name of a mutator
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SILENT = (Outcome.EQUIVALENT, Outcome.NO_PROGRAM, Outcome.ELSEWHERE)
_MARKS = {
    Outcome.SURVIVES: "SURVIVES",
    Outcome.UNDECIDED: "UNDECIDED",
    Outcome.EXPLAINED: "explained",
}


def describe_mutation(mutation: Mutation, *, verbose: bool = False) -> Iterator[str]:
    """The lines of the report; with `verbose` also the mutants that count for nothing."""
    original = mutation.original
    settings = " ".join(f"{s.name}={s.value}" for s in original.program.settings)
    variant = f" variant={original.variant.name}" if original.variant.name else ""
    yield f"mutated  {original.spec.info.path}  {settings}{variant}".rstrip()
    yield f"  {describe_score(mutation)}"
    yield f"  {_describe_silent(mutation)}"
    counts = describe_counts(original.result.counts)
    yield f"  the spec itself: {counts}; a mutant may have {mutation.max_states:,} states"
    if original.result.verdict is not Verdict.VERIFIED:
        why = original.result.stopped_by or "not all of its properties were tested"
        yield f"  no mutant was tried: the spec itself is {original.result.verdict.value} ({why})"
    yield from _describe_open(mutation)
    yield from _describe_stale(mutation)
    yield from _describe_lines(mutation, verbose=verbose)
    yield from _describe_matrix(mutation)
    yield from _describe_suspects(mutation)


def describe_score(mutation: Mutation) -> str:
    """`score 100 %: of 14 mutants 12 killed, 2 explained`; 100 only where nothing is left."""
    tally = [
        f"{mutation.count(outcome)} {word}"
        for outcome, word in (
            (Outcome.KILLED, "killed"),
            (Outcome.EXPLAINED, "explained"),
            (Outcome.SURVIVES, "survive" if mutation.count(Outcome.SURVIVES) != 1 else "survives"),
            (Outcome.UNDECIDED, "undecided"),
        )
        if mutation.count(outcome)
    ]
    if not tally:
        return "no score: there was nothing to kill"
    total = sum(mutation.count(o) for o in Outcome if o not in _SILENT)
    score = "no score" if mutation.score is None else f"score {show_percent(mutation.score)}"
    if mutation.score is not None and mutation.count(Outcome.UNDECIDED):
        least = Fraction(mutation.met, total)
        most = least + Fraction(mutation.count(Outcome.UNDECIDED), total)
        score = f"score {int(least * 100)} to {show_percent(most)}"
    return f"{score}: of {total} {_plural(total, 'mutant')} {', '.join(tally)}"


def show_percent(score: Fraction) -> str:
    """`99 %`: rounded down."""
    return f"{int(score * 100)} %"


def describe_list(mutants: Sequence[Mutant], lines: Sequence[str]) -> Iterator[str]:
    """What `--list` prints: each line with mutants, and below it what would be done."""
    at = 0
    for mutant in mutants:
        if mutant.line != at:
            at = mutant.line
            yield f"  {at:>4}  {_show_line(lines, at)}"
        yield f"        {mutant.mutator:<{_MUTATOR}}  {_tell(mutant, lines)}"
    yield f"{len(mutants)} {_plural(len(mutants), 'mutant')}"


def _describe_silent(mutation: Mutation) -> str:
    words = {
        Outcome.EQUIVALENT: "the same program",
        Outcome.NO_PROGRAM: "no program",
        Outcome.ELSEWHERE: "in code that these settings leave out",
    }
    parts = [f"{mutation.count(o)} {word}" for o, word in words.items() if mutation.count(o)]
    return f"not counted: {', '.join(parts) or 'none'}"


def _describe_open(mutation: Mutation) -> Iterator[str]:
    """The mutants that something is to be done about."""
    survivors = mutation.select(Outcome.SURVIVES)
    undecided = [u for u in mutation.select(Outcome.UNDECIDED) if u.reason != INTERRUPTED]
    if mutation.interrupted:
        yield f"  interrupted: {mutation.interrupted} of them were not tried, or not to the end"
    for one in (*survivors, *undecided):
        mutant = one.mutant
        where = f"line {mutant.line}"
        yield ""
        yield f"{_MARKS[one.outcome]}  {where}  {mutant.mutator}  in {mutant.routine}"
        yield from _wrap(f"{mutant.statement}: {mutant.instead}", "    ")
        if one.reason:
            yield from _wrap(one.reason, "    ")
        if one.file:
            yield f"    {one.file}"
    if survivors:
        first = survivors[0].mutant
        yield ""
        yield "  A survivor is a property that nobody wrote, or a step that nobody needs. Write the"
        yield "  property, or say at the statement why nothing misses it:"
        yield f"    # mutate: survives {first.mutator}: …"


def _describe_stale(mutation: Mutation) -> Iterator[str]:
    for stale in mutation.stale:
        explanation = stale.explanation
        yield ""
        yield f"STALE  line {explanation.line}  survives {explanation.mutator}: {stale.why}"
        yield from _wrap(explanation.reason, "    ")


def _describe_lines(mutation: Mutation, *, verbose: bool) -> Iterator[str]:
    shown = [j for j in mutation.judged if verbose or j.outcome not in _SILENT]
    if not shown:
        return
    lines = mutation.original.spec.main.source.lines
    at = 0
    yield ""
    for one in shown:
        mutant = one.mutant
        if mutant.line != at:
            at = mutant.line
            yield f"  {at:>4}  {_show_line(lines, at)}"
        text = f"{_tell(mutant, lines)}: {_describe_outcome(one)}"
        yield from _wrap(f"{mutant.mutator:<{_MUTATOR}}  {text}", "        ", _MUTATOR + 2)


def _show_line(lines: Sequence[str], number: int) -> str:
    """A line of the spec without what it says of mutants, which is told below it."""
    return lines[number - 1].partition("# mutate:")[0].strip()


def _tell(mutant: Mutant, lines: Sequence[str]) -> str:
    """What is done, and to what of a line that has more than that."""
    line = lines[mutant.line - 1].partition("  #")[0].strip()
    if mutant.statement in (line, f"{line} …") or mutant.way in (
        "guard",
        "look",
        "pair",
    ):
        return mutant.instead
    return f"`{mutant.statement}` {mutant.instead}"


def _describe_outcome(one: Judged) -> str:
    if one.outcome is Outcome.KILLED:
        kills = ", ".join(describe_kill(kill) for kill in one.kills)
        return f"killed by {kills}"
    mark = _MARKS.get(one.outcome, one.outcome.value)
    return f"{mark}: {one.reason}" if one.reason else mark


def describe_kill(kill: Kill) -> str:
    """`use-after-free(kn) after 12 steps`; `somebody_waits (never true)` of a `reachable`."""
    name = f"{kill.property}({kill.object})" if kill.object else kill.property
    if kill.steps is None:
        return f"{name} (never true)"
    return f"{name} after {kill.steps} {_plural(kill.steps, 'step')}"


def _describe_matrix(mutation: Mutation) -> Iterator[str]:
    """Mutants against properties: after how many steps each property is violated."""
    killed = mutation.select(Outcome.KILLED)
    names = [n for n in mutation.list_properties() if mutation.count_kills(n)][: len(_LETTERS)]
    if not killed:
        return
    keys = dict(zip(names, _LETTERS, strict=False))
    yield ""
    yield f"  {'line':>4}  {'mutant':<{_MUTATOR}}  {''.join(f'{k:>5}' for k in keys.values())}"
    for one in killed:
        steps: dict[str, str] = {}
        for kill in one.kills:
            steps.setdefault(kill.property, "x" if kill.steps is None else str(kill.steps))
        cells = "".join(f"{steps.get(name, '.'):>5}" for name in names)
        yield f"  {one.mutant.line:>4}  {one.mutant.mutator:<{_MUTATOR}}  {cells}"
    yield f"  {'':>4}  {'kills':<{_MUTATOR}}  " + "".join(
        f"{mutation.count_kills(name):>5}" for name in names
    )
    for name, key in keys.items():
        yield f"  {key}  {name}"


def _describe_suspects(mutation: Mutation) -> Iterator[str]:
    suspects = mutation.list_suspects()
    if not suspects or not mutation.is_whole or not mutation.select(Outcome.KILLED):
        return
    yield ""
    if mutation.every:
        yield from _wrap(f"SUSPECT  these kill nothing: {', '.join(suspects)}", "", 2)
    else:
        yield from _wrap(f"never the first to kill: {', '.join(suspects)}", "  ", 2)
        yield "  --all-properties says whether they kill what another one kills sooner"


def _wrap(text: str, indent: str, more: int = 2) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + " " * more,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
