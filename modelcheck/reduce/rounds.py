"""Rounds of a loop that change memory, each its own: they may come in any order.

`for snapshot in objects(RcuSnapshot): snapshot.waits_for.discard(current())` is unrolled within one
step.  Under an exchange its text is another one, but the same rounds are done, and rounds that
touch different memory may change places.

    a step → a sequence of units: an instruction, or a branch up to where its ways meet again
    → each unit under the exchange is one of the units → those that change their order commute
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modelcheck.ir.alias import Aliases
from modelcheck.ir.nodes import Body, Branch, Instr, Jump, Terminator
from modelcheck.ir.traverse import nodes_of, successors
from modelcheck.reduce.decisions import Decisions
from modelcheck.reduce.effects import Effect, Effects, Unit
from modelcheck.reduce.follow import TooLarge
from modelcheck.reduce.segments import Position, Segments, Write, close


class Rounds:
    """The units of one body; `stretches` knows what of it is live and whose order is noticed."""

    def __init__(self, body: Body, aliases: Aliases, stretches: Segments) -> None:
        self._body = body
        self._blocks = stretches.blocks
        self._stretches = stretches
        self._meetings: dict[str, Position] | None = None
        self.effects = Effects(aliases, stretches)

    def excuse(
        self,
        differing: set[Position],
        make_writers: Callable[[Decisions], tuple[Write, Write]],
        assumed: set[str] | None,
    ) -> set[Position]:
        """Those of the nodes that an exchange changes which are not rounds in another order;
        `make_writers` gives what writes the text as it is, and under the exchange.

        Which of several rounds fails first depends on their order.  So rounds that change it must
        not fail; with `assumed`, none of the checks that are added there may ever fail.

        Soundness: a step is the same function of the state if it is the same units in an order that
        differs only in units that commute; a node is excused only if all steps that come by it are
        the same (tests/reduce/test_symmetry_rounds.py).
        """
        if self._meetings is None:
            self._meetings = _find_meetings(self._body)
        writers = make_writers(self.effects.take_decisions())
        search = _Match(self, differing, writers, assumed)
        left: set[Position] = set()
        together: list[set[Position]] = []
        starts = [block.label for block in self._body.blocks if block.rest]
        for start in dict.fromkeys((self._body.entry, *starts)):
            passed = self._find_step(start)
            if passed.isdisjoint(differing):
                continue
            together.append(passed & differing)
            if not search.is_step_same(start):
                left |= passed & differing
        left |= differing - set().union(*together)
        return close(left, together)

    def _find_step(self, start: str) -> set[Position]:
        """All nodes of the step that begins with a block."""
        found: set[str] = {start}
        work = [start]
        while work:
            for target in successors(self._blocks[work.pop()].end):
                if target not in found and not self._blocks[target].rest:
                    found.add(target)
                    work.append(target)
        return {(label, i) for label in found for i in range(len(self._blocks[label].instrs) + 1)}

    def list_units(self, start: str, stop: Position | None) -> Iterator[Unit]:
        """The units from a block on, up to `stop` or to the end of the step.  Raises TooLarge where
        it goes round.
        """
        meetings = self._meetings or {}
        label = start
        passed: set[str] = set()
        while True:
            if label in passed:
                raise TooLarge
            passed.add(label)
            block = self._blocks[label]
            last = len(block.instrs)
            for i in range(last):
                yield Unit((label, i), (label, i + 1))
            match block.end:
                case Jump(target):
                    label = target
                case Branch():
                    meeting = meetings.get(label)
                    yield Unit((label, last), meeting)
                    if meeting is None:
                        return
                    label = meeting[0]
                case _:
                    return
            if self.is_over(label, stop):
                return

    def is_over(self, label: str, stop: Position | None) -> bool:
        """Whether nothing comes behind a branch on this way."""
        return (label, 0) == stop or self._blocks[label].rest

    def node(self, at: Position) -> Instr | Terminator:
        """The node at a position."""
        return nodes_of(self._blocks[at[0]])[at[1]]

    def live_at(self, at: Position | None) -> frozenset[str]:
        """The locals whose values are used from a node on."""
        return frozenset() if at is None else self._stretches.live_at(at)

    def arms(self, unit: Unit) -> tuple[str, ...]:
        """Where the ways of a branch begin; empty for an instruction."""
        node = self.node(unit.start)
        return (node.then, node.other) if isinstance(node, Branch) else ()


class _Match:
    """The comparison of one body with itself under one exchange."""

    def __init__(
        self,
        rounds: Rounds,
        differing: set[Position],
        writers: tuple[Write, Write],
        assumed: set[str] | None,
    ) -> None:
        self._rounds = rounds
        self._differing = differing
        self._plain, self._changed = writers
        self._assumed = assumed
        self._known: dict[tuple[str, Position | None], bool] = {}

    def is_step_same(self, start: str) -> bool:
        """Whether the step that begins with a block does the same under the exchange."""
        return self._is_same(start, None)

    def _is_way_same(self, start: str, stop: Position | None) -> bool:
        return self._rounds.is_over(start, stop) or self._is_same(start, stop)

    def _is_same(self, start: str, stop: Position | None) -> bool:
        key = (start, stop)
        if key not in self._known:
            self._known[key] = False  # a loop comes back here: no
            try:
                self._known[key] = self._compare(list(self._rounds.list_units(start, stop)))
            except TooLarge:
                return False
        return self._known[key]

    def _compare(self, units: list[Unit]) -> bool:
        units, moved = self._join(units)
        if not moved:
            return True
        becomes = list(range(len(units)))  # by unit the one that it is under the exchange
        own = {n: self._find_own_effect(units[n]) for n in moved}
        free = list(moved)
        for n in moved:
            effect = self._rounds.effects.find(units[n], self._changed)
            same = (m for m in free if effect and (found := own[m]) and found.form == effect.form)
            if (match := next(same, None)) is None:
                return False
            free.remove(match)
            becomes[n] = match
        effects: dict[int, Effect | None] = dict(own)
        for first in range(moved[0], moved[-1] + 1):
            for second in range(first + 1, moved[-1] + 1):
                a, b = becomes[first], becomes[second]
                if a < b:
                    continue
                for n in (a, b):
                    if n not in effects:
                        effects[n] = self._find_own_effect(units[n])
                one, other = effects[a], effects[b]
                if one is None or other is None or not one.commutes(other):
                    return False
                fails = one.fails | other.fails
                if self._assumed is not None:
                    self._assumed |= fails
                elif fails:
                    return False
        return True

    def _join(self, units: list[Unit]) -> tuple[list[Unit], list[int]]:
        """Units together with those behind them that need a local of theirs, and which of them
        differ: `held = s.kind` and `if held: …` are one round.
        """
        joined: list[Unit] = []
        moved: list[int] = []
        given: frozenset[str] = frozenset()  # by what differs in the last unit of `joined`
        for unit in units:
            is_fixed = self._is_fixed(unit)
            if given:
                joined[-1] = Unit(joined[-1].start, unit.exit)
            else:
                joined.append(unit)
                if not is_fixed:
                    moved.append(len(joined) - 1)
            if not is_fixed and (effect := self._find_own_effect(unit)):
                given |= effect.given
            given &= self._rounds.live_at(unit.exit)
        return joined, moved

    def _is_fixed(self, unit: Unit) -> bool:
        """Whether a unit is the same under the exchange, at its own place."""
        if unit.start in self._differing:
            return False
        return all(self._is_way_same(arm, unit.exit) for arm in self._rounds.arms(unit))

    def _find_own_effect(self, unit: Unit) -> Effect | None:
        return self._rounds.effects.find_own(unit, self._plain)


def _list_bits(mask: int) -> Iterator[int]:
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1


def _find_meetings(body: Body) -> dict[str, Position]:
    """By block with a branch, where all its ways come together again: its immediate postdominator
    within the step.  A location is an end, whichever way comes to it.
    """
    blocks = {block.label: block for block in body.blocks}

    def name(label: str) -> str:
        return f"@{label}" if blocks[label].rest else label

    following = {
        block.label: tuple(map(name, successors(block.end))) or ("@",) for block in body.blocks
    }
    ends = {target for targets in following.values() for target in targets if target[0] == "@"}
    bits = {label: 1 << n for n, label in enumerate((*blocks, *sorted(ends)))}
    behind = {label: (1 << len(bits)) - 1 for label in blocks} | {e: bits[e] for e in ends}
    changed = True
    while changed:
        changed = False
        for label in reversed(following):
            common = (1 << len(bits)) - 1
            for target in following[label]:
                common &= behind[target]
            if common | bits[label] != behind[label]:
                behind[label] = common | bits[label]
                changed = True
    found: dict[str, Position] = {}
    names = list(bits)
    for block in body.blocks:
        if not isinstance(block.end, Branch):
            continue
        # Postdominators lie in a row; the nearest has all the others behind it.
        rest = behind[block.label] & ~bits[block.label]
        inside = [names[n] for n in _list_bits(rest)]
        nearest = max(inside, key=lambda one: behind[one].bit_count(), default="@")
        if nearest != "@":
            found[block.label] = (nearest.removeprefix("@"), 0)
    return found
