"""Steps as statements: the blocks of one way through a step, with labels and gotos.

All of it stands inside one `d_step`, so only the state after its end counts.  The step's locals are
scratch variables, 0 between steps.  Where a check fails after something was stored, memory is put
back from a copy: a failing step leaves the state as it was, which SPIN sees as one transition to a
state it knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.export.promela import changes
from modelcheck.export.promela.expressions import Env, Speaker
from modelcheck.export.promela.guards import Choices, Region, find_region, find_start
from modelcheck.export.promela.silence import Silence
from modelcheck.export.promela.words import (
    Lines,
    Unsayable,
    Value,
    say_and,
    say_not,
    say_sum,
    spell,
)
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import UNINITIALISED, Thread
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Block,
    Branch,
    Check,
    Choose,
    Crash,
    Discard,
    End,
    Enter,
    Free,
    Instr,
    Jump,
    Leave,
    Load,
    New,
    Place,
    PointerRoot,
    Precedes,
    QueueOp,
    Return,
    SetInterrupts,
    Spawn,
    Store,
    Template,
    Wait,
)
from modelcheck.ir.traverse import assigned_local, nodes_of, successors, used_locals
from modelcheck.ir.types import Embedded, ValueType

MAX_BLOCKS = 10_000  # in one step; one more is `diverges`
NEVER = "internal"  # what a correct export never asserts


@dataclass(slots=True)
class Names:
    """The names a text uses: scratch variables, labels, properties, orders."""

    scratch: dict[str, None] = field(default_factory=dict)
    labels: int = 0
    properties: dict[str, str] = field(default_factory=dict)
    orders: dict[str, dict[str, int]] = field(default_factory=dict)
    needs_undo: bool = False

    def label(self) -> str:
        """A new label."""
        self.labels += 1
        return f"L{self.labels}"

    def property(self, name: str) -> str:
        """The variable, always 0, whose assertion says that a property is violated."""
        if name not in self.properties:
            base = "holds_" + spell(name)
            taken = set(self.properties.values())
            self.properties[name] = base if base not in taken else f"{base}_{len(taken)}"
        return self.properties[name]

    def order(self, property_: str, declaration: str) -> int:
        """The number of a declaration among those a property orders."""
        known = self.orders.setdefault(property_, {})
        return known.setdefault(declaration, len(known))


@dataclass(frozen=True, slots=True)
class Goals:
    """Where a way leads: the labels after its end, after a failure, and at a false wait (None:
    the guard has seen to it that no wait is false).
    """

    done: str
    failed: str
    waits: tuple[str, str] | None = None  # not idle, idle


class StepWriter:
    """Writes the ways through steps of one text."""

    def __init__(self, speaker: Speaker, names: Names, lines: Lines, silence: Silence) -> None:
        self.speaker = speaker
        self.names = names
        self.lines = lines
        self.silence = silence
        self._used: dict[str, None] = {}  # scratch variables of the way under way
        self._is_undoable = False
        self._is_trial = False

    # ------------------------------------------------------------------------ ways

    @property
    def used(self) -> dict[str, None]:
        """The scratch variables of the last way."""
        return self._used

    def write_way(
        self, thread: Thread, region: Region, choices: Choices, goals: Goals, *, is_trial: bool
    ) -> None:
        """One way through a step, from the location on; jumps to one of the goals.

        A trial reports nothing, and leaves it to the caller to put memory back; only a trial may
        come to a wait that is false or to choices it was not made for.
        """
        self._used = {}
        env = self._begin(thread, region, 0)
        self._is_trial = is_trial
        self._is_undoable = not is_trial and fails_late(region)
        self.write_start(thread, region, env)
        _WayWriter(self, thread, region, choices, goals, env, 0).write()

    def write_start(self, thread: Thread, region: Region, env: Env) -> None:
        """The copy of memory, where one is needed, and the live locals from their slots."""
        if self._is_trial or self.speaker.dialect.is_wide:
            for scratch in env.locals.values():
                if isinstance(scratch, str):
                    self.assign(scratch, 0)
        if self._is_undoable:
            self.save()
        for name in region.entry.live:
            offset = self.speaker.memory.local_slot(thread.template, name)
            slot = self.speaker.slot(thread.locals_base + (offset or 0))
            self.assign(str(env.locals[name]), slot)

    def write_arrival(
        self, thread: Thread, region: Region, block: Block, env: Env, goal: str
    ) -> None:
        """The thread stands at a location: its counter, the locals that live there, 0 for those
        that lived where it comes from (all others are 0 already).
        """
        memory = self.speaker.memory
        number = memory.location_number(thread.template, block.label)
        self.assign(self.speaker.slot(thread.pc), number)
        values: dict[int, Value] = {}
        for name in region.entry.live:
            values[memory.local_slot(thread.template, name) or 0] = 0
        for name in block.live:
            values[memory.local_slot(thread.template, name) or 0] = env.locals[name]
        for offset, value in values.items():
            self.assign(self.speaker.slot(thread.locals_base + offset), value)
        self.lines.say(f"goto {goal}")

    def write_end(self, thread: Thread, env: Env, goal: str) -> None:
        """The thread has finished."""
        del env
        for slot, value in changes.change_at_end(self.speaker.memory, thread):
            self.assign(self.speaker.slot(slot), value)
        self.lines.say(f"goto {goal}")

    def assign(self, target: str, value: Value) -> None:
        """A variable gets a value."""
        self.lines.say(self.speaker.dialect.assign(target, value))

    @property
    def is_trial(self) -> bool:
        """Whether the way under way reports nothing."""
        return self._is_trial

    def is_silent(self, property_: str) -> bool:
        """Whether the spec silences a check everywhere."""
        return self.silence.is_everywhere(property_)

    def save(self) -> None:
        """Copy memory."""
        self.names.needs_undo = True
        m = self._memory_name()
        self.lines.say(f"c_code {{ memcpy(undo, (void *) {m}, sizeof({m})); }}")

    def restore(self) -> None:
        """Put memory back."""
        m = self._memory_name()
        self.lines.say(f"c_code {{ memcpy((void *) {m}, undo, sizeof({m})); }}")

    def _memory_name(self) -> str:
        return "m" if self.speaker.dialect.is_wide else "now.m"

    def _begin(self, thread: Thread, region: Region, level: int) -> Env:
        types = local_types(region.body)
        nodes = [node for block in region.blocks for node in nodes_of(block)]
        touched = {assigned_local(i) for i in region.instructions()}.union(
            region.entry.live, *map(used_locals, nodes)
        )
        names: dict[str, Value] = {
            name: self.scratch(f"v{level}_{i}") if name in touched else 0
            for i, name in enumerate(types)
        }
        return Env(thread, names, types)

    def scratch(self, name: str) -> str:
        """A scratch variable that the way under way uses."""
        self.names.scratch[name] = None
        self._used[name] = None
        return name

    # ------------------------------------------------------------------------ conditions

    def write_if(self, condition: Value, then: str, other: str = "skip") -> None:
        """One of two statements."""
        if isinstance(condition, int):
            self.lines.say(then if condition else other)
            return
        self.lines.line(f"if :: {self.speaker.dialect.condition(condition)} -> {then}")
        self.lines.line(f":: else -> {other}")
        self.lines.line("fi;")

    def write_fail(self, property_: str, place: Place | None, env: Env, goal: str) -> None:
        """The step fails."""
        if self._is_trial:
            self.lines.say(f"goto {goal}")
            return
        silenced = self.silence.say(property_, place, env)
        variable = self.names.property(property_)
        if silenced == 0:
            self.lines.say(f"assert({variable})")
        elif silenced != 1:
            self.write_if(silenced, "skip", f"assert({variable})")
        if self._is_undoable:
            self.restore()
        self.lines.say(f"goto {goal}")


class _WayWriter:
    """Writes one region, at one level (a spawned thread's start is one level deeper)."""

    def __init__(  # noqa: PLR0917 (all of them differ from call to call)
        self,
        writer: StepWriter,
        thread: Thread,
        region: Region,
        choices: Choices,
        goals: Goals,
        env: Env,
        level: int,
        taken: int = 0,
    ) -> None:
        self._w = writer
        self._speaker = writer.speaker
        self._names = writer.names
        self._lines = writer.lines
        self._thread = thread
        self._region = region
        self._choices = choices
        self._goals = goals
        self._env = env
        self._level = level
        self._by_label = {block.label: block for block in region.body.blocks}
        self._labels: dict[tuple[str, int], str] = {}
        self._waiting: list[tuple[str, int]] = []
        self._taken = taken
        self._count = ""
        if region.has_cycle or len(region.blocks) > MAX_BLOCKS:
            self._count = writer.scratch(f"v_blocks{level}")

    def write(self) -> None:
        if self._count:
            self._assign(self._count, 0)
        written: set[tuple[str, int]] = set()
        self._goto(self._region.entry.label, self._taken)
        while self._waiting:
            node: tuple[str, int] | None = self._waiting.pop()
            while node is not None and node not in written:
                written.add(node)
                node = self._write_block(*node)
            if node is not None:
                self._lines.say(f"goto {self._labels[node]}")

    def _goto(self, label: str, taken: int) -> str:
        """A label for a block, which will be written."""
        node = (label, taken)
        if node not in self._labels:
            self._labels[node] = self._names.label()
            self._waiting.append(node)
        return self._labels[node]

    def _write_block(self, label: str, taken: int) -> tuple[str, int] | None:
        """One block; gives the one that follows at once, if any."""
        block = self._by_label[label]
        self._lines.line(f"{self._labels[label, taken]}: skip;")
        if self._count:
            self._assign(self._count, f"{self._count} + 1")
            over = f"({self._count} > {MAX_BLOCKS})"
            self._write_check(say_not(over), "diverges", None)
        self._taken = taken
        for instr in block.instrs:
            if not self._write_instr(instr, taken):
                return None
            taken += self._takes(instr)
            self._taken = taken
        match block.end:
            case Jump(target):
                if self._by_label[target].rest:
                    self._arrive(self._by_label[target])
                    return None
                self._goto(target, taken)
                return target, taken
            case Branch(condition, then, other):
                holds = self._say(condition)
                if isinstance(holds, int):
                    self._leave_for(then if holds else other, taken)
                    return None
                if self._by_label[then].rest or self._by_label[other].rest:
                    left = self._names.label()
                    self._w.write_if(holds, f"goto {left}")
                    self._leave_for(other, taken)
                    self._lines.line(f"{left}: skip;")
                    self._leave_for(then, taken)
                    return None
                left, right = self._goto(then, taken), self._goto(other, taken)
                self._w.write_if(holds, f"goto {left}", f"goto {right}")
                return None
            case End():
                goal = self._find_end(self._goals.done)
                self._w.write_end(self._thread, self._env, goal)
                return None
            case Return():
                raise InternalError("a step returns a value")
            case _:
                assert_never(block.end)

    def _takes(self, instr: Instr) -> int:
        if isinstance(instr, New):
            return int(self._speaker.memory.lookup.object(instr.pool).reuse)
        if isinstance(instr, Spawn):
            template = self._speaker.memory.lookup.template(instr.template)
            return self._count_start_choices(template)
        return int(isinstance(instr, Choose))

    def _count_start_choices(self, template: Template) -> int:
        """How many choices a thread makes before its first location, where that is one number."""
        region = find_start(template.body)
        blocks = {block.label: block for block in region.blocks}
        found: set[int] = set()
        waiting = [(region.entry.label, 0)] if blocks else []
        while waiting:
            label, taken = waiting.pop()
            taken += sum(self._takes(instr) for instr in blocks[label].instrs)
            if taken and region.has_cycle:
                raise Unsayable(f"`{template.name}` chooses in a loop before its first step")
            following = successors(blocks[label].end)
            if not following or any(to not in blocks for to in following):
                found.add(taken)
            waiting += [(to, taken) for to in following if to in blocks]
        if len(found) > 1:
            raise Unsayable(f"`{template.name}` makes now more, now fewer choices at its start")
        return max(found, default=0)

    def _leave_for(self, label: str, taken: int) -> None:
        block = self._by_label[label]
        if block.rest:
            self._arrive(block)
        else:
            self._lines.say(f"goto {self._goto(label, taken)}")

    def _arrive(self, block: Block) -> None:
        self._w.write_arrival(
            self._thread, self._region, block, self._env, self._find_end(self._goals.done)
        )

    def _find_end(self, goal: str) -> str:
        """Where a way that got somewhere goes: in a trial, only if it made all its choices."""
        is_arrived = self._level > 0 and goal == self._goals.done
        if self._goals.waits is None or is_arrived or self._taken == len(self._choices):
            return goal
        return self._goals.waits[True]

    # ------------------------------------------------------------------------ instructions

    def _say(self, expr: object) -> Value:
        return self._speaker.say(expr, self._env)  # type: ignore[arg-type]

    def _assign(self, target: str, value: Value) -> None:
        self._lines.say(self._speaker.dialect.assign(target, value))

    def _change(self, found: Sequence[tuple[int, int]]) -> None:
        for slot, value in found:
            self._assign(self._speaker.slot(slot), value)

    def _write_instr(self, instr: Instr, taken: int) -> bool:
        """One instruction; whether anything can follow."""
        speaker, memory = self._speaker, self._speaker.memory
        match instr:
            case Assign(local, value):
                self._assign(str(self._env.locals[local]), self._say(value))
            case Load(local, place):
                slot = speaker.slot(speaker.address(memory.resolve(place), self._env))
                self._assign(str(self._env.locals[local]), slot)
            case Store(place, value):
                slot = speaker.slot(speaker.address(memory.resolve(place), self._env))
                self._assign(slot, self._say(value))
            case QueueOp():
                self._write_queue_op(instr)
            case Check(condition, property_, subject) | Assert(condition, property_, _, subject):
                self._write_check(self._say(condition), property_, subject)
            case Wait(condition, is_idle):
                if self._goals.waits is not None:
                    goal = self._goals.waits[is_idle]
                    self._w.write_if(self._say(condition), "skip", f"goto {goal}")
            case Choose(local, count):
                if taken >= len(self._choices) or self._choices[taken] >= count:
                    self._write_dead_end()
                    return False
                self._assign(str(self._env.locals[local]), self._choices[taken])
            case New(local, pool):
                obj = memory.lookup.object(pool)
                if obj.reuse and taken >= len(self._choices):
                    self._write_dead_end()
                    return False
                self._write_new(local, pool, self._choices[taken] if obj.reuse else 0)
            case Free(pointer, struct) | Discard(pointer, struct):
                change = (
                    changes.change_at_free if isinstance(instr, Free) else changes.change_at_discard
                )
                self._write_by_pointer(
                    self._say(pointer),
                    [
                        (number, change(memory, obj, element))
                        for number, obj, element in changes.list_freeable(memory, struct)
                    ],
                )
            case Enter(name):
                obj = memory.lookup.object(name)
                self._change(changes.change_at_birth(memory, obj, self._thread.index))
            case Leave(name):
                obj = memory.lookup.object(name)
                self._change(changes.change_at_leave(memory, obj, self._thread.index))
            case Spawn():
                self._write_spawn(instr, taken)
            case Crash():
                self._change(changes.change_at_crash(memory, self._thread))
            case Precedes(property_, first, second):
                self._write_order(property_, first, second)
            case SetInterrupts(which, on):
                base = memory.irqs_base if which == "irqs" else memory.softirqs_base
                slot = speaker.slot((base or 0) + self._thread.number)
                self._assign(slot, self._say(on))
            case _:
                assert_never(instr)
        return True

    def _write_dead_end(self) -> None:
        """A way that these choices do not take: the guard, or the trial, says so."""
        if self._goals.waits is not None:
            self._lines.say(f"goto {self._goals.waits[True]}")
        else:
            self._lines.say(f"assert({self._names.property(NEVER)})")
            self._lines.say(f"goto {self._goals.failed}")

    def _write_check(self, holds: Value, property_: str, place: Place | None) -> None:
        if holds == 1:
            return
        after = self._names.label()
        if holds != 0:
            self._w.write_if(holds, f"goto {after}")
        self._w.write_fail(property_, place, self._env, self._find_end(self._goals.failed))
        self._lines.line(f"{after}: skip;")

    def _write_new(self, local: str, pool: str, rank: int) -> None:
        speaker, memory = self._speaker, self._speaker.memory
        obj = memory.lookup.object(pool)
        free = speaker.list_free(obj)
        with self._lines.inside("if", "fi;"):
            for element, is_free in enumerate(free):
                before = say_sum(speaker.dialect, free[:element])
                is_turn = say_and(speaker.is_equal(before, rank), is_free)
                if is_turn == 0:
                    continue
                self._lines.line(f":: {speaker.dialect.condition(is_turn)} ->")
                self._change(changes.change_at_new(memory, obj, element))
                self._assign(str(self._env.locals[local]), memory.object_pointer(pool, element))
            # Fewer are free than these choices ask for: only a trial can come here.
            is_tried = self._goals.waits is not None and obj.reuse
            goal = self._goals.waits[True] if self._goals.waits is not None else ""
            self._lines.line(f":: else -> goto {goal}" if is_tried else ":: else -> skip")

    def _write_by_pointer(
        self, pointer: Value, cases: Sequence[tuple[int, changes.Changes]]
    ) -> None:
        if isinstance(pointer, int):
            self._change(dict(cases).get(pointer, []))
            return
        if not cases:
            return
        with self._lines.inside("if", "fi;"):
            for number, change in cases:
                is_it = self._speaker.is_equal(pointer, number)
                self._lines.line(f":: {self._speaker.dialect.condition(is_it)} ->")
                self._change(change)
            self._lines.line(":: else -> skip")

    def _write_spawn(self, spawn: Spawn, taken: int) -> None:
        speaker, memory = self._speaker, self._speaker.memory
        template = memory.lookup.template(spawn.template)
        level = self._level + 1
        region = find_start(template.body)
        types = local_types(template.body)
        names = {name: self._w.scratch(f"v{level}_{i}") for i, name in enumerate(types)}
        values: dict[str, Value] = dict.fromkeys(types, 0)
        given = zip(template.parameters, map(self._say, spawn.arguments), strict=True)
        values.update(given)
        for name, value in values.items():
            self._assign(names[name], value)
        after = self._names.label()
        threads = memory.threads_of(spawn.template)
        labels = [self._names.label() for _ in threads]
        for thread, label in zip(threads, labels, strict=True):
            is_ended = speaker.is_equal(speaker.slot(thread.pc), memory.ended(spawn.template))
            self._w.write_if(is_ended, f"goto {label}")
        self._lines.say(f"assert({self._names.property(NEVER)})")
        self._lines.say(f"goto {self._goals.failed}")
        for thread, label in zip(threads, labels, strict=True):
            self._lines.line(f"{label}: skip;")
            self._assign(str(self._env.locals[spawn.local]), thread.number + 1)
            self._change(changes.change_at_spawn(memory, thread))
            goals = Goals(after, self._goals.failed, self._goals.waits)
            env = Env(thread, dict(names), types)
            inner = _WayWriter(self._w, thread, region, self._choices, goals, env, level, taken)
            if region.blocks:
                inner.write()
            else:
                inner._arrive(region.entry)
        self._lines.line(f"{after}: skip;")

    def _write_order(self, property_: str, first: Place, second: Place) -> None:
        if self._w.is_trial or self._w.is_silent(property_):
            return
        prefix = "" if self._speaker.dialect.is_wide else "now."
        ends = [self._w.scratch("v_first"), self._w.scratch("v_second")]
        for name, place in zip(ends, (first, second), strict=True):
            self._assign(name, self._say_declaration(property_, place))
        number = list(self._names.orders).index(property_)
        self._lines.say(f"c_code {{ precede({number}, {prefix}v_first, {prefix}v_second); }}")
        variable = self._names.property(property_)
        cyclic = f"c_expr {{ is_cyclic[{number}] }}"
        self._lines.line(f"if :: {cyclic} -> assert({variable})")
        self._lines.line(":: else -> skip")
        self._lines.line("fi;")

    def _say_declaration(self, property_: str, place: Place) -> Value:
        """The number of the declaration an order is about: the innermost field, else the object."""
        memory = self._speaker.memory
        self._names.orders.setdefault(property_, {})
        label = ""
        inner: ValueType = memory.lookup.root_type(place.root)
        for part in place.path:
            if isinstance(part, str) and isinstance(inner, Embedded):
                label = f"{inner.struct}.{part}"
            inner = memory.lookup.inner_type(inner, part)
        if not label and isinstance(place.root, PointerRoot):
            known = memory.places(place.root.struct)
            table = (0, *(self._number(property_, p.label) for p in known))
            return self._speaker.look_up(table, self._say(place.root.pointer))
        if not label and not isinstance(place.root, PointerRoot):
            label = place.root.object
        return self._number(property_, label)

    def _number(self, property_: str, declaration: str) -> int:
        silenced = self._w.silence.is_silenced(property_, declaration)
        return -1 if silenced else self._names.order(property_, declaration)

    # ------------------------------------------------------------------------ queues

    def _write_queue_op(self, op: QueueOp) -> None:
        if op.verb == "read":
            return
        speaker, lines = self._speaker, self._lines
        base = speaker.queue_at(op.place, self._env)
        dialect = speaker.dialect
        if isinstance(base, str):
            self._assign(self._w.scratch("v_base"), base)
            base = "v_base"

        def at(offset: Value) -> str:
            return speaker.slot(say_sum(dialect, [base, offset]))

        length = at(0)
        if op.value is not None:
            self._assign(self._w.scratch("v_item"), self._say(op.value))
        local = "" if op.local is None else str(self._env.locals[op.local])
        match op.verb:
            case "append":
                self._assign(length, f"{length} + 1")
                self._assign(at(length), "v_item")
            case "appendleft":
                self._assign(self._w.scratch("v_i"), length)
                with lines.inside("do", "od;"):
                    lines.line(f":: {dialect.condition('(v_i > 0)')} ->")
                    self._assign(at("v_i + 1"), at("v_i"))
                    self._assign("v_i", "v_i - 1")
                    lines.line(":: else -> break")
                self._assign(at(1), "v_item")
                self._assign(length, f"{length} + 1")
            case "pop":
                self._assign(local, at(length))
                self._assign(at(length), 0)
                self._assign(length, f"{length} - 1")
            case "popleft":
                self._assign(local, at(1))
                self._assign(self._w.scratch("v_i"), 1)
                self._write_shift(at, length)
            case "remove":
                self._assign(self._w.scratch("v_i"), 1)
                with lines.inside("do", "od;"):
                    test = f"(v_i <= {length} && {at('v_i')} != v_item)"
                    lines.line(f":: {dialect.condition(test)} ->")
                    self._assign("v_i", "v_i + 1")
                    lines.line(":: else -> break")
                with lines.inside("if", "fi;"):
                    lines.line(f":: {dialect.condition(f'(v_i <= {length})')} ->")
                    self._write_shift(at, length)
                    lines.line(":: else -> skip")
            case "clear":
                # Also where the length is not initialised, so everything is put to 0.
                for i in range(speaker.capacity(op.place) + 1):
                    self._assign(at(i), 0)
            case _:
                assert_never(op.verb)

    def _write_shift(self, at: object, length: str) -> None:
        """Close the gap at element i, counted from 1."""
        say = at if callable(at) else None
        if say is None:
            raise InternalError("no way to name an element")
        dialect = self._speaker.dialect
        with self._lines.inside("do", "od;"):
            self._lines.line(f":: {dialect.condition(f'(v_i < {length})')} ->")
            self._assign(say("v_i"), say("v_i + 1"))
            self._assign("v_i", "v_i + 1")
            self._lines.line(":: else -> break")
        self._assign(say(length), 0)
        self._assign(length, f"{length} - 1")


def fails_late(region: Region) -> bool:
    """Whether the step can fail after it has stored something."""
    blocks = {block.label: block for block in region.blocks}

    def writes(instr: Instr) -> bool:
        match instr:
            case Store() | New() | Free() | Discard() | Enter() | Leave():
                return True
            case Spawn() | Crash() | SetInterrupts():
                return True
            case QueueOp():
                return instr.verb != "read"
            case _:
                return False

    def fails(instr: Instr) -> bool:
        return isinstance(instr, Check | Assert | Spawn)

    dirty: set[str] = set()
    waiting: list[str] = []
    for block in region.blocks:
        seen = False
        for instr in block.instrs:
            if fails(instr) and (seen or isinstance(instr, Spawn)):
                return True
            seen = seen or writes(instr)
        if seen:
            waiting += [to for to in successors(block.end) if to in blocks]
    while waiting:
        label = waiting.pop()
        if label in dirty:
            continue
        dirty.add(label)
        if region.has_cycle or any(fails(i) for i in blocks[label].instrs):
            return True
        waiting += [to for to in successors(blocks[label].end) if to in blocks]
    return False


__all__ = ["NEVER", "UNINITIALISED", "Goals", "Names", "StepWriter", "fails_late", "find_region"]
