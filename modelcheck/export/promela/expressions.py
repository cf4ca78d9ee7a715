"""Expressions as text, with whatever is known here already put in.

`Speaker` holds what is the same for a whole program; an `Env` says whose code it is and what its
locals are called (or which values they have: a guard is worked out before anything runs).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.export.promela.words import (
    MAX_PLAIN,
    MAX_TEXT,
    Dialect,
    Unsayable,
    Value,
    name_slots,
    say_all,
    say_and,
    say_any,
    say_lookup,
    say_operator,
    say_or,
    say_product,
    say_sum,
)
from modelcheck.ir.address import Address
from modelcheck.ir.bounds import bounds_of
from modelcheck.ir.memory import ALIVE, FREED, NEVER_USED, UNINITIALISED, Memory, Thread
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Body,
    Const,
    ContainerOf,
    Current,
    Expr,
    HasFreeSlot,
    HasFreeThread,
    IsFinished,
    IsInitialised,
    Local,
    Me,
    Object,
    Place,
    Program,
    QueueContains,
    QueueLength,
    Read,
    StartsObject,
    ThreadOf,
)
from modelcheck.ir.types import Embedded, QueueOf, ScalarType, ValueType

_Test = Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class Env:
    """Whose code it is, and what each local of it is now: a name, a value, an expression."""

    thread: Thread | None
    locals: Mapping[str, Value]
    types: Mapping[str, ScalarType] = field(default_factory=dict)

    def bind(self, local: str, value: Value) -> Env:
        """The same with another value for one local."""
        return Env(self.thread, {**self.locals, local: value}, self.types)


class Speaker:
    """Says expressions of one program."""

    def __init__(
        self,
        memory: Memory,
        *,
        starts_below_0: bool = False,
        element: str = "m[{}]",
        counter: str = "m[{}]",
        dialect: Dialect | None = None,
    ) -> None:
        self.program: Program = memory.program
        self.memory = memory
        self.names = name_slots(memory)
        # How a slot is said whose number is worked out at run time, and a thread's counter.
        self._element = element
        self._counter = counter
        self.dialect = dialect or choose_dialect(memory, starts_below_0=starts_below_0)

    @property
    def in_c(self) -> Speaker:
        """The same in a C function."""
        return Speaker(
            self.memory,
            element=self._element,
            counter=self._counter,
            dialect=self.dialect.in_c,
        )

    def slot(self, address: Value) -> str:
        """The variable at a slot number."""
        return self.names[address] if isinstance(address, int) else self._element.format(address)

    def say(self, expr: Expr, env: Env) -> Value:
        """The value of an expression."""
        value = self._say(expr, env)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise Unsayable("an expression grows too long")
        return value

    def _say(self, expr: Expr, env: Env) -> Value:
        match expr:
            case Const(value):
                return value
            case Local(name):
                return env.locals[name]
            case Me():
                return self._thread(env).index
            case Current():
                return self._thread(env).number + 1
            case ThreadOf(template, copy):
                first = self.memory.threads_of(template)[0].number
                return say_sum(self.dialect, [self.say(copy, env), first + 1])
            case Read(place) | QueueLength(place):
                return self.slot(self.address(self.memory.resolve(place), env))
            case AddressOf(place):
                return self.address(self.memory.pointer_number(place), env)
            case ContainerOf(pointer, outer, path):
                table = self.memory.container_table(self._inner(outer, path), outer, path)
                return self.look_up(table, self.say(pointer, env))
            case Alive(place, stable):
                return self._say_alive(place, env, stable=stable)
            case IsInitialised(place):
                slot = self.slot(self.address(self.memory.resolve(place), env))
                return f"({slot} != {self.dialect.number(UNINITIALISED)})"
            case StartsObject(pointer, struct):
                return self.look_up(self.memory.starts_object(struct), self.say(pointer, env))
            case QueueContains(place, value):
                return self._say_contains(place, value, env)
            case IsFinished(thread):
                return self._say_finished(self.say(thread, env))
            case HasFreeThread(template):
                ended = self.memory.ended(template)
                threads = self.memory.threads_of(template)
                return say_any([self.is_equal(self.slot(t.pc), ended) for t in threads])
            case HasFreeSlot(pool):
                return say_any(self.list_free(self.memory.lookup.object(pool)))
            case Apply(op, args, type_):
                values = [self.say(arg, env) for arg in args]
                bits = self._count_bits(args[0], type_, env) if args else 0
                return say_operator(self.dialect, op, values, bits)
            case _:
                assert_never(expr)

    # ------------------------------------------------------------------------ parts

    def is_equal(self, value: Value, number: int) -> Value:
        """Whether a value is a certain number."""
        if isinstance(value, int):
            return int(value == number)
        return f"({value} == {self.dialect.number(number)})"

    def look_up(self, table: tuple[int, ...], index: Value) -> Value:
        """An entry of a table by pointer."""
        return say_lookup(self.dialect, table, index)

    def address(self, address: Address, env: Env) -> Value:
        """The number that an address stands for."""
        parts: list[Value] = [address.offset]
        if address.pointer is not None:
            parts.append(self.look_up(address.table, self.say(address.pointer, env)))
        indices = [(self.say(term.index, env), term.stride) for term in address.terms]
        parts += [say_product(self.dialect, index, stride) for index, stride in indices]
        return say_sum(self.dialect, parts)

    def list_free(self, pool: Object) -> list[Value]:
        """For each slot of a pool, whether `New` may take it."""
        names = [
            self.slot(self.memory.status_slot(pool.name, element) or 0)
            for element in range(self.memory.lookup.instances(pool))
        ]
        never = [self.is_equal(name, NEVER_USED) for name in names]
        if not pool.reuse:
            return never
        freed = [self.is_equal(name, FREED) for name in names]
        return [say_or(a, b) for a, b in zip(never, freed, strict=True)]

    def capacity(self, place: Place) -> int:
        """How many elements a queue can hold."""
        return self.memory.lookup.queue_type(place).capacity

    def _say_alive(self, place: Place, env: Env, *, stable: bool) -> Value:
        life = self.memory.status_of(place)
        found: list[Value] = []
        if life.status is not None:
            status = self.address(life.status, env)
            lives = self._at_known(status, lambda s: self.is_equal(s, ALIVE), life.status)
            if stable:
                counts = self.address(life.freed_counts, env)
                freed = self._at_known(status, lambda s: self.is_equal(s, FREED), life.status)
                lives = say_or(lives, say_and(counts, freed))
            found.append(lives)
        if life.thread is not None:
            thread = self.address(life.thread, env)
            number = say_sum(self.dialect, [thread, 1])
            over = self._say_finished(number)
            lives = f"(!{over})" if isinstance(over, str) else 1 - over
            if isinstance(thread, str) and -1 in life.thread.table[1:]:
                lives = f"({thread} < 0 || {lives})"
            found.append(lives)
        return say_all(found)

    def _at_known(self, status: Value, test: _Test, address: Address) -> Value:
        """A test of a status slot, true where there is none."""
        if isinstance(status, int):
            return 1 if status < 0 else test(self.slot(status))
        asked = test(self.slot(status))
        return f"({status} < 0 || {asked})" if -1 in address.table[1:] else asked

    def _say_finished(self, thread: Value) -> Value:
        """Whether a ThreadId value names a thread that has ended."""
        ended = tuple(self.memory.ended(t.template) for t in self.memory.threads)
        if isinstance(thread, int):
            if not 1 <= thread <= len(ended):
                return 0
            return self.is_equal(self.slot(thread - 1), ended[thread - 1])
        at = say_sum(self.dialect, [thread, -1])
        limit = self.dialect.text(self.look_up((0, *ended), thread))
        counter = self.slot(at) if isinstance(at, int) else self._counter.format(at)
        return f"({counter} == {limit})"

    def _say_contains(self, place: Place, value: Expr, env: Env) -> Value:
        base = self.address(self.memory.resolve(place), env)
        wanted = self.dialect.text(self.say(value, env))
        length = self.slot(base)
        elements = [
            self.slot(say_sum(self.dialect, [base, i + 1])) for i in range(self.capacity(place))
        ]
        found = [f"({length} > {i} && {e} == {wanted})" for i, e in enumerate(elements)]
        return say_any(found)

    def _inner(self, outer: str, path: tuple[str | Expr, ...]) -> str:
        inner: ValueType = Embedded(outer)
        for part in path:
            inner = self.memory.lookup.inner_type(inner, part)
        if not isinstance(inner, Embedded):
            raise InternalError(f"`{outer}` has no struct at {path!r}")
        return inner.struct

    def _count_bits(self, arg: Expr, result: ScalarType, env: Env) -> int:
        del result
        type_ = self.memory.lookup.expr_type(arg, env.types)
        lo, hi = self.memory.domain(type_)
        return 64 if lo < 0 else hi.bit_length()

    def _thread(self, env: Env) -> Thread:
        if env.thread is None:
            raise InternalError("code outside any thread asks which thread it is")
        return env.thread

    # ------------------------------------------------------------------------ places

    def queue_at(self, place: Place, env: Env) -> Value:
        """The slot of a queue's length."""
        if not isinstance(self.memory.type_of(place), QueueOf):
            raise InternalError("an operation on a queue names something else")
        return self.address(self.memory.resolve(place), env)


def choose_dialect(memory: Memory, *, starts_below_0: bool) -> Dialect:
    """Plain where every value of the program fits 32 bits, and none below 0 is there at the start
    (which no initialiser of an array can say).

    Soundness: a value that does not fit would wrap silently in SPIN; every type that a slot, a
    constant or an intermediate value of the program has is asked for its bounds.
    """
    bodies: list[Body] = [t.body for t in memory.program.templates]
    bodies += [p.body for p in memory.program.properties if p.body is not None]
    lowest, highest = bounds_of(memory, bodies)
    fits = highest < MAX_PLAIN and lowest >= -MAX_PLAIN
    is_wide = not fits or starts_below_0
    beyond = max((slot.hi for slot in memory.slots), default=0) + 1
    return Dialect(is_wide, UNINITIALISED if is_wide else beyond)
