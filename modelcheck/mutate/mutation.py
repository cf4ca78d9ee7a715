"""All of it: a spec's mutants judged, what is explained, and what that says of the spec."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from modelcheck import api
from modelcheck.explore.options import Options
from modelcheck.explore.result import Verdict
from modelcheck.frontend import Spec
from modelcheck.frontend.spec import SettingValue, Variant
from modelcheck.gate import Exit
from modelcheck.mutate.crew import judge_all
from modelcheck.mutate.explained import Explanation, read_explanations
from modelcheck.mutate.judge import (
    AT_LEAST,
    INTERRUPTED,
    TIMES,
    Judged,
    Original,
    Outcome,
    Task,
    find_lines,
    measure,
)
from modelcheck.mutate.mutant import Mutant, find_mutants
from modelcheck.mutate.mutators import MUTATORS
from modelcheck.settings import choose_variant, read_settings
from modelcheck.specfiles import SelectionError, find_spec


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: which program of which spec, which of its mutants, and how far.

    `every` asks for all properties that kill each mutant, not only the first; `max_states` bounds
    each (None: `TIMES` those of the spec itself, at least `AT_LEAST`); mutants are written as
    specs, with their traces, to `folder`.
    """

    spec: str
    choice: api.Choice
    mutators: Sequence[str] = ()
    lines: Collection[int] = ()
    every: bool = False
    max_states: int | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Stale:
    """An explanation that explains nothing: what it names is killed, or is not there."""

    explanation: Explanation
    why: str


@dataclass(frozen=True, slots=True)
class Mutation:
    """What became of a spec's mutants, by line.

    `every`: each was explored for all properties that kill it.  `is_whole`: all mutants of the
    spec were asked for.
    """

    original: Original
    judged: tuple[Judged, ...]
    stale: tuple[Stale, ...]
    every: bool
    is_whole: bool
    max_states: int

    def select(self, *outcomes: Outcome) -> list[Judged]:
        """The mutants of which one of these became."""
        return [one for one in self.judged if one.outcome in outcomes]

    def count(self, outcome: Outcome) -> int:
        """How many mutants that became of."""
        return len(self.select(outcome))

    @property
    def interrupted(self) -> int:
        """How many mutants were not decided because the user ended the run."""
        return sum(one.reason == INTERRUPTED for one in self.select(Outcome.UNDECIDED))

    @property
    def met(self) -> int:
        """Those that are killed, or survive and are explained."""
        return self.count(Outcome.KILLED) + self.count(Outcome.EXPLAINED)

    @property
    def score(self) -> Fraction | None:
        """What part of the decided mutants is killed or explained; None where there are none."""
        decided = self.met + self.count(Outcome.SURVIVES)
        return Fraction(self.met, decided) if decided else None

    def list_properties(self) -> list[str]:
        """The spec's own properties in their order, then the built-in ones that killed."""
        own = [p.name for p in self.original.result.properties if p.kind != "built in"]
        killing = {kill.property for one in self.judged for kill in one.kills}
        known = [p.name for p in self.original.result.properties]
        built_in = [name for name in known if name in killing and name not in own]
        return [*own, *built_in, *sorted(killing - set(known))]

    def count_kills(self, name: str) -> int:
        """How many mutants violate a property."""
        return sum(any(kill.property == name for kill in one.kills) for one in self.judged)

    def list_suspects(self) -> list[str]:
        """The spec's own properties that kill nothing."""
        return [name for name in self.list_properties() if not self.count_kills(name)]


def choose_exit(mutation: Mutation, fail_under: float | None) -> Exit:
    """The exit code of `mutate`; `fail_under` is in percent.

    3 where the spec itself is not verified, and so nothing was tried, and after an interrupt.

    Soundness: 0 for a bound only where the score reaches it even if every undecided mutant
    survives, and something was decided; 1 where it cannot reach it; a stale explanation is 1
    without any bound.
    """
    if mutation.original.result.verdict is not Verdict.VERIFIED or mutation.interrupted:
        return Exit.UNDECIDED
    if mutation.stale:
        return Exit.FOUND
    if fail_under is None:
        return Exit.OK
    undecided = mutation.count(Outcome.UNDECIDED)
    total = mutation.met + mutation.count(Outcome.SURVIVES) + undecided
    needed = Fraction(fail_under) / 100 * total
    if total and mutation.met >= needed and mutation.met + mutation.count(Outcome.SURVIVES):
        return Exit.OK
    if total and mutation.met + undecided < needed:
        return Exit.FOUND
    return Exit.UNDECIDED


