"""Processes whose control and locals are their own: a label per location, locals as variables.

A step is a `d_step` where it cannot fail and ends in one place, else an `atomic`.  One that fails
goes back to where it began, with memory and locals as they were, so a search that goes on after an
error (`-c0`) goes on as the program would.
"""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.export.promela import changes
from modelcheck.export.promela.expressions import Env, Speaker
from modelcheck.export.promela.guards import Guards, Way
from modelcheck.export.promela.interrupts import say_gate
from modelcheck.export.promela.lines import Lines
from modelcheck.export.promela.regions import Region, find_region
from modelcheck.export.promela.silence import Silence
from modelcheck.export.promela.steps import Goals, Names, StepWriter
from modelcheck.export.promela.ways import write_way
from modelcheck.export.promela.words import Value, say_and, say_comment
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Memory, Thread
from modelcheck.ir.nodes import Assert, Block, Check, Spawn
from modelcheck.ir.traverse import assigned_local


class MemorySteps(StepWriter):
    """Steps of threads whose control and locals lie in memory, where others can change them."""

    records_orders = False  # an order is about the whole run, which SPIN's reduction cuts short
    array = "memory"


class OwnSteps(MemorySteps):
    """Steps of the threads in `own`; what they spawn is not among them.

    `exact` are those whose counter in memory says where they stand; that of others only tells
    whether they have ended.
    """

    def __init__(  # noqa: PLR0917 (what a text is made with)
        self,
        speaker: Speaker,
        names: Names,
        lines: Lines,
        silence: Silence,
        own: frozenset[int],
        exact: frozenset[int],
    ) -> None:
        super().__init__(speaker, names, lines, silence)
        self._own = own
        self._exact = exact
        self._exits: dict[str, str] = {}  # by the label of the location, "" for the end

    def write_location(self, thread: Thread, block: Block, state: Mapping[str, str]) -> None:
        """All ways out of a location; `state` names the locals."""
        body = self.speaker.memory.lookup.template(thread.template).body
        region = find_region(body, block)
        if block.step is not None:
            self.lines.line(say_comment(f"{block.step.span} {block.step.text}"))
        self.lines.line(f"{name_location(self.speaker.memory, thread, block)}:")
        gate = say_gate(self.speaker, thread, block.label)
        guards = _OwnGuards(self.speaker, state)
        with self.lines.inside("if", "fi;"):
            count = 0
            for way in guards.list_ways(thread, region):
                if way.enabled not in (0, None):
                    count += 1
                    self._write_step(thread, region, way, gate)
            if not count:
                self.lines.line(":: false -> skip")

    def _write_step(self, thread: Thread, region: Region, way: Way, gate: Value) -> None:
        can_fail = region.has_cycle or any(
            isinstance(i, Check | Assert | Spawn) for i in region.instructions()
        )
        is_one = not can_fail and len(region.exits) + region.may_end == 1
        guard = say_and(gate, 0 if way.enabled is None else way.enabled)
        head = "skip" if guard == 1 else self.speaker.dialect.text(guard)
        self._exits = {}
        kept = self._list_kept(region) if can_fail else {}
        with self.lines.inside(f":: {'d_step' if is_one else 'atomic'} {{ {head} ->", "}"):
            for name, variable in kept.items():
                self.assign(variable, name)
            failed = self.names.label()
            goals = Goals(self.names.label(), failed)
            write_way(self, thread, region, way.choices, goals, is_trial=False)
            used = {**self.used, **dict.fromkeys(kept.values())}
            targets = [self._write_exit(thread, region, to, used) for to in self._exits]
            if not is_one:
                for target, lines in targets:
                    self.lines.lines += lines
                    self.lines.say(f"goto {target}")
            elif targets:
                self.lines.lines += targets[0][1]
            self.lines.line(f"{failed}: skip;")
            if not is_one:
                self._write_back(thread, region, kept, used)
            self.lines.line("skip")
        if is_one and targets:
            self.lines.line(f"   goto {targets[0][0]}")

    def _list_kept(self, region: Region) -> dict[str, str]:
        """Copies of the live locals that a step changes, by variable."""
        changed = {assigned_local(i) for i in region.instructions()}
        numbers = {name: i for i, name in enumerate(local_types(region.body))}
        kept = {}
        for name in region.entry.live:
            if name in changed:
                kept[f"v0_{numbers[name]}"] = f"v_kept{numbers[name]}"
                self.names.scratch[f"v_kept{numbers[name]}"] = None
        return kept

    def _write_exit(
        self, thread: Thread, region: Region, label: str, used: Mapping[str, None]
    ) -> tuple[str, list[str]]:
        """Where a step ends: the label there, and what is left to do before."""
        memory = self.speaker.memory
        out = Lines(depth=self.lines.depth)
        out.line(f"{self._exits[label]}: skip;")
        numbers = {name: i for i, name in enumerate(local_types(region.body))}
        block = next((b for b in region.body.blocks if b.label == label), None)
        live = {f"v0_{numbers[name]}" for name in block.live} if block is not None else set()
        for name in used:
            if name not in live:
                out.say(f"{name} = 0")
        if block is not None:
            if thread.number in self._exact:
                number = memory.location_number(thread.template, label)
                out.say(f"{self.speaker.slot(thread.pc)} = {number}")
            return name_location(memory, thread, block), out.lines
        first = thread.locals_base
        own = range(first, first + memory.local_slot_count(thread.template))
        for slot, value in changes.change_at_end(memory, thread):
            if slot not in own:
                out.say(f"{self.speaker.slot(slot)} = {self.speaker.dialect.number(value)}")
        return name_end(thread), out.lines

    def _write_back(
        self, thread: Thread, region: Region, kept: Mapping[str, str], used: Mapping[str, None]
    ) -> None:
        """After a failure: the locals as they were (memory is, by now)."""
        numbers = {name: i for i, name in enumerate(local_types(region.body))}
        live = {f"v0_{numbers[name]}" for name in region.entry.live}
        for name, variable in kept.items():
            self.assign(name, variable)
        for name in used:
            if name not in live:
                self.assign(name, 0)
        self.lines.say(f"goto {name_location(self.speaker.memory, thread, region.entry)}")

    def write_start(self, thread: Thread, region: Region, env: Env) -> None:
        """The copy of memory, where one is needed; the locals are there."""
        del thread, region, env
        if self._is_undoable:
            self.save()

    def write_arrival(
        self, thread: Thread, region: Region, block: Block, env: Env, goal: str
    ) -> None:
        """A thread of ours goes to where that exit is written; others as in memory."""
        if thread.number in self._own:
            self.lines.say(f"goto {self._exit(block.label)}")
        else:
            super().write_arrival(thread, region, block, env, goal)

    def write_end(self, thread: Thread, env: Env, goal: str) -> None:
        """The same for the end."""
        if thread.number in self._own:
            self.lines.say(f"goto {self._exit('')}")
        else:
            super().write_end(thread, env, goal)

    def _exit(self, label: str) -> str:
        if label not in self._exits:
            self._exits[label] = self.names.label()
        return self._exits[label]


class _OwnGuards(Guards):
    """Guards that find a thread's locals in its proctype."""

    def __init__(self, speaker: Speaker, names: Mapping[str, str]) -> None:
        super().__init__(speaker)
        self._locals = names

    def begin(self, thread: Thread, region: Region) -> Env:
        """The live locals by name, 0 for all others."""
        types = local_types(region.body)
        values: dict[str, Value] = dict.fromkeys(types, 0)
        values.update({name: self._locals[name] for name in region.entry.live})
        return Env(thread, values, types)


def name_location(memory: Memory, thread: Thread, block: Block) -> str:
    """The label of a location.  To stand there is a valid end for SPIN: `judge` knows better."""
    return f"end_{thread.number}_{memory.location_number(thread.template, block.label)}"


def name_end(thread: Thread) -> str:
    """The label behind the last step."""
    return f"ended_{thread.number}"
