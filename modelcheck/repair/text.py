"""A search for a fix as text: a line for each set, those that answer the question first.

A line begins with the verdict, so that one can `grep` for it; nothing is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from modelcheck.explore.result import Verdict
from modelcheck.gate import Exit
from modelcheck.repair.sets import (
    Finding,
    Judged,
    Minimal,
    Repair,
    choose_repair_exit,
    find_common,
    find_minimal,
    find_spoilers,
    name_command,
)
from modelcheck.repair.switches import FixSet, show_set, show_value

MOST_SPOILERS = 3
WORDS = {
    Verdict.VERIFIED: "verified",
    Verdict.VIOLATED: "VIOLATED",
    Verdict.INCONCLUSIVE: "INCONCLUSIVE",
    Verdict.NOT_TESTED: "NOT TESTED",
}
HEADINGS = {Exit.OK: "REPAIRED", Exit.FOUND: "NOT REPAIRED", Exit.UNDECIDED: "UNDECIDED"}


def describe_repair(repair: Repair) -> Iterator[str]:
    """The lines of a search: what it was about, the table, what all fixes have in common."""
    minimal = find_minimal(repair.judged)
    yield f"{HEADINGS[choose_repair_exit(repair.judged)]}  {repair.info.path}{_show_fixed(repair)}"
    yield f"  {describe_answer(repair.judged, minimal)}"
    yield f"  {_describe_work(repair)}"
    for switchable in repair.switchables:
        ways = ", ".join(map(show_value, switchable.on))
        yield f"  {switchable.name}: {show_value(switchable.off)} is off, on is {ways}"
    yield ""
    yield from _list_rows(repair.judged, minimal)
    notes = list(_list_notes(repair, minimal))
    yield from ["", *notes] if notes else []


def describe_lattice(repair: Repair) -> Iterator[str]:
    """The lattice as text: the sets by how many switches are on, and below each what another
    verdict comes of if one of them is taken off.
    """
    minimal = find_minimal(repair.judged)
    known = {one.on: one for one in repair.judged}
    yield f"{HEADINGS[choose_repair_exit(repair.judged)]}  {repair.info.path}{_show_fixed(repair)}"
    yield f"  {describe_answer(repair.judged, minimal)}"
    size = -1
    for one in repair.judged:
        if len(one.on) > size:
            size = len(one.on)
            yield ""
            yield f"{size or 'nothing'} on"
        yield f"  {_describe_place(one, minimal)}"
        for switch in one.on:
            below = known[tuple(s for s in one.on if s != switch)]
            if below.finding.verdict is not one.finding.verdict:
                told = describe_finding(below.finding)
                word = WORDS[below.finding.verdict]
                yield f"      without {show_set((switch,))}: {word}" + (f"  {told}" if told else "")


def _describe_place(one: Judged, minimal: Mapping[FixSet, Minimal]) -> str:
    kind = minimal.get(one.on)
    mark = f"  {kind.value}" if kind in (Minimal.YES, Minimal.UNKNOWN) and kind is not None else ""
    told = describe_finding(one.finding)
    return f"{WORDS[one.finding.verdict]}{mark}  {show_set(one.on)}" + (f"  {told}" if told else "")


def describe_answer(judged: Sequence[Judged], minimal: Mapping[FixSet, Minimal]) -> str:
    """`5 minimal sets verify`, or why there is none."""
    kinds = list(minimal.values())
    sure, unsure = kinds.count(Minimal.YES), kinds.count(Minimal.UNKNOWN)
    if minimal.get(()) is Minimal.YES:
        return "it verifies with nothing switched on: there is nothing to repair"
    parts = (
        [f"{_count(sure, 'minimal set')} {'verifies' if sure == 1 else 'verify'}"] if sure else []
    )
    if unsure:
        of = "set verifies and is" if unsure == 1 else "sets verify and are"
        parts.append(f"{unsure} {of} not known to be minimal")
    if parts:
        return ", ".join(parts)
    open_ = sum(one.finding.verdict is not Verdict.VIOLATED for one in judged)
    if open_:
        return f"no set is known to verify, and {open_} of {len(judged)} are not decided"
    return f"none of {_count(len(judged), 'set')} verifies"


def describe_finding(finding: Finding) -> str:
    """`use-after-free(ctx) after 27 steps, also: leak`; of what is not decided, why."""
    if finding.verdict is not Verdict.VIOLATED:
        return finding.reason
    steps = ""
    if finding.steps is not None:
        about = "" if finding.is_least else "at most "
        steps = f" after {about}{_count(finding.steps, 'step')}"
    headline = finding.told.partition("(")[0]
    others = [name for name in finding.violated if name != headline]
    return f"{finding.told}{steps}" + (f", also {', '.join(others)}" if others else "")


def _list_rows(judged: Sequence[Judged], minimal: Mapping[FixSet, Minimal]) -> Iterator[str]:
    width = max(len(show_set(one.on)) for one in judged)
    for one in sorted(judged, key=lambda one: _rank(one, minimal)):
        word = WORDS[one.finding.verdict]
        mark = minimal.get(one.on, Minimal.NO)
        kind = {Minimal.YES: "minimal", Minimal.UNKNOWN: "minimal?"}.get(mark, "")
        row = f"{word:<12}  {kind:<8}  {show_set(one.on):<{width}}  {describe_finding(one.finding)}"
        yield row.rstrip()


def _rank(one: Judged, minimal: Mapping[FixSet, Minimal]) -> int:
    """Those that are minimal first, then what else verifies, what is open, what is violated."""
    if one.on in minimal:
        return (Minimal.YES, Minimal.UNKNOWN, Minimal.NO).index(minimal[one.on])
    return 4 if one.finding.verdict is Verdict.VIOLATED else 3


def _list_notes(repair: Repair, minimal: Mapping[FixSet, Minimal]) -> Iterator[str]:
    if len(minimal) > 1 and (common := find_common(repair.judged)):
        yield f"on in every set that verifies: {show_set(common)}"
    if Minimal.UNKNOWN in minimal.values():
        yield "minimal?: whether a smaller set verifies is not decided"
    spoilers = list(find_spoilers(repair.judged))
    for one, other in spoilers[:MOST_SPOILERS]:
        more = show_set(tuple(s for s in other.on if s not in one.on))
        yield (
            f"more is not always better: {show_set(one.on)} verifies, with {more} besides"
            f" {describe_finding(other.finding)}"
        )
    if len(spoilers) > MOST_SPOILERS:
        yield f"... and {len(spoilers) - MOST_SPOILERS} more such pairs"
    violated = [one.on for one in repair.judged if one.finding.verdict is Verdict.VIOLATED]
    if repair.stop == "first" and violated:
        yield "of each set the first violation is told; --stop all judges every property"
    if violated:
        yield f"the story of {show_set(violated[0])}: {name_command(repair, violated[0])}"


def _describe_work(repair: Repair) -> str:
    states = {one.like: one.finding.counts.states for one in repair.judged}
    return (
        f"{_count(len(repair.judged), 'set')}, {_count(repair.programs, 'different program')},"
        f" {_count(sum(states.values()), 'state')}"
    )


def _show_fixed(repair: Repair) -> str:
    """The settings that nothing switches, as the first line of a verdict has them."""
    parts = [f"{name}={show_value(value)}" for name, value in repair.fixed.items()]
    if repair.begin is not None and repair.begin.name is not None:
        parts.append(f"variant={repair.begin.name}")
    return f"  {' '.join(parts)}" if parts else ""


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"
