"""Spec + what may be switched → what every set of switches comes to.

The spec is read once.  A set is lowered to its program, and sets with equal programs are explored
once: many flags play no part while others are off.  What is known of one program is never used for
another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from modelcheck import api
from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.result import Verdict
from modelcheck.frontend import Spec
from modelcheck.frontend.spec import SettingValue, Variant
from modelcheck.ir.nodes import Program
from modelcheck.repair.crew import Crew, Limits, Packed, pack, unpack
from modelcheck.repair.sets import Finding, Judged, Repair
from modelcheck.repair.switches import (
    FixSet,
    Switchable,
    find_need,
    find_switchables,
    list_sets,
    list_smaller,
    settings_of,
    show_set,
)
from modelcheck.settings import choose_variant, read_settings
from modelcheck.specfiles import find_spec


@dataclass(frozen=True, slots=True)
class Question:
    """Which settings of which spec to search: `variant` is where to begin (None: by convention),
    `settings` are as `-D` has them, `named` as in `find_switchables`.
    """

    argument: str
    variant: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    named: Sequence[tuple[str, str | None]] = ()


def search(
    question: Question,
    limits: Limits,
    *,
    jobs: int = 1,
    only_minimal: bool = False,
    announce: Callable[[str], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> Repair:
    """Judge every set of switches as `check` would judge its settings.

    The options of `limits` say how each program is explored.  With `only_minimal` no set is
    explored that contains one that verifies: it cannot be minimal, and nothing is said of it.
    `announce` is told how far the search is, `notice` what the user should know beside the answer.
    Raises `SelectionError`, and `SpecErrors` for a spec of which no set can be lowered.
    """
    spec = api.load_spec(find_spec(question.argument))
    begin = choose_variant(spec.info, question.variant) if question.variant is not None else None
    given = read_settings(spec.info, question.settings)
    switchables = find_switchables(spec.info, begin, given, question.named)
    lowering = Lowering(spec, switchables, begin, given)
    found: dict[int, Finding] = {}
    sets = list_sets(switchables)
    with Crew(limits, jobs, notice) as crew:
        for number, on in enumerate(sets):
            is_next_size = number > 0 and len(on) > len(sets[number - 1])
            while crew.is_busy or (only_minimal and is_next_size and crew.is_waiting):
                found |= crew.fetch(patiently=True)
            found |= crew.fetch(patiently=False)
            announce(f"{number} of {len(sets)} sets, {len(found)} of {lowering.count} programs")
            if not only_minimal or not lowering.leave_out(on, found):
                lowering.add(on, crew)
        while crew.is_waiting:
            announce(f"{len(sets)} sets, {len(found)} of {lowering.count} programs")
            found |= crew.fetch(patiently=True)
        found |= crew.fetch(patiently=False)
    if len(lowering.refused) == len(sets):
        raise lowering.refused[sets[0]]
    fixed = settings_of(spec.info, switchables, (), begin, given)
    for switchable in switchables:
        del fixed[switchable.name]
    judged = tuple(lowering.judge(on, found) for on in sets)
    return Repair(spec.info, begin, fixed, switchables, judged, limits.options.stop)


class Lowering:
    """The sets of one search, their programs, and which of them are the same."""

    def __init__(
        self,
        spec: Spec,
        switchables: Sequence[Switchable],
        begin: Variant | None,
        given: Mapping[str, SettingValue],
    ) -> None:
        self._spec, self._switchables, self._begin, self._given = spec, switchables, begin, given
        self._known: dict[int, list[tuple[Packed, FixSet]]] = {}  # by the programs' hash
        self._numbers: dict[FixSet, int] = {}  # of the first set of each program
        self._likes: dict[FixSet, FixSet] = {}
        self._needs: dict[FixSet, str] = {}
        self._left_out: dict[FixSet, FixSet] = {}
        self.refused: dict[FixSet, SpecErrors] = {}

    @property
    def count(self) -> int:
        """How many programs there are so far."""
        return len(self._numbers)

    def add(self, on: FixSet, crew: Crew) -> None:
        """Lower a set, and have its program explored unless an equal one is or was."""
        info = self._spec.info
        settings = settings_of(info, self._switchables, on, self._begin, self._given)
        if need := find_need(info, settings):
            self._needs[on] = need
            return
        try:
            program = self._spec.program(settings)
        except SpecErrors as errors:
            self.refused[on] = errors
            return
        like, packed = self._find_like(on, program)
        self._likes[on] = like
        if like == on:
            self._numbers[on] = len(self._numbers)
            crew.explore(self._numbers[on], program, packed)

    def leave_out(self, on: FixSet, found: Mapping[int, Finding]) -> bool:
        """Whether a set contains one that verifies; then it is left out of the search."""
        for smaller in list_smaller(on):
            like = self._likes.get(smaller)
            finding = None if like is None else found.get(self._numbers[like])
            if finding is not None and finding.verdict is Verdict.VERIFIED:
                self._left_out[on] = smaller
                return True
        return False

    def _find_like(self, on: FixSet, program: Program) -> tuple[FixSet, Packed]:
        """The first set with an equal program, and that program.

        Soundness: what is found about one program is said of another only where the two are equal
        in all that the passes and backends look at, properties too; only places in the text and
        the list of settings may differ.  test_repair_search.py has sets that differ in a property
        alone, in a start value alone, in the number of threads alone.
        """
        bare = replace(program, settings=())
        known = self._known.setdefault(hash(bare), [])
        for packed, first in known:
            if replace(unpack(packed), settings=()) == bare:
                return first, packed
        packed = pack(program)
        known.append((packed, on))
        return on, packed

    def judge(self, on: FixSet, found: Mapping[int, Finding]) -> Judged:
        """What is known about a set; a set without a program is not tested."""
        if on in self._needs:
            return Judged(on, _refuse(f"not checkable yet: needs {self._needs[on]}"), None)
        if on in self._left_out:
            return Judged(on, _refuse(f"not asked: {show_set(self._left_out[on])} verifies"), None)
        if on in self.refused:
            first = self.refused[on].errors[0]
            return Judged(on, _refuse(f"no program: {first.code}: {first.message}"), None)
        like = self._likes[on]
        return Judged(on, found[self._numbers[like]], like)


def _refuse(reason: str) -> Finding:
    return Finding(Verdict.NOT_TESTED, reason=reason)
