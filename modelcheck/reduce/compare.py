"""The text of a program beside itself after an exchange of two numbers.

Code is compared node by node, and where that differs stretch by stretch (`segments`); a property as
one function (`follow`); start values by value.
"""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.diagnostics import NOWHERE, Span
from modelcheck.ir.nodes import Body
from modelcheck.ir.traverse import nodes_of
from modelcheck.reduce.decisions import Decisions
from modelcheck.reduce.follow import Follower, TooLarge
from modelcheck.reduce.kinds import Kinds, Scope
from modelcheck.reduce.normal import Form, Normal
from modelcheck.reduce.renaming import Family, Renaming
from modelcheck.reduce.rounds import Rounds
from modelcheck.reduce.segments import Position, Segments, Write
from modelcheck.reduce.sorts import Key


class Comparison:
    """Compares all text with itself after an exchange of two numbers of one family."""

    def __init__(
        self,
        kinds: Kinds,
        family: Family,
        root: Key,
        bodies: list[tuple[Body, Scope]],
        ordered: frozenset[tuple[str, str]],
        *,
        assumes: bool = True,
    ) -> None:
        self._kinds = kinds
        self._memory = kinds.memory
        self._family = family
        self._root = root
        self._bodies = bodies
        self._ordered = ordered
        self._assumes = assumes
        self.assumed: set[str] = set()  # checks that must not fail where two may be exchanged
        self._decisions = Decisions()
        self._indifferent: set[int] = set()  # nodes and bodies that name nothing, by identity
        self._plain = Renaming(self._memory, family, {})
        self._code = Decisions()  # of the conditions in code
        self._forms: dict[int, Form] = {}  # of nodes as they are written, by identity
        self._segments: dict[int, Segments] = {}
        self._rounds: dict[int, Rounds] = {}
        self._known: dict[tuple[tuple[int, int], ...], tuple[str, Span] | None] = {}

    def find_difference(self, i: int, j: int) -> tuple[str, Span] | None:
        """Why two numbers cannot be exchanged; None if they can."""
        return self._compare({i: j, j: i})

    def find_difference_in_turn(self, numbers: tuple[int, ...]) -> tuple[str, Span] | None:
        """Why not all of some numbers can be exchanged for all.

        An exchange of the first two and a turn of all give every order.
        """
        if why := self.find_difference(numbers[0], numbers[1]):
            return why
        if len(numbers) == 2:
            return None
        return self._compare(dict(zip(numbers, (*numbers[1:], numbers[0]), strict=True)))

    def _compare(self, moved: Mapping[int, int]) -> tuple[str, Span] | None:
        key = tuple(sorted(moved.items()))
        if key not in self._known:
            self._known[key] = self._compare_all(Renaming(self._memory, self._family, moved))
        return self._known[key]

    def _compare_all(self, swap: Renaming) -> tuple[str, Span] | None:
        if why := self._compare_starts(swap):
            return why
        assumed: set[str] = set()
        for body, scope in self._bodies:
            if scope.template:
                why = self._compare_code(body, scope, swap, assumed)
            else:
                why = self._compare_property(body, scope, swap)
            if why:
                return why
        self.assumed |= assumed
        return None

    def _compare_code(
        self, body: Body, scope: Scope, swap: Renaming, assumed: set[str]
    ) -> tuple[str, Span] | None:
        differing: dict[Position, Span] = {}
        for block in body.blocks:
            keeps = (scope.template, block.label) in self._ordered
            for i, node in enumerate(nodes_of(block)):
                if id(node) in self._indifferent:
                    continue
                swap.asked = False
                form = self._make_normal(scope, swap, keeps=keeps).node(node)
                if not swap.asked:
                    self._indifferent.add(id(node))
                    continue
                if id(node) not in self._forms:
                    normal = self._make_normal(scope, self._plain, keeps=keeps)
                    self._forms[id(node)] = normal.node(node)
                if form != self._forms[id(node)]:
                    differing[block.label, i] = node.span
        if differing:
            left = self._find_told(body, scope, swap, set(differing), assumed)
            if left:
                first = min(left, key=list(differing).index)
                return "the code names one of them, or goes through them in order", differing[first]
        return None

    def _find_told(
        self,
        body: Body,
        scope: Scope,
        swap: Renaming,
        differing: set[Position],
        assumed: set[str],
    ) -> set[Position]:
        """The nodes by which a body tells two numbers apart, of those that are not the same."""

        def write(renaming: Renaming, decisions: Decisions) -> Write:
            return lambda known: Normal(
                self._kinds, scope, renaming, self._root, decisions, known=known, unknown=True
            )

        if id(body) not in self._segments:
            ordered = frozenset(label for name, label in self._ordered if name == scope.template)
            self._segments[id(body)] = Segments(body, ordered)
            self._rounds[id(body)] = Rounds(body, self._kinds.aliases, self._segments[id(body)])
        plain = self._plain
        stretches, rounds = self._segments[id(body)], self._rounds[id(body)]

        def make_writers(decisions: Decisions) -> tuple[Write, Write]:
            return write(plain, decisions), write(swap, decisions)

        left = rounds.excuse(differing, make_writers, None)
        if left:
            left = stretches.excuse(left, make_writers)
        if left and self._assumes:
            left = rounds.excuse(left, make_writers, assumed)
        return left

    def _compare_property(
        self, body: Body, scope: Scope, swap: Renaming
    ) -> tuple[str, Span] | None:
        if id(body) in self._indifferent:
            return None

        def follow(renaming: Renaming) -> int:
            def write(known: Mapping[str, Form]) -> Normal:
                return Normal(
                    self._kinds, scope, renaming, self._root, self._decisions, known=known
                )

            return Follower(body, self._decisions, write).follow(body.entry, {})

        swap.asked = False
        span = next((b.end.span for b in body.blocks), NOWHERE)
        self._decisions = Decisions()
        try:
            changed = follow(swap)
            if not swap.asked:
                self._indifferent.add(id(body))
                return None
            same = follow(self._plain) == changed
        except TooLarge:
            return f"`{scope.name}` has too many ways to be compared", span
        return None if same else (f"`{scope.name}` tells them apart", span)

    def _make_normal(self, scope: Scope, renaming: Renaming, *, keeps: bool) -> Normal:
        return Normal(self._kinds, scope, renaming, self._root, self._code, keeps_order=keeps)

    def _compare_starts(self, swap: Renaming) -> tuple[str, Span] | None:
        """Start values are what `Crash`, `Spawn` and `Enter` write."""
        memory = self._memory
        at = {(s.object, s.element, s.role, s.path): s for s in memory.slots if s.object}
        for slot in memory.slots:
            if not slot.object:
                continue
            obj = memory.lookup.object(slot.object)
            key = (slot.object, swap.element(slot.object, slot.element), slot.role, slot.path)
            is_name = slot.role not in ("status", "queue-length")
            value = memory.start[slot.number]
            moved = swap.value(slot.type, value) if is_name else value
            if key in at and memory.start[at[key].number] != moved:
                return f"`{slot.name}` starts in its own way", obj.span
        for obj in self._memory.program.objects:
            if obj.kind not in ("per_thread", "local"):
                continue
            values = memory.start_values(obj.name)
            for leaf, value in zip(memory.leaves[obj.name], values, strict=True):
                is_name = leaf.role != "queue-length"
                if is_name and swap.value(leaf.type, value) != value:
                    return f"`{obj.name}` starts with the name of one of them", obj.span
        return None
