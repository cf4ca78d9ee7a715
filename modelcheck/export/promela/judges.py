"""What every state is asked, as statements: invariants, and at rest `final`, `leak`, deadlock.

They run at the end of the `d_step` that led to the state, so they cost no transition.  At rest
means that the guard of no step holds.
"""

from __future__ import annotations

from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.export.promela.expressions import Env, Speaker
from modelcheck.export.promela.lines import Lines
from modelcheck.export.promela.regions import find_region
from modelcheck.export.promela.silence import Silence
from modelcheck.export.promela.steps import MAX_BLOCKS, Names
from modelcheck.export.promela.words import Value, say_not, say_or
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import ALIVE
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Block,
    Branch,
    Check,
    End,
    Instr,
    Jump,
    Load,
    Property,
    QueueOp,
    Return,
)
from modelcheck.ir.types import PtrType, SetType

REACHED = "#ifdef REACHABLE"


class JudgeWriter:
    """Writes the judgement of the state that holds now."""

    def __init__(
        self,
        speaker: Speaker,
        names: Names,
        lines: Lines,
        silence: Silence,
        elsewhere: frozenset[int] = frozenset(),
    ) -> None:
        self._elsewhere = elsewhere  # slots that are not in memory, and lead nowhere at rest
        self._speaker = speaker
        self._names = names
        self._lines = lines
        self._silence = silence
        self._pools = [o for o in speaker.program.objects if o.kind == "pool"]

    def write_always(self) -> None:
        """Invariants; and which `reachable` hold here, in texts made with -DREACHABLE."""
        for property_ in self._speaker.program.properties:
            if property_.kind == "invariant":
                self.write_property(property_)
        sought = [p for p in self._speaker.program.properties if p.kind == "reachable"]
        if sought:
            self._lines.lines.append(REACHED)
            for property_ in sought:
                self.write_property(property_)
            self._lines.lines.append("#endif")

    def write_at_rest(self, *, enabled: str, resting: str) -> None:
        """Where `enabled` is false: a deadlock unless `resting`, else `final` and `leak`."""
        after = self._names.label()
        self._lines.choose(self._speaker.dialect.condition(enabled), f"goto {after}")
        self.write_still(resting=resting)
        self._lines.label(after)

    def write_still(self, *, resting: str) -> None:
        """The same where it is known that no step is enabled."""
        after, rest = self._names.label(), self._names.label()
        fails = f"{self._say_failure('deadlock')}; goto {after}"
        self._lines.choose(self._speaker.dialect.condition(resting), f"goto {rest}", fails)
        self._lines.label(rest)
        for property_ in self._speaker.program.properties:
            if property_.kind == "final":
                self.write_property(property_)
        self._write_leak()
        self._lines.label(after)

    def _say_failure(self, name: str) -> str:
        if self._silence.is_everywhere(name):
            return "skip"
        return self._lines.failure(self._names.property(name))

    def _assign(self, target: str, value: Value) -> None:
        self._lines.say(self._speaker.dialect.assign(target, value))

    def _scratch(self, name: str) -> str:
        self._names.scratch[name] = None
        return name

    # ------------------------------------------------------------------------ properties

    def write_property(self, property_: Property) -> None:
        """A property's body; it fails where it returns false, and where a check in it does.

        For a `reachable` an assertion says the opposite: that the state was reached.
        """
        body = property_.body
        if body is None:
            return
        entry = next(block for block in body.blocks if block.label == body.entry)
        region = find_region(body, entry)
        names = {name: self._scratch(f"v0_{i}") for i, name in enumerate(local_types(body))}
        env = Env(None, names, local_types(body))
        for name in names.values():
            self._assign(name, 0)
        count = self._scratch("v_blocks0") if region.has_cycle else ""
        if count:
            self._assign(count, 0)
        labels = {block.label: self._names.label() for block in region.blocks}
        after = self._names.label()
        for block in region.blocks:
            self._lines.label(labels[block.label])
            if count:
                self._assign(count, f"{count} + 1")
                self._write_check(property_, f"({count} <= {MAX_BLOCKS})", after)
            for instr in block.instrs:
                self._write_instr(instr, property_, env, after)
            self._write_end(block, property_, env, labels, after)
        self._lines.label(after)

    def _write_instr(self, instr: Instr, property_: Property, env: Env, after: str) -> None:
        speaker = self._speaker
        match instr:
            case Assign(local, value):
                self._assign(str(env.locals[local]), speaker.say(value, env))
            case Load(local, place):
                slot = speaker.address(speaker.memory.resolve(place), env)
                self._assign(str(env.locals[local]), speaker.slot(slot))
            case Check(condition) | Assert(condition):
                self._write_check(property_, speaker.say(condition, env), after)
            case QueueOp("read"):
                pass
            case _:
                raise InternalError(f"a property does more than look: {instr!r}")

    def _write_check(self, property_: Property, holds: Value, after: str) -> None:
        """A check inside a property; of a `reachable` it says it is violated."""
        if holds == 1:
            return
        name = property_.name if property_.kind != "reachable" else f"{property_.name} (fault)"
        fails = f"{self._say_failure_of(name, property_)}; goto {after}"
        if holds == 0:
            self._lines.say(fails)
            return
        self._lines.choose(self._speaker.dialect.condition(holds), "skip", fails)

    def _say_failure_of(self, name: str, property_: Property) -> str:
        if self._silence.is_everywhere(property_.name):
            return "skip"
        return self._lines.failure(self._names.property(name))

    def _write_end(
        self, block: Block, property_: Property, env: Env, labels: dict[str, str], after: str
    ) -> None:
        speaker = self._speaker
        match block.end:
            case Jump(target):
                self._lines.say(f"goto {labels[target]}")
            case Branch(condition, then, other):
                is_so = speaker.dialect.condition(speaker.say(condition, env))
                self._lines.choose(is_so, f"goto {labels[then]}", f"goto {labels[other]}")
            case Return(value):
                answer = speaker.say(value, env)
                is_sought = property_.kind == "reachable"
                holds: Value = say_not(answer) if is_sought else answer
                says = self._say_failure_of(property_.name, property_)
                if holds == 0:
                    self._lines.say(says)
                elif holds != 1:
                    self._lines.choose(speaker.dialect.condition(holds), "skip", says)
                self._lines.say(f"goto {after}")
            case End():
                raise InternalError("a property ends without a value")
            case _:
                assert_never(block.end)

    # ------------------------------------------------------------------------ leaks

    def _write_leak(self) -> None:
        """Mark what shared objects and the locals of waiting threads lead to, then look for live
        pool objects without a mark.
        """
        if not self._pools or self._silence.is_everywhere("leak"):
            return
        memory = self._speaker.memory
        elements = [
            (pool.name, i) for pool in self._pools for i in range(memory.lookup.instances(pool))
        ]
        numbers = {element: i for i, element in enumerate(elements)}
        marks = [self._scratch(f"v_mark{i}") for i in range(len(elements))]
        for mark in marks:
            self._assign(mark, 0)
        rounds: list[tuple[str, int]] = []
        for slot in memory.slots:
            if slot.ghost or slot.role == "queue-length" or slot.number in self._elsewhere:
                continue
            if not isinstance(slot.type, PtrType | SetType):
                continue
            holder = ""
            if slot.role != "local" and (slot.object, slot.element) in numbers:
                holder = marks[numbers[slot.object, slot.element]]
            rounds.append((holder, slot.number))
        for holder, slot_number in rounds:
            if not holder:
                self._write_marks(slot_number, "", numbers, marks)
        inside = [(holder, number) for holder, number in rounds if holder]
        for _ in elements if inside else ():
            for holder, slot_number in inside:
                self._write_marks(slot_number, holder, numbers, marks)
        for element, mark in zip(elements, marks, strict=True):
            if self._silence.is_partial("leak") and self._is_allowed(element[0]):
                continue
            status = self._speaker.slot(memory.status_slot(*element) or 0)
            lost = f"({status} == {ALIVE} && !{mark})"
            self._lines.choose(self._speaker.dialect.condition(lost), self._say_failure("leak"))

    def _is_allowed(self, name: str) -> bool:
        obj = self._speaker.memory.lookup.object(name)
        names = (name, getattr(obj.type, "struct", ""))
        return any(self._silence.is_silenced("leak", n) for n in names)

    def _write_marks(
        self, slot_number: int, holder: str, numbers: dict[tuple[str, int], int], marks: list[str]
    ) -> None:
        """What a slot names is marked, if the object it lies in is."""
        memory = self._speaker.memory
        slot = memory.slots[slot_number]
        name = self._speaker.names[slot_number]
        pointed = slot.type.element if isinstance(slot.type, SetType) else slot.type
        if not isinstance(pointed, PtrType):
            return
        by_element: dict[int, list[int]] = {}
        for place in memory.places(pointed.struct):
            number = numbers.get((place.object, place.element))
            if number is not None:
                by_element.setdefault(number, []).append(place.number)
        for number, places in by_element.items():
            named: Value = 0
            for place_number in places:
                if isinstance(slot.type, SetType):
                    # An uninitialised set names nothing.
                    mask = self._speaker.dialect.number(slot.hi)
                    test = f"({name} >= 0 && {name} <= {mask} && (({name} >> {place_number}) & 1))"
                else:
                    test = f"({name} == {place_number + 1})"
                named = say_or(named, test)
            is_held = f"({holder} && {named})" if holder else str(named)
            if holder:  # what a freed object holds (stable fields) leads nowhere
                status = self._speaker.slot(memory.status_slot(slot.object, slot.element) or 0)
                is_held = f"({status} == {ALIVE} && {is_held})"
            marks_it = self._speaker.dialect.assign(marks[number], 1)
            self._lines.choose(self._speaker.dialect.condition(is_held), marks_it)
