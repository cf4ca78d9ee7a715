"""What is known about each set of switches, and what follows: which sets are minimal.

A minimal set verifies, and no smaller one does.  Nothing is concluded from one set about another:
a switch may break what the others had mended, so a set that contains one that verifies need not
verify.  That is why all sets are looked at: what finds one minimal set with fewer questions relies
on a property that more never loses (Marques-Silva, Janota and Belov 2013, "Minimal Sets over
Monotone Predicates in Boolean Formulae", section 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from shlex import quote

from modelcheck.explore.result import Counts, Result, Verdict
from modelcheck.frontend.spec import SettingValue, SpecInfo, Variant
from modelcheck.gate import Exit, describe_violation
from modelcheck.repair.switches import FixSet, Switchable, list_smaller

UNDECIDED = (Verdict.INCONCLUSIVE, Verdict.NOT_TESTED)
NOTHING_RAN = Counts(0, 0, None)


class Minimal(Enum):
    """Whether a set that verifies is a minimal one."""

    YES = "minimal"
    NO = "not minimal"
    UNKNOWN = "not known to be minimal"  # a smaller set is undecided, and none verifies


@dataclass(frozen=True, slots=True)
class Finding:
    """What the run of a program says of the sets that have this program.

    `violated` are the names of the violated properties that were found, `told` the headline with
    its object, `steps` after how many steps it fails (None: nothing does); `is_least` says that
    none of its traces has fewer.  `reason` says why nothing was decided.
    """

    verdict: Verdict
    violated: tuple[str, ...] = ()
    told: str = ""
    steps: int | None = None
    is_least: bool = False
    reason: str = ""
    counts: Counts = NOTHING_RAN


@dataclass(frozen=True, slots=True)
class Judged:
    """A set and what was found; `like` is the first set with the same program (maybe itself), None
    where no program was to be explored.
    """

    on: FixSet
    finding: Finding
    like: FixSet | None


@dataclass(frozen=True, slots=True)
class Repair:
    """A whole search: `fixed` are the settings that nothing switches, `judged` all sets, the
    smaller ones first.
    """

    info: SpecInfo
    begin: Variant | None
    fixed: Mapping[str, SettingValue]
    switchables: tuple[Switchable, ...]
    judged: tuple[Judged, ...]
    stop: str

    @property
    def programs(self) -> int:
        """How many different programs the sets have."""
        return len({one.like for one in self.judged if one.like is not None})


def name_command(repair: Repair, on: FixSet) -> str:
    """The command that checks a set, and tells the story of what it violates."""
    info, begin = repair.info, repair.begin or repair.info.default
    usual: dict[str, SettingValue] = {p.name: p.default for p in info.parameters}
    usual |= {flag.name: flag.default for flag in info.flags}
    usual |= dict(begin.settings)
    values = {**repair.fixed, **{s.name: s.off for s in repair.switchables}, **dict(on)}
    given = [f"-D {name}={value}" for name, value in values.items() if value != usual[name]]
    variant = [f"--variant {begin.name}"] if begin.name is not None else []
    return " ".join(("modelcheck check", quote(info.path), *variant, *given))


def tell_result(result: Result) -> Finding:
    """What a result says, as far as a search for a fix needs it.

    Soundness: the verdict is the result's own, which is *verified* only for an exhausted space;
    test_repair_search.py stops runs at every limit.
    """
    headline = result.headline
    if headline is None:
        return Finding(result.verdict, reason=_find_reason(result), counts=result.counts)
    return Finding(
        result.verdict,
        tuple(p.name for p in result.properties if p.violations),
        describe_violation(headline),
        headline.depth if headline.witnesses else None,
        is_least=result.search == "bfs" and not result.reductions,
        counts=result.counts,
    )


def find_minimal(judged: Sequence[Judged]) -> dict[FixSet, Minimal]:
    """For each set that verifies whether it is minimal.

    Soundness: a smaller set that is not decided might verify, so it leaves the larger one *not
    known to be minimal*; test_repair_sets.py undecides each of the smaller sets.
    """
    verdicts = {one.on: one.finding.verdict for one in judged}
    return {one.on: _judge_minimal(one.on, verdicts) for one in judged if _verifies(one)}


def find_spoilers(judged: Sequence[Judged]) -> Iterator[tuple[Judged, Judged]]:
    """Each set that verifies with one that has one switch more and is violated."""
    verifying = {one.on: one for one in judged if _verifies(one)}
    for other in judged:
        if other.finding.verdict is Verdict.VIOLATED:
            for switch in reversed(other.on):
                below = verifying.get(tuple(s for s in other.on if s != switch))
                if below is not None:
                    yield below, other


def find_common(judged: Sequence[Judged]) -> FixSet:
    """The switches that are on in every set that verifies; nothing where none does."""
    verifying = [one.on for one in judged if _verifies(one)]
    if not verifying:
        return ()
    return tuple(s for s in verifying[0] if all(s in other for other in verifying))


def choose_repair_exit(judged: Sequence[Judged]) -> Exit:
    """0 where a set verifies, 1 where every set is violated, 3 where it is not known.

    Soundness: 0 needs a set whose own program is verified, 1 that none could be;
    test_repair_sets.py has every mixture.
    """
    verdicts = {one.finding.verdict for one in judged}
    if Verdict.VERIFIED in verdicts:
        return Exit.OK
    return Exit.UNDECIDED if not verdicts or verdicts & {*UNDECIDED} else Exit.FOUND


def _verifies(one: Judged) -> bool:
    return one.finding.verdict is Verdict.VERIFIED


def _judge_minimal(on: FixSet, verdicts: Mapping[FixSet, Verdict]) -> Minimal:
    smaller = {verdicts[below] for below in list_smaller(on) if below in verdicts}
    if Verdict.VERIFIED in smaller:
        return Minimal.NO
    return Minimal.UNKNOWN if smaller & {*UNDECIDED} else Minimal.YES


def _find_reason(result: Result) -> str:
    if result.stopped_by:
        return f"stopped by {result.stopped_by}"
    unknown = [p for p in result.properties if p.verdict in UNDECIDED]
    return "; ".join(
        f"{p.verdict.value}: {p.name}" + (f" ({p.reason})" if p.reason else "") for p in unknown
    )
