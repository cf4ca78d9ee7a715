"""Ways through a step of one thread, followed with symbols for what is not known.

Of a step's locals only what the text says is known: constants, and what was loaded from which
place.  So a condition on a local that was loaded becomes one on the place, as it is when the step
begins; the callers stop at the first write that could make the two differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from modelcheck.ir.nodes import (
    Apply,
    Assert,
    Assign,
    Block,
    Branch,
    Check,
    Const,
    ContainerOf,
    Current,
    End,
    Expr,
    Instr,
    Jump,
    Load,
    Local,
    Me,
    Place,
    QueueOp,
    Read,
    Return,
    StartsObject,
    Store,
    Terminator,
    ThreadOf,
    Wait,
)
from modelcheck.ir.rebuild import map_expr, map_place
from modelcheck.ir.traverse import assigned_local, list_exprs, nodes_of
from modelcheck.reduce.facts import Case, Cases, Fact, is_contradiction, read_condition

MOST_BLOCKS = 150  # followed in one step, over all its ways
MOST_PARTS = 24  # of an expression that is remembered


class TooManyWaysError(Exception):
    """A step has more ways than anybody wants to follow."""


@dataclass(slots=True)
class Way:
    """How far a step was followed: the facts that led here, and what its locals are now."""

    case: Case = frozenset()
    values: dict[str, Expr] = field(default_factory=dict)  # of locals, in terms of symbols
    held: dict[str, Expr] = field(default_factory=dict)  # what symbols were looked up from
    passed: frozenset[str] = frozenset()  # blocks
    written: tuple[Place, ...] = ()  # what is no longer as it was when the step began

    def fork(self, case: Case) -> Way:
        """The same way with more facts."""
        values, held = dict(self.values), dict(self.held)
        return Way(self.case | case, values, held, self.passed, self.written)

    def put(self, local: str, value: Expr | None) -> None:
        """Let a local have a value; None: one that nobody knows."""
        symbol = f"{local}#{len(self.held)}"
        if value is not None and len(list_exprs((value,))) <= MOST_PARTS:
            if is_pure(value):
                self.values[local] = value
                return
            self.held[symbol] = value
        else:
            self.held[symbol] = Local(symbol)
        self.values[local] = Local(symbol)

    def read(self, expr: Expr) -> Expr:
        """An expression in terms of symbols, and of the places they were loaded from."""
        return self._expand(map_expr(expr, self._put_in))

    def place(self, place: Place) -> Place:
        """A place in terms of symbols."""
        return map_place(place, self._put_in)

    def put_in(self, expr: Expr) -> Expr:
        """An expression in terms of symbols."""
        return map_expr(expr, self._put_in)

    def _put_in(self, expr: Expr) -> Expr:
        return self.values.get(expr.name, expr) if isinstance(expr, Local) else expr

    def _expand(self, expr: Expr) -> Expr:
        if isinstance(expr, Local):
            held = self.held.get(expr.name, expr)
            return held if held == expr else self._expand(held)
        if isinstance(expr, Apply):
            return replace(expr, args=tuple(map(self._expand, expr.args)))
        return expr


def is_pure(*exprs: Expr) -> bool:
    """Whether expressions look at no memory and no thread: their value is always the same."""
    return all(isinstance(part, _PURE) for part in list_exprs(exprs))


_PURE = (Const, Local, Me, Current, ThreadOf, Apply, ContainerOf, StartsObject)


class Walker:
    """Follows the ways through one step; `meet` says whether two places may be one."""

    def __init__(
        self, blocks: Mapping[str, Block], entry: str, meet: Callable[[Place, Place], bool]
    ) -> None:
        self._blocks = blocks
        self._entry = entry
        self._meet = meet
        self._left = MOST_BLOCKS
        self._matters: Callable[[Fact], bool] = lambda _: True

    def gates(self) -> Iterator[Case]:
        """The cases, as far as they are found, in which the step comes to a false `Wait`.

        Soundness: in each of them the step must be disabled whichever way it could go.  So a way
        ends where it forks by more than facts, and conditions that are no facts, or are about what
        the step itself has written, count as never met.
        """
        work = [(self._entry, Way())]
        while work:
            label, way = work.pop()
            yield from self._look_for_waits(label, way, work)

    def _look_for_waits(self, label: str, way: Way, work: list[tuple[str, Way]]) -> Iterator[Case]:
        block = self._enter(label, way)
        if block is None:
            return
        ways = [way]
        for instr in block.instrs:
            if isinstance(instr, Wait):
                for one in ways:
                    stopped = read_condition(one.read(instr.condition), wanted=False, unknown=False)
                    yield from (w.case for w in self._split([one], [stopped], unknown=False))
            if not _has_one_outcome(instr):
                return
            ways = self._step(ways, instr, unknown=False)
        work.extend(self._leave(ways, block.end, unknown=False))

    def answers(self, *, wanted: bool) -> Iterator[Case]:
        """Cases that cover every way of a property's body to an answer, and to a check that fails.

        Soundness: no way may be left out, and a condition that is no fact counts as met.  Raises
        TooManyWaysError rather than that.
        """
        work = [(self._entry, Way())]
        while work:
            label, way = work.pop()
            if label in way.passed:
                raise TooManyWaysError
            block = self._enter(label, way)
            if block is None:
                raise TooManyWaysError
            ways = [way]
            for instr in block.instrs:
                if isinstance(instr, Check | Assert):
                    yield from self._list_cases(ways, instr.condition, wanted=False)
                ways = self._step(ways, instr, unknown=True)
            if isinstance(block.end, Return):
                yield from self._list_cases(ways, block.end.value, wanted=wanted)
            work.extend(self._leave(ways, block.end, unknown=True))

    def _list_cases(self, ways: list[Way], condition: Expr, *, wanted: bool) -> Iterator[Case]:
        cases = [read_condition(w.read(condition), wanted=wanted, unknown=True) for w in ways]
        yield from (way.case for way in self._split(ways, cases, unknown=True))

    def first_writes(
        self, writes: Mapping[str, int], matters: Callable[[Fact], bool]
    ) -> Iterator[tuple[Case, Way, Instr | End]]:
        """The ways to each node that may write, where it is the first on its way.

        `writes` has the numbers of such nodes in their blocks (of a terminator: after all
        instructions), the first of each block.  Facts that do not matter are not told.

        Soundness: no way may be left out, and a condition that is no fact counts as met.  Raises
        TooManyWaysError rather than that.
        """
        self._matters = matters
        useful = self._find_useful(writes)
        seen: set[tuple[str, Case, frozenset[tuple[str, Expr]]]] = set()
        work = [(self._entry, Way())]
        while work:
            label, way = work.pop()
            # From one place on, ways that know the same of facts and locals are one.
            key = label, way.case, frozenset((way.values | way.held).items())
            if label not in useful or key in seen:
                continue
            seen.add(key)
            if label in way.passed:
                raise TooManyWaysError
            block = self._enter(label, way)
            if block is None:
                continue
            nodes = nodes_of(block)
            stop = writes.get(label, len(nodes))
            ways = [way]
            for instr in block.instrs[:stop]:
                ways = self._step(ways, instr, unknown=True)
            if label in writes:
                node = nodes[stop]
                yield from ((one.case, one, node) for one in ways)  # type: ignore[misc]
            else:
                work.extend(self._leave(ways, block.end, unknown=True))

    def _enter(self, label: str, way: Way) -> Block | None:
        self._left -= 1
        if self._left < 0:
            raise TooManyWaysError
        if label in way.passed:
            return None
        way.passed |= {label}
        return self._blocks.get(label)

    def _find_useful(self, writes: Mapping[str, int]) -> frozenset[str]:
        """The blocks from which a node that writes can be reached."""
        found = set(writes)
        is_growing = True
        while is_growing:
            is_growing = False
            for label, block in self._blocks.items():
                if label not in found and any(to in found for to in _targets(block.end)):
                    found.add(label)
                    is_growing = True
        return frozenset(found)

    # -----------------------------------------------------------------------------------------
    # One node

    def _step(self, ways: list[Way], instr: Instr, *, unknown: bool) -> list[Way]:
        match instr:
            case Check(condition) | Assert(condition) | Wait(condition):
                cases = [
                    read_condition(w.read(condition), wanted=True, unknown=unknown) for w in ways
                ]
                return self._split(ways, cases, unknown=unknown)
            case Assign(local, value):
                for way in ways:
                    way.put(local, way.put_in(value))
            case Load(local, place):
                for way in ways:
                    way.put(local, Read(way.place(place)))
            case _:
                set_here = assigned_local(instr)
                for way in ways:
                    if isinstance(instr, Store | QueueOp):
                        way.written += (way.place(instr.place),)
                    if set_here is not None:
                        way.put(set_here, None)
        return ways

    def _leave(
        self, ways: list[Way], end: Terminator, *, unknown: bool
    ) -> Iterator[tuple[str, Way]]:
        match end:
            case Jump(target):
                yield from ((target, way) for way in ways)
            case Branch(condition, then, other):
                for wanted, target in ((True, then), (False, other)):
                    cases = [
                        read_condition(w.read(condition), wanted=wanted, unknown=unknown)
                        for w in ways
                    ]
                    yield from ((target, w) for w in self._split(ways, cases, unknown=unknown))
            case _:
                return

    def _split(self, ways: list[Way], cases: list[Cases], *, unknown: bool) -> list[Way]:
        """Each way in each of its cases; what was written since is known of no case."""
        made = []
        for way, some in zip(ways, cases, strict=True):
            found: dict[Case, None] = {}
            for case in some:
                sure = frozenset(fact for fact in case if self._is_sure(fact, way))
                if unknown or sure == case:
                    found[sure] = None
            if frozenset() in found:
                made.append(way.fork(frozenset()))
            else:
                made += [way.fork(c) for c in found if not is_contradiction(way.case | c)]
        return made

    def _is_sure(self, fact: Fact, way: Way) -> bool:
        return self._matters(fact) and not self._is_written(fact, way)

    def _is_written(self, fact: Fact, way: Way) -> bool:
        return fact.test != "life" and any(self._meet(fact.place, to) for to in way.written)


def _has_one_outcome(instr: Instr) -> bool:
    """Whether a step goes on behind an instruction in one way, with lives as they were."""
    return isinstance(instr, Assign | Load | Check | Assert | Wait | Store | QueueOp)


def _targets(end: Terminator) -> tuple[str, ...]:
    match end:
        case Jump(target):
            return (target,)
        case Branch(_, then, other):
            return (then, other)
        case _:
            return ()
