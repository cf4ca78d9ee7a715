"""Running a program by hand, one step at a time: where it starts, and who can move there.

SPIN wants its first state as numbers, so the local work before it is done here, straight from
docs/ir.md and without any backend.  Only starts are run this way; every transition is SPIN's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.export.promela import changes
from modelcheck.export.promela.orders import evaluate_class
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import ALIVE, FREED, NEVER_USED, UNINITIALISED, Memory, Thread
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Assert,
    Assign,
    Block,
    Body,
    Branch,
    Check,
    Choose,
    Const,
    ContainerOf,
    Crash,
    Current,
    Discard,
    End,
    Enter,
    Expr,
    Free,
    HasFreeSlot,
    HasFreeThread,
    Instr,
    IsFinished,
    IsInitialised,
    Jump,
    Leave,
    Load,
    Local,
    Me,
    New,
    Place,
    Precedes,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    Return,
    SetInterrupts,
    Spawn,
    StartsObject,
    Store,
    ThreadOf,
    Wait,
)
from modelcheck.ir.ops import OPS
from modelcheck.ir.types import Embedded, ValueType

MAX_BLOCKS = 10_000
Vector = tuple[int, ...]


class Disabled(Exception):  # noqa: N818 (a signal)
    """A wait was false; `is_idle` says which kind."""

    def __init__(self, *, is_idle: bool) -> None:
        super().__init__()
        self.is_idle = is_idle


class Fails(Exception):  # noqa: N818 (a signal)
    """A check was false."""

    def __init__(self, property_: str) -> None:
        super().__init__(property_)
        self.property = property_


class Asks(Exception):  # noqa: N818 (a signal)
    """A choice among `count` was asked for that was not given."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


@dataclass(slots=True)
class Starts:
    """Where a program can start: the different states, the properties that fail on the way (one
    for each way that fails), and the orders recorded on all these ways.
    """

    states: list[Vector] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    orders: dict[tuple[str, str, str], None] = field(default_factory=dict)


def find_starts(memory: Memory) -> Starts:
    """Every initial state of a program, in the order of its choices."""
    found = Starts()
    waiting: list[tuple[int, ...]] = [()]
    while waiting:
        choices = waiting.pop(0)
        run = Run(memory, list(memory.start), choices)
        try:
            run.start()
        except Asks as asked:
            waiting[:0] = [(*choices, i) for i in range(asked.count)]
        except Disabled:
            continue
        except Fails as failed:
            found.failures.append(failed.property)
            found.orders.update(run.orders)
        else:
            found.orders.update(run.orders)
            if tuple(run.m) not in found.states:
                found.states.append(tuple(run.m))
    return found


