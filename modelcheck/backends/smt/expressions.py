"""Expressions and places as values, in the state that a step has made so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from modelcheck.backends.facts import PoolFacts
from modelcheck.backends.smt.cells import Cells, Target, list_targets, look_up, number_of
from modelcheck.backends.smt.terms import Terms, Value
from modelcheck.backends.subjects import find_embedded_struct, find_queue
from modelcheck.diagnostics import InternalError
from modelcheck.ir.memory import ALIVE, FREED, UNINITIALISED, Memory, Thread
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Const,
    ContainerOf,
    Current,
    Expr,
    HasFreeSlot,
    HasFreeThread,
    IsFinished,
    IsInitialised,
    Kind,
    Local,
    Me,
    Place,
    QueueContains,
    QueueLength,
    Read,
    StartsObject,
    ThreadOf,
)
from modelcheck.ir.types import BoolType, ScalarType


@dataclass(frozen=True, slots=True)
class Touch:
    """A look at or change of a place: when it happens, the slots that may stand for the place (of
    a queue: its length), and how.
    """

    condition: Value
    targets: tuple[Target, ...]
    is_write: bool
    kind: Kind


@dataclass(slots=True)
class Scene:
    """Where an expression stands: whose code, its locals, the state so far, and under which
    condition control comes there.  `touched` collects accesses, where somebody asks for them.
    """

    cells: Cells
    locals: dict[str, Value]
    types: Mapping[str, ScalarType]
    thread: Thread | None
    when: Value = True
    touched: list[Touch] | None = None

    def copy(self, memory: Memory) -> Scene:
        """The same, to go another way."""
        return Scene(
            self.cells.copy(memory),
            dict(self.locals),
            self.types,
            self.thread,
            self.when,
            self.touched,
        )


@dataclass(frozen=True, slots=True)
class Speller:
    """Makes values of expressions of one program."""

    memory: Memory
    terms: Terms
    pools: Mapping[str, PoolFacts]
    ended: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        threads = self.memory.threads
        ended = tuple(self.memory.ended(t.template) for t in threads)
        object.__setattr__(self, "ended", ended)

    def value(self, expr: Expr, at: Scene) -> Value:
        """The value of an expression."""
        terms = self.terms
        match expr:
            case Const(value, type_):
                return bool(value) if isinstance(type_, BoolType) else value
            case Local(name):
                return self.fit(at.types[name], at.locals.get(name, 0))
            case Me():
                return self.thread_of(at).index
            case Current():
                return self.thread_of(at).number + 1
            case ThreadOf(template, copy):
                first = self.memory.threads_of(template)[0].number
                return terms.add(self.value(copy, at), first + 1)
            case Read(place, kind):
                self.touch(place, kind, at)
                return self.read(place, at)
            case AddressOf(place):
                return self.address(place, at)
            case ContainerOf(pointer, outer, path):
                struct = find_embedded_struct(self.memory, outer, path)
                table = self.memory.container_table(struct, outer, path)
                return look_up(terms, table, self.value(pointer, at))
            case Alive(place, stable):
                return self._is_alive(place, at, stable=stable)
            case IsInitialised(place):
                targets = self.targets(place, at)
                return at.cells.read(targets, self._is_initialised)
            case StartsObject(pointer, struct):
                known = look_up(terms, self.memory.starts_object(struct), self.value(pointer, at))
                return terms.as_bool(known)
            case QueueLength(place, kind):
                self.touch(place, kind, at)
                return at.cells.read(self.targets(place, at), terms.as_number)
            case QueueContains(place, value, kind):
                self.touch(place, kind, at)
                return self._contains(place, self.value(value, at), at)
            case IsFinished(thread):
                return self._is_finished(self.value(thread, at), at)
            case HasFreeThread(template):
                return terms.any_of(
                    terms.equal(at.cells[t.pc], self.ended[t.number])
                    for t in self.memory.threads_of(template)
                )
            case HasFreeSlot(pool):
                known = self.pools[pool]
                return terms.any_of(self.is_free(known, s, at) for s in known.statuses)
            case Apply(op, args, _):
                return self._apply(op, args, at)
            case _:
                assert_never(expr)

    def _apply(self, op: str, args: tuple[Expr, ...], at: Scene) -> Value:
        if at.touched is None or op not in ("and", "or", "ite"):
            return self.terms.apply(op, tuple(self.value(arg, at) for arg in args))
        # What Python would not evaluate is no access.
        first = self.value(args[0], at)
        outside = at.when
        goes_on = (first, self.terms.negate(first)) if op != "or" else (self.terms.negate(first),)
        values = [first]
        for condition, arg in zip(goes_on, args[1:], strict=False):
            at.when = self.terms.all_of((outside, condition))
            values.append(self.value(arg, at))
        at.when = outside
        return self.terms.apply(op, tuple(values))

    # ------------------------------------------------------------------------ places

    def fit(self, type_: ScalarType, value: Value) -> Value:
        """A value as its type wants it: a Bool or a number."""
        is_bool = isinstance(type_, BoolType)
        return self.terms.as_bool(value) if is_bool else self.terms.as_number(value)

    def targets(self, place: Place, at: Scene) -> list[Target]:
        """The slots that a place may be (its first one, where it has several)."""
        return list_targets(self.terms, self.memory.resolve(place), lambda e: self.value(e, at))

    def address(self, place: Place, at: Scene) -> Value:
        """The pointer to a place whose type is a struct."""
        known = self.memory.pointer_number(place)
        return number_of(self.terms, known, lambda e: self.value(e, at))

    def read(self, place: Place, at: Scene) -> Value:
        """What a scalar place holds."""
        type_ = self.memory.lookup.scalar_type(place)
        return at.cells.read(self.targets(place, at), lambda value: self.fit(type_, value))

    def touch(self, place: Place, kind: Kind, at: Scene, *, is_write: bool = False) -> None:
        """Note an access, where accesses are collected."""
        if at.touched is None or not kind.is_access:
            return
        queue = find_queue(self.memory, place)
        targets = self.targets(place if queue is None else queue, at)
        at.touched.append(Touch(at.when, tuple(targets), is_write, kind))

    def _is_initialised(self, value: Value) -> Value:
        if self.terms.is_bool(value):
            return True
        return self.terms.negate(self.terms.equal(value, UNINITIALISED))

    def _contains(self, place: Place, wanted: Value, at: Scene) -> Value:
        terms, capacity = self.terms, self.memory.lookup.queue_type(place).capacity
        found = []
        for target in self.targets(place, at):
            length = terms.as_number(at.cells[target.slot])
            for i in range(capacity):
                held = terms.like(at.cells[target.slot + 1 + i], wanted)
                is_there = terms.apply("<", (i, length))
                found.append(terms.all_of((target.condition, is_there, terms.equal(held, wanted))))
        return terms.any_of(found)

    # ------------------------------------------------------------------------ lives

    def is_free(self, pool: PoolFacts, status: int, at: Scene) -> Value:
        """Whether an element of a pool can be taken."""
        return self.terms.any_of(
            self.terms.equal(at.cells[status], value) for value in sorted(pool.free_values)
        )

    def _is_finished(self, thread: Value, at: Scene) -> Value:
        terms = self.terms
        return terms.any_of(
            terms.all_of((terms.equal(thread, t + 1), terms.equal(at.cells[t], end)))
            for t, end in enumerate(self.ended)
        )

    def _is_alive(self, place: Place, at: Scene, *, stable: bool) -> Value:
        terms = self.terms
        life = self.memory.status_of(place)
        conditions = []
        if life.status is not None:
            targets = list_targets(terms, life.status, lambda e: self.value(e, at))
            lives = [self._has_status(t, ALIVE, at) for t in targets]
            if stable:
                counts = number_of(terms, life.freed_counts, lambda e: self.value(e, at))
                freed = [self._has_status(t, FREED, at) for t in targets if t.slot >= 0]
                is_kept = terms.all_of((terms.as_bool(counts), terms.any_of(freed)))
                lives.append(is_kept)
            conditions.append(terms.any_of(lives))
        if life.thread is not None:
            targets = list_targets(terms, life.thread, lambda e: self.value(e, at))
            conditions.append(terms.any_of(self._goes_on(t, at) for t in targets))
        return terms.all_of(conditions)

    def _has_status(self, target: Target, status: int, at: Scene) -> Value:
        """Whether the target is the one and has a status; without a slot nothing ends it."""
        if target.slot < 0:
            return target.condition
        held = self.terms.equal(at.cells[target.slot], status)
        return self.terms.all_of((target.condition, held))

    def _goes_on(self, target: Target, at: Scene) -> Value:
        if target.slot < 0:
            return target.condition
        is_ended = self.terms.equal(at.cells[target.slot], self.ended[target.slot])
        return self.terms.all_of((target.condition, self.terms.negate(is_ended)))

    def thread_of(self, at: Scene) -> Thread:
        """The thread whose code it is."""
        if at.thread is None:
            raise InternalError("code outside any thread asks which thread it is")
        return at.thread
