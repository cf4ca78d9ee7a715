"""Expressions and places as C text.

Every value is an `int64_t` (a Bool may be a C int); `m` is the packed state, `way` the way through
the step.  With `watches` the text also notes each access, under the short circuit in which the
python backend evaluates it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from modelcheck.backends.native.helpers import need_helper
from modelcheck.backends.native.tables import Tables
from modelcheck.backends.native.words import write_value
from modelcheck.backends.subjects import (
    Subject,
    find_embedded_struct,
    find_queue,
    is_outside,
)
from modelcheck.diagnostics import InternalError
from modelcheck.ir.address import Address, Term
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
    ObjectRoot,
    Place,
    PointerRoot,
    QueueContains,
    QueueLength,
    Read,
    StartsObject,
    ThreadOf,
)
from modelcheck.ir.ops import OPS

NO_POINTER = 1 << 40  # what a part of nothing would be pointed to by: no slot can hold it


class Seat:
    """How the threads of one template name what is theirs: constants where there is only one."""

    def __init__(self, tables: Tables, template: str) -> None:
        memory = tables.memory
        threads = memory.threads_of(template)
        self.is_alone = len(threads) == 1
        self._first = threads[0].number
        self._locals_base = threads[0].locals_base
        self._locals = memory.local_slot_count(template)

    @property
    def thread(self) -> str:
        """The thread's number: also the slot of its program counter."""
        return str(self._first) if self.is_alone else "thread"

    @property
    def me(self) -> str:
        """Its number among those of the template."""
        if self.is_alone:
            return "0"
        return f"(thread - {self._first})" if self._first else "thread"

    def local(self, offset: int) -> str:
        """The slot of a local; those of the template's threads lie one behind the other."""
        base = self._locals_base + offset
        return str(base) if self.is_alone else f"{base} + {self.me} * {self._locals}"

    def flag(self, base: int) -> str:
        """The slot of an interrupt flag."""
        return str(base + self._first) if self.is_alone else f"{base} + thread"


