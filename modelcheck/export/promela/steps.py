"""Steps as statements: the blocks of one way through a step, with labels and gotos.

All of it stands inside one `d_step`, so only the state after its end counts.  The step's locals are
scratch variables, 0 between steps.  Where a check fails after something was stored, memory is put
back from a copy: a failing step leaves the state as it was, which SPIN sees as one transition to a
state it knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from modelcheck.export.promela import changes
from modelcheck.export.promela.expressions import Env, Speaker
from modelcheck.export.promela.lines import Lines
from modelcheck.export.promela.regions import Region, fails_late
from modelcheck.export.promela.silence import Silence
from modelcheck.export.promela.words import Value, spell
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Thread
from modelcheck.ir.nodes import Block, Place
from modelcheck.ir.traverse import assigned_local, nodes_of, used_locals

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

    records_orders = True
    array = "m"  # what the text calls memory

    def __init__(self, speaker: Speaker, names: Names, lines: Lines, silence: Silence) -> None:
        self.speaker = speaker
        self.names = names
        self.lines = lines
        self.silence = silence
        self._used: dict[str, None] = {}  # scratch variables of the way under way
        self._failures: dict[tuple[str, str], str] = {}  # labels by property and goal
        self._is_undoable = False
        self._is_trial = False

    # ------------------------------------------------------------------------ ways

    @property
    def used(self) -> dict[str, None]:
        """The scratch variables of the last way."""
        return self._used

    def begin(self, thread: Thread, region: Region, *, is_trial: bool) -> Env:
        """The next way, through this region: what its locals are called, once they are set."""
        self._used = {}
        env = self._name_locals(thread, region, 0)
        self._is_trial = is_trial
        self._is_undoable = not is_trial and fails_late(region)
        self.write_start(thread, region, env)
        return env

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
        self.lines.code(f"memcpy(undo, (void *) {m}, sizeof({m}))")

    def restore(self) -> None:
        """Put memory back."""
        m = self._memory_name()
        self.lines.code(f"memcpy((void *) {m}, undo, sizeof({m}))")

    def _memory_name(self) -> str:
        return self.array if self.speaker.dialect.is_wide else f"now.{self.array}"

    def _name_locals(self, thread: Thread, region: Region, level: int) -> Env:
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
        self.lines.choose(self.speaker.dialect.condition(condition), then, other)

    def write_check(
        self, holds: Value, property_: str, place: Place | None, env: Env, goal: str
    ) -> None:
        """The step fails, on the way to `goal`, unless a condition holds."""
        if holds == 1:
            return
        if self._is_trial:
            self.write_if(holds, "skip", f"goto {goal}")
            return
        silenced = self.silence.say(property_, place, env)
        if isinstance(silenced, int):
            fails = self._find_failure("" if silenced else property_, goal)
            self.write_if(holds, "skip", f"goto {fails}")
            return
        after = self.names.label()
        self.write_if(holds, f"goto {after}")
        counts, silent = self._find_failure(property_, goal), self._find_failure("", goal)
        self.write_if(silenced, f"goto {silent}", f"goto {counts}")
        self.lines.label(after)

    def _find_failure(self, property_: str, goal: str) -> str:
        """The label of what a failing check comes to, which `write_failures` writes."""
        key = property_, goal
        if key not in self._failures:
            self._failures[key] = self.names.label()
        return self._failures[key]

    def write_failures(self) -> None:
        """What the checks of a way come to that fail: once per property."""
        for (property_, goal), label in self._failures.items():
            self.lines.label(label)
            if property_:
                self.lines.say(self.lines.failure(self.names.property(property_)))
            if self._is_undoable:
                self.restore()
            self.lines.say(f"goto {goal}")
        self._failures = {}