@dataclass(slots=True)
class Run:
    """One way through some code: memory as it is now, and the choices to make."""

    memory: Memory
    m: list[int]
    choices: tuple[int, ...]
    position: int = 0
    orders: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def start(self) -> None:
        """`Program.initial`, then the threads' work before their first locations."""
        memory = self.memory
        self._run_body(memory.program.initial, None, memory.program.initial.entry, {})
        for thread in memory.threads:
            template = memory.lookup.template(thread.template)
            if not template.spawned:
                self._begin(thread, {})

    def step(self, thread: Thread, location: Block) -> None:
        """The step of a thread at a location, whatever interrupts say."""
        body = self.memory.lookup.template(thread.template).body
        values = {}
        for name in location.live:
            slot = self.memory.local_slot(thread.template, name)
            values[name] = self.m[thread.locals_base + (slot or 0)]
        self._run_body(body, thread, location.label, values)

    def _begin(self, thread: Thread, values: dict[str, int]) -> None:
        body = self.memory.lookup.template(thread.template).body
        entry = next(block for block in body.blocks if block.label == body.entry)
        if entry.rest:
            self._arrive(thread, entry, values)
        else:
            self._run_body(body, thread, entry.label, values)

    def _run_body(
        self, body: Body, thread: Thread | None, label: str, given: dict[str, int]
    ) -> None:
        by_label = {block.label: block for block in body.blocks}
        types = local_types(body)
        values = {**dict.fromkeys(types, 0), **given}
        block = by_label[label]
        for _ in range(MAX_BLOCKS):
            for instr in block.instrs:
                self._run_instr(instr, thread, values)
            match block.end:
                case Jump(target):
                    block = by_label[target]
                case Branch(condition, then, other):
                    is_so = self.evaluate(condition, thread, values)
                    block = by_label[then if is_so else other]
                case End():
                    if thread is not None:
                        self._change(changes.change_at_end(self.memory, thread))
                    return
                case Return():
                    raise InternalError("a thread returns a value")
                case _:
                    assert_never(block.end)
            if block.rest and thread is not None:
                self._arrive(thread, block, values)
                return
        raise Fails("diverges")

    def _arrive(self, thread: Thread, block: Block, values: dict[str, int]) -> None:
        memory = self.memory
        self.m[thread.pc] = memory.location_number(thread.template, block.label)
        base = thread.locals_base
        for i in range(memory.local_slot_count(thread.template)):
            self.m[base + i] = 0
        for name in block.live:
            self.m[base + (memory.local_slot(thread.template, name) or 0)] = values.get(name, 0)

    def _change(self, found: changes.Changes) -> None:
        for slot, value in found:
            self.m[slot] = value

    def _pick(self, count: int) -> int:
        # A choice that is out of range belongs to another way through the code.
        if self.position == len(self.choices) or self.choices[self.position] >= count:
            raise Asks(count)
        self.position += 1
        return self.choices[self.position - 1]

    # ------------------------------------------------------------------------ instructions

    def _run_instr(self, instr: Instr, thread: Thread | None, values: dict[str, int]) -> None:
        memory, m = self.memory, self.m

        def say(expr: Expr) -> int:
            return self.evaluate(expr, thread, values)

        match instr:
            case Assign(local, value):
                values[local] = say(value)
            case Load(local, place):
                values[local] = m[self._slot(place, thread, values)]
            case Store(place, value):
                m[self._slot(place, thread, values)] = say(value)
            case QueueOp():
                self._run_queue_op(instr, thread, values)
            case Check(condition, property_) | Assert(condition, property_):
                if not say(condition):
                    raise Fails(property_)
            case Wait(condition, is_idle):
                if not say(condition):
                    raise Disabled(is_idle=is_idle)
            case Choose(local, count):
                values[local] = self._pick(count)
            case New(local, pool):
                obj = memory.lookup.object(pool)
                free = self._list_free(pool)
                element = free[self._pick(len(free)) if obj.reuse else 0]
                self._change(changes.change_at_new(memory, obj, element))
                values[local] = memory.object_pointer(pool, element)
            case Free(pointer, struct) | Discard(pointer, struct):
                change = (
                    changes.change_at_free if isinstance(instr, Free) else changes.change_at_discard
                )
                for number, obj, element in changes.list_freeable(memory, struct):
                    if number == say(pointer):
                        self._change(change(memory, obj, element))
                        break
            case Enter(name) | Leave(name):
                obj = memory.lookup.object(name)
                index = thread.index if thread is not None else 0
                at = (
                    changes.change_at_birth if isinstance(instr, Enter) else changes.change_at_leave
                )
                self._change(at(memory, obj, index))
            case Spawn(local, name, arguments):
                template = memory.lookup.template(name)
                given = dict(zip(template.parameters, map(say, arguments), strict=True))
                ended = memory.ended(name)
                new = next(t for t in memory.threads_of(name) if m[t.pc] == ended)
                self._change(changes.change_at_spawn(memory, new))
                values[local] = new.number + 1
                self._begin(new, given)
            case Crash():
                if thread is not None:
                    self._change(changes.change_at_crash(memory, thread))
            case Precedes(property_, first, second, nested):
                before = evaluate_class(memory, first, say)
                after = evaluate_class(memory, second, say)
                if not (nested and before == after):
                    self.orders[property_, before, after] = None
            case SetInterrupts(which, on):
                base = memory.irqs_base if which == "irqs" else memory.softirqs_base
                if base is not None and thread is not None:
                    m[base + thread.number] = say(on)
            case _:
                assert_never(instr)

    def _run_queue_op(self, op: QueueOp, thread: Thread | None, values: dict[str, int]) -> None:
        base = self._slot(op.place, thread, values)
        queue = self.m[base + 1 : base + 1 + max(self.m[base], 0)]
        before = len(queue)
        value = 0 if op.value is None else self.evaluate(op.value, thread, values)
        taken = 0
        match op.verb:
            case "append":
                queue.append(value)
            case "appendleft":
                queue.insert(0, value)
            case "popleft":
                taken = queue.pop(0)
            case "pop":
                taken = queue.pop()
            case "remove":
                if value in queue:
                    queue.remove(value)
            case "clear":
                queue = []
            case "read":
                return
            case _:
                assert_never(op.verb)
        if op.local is not None:
            values[op.local] = taken
        self.m[base] = len(queue)
        for i in range(max(before, len(queue))):
            self.m[base + 1 + i] = queue[i] if i < len(queue) else 0

    # ------------------------------------------------------------------------ expressions

    def _slot(self, place: Place, thread: Thread | None, values: dict[str, int]) -> int:
        return self.memory.resolve(place).number(lambda e: self.evaluate(e, thread, values))

    def _list_free(self, pool: str) -> list[int]:
        obj = self.memory.lookup.object(pool)
        usable = (NEVER_USED, FREED) if obj.reuse else (NEVER_USED,)
        return [
            element
            for element in range(self.memory.lookup.instances(obj))
            if self.m[self.memory.status_slot(pool, element) or 0] in usable
        ]

    def evaluate(self, expr: Expr, thread: Thread | None, values: dict[str, int]) -> int:
        """The value of an expression now."""
        memory, m = self.memory, self.m

        def say(inner: Expr) -> int:
            return self.evaluate(inner, thread, values)

        match expr:
            case Const(value):
                return value
            case Local(name):
                return values[name]
            case Me():
                return thread.index if thread is not None else 0
            case Current():
                return thread.number + 1 if thread is not None else 0
            case ThreadOf(template, copy):
                return memory.threads_of(template)[say(copy)].number + 1
            case Read(place) | QueueLength(place):
                return m[self._slot(place, thread, values)]
            case AddressOf(place):
                return memory.pointer_number(place).number(say)
            case ContainerOf(pointer, outer, path):
                inner: ValueType = Embedded(outer)
                for part in path:
                    inner = memory.lookup.inner_type(inner, part)
                struct = inner.struct if isinstance(inner, Embedded) else ""
                return memory.container_table(struct, outer, path)[say(pointer)]
            case Alive(place, stable):
                return int(self._is_alive(place, thread, values, stable=stable))
            case IsInitialised(place):
                return int(m[self._slot(place, thread, values)] != UNINITIALISED)
            case StartsObject(pointer, struct):
                return memory.starts_object(struct)[say(pointer)]
            case QueueContains(place, value):
                base = self._slot(place, thread, values)
                return int(say(value) in m[base + 1 : base + 1 + m[base]])
            case IsFinished(other):
                number = say(other) - 1
                return int(m[number] == memory.ended(memory.threads[number].template))
            case HasFreeThread(template):
                ended = memory.ended(template)
                return int(any(m[t.pc] == ended for t in memory.threads_of(template)))
            case HasFreeSlot(pool):
                return int(bool(self._list_free(pool)))
            case Apply("ite", (condition, then, other), _):
                return say(then) if say(condition) else say(other)
            case Apply("and", (left, right), _):
                return say(right) if say(left) else 0
            case Apply("or", (left, right), _):
                return 1 if say(left) else say(right)
            case Apply(op, args, _):
                return int(OPS[op].meaning(*map(say, args)))
            case _:
                assert_never(expr)

    def _is_alive(
        self, place: Place, thread: Thread | None, values: dict[str, int], *, stable: bool
    ) -> bool:
        life = self.memory.status_of(place)

        def say(inner: Expr) -> int:
            return self.evaluate(inner, thread, values)

        if life.status is not None and (slot := life.status.number(say)) >= 0:
            is_freed = stable and life.freed_counts.number(say) and self.m[slot] == FREED
            if self.m[slot] != ALIVE and not is_freed:
                return False
        if life.thread is not None and (number := life.thread.number(say)) >= 0:
            return self.m[number] != self.memory.ended(self.memory.threads[number].template)
        return True
