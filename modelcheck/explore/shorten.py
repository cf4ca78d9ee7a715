"""Result → the same result, its violations told by the traces that read most easily.

The search that judges a program tells the first way it met; partial-order reduction leaves out the
shortest ones, and breadth-first ways switch threads for nothing.  So what it found is looked for
once more in the program itself, without any reduction, least ways first.  Which properties are
violated, and of what, is not asked again: only the witnesses change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from modelcheck.backends.python.model import Model, compile_program
from modelcheck.backends.python.outcomes import Order
from modelcheck.diagnostics import InternalError
from modelcheck.explore.critical import find_needs
from modelcheck.explore.deadlock import describe_deadlock, describe_stuck
from modelcheck.explore.goals import STUCK, Goals, Target
from modelcheck.explore.graph import Graph, GraphError
from modelcheck.explore.options import Options
from modelcheck.explore.result import Minimal, Path, PropertyResult, Result, Violation
from modelcheck.explore.shortest import WEIGHTS, Length, Way, find_ways, measure
from modelcheck.explore.trim import drop_unrelated, trim
from modelcheck.explore.unrelated import put_unrelated_last
from modelcheck.ir.nodes import Program

_DESCRIBE = {"deadlock": describe_deadlock, STUCK: describe_stuck}
_IS_OVER = ("interrupt", "timeout", "max-memory")
WORTH_OF_A_PREEMPTION = 6  # steps: a trace that saves one may be so much longer


def shorten(program: Program, result: Result, options: Options) -> Result:
    """Tell the violations of a result by the ways that `options.shortest` asks for.

    Budget, order and ties are facts about the program, so the ways are the same whatever search,
    backend, reduction or number of workers gave the result.  Raises InternalError where a
    violation is not found again, or only by a longer way: then it, or this search, is wrong.
    """
    asked = options.shortest
    if asked == "no" or not options.shortest_budget or result.stopped_by in _IS_OVER:
        return result
    if not any(violation.witnesses for violation in result.violations):
        return result
    shortening = _Shortening(compile_program(program), result, options)
    if asked == "auto":
        shortening.attempt("switches", result.violations)
        shortening.attempt("steps", shortening.list_doubtful(result.violations))
    else:
        shortening.attempt(asked, result.violations)
    told = replace(result, properties=tuple(map(shortening.retell, result.properties)))
    return _add_needs(shortening.model, told)


def _add_needs(model: Model, result: Result) -> Result:
    """The result with what the headline's trace needs to fail, if that can be found out."""
    headline = result.headline
    if headline is None or len(headline.witnesses) != 1:
        return result
    needs = find_needs(model, _list_targets(headline)[0], headline.witnesses[0])
    told = replace(headline, needs=needs)
    properties = (
        replace(p, violations=tuple(told if v is headline else v for v in p.violations))
        for p in result.properties
    )
    return replace(result, properties=tuple(properties))


def _list_targets(violation: Violation) -> list[Target]:
    """What each witness of a violation shows; nothing of a `reachable`, which has none."""
    if not violation.witnesses:
        return []
    if violation.witnesses[0].last == "edge":
        circle = (*violation.names, violation.names[0])
        return [Order(violation.property, a, b) for a, b in pairwise(circle)]
    return [(violation.property, violation.object)]


@dataclass(frozen=True, slots=True)
class _Proof:
    """Ways that show all of a violation, each of them a least one, and their lengths."""

    minimal: Minimal
    ways: tuple[Way, ...]
    lengths: tuple[Length, ...]

    @property
    def steps(self) -> int:
        """Of all ways together."""
        return sum(length.steps for length in self.lengths)

    @property
    def most_steps(self) -> int:
        """Of the longest way."""
        return max(length.steps for length in self.lengths)

    @property
    def preemptions(self) -> int:
        """Of all ways together."""
        return sum(length.preemptions for length in self.lengths)


