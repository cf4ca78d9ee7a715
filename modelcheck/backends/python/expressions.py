"""Expressions and places as Python text.

Every value is an int in the generated code; `m` is the memory, a local is `v` and a number.  With
`watches` the text also notes each slot it looks at (`c.touch`), in the order and under the short
circuit in which Python evaluates it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from modelcheck.backends.python.cover import BodyCover
from modelcheck.backends.python.runtime import (
    is_alive,
    is_usable,
    queue_append,
    queue_appendleft,
    queue_clear,
    queue_contains,
    queue_pop,
    queue_popleft,
    queue_remove,
    set_by_pointer,
    set_slots,
)
from modelcheck.backends.subjects import find_embedded_struct, find_queue
from modelcheck.diagnostics import InternalError
from modelcheck.ir.address import Address
from modelcheck.ir.memory import UNINITIALISED, Memory
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
from modelcheck.ir.ops import OPS, PYTHON_HELPERS
from modelcheck.ir.types import BoolType

NO_SLOT = 1 << 40  # where a null pointer leads: an IndexError instead of a wrong value


@dataclass(slots=True)
class Namespace:
    """The globals of one generated module: helpers, and tables under generated names."""

    values: dict[str, object] = field(default_factory=dict)
    _names: dict[object, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        helpers = (
            is_alive,
            is_usable,
            queue_append,
            queue_appendleft,
            queue_clear,
            queue_contains,
            queue_pop,
            queue_popleft,
            queue_remove,
            set_by_pointer,
            set_slots,
        )
        self.values |= {helper.__name__: helper for helper in helpers}
        self.values |= PYTHON_HELPERS
        self.values |= {f"KIND_{kind.name}": kind for kind in Kind}

    def add(self, prefix: str, value: object) -> str:
        """A name for a value; equal hashable values of one prefix share it."""
        key = (prefix, value) if getattr(value, "__hash__", None) else (prefix, id(value))
        if key not in self._names:
            self._names[key] = f"{prefix}_{len(self._names)}"
            self.values[self._names[key]] = value
        return self._names[key]


class Writer:
    """Writes expressions of one body: knows the names of its locals."""

    def __init__(
        self,
        memory: Memory,
        namespace: Namespace,
        locals_: Mapping[str, str],
        *,
        watches: bool = False,
        cover: BodyCover | None = None,
    ) -> None:
        self.memory = memory
        self.namespace = namespace
        self.watches = watches
        self._cover = cover
        self._locals = locals_

    def name_local(self, local: str) -> str:
        """The Python name of a local."""
        if local not in self._locals:
            raise InternalError(f"no local is called `{local}`")
        return self._locals[local]

    def write_value(self, expr: Expr) -> str:
        """An expression whose value is kept: a plain int, also where Python makes a bool."""
        text = self.write(expr)
        match expr:
            case Apply(_, _, BoolType()) | Alive() | IsInitialised() | QueueContains():
                return f"int({text})"
            case IsFinished() | HasFreeThread() | HasFreeSlot():
                return f"int({text})"
            case _:
                return text

    def write(self, expr: Expr) -> str:
        """An expression; a Bool may be a Python bool."""
        match expr:
            case Const(value):
                return str(value) if value >= 0 else f"({value})"
            case Local(name):
                return self.name_local(name)
            case Me():
                return "ME"
            case Current():
                return "CURRENT"
            case ThreadOf(template, copy):
                first = self.memory.threads_of(template)[0].number
                return f"({first + 1} + {self.write(copy)})"
            case Read(place, kind):
                return f"m[{self.write_slot(place, kind)}]"
            case AddressOf(place):
                return self.write_address(self.memory.pointer_number(place))
            case ContainerOf(pointer, outer, path):
                table = self.memory.container_table(
                    find_embedded_struct(self.memory, outer, path), outer, path
                )
                return f"{self.namespace.add('container', table)}[{self.write(pointer)}]"
            case Alive(place, stable):
                return self._write_alive(place, stable=stable)
            case IsInitialised(place):
                return f"(m[{self.write_slot(place, None)}] != {UNINITIALISED})"
            case StartsObject(pointer, struct):
                table = self.memory.starts_object(struct)
                return f"{self.namespace.add('starts', table)}[{self.write(pointer)}]"
            case QueueLength(place, kind):
                return f"m[{self.write_slot(place, kind)}]"
            case QueueContains(place, value, kind):
                slot = self.write_slot(place, kind)
                return f"queue_contains(m, {slot}, {self.write(value)})"
            case IsFinished(thread):
                return self._write_finished(thread)
            case HasFreeThread(template):
                threads = self.memory.threads_of(template)
                ended = self.memory.ended(template)
                tests = [f"m[{t.pc}] == {ended}" for t in threads]
                return f"({' or '.join(tests) or 'False'})"
            case HasFreeSlot(pool):
                return f"POOLS[{pool!r}].has_free_slot(m)"
            case Apply("or", (left, right), _) if self._cover is not None:
                note = self._cover.write_right(expr)
                return f"({self.write(left)} or {note} or {self.write(right)})"
            case Apply(op, args, _):
                return OPS[op].python.format(*map(self.write, args))
            case _:
                assert_never(expr)

    def _write_finished(self, thread: Expr) -> str:
        ended = self.namespace.add("ENDED", self._ended_numbers())
        number = f"{self.write(thread)} - 1"
        if self.watches:
            number = f"c.touch({number}, {number}, False, KIND_SILENT)"
        return f"(m[{number}] == {ended}[{self.write(thread)} - 1])"

    def _ended_numbers(self) -> tuple[int, ...]:
        return tuple(self.memory.ended(t.template) for t in self.memory.threads)

    def _write_alive(self, place: Place, *, stable: bool) -> str:
        life = self.memory.status_of(place)
        if life.always:
            return "True"
        status = "-1" if life.status is None else self.write_address(life.status)
        thread = "-1" if life.thread is None else self.write_address(life.thread)
        ended = self.namespace.add("ENDED", self._ended_numbers())
        if stable:
            freed_counts = self.write_address(life.freed_counts)
            return f"is_usable(m, {status}, {thread}, {ended}, {freed_counts})"
        if thread == "-1" and life.status is not None and life.status.pointer is None:
            return f"(m[{status}] == 1)"
        return f"is_alive(m, {status}, {thread}, {ended})"

    def write_address(self, address: Address) -> str:
        """The number that an address stands for."""
        parts = [str(address.offset)] if address.offset else []
        if address.pointer is not None:
            table = self.namespace.add("at", (NO_SLOT, *address.table[1:]))
            parts.append(f"{table}[{self.write(address.pointer)}]")
        for term in address.terms:
            index = self.write(term.index)
            parts.append(index if term.stride == 1 else f"{index} * {term.stride}")
        return " + ".join(parts) or "0"

    def write_slot(self, place: Place, kind: Kind | None, *, is_write: bool = False) -> str:
        """The slot of a scalar, or the first one of anything else; with `watches` and a kind,
        noted as looked at or written.
        """
        slot = self.write_address(self.memory.resolve(place))
        if not self.watches or kind is None:
            return slot
        queue = find_queue(self.memory, place)
        key = slot if queue is None else self.write_address(self.memory.resolve(queue))
        return f"c.touch({slot}, {key}, {is_write}, KIND_{kind.name})"