def list_mutants(request: Request) -> tuple[Spec, list[Mutant]]:
    """The spec and those of its mutants that are in code which its program has; none is run.

    Raises `SpecErrors`, and `SelectionError` where there are none.
    """
    spec, variant, settings = _choose(request)
    lines = find_lines(spec.program({**variant.settings, **settings}), spec.info.path)
    found = [m for m in _find(spec, request) if lines.intersection(m.lines)]
    return spec, found


def mutate(
    request: Request,
    options: Options,
    jobs: int = 1,
    *,
    announce: Callable[[int, int], None] = lambda _done, _all: None,
    notice: Callable[[str], None] = lambda _: None,
    prepare: Callable[[], None] | None = None,
) -> Mutation:
    """Judge the mutants that are asked for, `jobs` at a time: the same answer with any number.

    `announce` is told how many are done of how many; `prepare` is called in each process that is
    started.  Raises `SpecErrors`, and `SelectionError`
    where the spec does not hold as it is, or has no such mutants.
    """
    spec, variant, settings = _choose(request)
    mutants = _find(spec, request)
    explanations = read_explanations(spec)
    if request.folder is not None:
        _require_movable(spec, request.folder)
    original = measure(spec, variant, settings, options, notice)
    states = original.result.counts.states
    bound = request.max_states or max(AT_LEAST, TIMES * states)
    judged: list[Judged] = []
    if original.result.verdict is Verdict.VERIFIED:
        task = Task(
            path=spec.main.source.path,
            shown=spec.info.path,
            variant=variant,
            settings=settings,
            lines=original.lines,
            meaning=original.meaning,
            plain=original.plain,
            options=replace(
                options, stop="all" if request.every else "first", max_states=bound, progress=None
            ),
            folder=request.folder,
        )
        judged = list(judge_all(mutants, task, jobs, announce, prepare))
    chosen = [e for e in explanations if _is_asked(e, request)]
    is_default = variant.name is None and not settings  # what explanations are about
    explained, stale = explain(judged, chosen)
    return Mutation(
        original=original,
        judged=tuple(explained),
        stale=stale if is_default and judged else (),
        every=request.every,
        is_whole=not request.lines and not request.mutators,
        max_states=bound,
    )


def explain(
    judged: Sequence[Judged], explanations: Sequence[Explanation]
) -> tuple[list[Judged], tuple[Stale, ...]]:
    """The same, survivors that are explained told apart; and what explains nothing."""
    told = list(judged)
    stale = []
    for explanation in explanations:
        about = [index for index, one in enumerate(told) if explanation.is_about(one.mutant)]
        for index in about:
            if told[index].outcome is Outcome.SURVIVES:
                told[index] = replace(
                    told[index], outcome=Outcome.EXPLAINED, reason=explanation.reason
                )
        found = [told[index] for index in about]
        if not any(one.outcome in _NOT_STALE for one in found):
            stale.append(Stale(explanation, _tell_why(found)))
    return told, tuple(stale)


_NOT_STALE = (Outcome.EXPLAINED, Outcome.UNDECIDED, Outcome.ELSEWHERE)


def _tell_why(found: Sequence[Judged]) -> str:
    if not found:
        return "there is no such mutant"
    for one in found:
        if one.kills:
            return f"it is killed by {one.kills[0].property}"
    return f"it is {found[0].outcome.value}: {found[0].reason}"


def _choose(request: Request) -> tuple[Spec, Variant, dict[str, SettingValue]]:
    spec = api.load_spec(find_spec(request.spec))
    variant = choose_variant(spec.info, request.choice.variant)
    return spec, variant, read_settings(spec.info, request.choice.settings)


def _find(spec: Spec, request: Request) -> list[Mutant]:
    found = find_mutants(spec, request.mutators or tuple(MUTATORS), request.lines)
    if not found:
        where = f" at line {', '.join(map(str, sorted(request.lines)))}" if request.lines else ""
        which = f" by {', '.join(request.mutators)}" if request.mutators else ""
        raise SelectionError(f"{spec.info.path} has no mutants{where}{which}; see --list")
    return found


def _is_asked(explanation: Explanation, request: Request) -> bool:
    if request.mutators and explanation.mutator not in request.mutators:
        return False
    lines = range(explanation.first, explanation.last + 1)
    return not request.lines or (not explanation.whole and bool({*lines} & {*request.lines}))


def _require_movable(spec: Spec, folder: Path) -> None:
    """A spec with relative imports means the same only beside what it imports."""
    imports = [d for d in spec.main.names.values() if d.source.startswith(".")]
    if imports and folder.resolve() != spec.main.source.path.parent.resolve():
        raise SelectionError(
            f"{spec.info.path} imports `{imports[0].source}`: its mutants can only be written"
            f" beside it, with -o {spec.main.source.path.parent}"
        )