class _Shortening:
    """What the second search has found of one result."""

    def __init__(self, model: Model, result: Result, options: Options) -> None:
        self.model = model
        self._asked = options.shortest
        self._budget = options.shortest_budget
        self._graph = Graph(model, options.interrupted)
        self._ways: dict[Minimal, dict[Target, Way]] = {}
        self._reasons: dict[Target, str] = {}
        self._first: Mapping[Target, Path] = {
            target: path
            for violation in result.violations
            for target, path in zip(_list_targets(violation), violation.witnesses, strict=False)
        }

    def attempt(self, minimal: Minimal, violations: Iterable[Violation]) -> None:
        """Look for the least ways to some violations, with the whole budget of states."""
        self._graph.allow(self._budget)
        targets = [target for violation in violations for target in _list_targets(violation)]
        # To know what is stuck takes the whole graph: the others come first.
        self._find(minimal, [target for target in targets if target != (STUCK, "")])
        self._find(minimal, [target for target in targets if target == (STUCK, "")])

    def _find(self, minimal: Minimal, targets: Sequence[Target]) -> None:
        found = self._ways.setdefault(minimal, {})
        if not targets:
            return
        goals = Goals(self._graph, targets)
        try:
            goals.find_stuck()
            for way in find_ways(self._graph, goals, WEIGHTS[minimal]):
                self._check_bound(minimal, way)
                found[way.goal.target] = way
        except GraphError as error:
            self._reasons |= dict.fromkeys(goals.wanted, str(error))
            return
        if goals.wanted:
            raise InternalError(f"a violation is not found again: {next(iter(goals.wanted))}")

    def _check_bound(self, minimal: Minimal, way: Way) -> None:
        """What the first search found is a way too: none that is longer can be a least one."""
        first = measure(self.model, self._first[way.goal.target])
        if way.cost > WEIGHTS[minimal].weigh(first):
            raise InternalError(f"a longer way is called the shortest: {way.goal.target}")

    def list_doubtful(self, violations: Iterable[Violation]) -> list[Violation]:
        """The violations that may be told better by the fewest steps than by what is known."""
        doubtful = []
        for violation in violations:
            proof = self._find_proof(violation, "switches")
            if proof is None:
                is_doubtful = violation.minimal == "no"
            else:
                is_doubtful = violation.minimal == "no" or proof.most_steps > violation.depth
            if is_doubtful:
                doubtful.append(violation)
        return doubtful

    def _find_proof(self, violation: Violation, minimal: Minimal) -> _Proof | None:
        """Least ways to all that a violation is, if the attempt found them."""
        targets = _list_targets(violation)
        found = self._ways.get(minimal, {})
        if not targets or self._graph.is_cut or any(target not in found for target in targets):
            return None
        ways = tuple(found[target] for target in targets)
        return _Proof(minimal, ways, tuple(measure(self.model, way.path) for way in ways))

    def _choose_proof(self, violation: Violation) -> _Proof | None:
        """Fewest switches, unless that takes too many more steps: then the fewest steps."""
        by_switches = self._find_proof(violation, "switches")
        by_steps = self._find_proof(violation, "steps")
        if by_switches is None or by_steps is None:
            return by_switches or by_steps
        more = by_switches.steps - by_steps.steps
        saved = by_steps.preemptions - by_switches.preemptions
        return by_switches if more <= WORTH_OF_A_PREEMPTION * saved else by_steps

    # -----------------------------------------------------------------------------------------
    # The result

    def retell(self, found: PropertyResult) -> PropertyResult:
        """A property's result with its violations told anew, the least deep first."""
        told = sorted(map(self._retell, found.violations), key=lambda v: (v.depth, v.object))
        return replace(found, violations=tuple(told))

    def _retell(self, violation: Violation) -> Violation:
        proof = self._choose_proof(violation)
        if proof is None:
            return self._tell_best(replace(violation, unproven=self._explain(violation)))
        depth = proof.most_steps if proof.minimal == "steps" else violation.depth
        ways = [self._clear(way) for way in proof.ways]
        witnesses = tuple(way.path for way in ways)
        told = replace(violation, witnesses=witnesses, minimal=proof.minimal, depth=depth)
        return self._describe(told, ways[0])

    def _tell_best(self, violation: Violation) -> Violation:
        """The best that was found of a violation of which less is proven than was asked for.

        Where the first search proved the fewest steps, no way with more takes its place.
        """
        attempts: tuple[Minimal, ...] = ("switches", "steps")
        if violation.minimal == "steps":
            attempts = ("steps",)
        ways = [self._find_best(target, attempts) for target in _list_targets(violation)]
        witnesses = tuple(
            path if way is None else way.path
            for way, path in zip(ways, violation.witnesses, strict=True)
        )
        if violation.minimal == "steps" and any(
            len(new.moves) < len(old.moves)
            for new, old in zip(witnesses, violation.witnesses, strict=True)
        ):
            raise InternalError(f"the shortest trace of {violation.property} is not the shortest")
        told = replace(violation, witnesses=witnesses)
        return told if not ways or ways[0] is None else self._describe(told, ways[0])

    def _find_best(self, target: Target, attempts: Iterable[Minimal]) -> Way | None:
        made = (self._ways.get(minimal, {}) for minimal in attempts)
        found = [ways[target] for ways in made if target in ways]
        best = found[0] if found else trim(self.model, target, self._first[target])
        return None if best is None else self._clear(best)

    def _clear(self, way: Way) -> Way:
        """A way with what plays no part told apart, or left out."""
        return drop_unrelated(self.model, put_unrelated_last(self.model, way))

    def _describe(self, violation: Violation, way: Way) -> Violation:
        """The violation in the words of what a way shows."""
        failure = way.goal.failure
        if failure is None:
            return violation
        describe = _DESCRIBE.get(violation.property)
        detail = failure.detail if describe is None else describe(self.model, way.state)
        return replace(violation, names=failure.names, detail=detail)

    def _explain(self, violation: Violation) -> str:
        """Why nothing was proven, or less than was asked for."""
        targets = _list_targets(violation)
        if not targets or (self._asked == "auto" and violation.minimal == "steps"):
            return ""
        what = "steps" if self._asked == "steps" else "switches"
        why = "some step has more choices than are followed"
        if not self._graph.is_cut:
            why = next(self._reasons[target] for target in targets if target in self._reasons)
        return f"fewer {what} may do: {why}"