class Writer:
    """Writes expressions of one body: knows the names of its locals."""

    def __init__(
        self,
        tables: Tables,
        seat: Seat | None,
        locals_: Mapping[str, str],
        *,
        watches: bool = False,
    ) -> None:
        self.tables = tables
        self.memory = tables.memory
        self.watches = watches
        self._seat = seat
        self._locals = locals_

    @property
    def seat(self) -> Seat:
        """The thread that runs the code."""
        if self._seat is None:
            raise InternalError("only a thread can say who it is")
        return self._seat

    def name_local(self, local: str) -> str:
        """The C name of a local."""
        if local not in self._locals:
            raise InternalError(f"no local is called `{local}`")
        return self._locals[local]

    def write(self, expr: Expr) -> str:
        """An expression."""
        match expr:
            case Const(value):
                return write_value(value)
            case Local(name):
                return self.name_local(name)
            case Me():
                return write_value(0) if self.seat.is_alone else f"(int64_t){self.seat.me}"
            case Current():
                thread = self.seat.thread
                alone = self.seat.is_alone
                return write_value(int(thread) + 1) if alone else f"((int64_t){thread} + 1)"
            case ThreadOf(template, copy):
                first = self.memory.threads_of(template)[0].number
                return f"({write_value(first + 1)} + {self.write(copy)})"
            case Read(place, kind) | QueueLength(place, kind):
                return f"mc_get(m, &m_fields[{self.write_slot(place, kind)}])"
            case AddressOf(place):
                return self.write_pointer(place)
            case ContainerOf(pointer, outer, path):
                struct = find_embedded_struct(self.memory, outer, path)
                table = self.memory.container_table(struct, outer, path)
                return self._look_up("m_container", table, pointer)
            case Alive(place, stable):
                return self._write_alive(place, stable=stable)
            case IsInitialised(place):
                return f"mc_is_initialised(m, &m_fields[{self.write_slot(place, None)}])"
            case StartsObject(pointer, struct):
                return self._look_up("m_starts", self.memory.starts_object(struct), pointer)
            case QueueContains(place, value, kind):
                slot = self.write_slot(place, kind)
                return f"mc_queue_contains(m, m_fields, {slot}, {self.write(value)})"
            case IsFinished(thread):
                return f"{need_helper(self.tables, 'm_is_finished')}(m, {self.write(thread)})"
            case HasFreeThread(template):
                helper = need_helper(self.tables, "m_has_ended")
                tests = [f"{helper}(m, {t.pc})" for t in self.memory.threads_of(template)]
                return f"({' || '.join(tests) or '0'})"
            case HasFreeSlot(pool):
                return f"mc_has_free_element(m, m_fields, &{self.tables.pool(pool)})"
            case Apply(op, args, _):
                return OPS[op].c.format(*map(self.write, args))
            case _:
                assert_never(expr)

    def _look_up(self, prefix: str, table: Sequence[int], pointer: Expr) -> str:
        return f"{self.tables.unit.add_numbers(prefix, table)}[{self.write(pointer)}]"

    # -----------------------------------------------------------------------------------------
    # Addresses

    def _write_sum(self, offset: int, terms: Sequence[Term]) -> str:
        parts = [str(offset)] if offset else []
        for term in terms:
            index = self.write(term.index)
            parts.append(index if term.stride == 1 else f"{index} * {term.stride}")
        return " + ".join(parts) or "0"

    def write_number(self, address: Address, nothing: int) -> str:
        """The number that an address stands for; where its pointer is null, one of `nothing` on."""
        if address.pointer is None:
            return self._write_sum(address.offset, address.terms)
        table = (nothing, *(address.offset + entry for entry in address.table[1:]))
        found = self._look_up("m_at", table, address.pointer)
        return f"{found} + {self._write_sum(0, address.terms)}" if address.terms else found

    def write_slot_number(self, place: Place) -> str:
        """The slot of a scalar, or the first one of anything else; `nowhere` of a null pointer."""
        nowhere = self.tables.nowhere
        match place.root:
            case PointerRoot(Const(0)):
                return str(nowhere)
        address = self.memory.resolve(place)
        if address.pointer is None or not address.terms:
            return self.write_number(address, nowhere)
        # What is added to `nowhere` would lead out of the table.
        base = self.write_number(
            Address(address.offset, (), address.pointer, address.table), nowhere
        )
        helper = need_helper(self.tables, "m_part")
        return f"{helper}({base}, {self._write_sum(0, address.terms)})"

    def write_slot(self, place: Place, kind: Kind | None, *, is_write: bool = False) -> str:
        """The slot of a place; with `watches` and a kind that is an access, noted as accessed."""
        slot = self.write_slot_number(place)
        if not self.watches or kind is None or not kind.is_access:
            return slot
        queue = find_queue(self.memory, place)
        key = slot if queue is None else self.write_slot_number(queue)
        flags = ["MC_WRITE"] if is_write else []
        flags += ["MC_PLAIN"] if kind is Kind.PLAIN else []
        helper = need_helper(self.tables, "m_touch")
        return f"{helper}(way, {slot}, {key}, {' | '.join(flags) or 'MC_READ'})"

    def write_pointer(self, place: Place) -> str:
        """The pointer to a place."""
        text = self.write_number(self.memory.pointer_number(place), NO_POINTER)
        return text if text.isidentifier() else f"({text})"

    # -----------------------------------------------------------------------------------------
    # Life

    def _write_alive(self, place: Place, *, stable: bool) -> str:
        life = self.memory.status_of(place)
        if life.always:
            return "1"
        nowhere = self.tables.nowhere
        status = "-1" if life.status is None else self.write_number(life.status, nowhere)
        thread = "-1" if life.thread is None else self.write_number(life.thread, nowhere)
        if stable:
            freed_counts = self.write_number(life.freed_counts, 0)
            helper = need_helper(self.tables, "m_is_usable")
            return f"{helper}(m, {status}, {thread}, {freed_counts})"
        if thread == "-1" and life.status is not None and life.status.pointer is None:
            return f"(mc_get(m, &m_fields[{status}]) == MC_ALIVE)"
        return f"{need_helper(self.tables, 'm_is_alive')}(m, {status}, {thread})"

    # -----------------------------------------------------------------------------------------
    # What a failing check is about

    def write_subject(self, subject: Subject) -> str:
        """The pointer to a check's subject (of an object that is no struct: its element plus 1);
        0 where the null pointer or an index outside leads nowhere.
        """
        root = subject.place.root
        if is_outside(self.memory, subject.place):
            return "0"
        if not subject.struct:
            index = root.index if isinstance(root, ObjectRoot) else None
            return "1" if index is None else f"{self.write(index)} + 1"
        address = self.memory.pointer_number(subject.place)
        number = self.write_number(address, NO_POINTER)
        guards = [
            f"0 <= {self.write(t.index)} && {self.write(t.index)} < {t.count}"
            for t in address.terms
        ]
        if isinstance(root, PointerRoot) and subject.place.path:
            guards.append(self.write(root.pointer))
        return f"{' && '.join(guards)} ? {number} : 0" if guards else number
