"""Stretches of a step that only look: loops over elements whose rounds may come in any order.

`for lock in objects(Mutex): if owns(lock): precedes(…, lock)` is unrolled, so under an exchange its
text is another one.  But between two changes of memory a step is a function of the state: which
way it takes, what it records, what its locals hold at the end, whether it fails.  Where that
function is the same under an exchange, the text may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Block,
    Body,
    Branch,
    Check,
    End,
    Instr,
    Jump,
    Load,
    Precedes,
    QueueOp,
    Read,
    Terminator,
    Wait,
)
from modelcheck.ir.regions import find_entry, find_region, find_step_regions
from modelcheck.ir.traverse import (
    assigned_local,
    is_access,
    list_node_exprs,
    nodes_of,
    successors,
    used_locals,
)
from modelcheck.reduce.decisions import Decisions
from modelcheck.reduce.follow import TooLarge
from modelcheck.reduce.normal import Form, Normal

MOST_NODES = 2_500  # of a diagram, and of blocks followed
Position = tuple[str, int]  # a block and one of its nodes
Write = Callable[[Mapping[str, Form]], Normal]
_Recorded = frozenset[Form]


def only_looks(node: Instr | Terminator) -> bool:
    """Whether a node changes nothing but locals and what is recorded for the whole run."""
    if isinstance(node, QueueOp):
        return node.verb == "read"
    return isinstance(node, Assign | Load | Check | Assert | Wait | Precedes | Branch | Jump | End)


def _is_access(node: Instr | Terminator) -> bool:
    """Whether a node that only looks touches memory as far as races go."""
    if isinstance(node, Load | QueueOp) and node.kind.is_access:
        return True
    return any(map(is_access, list_node_exprs(node)))


class Segments:
    """The stretches of one body.  In blocks that are `ordered` it can be noticed in which order
    memory is looked at.
    """

    def __init__(self, body: Body, ordered: frozenset[str]) -> None:
        self.blocks = {block.label: block for block in body.blocks}
        self._kept = _find_kept(body, ordered)
        self._live = _find_live(self.blocks)
        entry = () if self.blocks[body.entry].rest else ((body.entry, 0),)
        self._starts: tuple[Position, ...] = (*entry, *self._list_starts(body))

    def is_kept(self, at: Position) -> bool:
        """Whether somebody may notice in which order a node comes."""
        return at in self._kept

    def live_at(self, at: Position) -> frozenset[str]:
        """The locals whose values are used from a node on."""
        return _find_live_at(self.blocks[at[0]], at[1], self._live)

    def _list_starts(self, body: Body) -> Iterator[Position]:
        for block in body.blocks:
            if block.rest:
                yield block.label, 0
            for i, node in enumerate(block.instrs):
                if not only_looks(node):
                    yield block.label, i + 1

    def excuse(
        self,
        differing: set[Position],
        make_writers: Callable[[Decisions], tuple[Write, Write]],
    ) -> set[Position]:
        """Those of the nodes that an exchange changes which lie on no stretch that differs as a
        whole; `make_writers` gives what writes the text as it is, and under the exchange.

        Soundness: each way to a node begins at the start of a stretch, so all stretches that come
        by it are compared; what changes memory is excused in no case.
        """
        decisions = Decisions()
        plain, changed = make_writers(decisions)
        left = {p for p in differing if not only_looks(nodes_of(self.blocks[p[0]])[p[1]])}
        seen: set[Position] = set()
        together: list[set[Position]] = []
        for start in self._starts:
            walk = _Walk(self.blocks, self._live, decisions, changed)
            try:
                passed = walk.find_passed(start)
                if passed.isdisjoint(differing):
                    continue
                seen |= passed
                together.append(passed & differing)
                first = walk.follow(start, {}, frozenset())
                other = _Walk(self.blocks, self._live, decisions, plain)
                is_same = other.follow(start, {}, frozenset()) == first
                if not is_same or not passed.isdisjoint(self._kept):
                    left |= passed & differing
            except TooLarge:
                return differing
        left |= differing - seen
        return close(left, together)


class _Walk:
    """One stretch under one renaming."""

    def __init__(
        self,
        blocks: Mapping[str, Block],
        live: Mapping[str, frozenset[str]],
        decisions: Decisions,
        write: Write,
    ) -> None:
        self._blocks = blocks
        self._live = live
        self._decisions = decisions
        self._write = write
        self._steps = 0
        self._made: dict[tuple[str, _Recorded, _Recorded], int] = {}

    def find_passed(self, start: Position) -> set[Position]:
        """The nodes of a stretch.  Raises TooLarge where it may go round."""
        passed: set[Position] = set()
        under_way: list[str] = []

        def walk(label: str, first: int) -> None:
            nodes = nodes_of(self._blocks[label])
            for i in range(first, len(nodes)):
                if not only_looks(nodes[i]):
                    return
                if (label, i) in passed and i == first and first == 0:
                    return
                passed.add((label, i))
            under_way.append(label)
            for target in successors(self._blocks[label].end):
                if self._blocks[target].rest:
                    continue
                if target in under_way:
                    raise TooLarge
                walk(target, 0)
            under_way.pop()

        walk(*start)
        return passed

    def follow(self, at: Position, known: Mapping[str, Form], recorded: _Recorded) -> int:
        """What the stretch does from a node on, as a decision diagram."""
        self._steps += 1
        if self._steps + self._decisions.size > MOST_NODES:
            raise TooLarge
        label, first = at
        block = self._blocks[label]
        values = dict(known)
        decisions = self._decisions
        tests: list[tuple[int, int]] = []  # where the way ends unless a condition holds
        result = -1
        for i, node in enumerate(block.instrs[first:], first):
            writer = self._write(values)
            match node:
                case Assign(local, value):
                    values[local] = writer.of_assigned(local, value)
                case Load(local, place, kind):
                    values[local] = writer.of_assigned(local, Read(place, kind))
                case Check() | Assert():
                    failure = decisions.end(("fails", writer.failure(node), recorded))
                    tests.append((writer.condition(node.condition), failure))
                case Wait(condition, idle):
                    tests.append((writer.condition(condition), decisions.end(("waits", idle))))
                case Precedes():
                    recorded |= {writer.node(node)}
                case QueueOp("read"):
                    pass
                case _:
                    result = self._stop((label, i), values, recorded)
                    break
        if result < 0:
            result = self._leave(block, values, recorded)
        for test, otherwise in reversed(tests):
            result = decisions.choose(test, result, otherwise)
        return result

    def _leave(self, block: Block, values: Mapping[str, Form], recorded: _Recorded) -> int:
        match block.end:
            case Jump(target):
                return self._go(target, values, recorded)
            case Branch(condition, then, other):
                test = self._write(values).condition(condition)
                then_, other_ = (self._go(t, values, recorded) for t in (then, other))
                return self._decisions.choose(test, then_, other_)
            case _:
                return self._decisions.end(("ends", recorded))

    def _go(self, target: str, values: Mapping[str, Form], recorded: _Recorded) -> int:
        if self._blocks[target].rest:
            return self._stop((target, 0), values, recorded)
        live = self._live[target]
        known = {name: form for name, form in values.items() if name in live}
        key = (target, frozenset(known.items()), recorded)
        if key not in self._made:
            self._made[key] = self.follow((target, 0), known, recorded)
        return self._made[key]

    def _stop(self, at: Position, values: Mapping[str, Form], recorded: _Recorded) -> int:
        """The end of a stretch: where, with which values of the locals that are still used."""
        live = _find_live_at(self._blocks[at[0]], at[1], self._live)
        kept = frozenset((name, form) for name, form in values.items() if name in live)
        return self._decisions.end(("goes on", at, kept, recorded))


def close(left: set[Position], together: list[set[Position]]) -> set[Position]:
    """Without a node none of those that are excused `together` with it is: what is left can then be
    looked at in another way, as if the rest had not changed.

    Soundness: else half a stretch would count as unchanged that is unchanged only as a whole
    (tests/reduce/test_symmetry_rounds.py).
    """
    while True:
        more = {p for group in together if not group.isdisjoint(left) for p in group}
        if more <= left:
            return left
        left = left | more


def _find_kept(body: Body, ordered: frozenset[str]) -> set[Position]:
    """The nodes whose order somebody may notice: by a race, or because blocks are counted."""
    regions = list(find_step_regions(body))
    if not find_entry(body).rest:
        regions.append(find_region(body, find_entry(body)))
    counted = {block.label for r in regions if r.needs_count for block in r.blocks}
    return {
        (block.label, i)
        for block in body.blocks
        for i, node in enumerate(nodes_of(block))
        if block.label in counted or (block.label in ordered and _is_access(node))
    }


def _find_live(blocks: Mapping[str, Block]) -> dict[str, frozenset[str]]:
    """By block the locals whose values are used from its beginning on."""
    live = {
        label: frozenset(block.live) if block.rest else frozenset[str]()
        for label, block in blocks.items()
    }
    inner = [label for label, block in blocks.items() if not block.rest]
    while True:
        changed = False
        for label in reversed(inner):
            found = _find_live_at(blocks[label], 0, live)
            if found != live[label]:
                live[label] = found
                changed = True
        if not changed:
            return live


def _find_live_at(block: Block, index: int, live: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The locals whose values are used from a node of a block on."""
    if block.rest and index == 0:
        return frozenset(block.live)
    found: set[str] = set()
    for target in successors(block.end):
        found |= live[target]
    found |= used_locals(block.end)
    for node in reversed(block.instrs[index:]):
        local = assigned_local(node)
        if local is not None:
            found.discard(local)
        found |= used_locals(node)
    return frozenset(found)
