"""One way through a step as statements: its blocks in order, and what each instruction does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.export.promela import changes
from modelcheck.export.promela.expressions import Env
from modelcheck.export.promela.guards import Choices
from modelcheck.export.promela.orders import write_order
from modelcheck.export.promela.queues import write_queue_op
from modelcheck.export.promela.regions import Region, find_start
from modelcheck.export.promela.steps import MAX_BLOCKS, NEVER, Goals, StepWriter
from modelcheck.export.promela.words import Unsayable, Value, say_and, say_not, say_sum
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Thread
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
    Expr,
    Free,
    Instr,
    Jump,
    Leave,
    Load,
    New,
    Place,
    Precedes,
    QueueOp,
    Return,
    SetInterrupts,
    Spawn,
    Store,
    Template,
    Wait,
)
from modelcheck.ir.traverse import successors


def write_way(
    writer: StepWriter,
    thread: Thread,
    region: Region,
    choices: Choices,
    goals: Goals,
    *,
    is_trial: bool,
) -> None:
    """One way through a step, from the location on; jumps to one of the goals.

    A trial reports nothing, and leaves it to the caller to put memory back; only a trial may
    come to a wait that is false or to choices it was not made for.
    """
    env = writer.begin(thread, region, is_trial=is_trial)
    WayWriter(writer, thread, region, choices, goals, env, 0).write()
    writer.write_failures()


class WayWriter:
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
        """All of it."""
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
        self._lines.label(self._labels[label, taken])
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
                    self._lines.label(left)
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
        done: set[tuple[str, int]] = set()
        waiting = [(region.entry.label, 0)] if blocks else []
        while waiting:
            label, taken = waiting.pop()
            if (label, taken) in done:
                continue
            done.add((label, taken))
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

    def _say(self, expr: Expr) -> Value:
        return self._speaker.say(expr, self._env)

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
                write_queue_op(self._w, instr, self._env)
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
            case Precedes():
                write_order(self._w, instr, self._env)
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
            self._lines.say(self._lines.failure(self._names.property(NEVER)))
            self._lines.say(f"goto {self._goals.failed}")

    def _write_check(self, holds: Value, property_: str, place: Place | None) -> None:
        goal = self._find_end(self._goals.failed)
        self._w.write_check(holds, property_, place, self._env, goal)

    def _write_new(self, local: str, pool: str, rank: int) -> None:
        speaker, memory = self._speaker, self._speaker.memory
        obj = memory.lookup.object(pool)
        free = speaker.list_free(obj)
        # Fewer are free than these choices ask for: only a trial can come there.
        is_tried = self._goals.waits is not None and obj.reuse
        goal = self._goals.waits[True] if self._goals.waits is not None else ""
        with self._lines.cases(f"goto {goal}" if is_tried else "skip"):
            for element, is_free in enumerate(free):
                before = say_sum(speaker.dialect, free[:element])
                is_turn = say_and(speaker.is_equal(before, rank), is_free)
                if is_turn == 0:
                    continue
                self._lines.case(speaker.dialect.condition(is_turn))
                self._change(changes.change_at_new(memory, obj, element))
                self._assign(str(self._env.locals[local]), memory.object_pointer(pool, element))

    def _write_by_pointer(
        self, pointer: Value, cases: Sequence[tuple[int, changes.Changes]]
    ) -> None:
        if isinstance(pointer, int):
            self._change(dict(cases).get(pointer, []))
            return
        if not cases:
            return
        with self._lines.cases():
            for number, change in cases:
                is_it = self._speaker.is_equal(pointer, number)
                self._lines.case(self._speaker.dialect.condition(is_it))
                self._change(change)

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
        self._lines.say(self._lines.failure(self._names.property(NEVER)))
        self._lines.say(f"goto {self._goals.failed}")
        for thread, label in zip(threads, labels, strict=True):
            self._lines.label(label)
            self._assign(str(self._env.locals[spawn.local]), thread.number + 1)
            self._change(changes.change_at_spawn(memory, thread))
            goals = Goals(after, self._goals.failed, self._goals.waits)
            env = Env(thread, dict(names), types)
            inner = WayWriter(self._w, thread, region, self._choices, goals, env, level, taken)
            if region.blocks:
                inner.write()
            else:
                inner._arrive(region.entry)
        self._lines.label(after)
