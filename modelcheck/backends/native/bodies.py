"""Bodies as C functions: one per step, one per start of a template, one per property.

The idea: a *region* (a location's block and the local blocks behind it) becomes one function.  Its
locals are read from the packed state `m` at the start and written back where the step ends; blocks
are written one behind the other and joined by `goto`, each only once.  A function is written once
per template; what differs between its threads is worked out from `thread`, or stands in tables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from modelcheck.backends.facts import Values
from modelcheck.backends.native.expressions import Seat, Writer
from modelcheck.backends.native.helpers import need_helper
from modelcheck.backends.native.names import Names
from modelcheck.backends.native.tables import Tables, make_patch
from modelcheck.backends.native.words import (
    give_names,
    strip_parentheses,
    write_comment,
    write_word,
)
from modelcheck.backends.subjects import LabelByPointer, find_label, find_subject
from modelcheck.diagnostics import InternalError
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Block,
    Body,
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
    Terminator,
    Wait,
)
from modelcheck.ir.regions import MAX_BLOCKS, Region, find_entry, find_region

Purpose = Literal["step", "start", "initial", "judge"]

DIVERGES = ("diverges", f"more than {MAX_BLOCKS:,} blocks in one step")
_VARIABLE = re.compile(r"\bv_\w+")
_TARGET = re.compile(r"^ *(v_\w+) = ")


@dataclass(frozen=True, slots=True)
class Site:
    """What a failing check says: its property and message, and of what its subject is the number:
    a pointer to `struct` (and the field `below` it), or an element of `object`.
    """

    property: str
    message: str
    struct: str = ""
    below: str = ""
    object: str = ""


@dataclass(slots=True)
class Numbers:
    """What the file names by number, in the order of first use; site 0 is always `diverges`."""

    sites: dict[Site, int] = field(default_factory=lambda: {Site(*DIVERGES): 0})
    labels: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)

    def site(self, site: Site) -> int:
        """The number of a failing check."""
        return self.sites.setdefault(site, len(self.sites))

    def label(self, label: str) -> int:
        """The number of a declaration in recorded orders."""
        return self.labels.setdefault(label, len(self.labels))

    def order(self, property_: str) -> int:
        """The number of a property that orders are recorded under."""
        return self.orders.setdefault(property_, len(self.orders))


class BodyEmitter:
    """Writes the functions of one body."""

    def __init__(
        self,
        tables: Tables,
        functions: Names,
        numbers: Numbers,
        body: Body,
        template: Template | None,
        *,
        watches: bool = False,
    ) -> None:
        self._tables = tables
        self._memory = tables.memory
        self._functions = functions
        self._numbers = numbers
        self._body = body
        self._template = template
        self._watches = watches
        self._by_label = {block.label: block for block in body.blocks}
        self._names = give_names("v_", (local.name for local in body.locals))
        self._labels = give_names("at_", self._by_label)
        seat = None if template is None else Seat(tables, template.name)
        self._writer = Writer(tables, seat, self._names, watches=watches)
        # Of the function under way:
        self._lines: list[str] = []
        self._targets: set[str] = set()  # C labels that something goes to
        self._written: set[str] = set()  # blocks
        self._waiting: list[str] = []
        self._purpose: Purpose = "step"
        self._region = find_region(body, find_entry(body))
        self._live: tuple[str, ...] = ()

    # -----------------------------------------------------------------------------------------
    # Functions

    def emit_step(self, name: str, region: Region) -> str:
        """The step at a location, an `mc_step`."""
        location = region.entry
        self._begin("step", region, location.live)
        self._emit_region()
        initial = {
            local: f"mc_get(m, &m_fields[{self._slot_of(local)}])" for local in location.live
        }
        head = f"static mc_result {name}(uint64_t *m, uint32_t thread, mc_way *way) {{"
        comment = []
        if location.step is not None:
            comment.append(write_comment(f"{location.step.span}: {location.step.text}"))
        return self._finish_function(comment, head, ("m", "thread", "way"), initial)

    def emit_start(self, name: str, parameters: Sequence[str]) -> str:
        """A thread's work before its first location."""
        entry = find_entry(self._body)
        self._begin("start", find_region(self._body, entry), ())
        if entry.rest:
            self._emit_arrival(entry)
        else:
            self._emit_region()
        names = [self._names[parameter] for parameter in parameters]
        declared = "".join(f", int64_t {parameter}" for parameter in names)
        head = f"static mc_result {name}(uint64_t *m, uint32_t thread, mc_way *way{declared}) {{"
        return self._finish_function([], head, ("m", "thread", "way", *names), {})

    def emit_initial(self, name: str) -> str:
        """What the program does before all threads."""
        self._begin("initial", find_region(self._body, find_entry(self._body)), ())
        self._emit_region()
        head = f"static mc_result {name}(uint64_t *m, mc_way *way) {{"
        return self._finish_function([], head, ("m", "way"), {})

    def emit_judge(self, name: str) -> str:
        """A property, an `mc_judge`."""
        self._begin("judge", find_region(self._body, find_entry(self._body)), ())
        self._emit_region()
        return self._finish_function([], f"static int {name}(const uint64_t *m) {{", ("m",), {})

    def _begin(self, purpose: Purpose, region: Region, live: tuple[str, ...]) -> None:
        self._purpose = purpose
        self._region = region
        self._live = live
        self._lines = []
        self._targets = set()

    def _finish_function(
        self,
        comment: Sequence[str],
        head: str,
        parameters: Sequence[str],
        initial: dict[str, str],
    ) -> str:
        """Put the declarations before the code: only what the code names."""
        read: set[str] = set()
        assigned: set[str] = set()
        for line in self._lines:
            target = _TARGET.match(line)
            read.update(_VARIABLE.findall(line, target.end() if target else 0))
            if target:
                assigned.add(target[1])
        declared = []
        for local, variable in self._names.items():
            if variable in parameters or variable not in read | assigned:
                continue
            declared.append(f"  int64_t {variable} = {initial.get(local, '0')};")
            if variable not in read:
                declared.append(f"  (void){variable};")
        code = [line for line in self._lines if not _is_idle_label(line, self._targets)]
        words = set(re.findall(r"\w+", "\n".join([*declared, *code])))
        if "count" in words:
            declared.append("  uint32_t count = 0;")
        unused = [f"  (void){name};" for name in parameters if name not in words]
        return "\n".join([*comment, head, *declared, *unused, *code, "}"])

    # -----------------------------------------------------------------------------------------
    # Regions

    def _line(self, text: str) -> None:
        self._lines.append(f"  {text}")

    def _emit_region(self) -> None:
        """Every block and every end of a region, each once, one behind the other.

        What a block leads to is put on top of the stack, so that it comes next where it has not
        been written: then nothing has to `goto` it.
        """
        entry = self._region.entry
        self._written = set() if entry.rest else {entry.label}
        self._waiting = []
        if not entry.rest:  # to a location one only goes to end the step
            self._lines.append(f"{self._labels[entry.label]}:")
        self._emit_block(entry)
        while self._waiting:
            label = self._waiting.pop()
            if label in self._written:
                continue
            self._written.add(label)
            self._lines.append(f"{self._labels[label]}:")
            block = self._by_label[label]
            if block.rest:
                self._emit_arrival(block)
            else:
                self._emit_block(block)

    def _emit_block(self, block: Block) -> None:
        if self._region.needs_count:
            self._emit_failure("++count > MC_MAX_BLOCKS", Site(*DIVERGES), "0")
        for instr in block.instrs:
            self._emit_instr(instr)
        self._emit_end(block.end)

    def _emit_end(self, end: Terminator) -> None:
        match end:
            case Jump(target):
                self._emit_next(target)
            case Branch(condition, then, other) if then == other:
                if self._watches:  # looking is an access
                    self._line(f"(void){self._writer.write(condition)};")
                self._emit_next(then)
            case Branch(condition, then, other):
                text = self._writer.write(condition)
                if then in self._written:
                    self._emit_goto(then, strip_parentheses(text))
                    self._emit_next(other)
                else:
                    self._emit_goto(other, f"!{_enclose(text)}")
                    self._waiting.append(other)
                    self._waiting.append(then)
            case End():
                self._emit_finish()
            case Return(value):
                self._line(f"return {_enclose(self._writer.write(value))} ? 1 : 0;")
            case _:
                assert_never(end)

    def _emit_next(self, label: str) -> None:
        """Go on at a block: by writing it next, if it has not been written."""
        if label in self._written:
            self._emit_goto(label)
        else:
            self._waiting.append(label)

    def _emit_goto(self, label: str, condition: str = "") -> None:
        target = self._labels[label]
        self._targets.add(target)
        self._line(f"if ({condition}) goto {target};" if condition else f"goto {target};")

    def _emit_arrival(self, block: Block) -> None:
        """The step ends at a location: its number, the locals that live there, 0 for the rest."""
        template = self._require_template()
        number = self._memory.location_number(template.name, block.label)
        self._emit_put(self._writer.seat.thread, str(number))
        for local in block.live:
            if local not in self._live or local in self._region.assigned:
                self._emit_put(self._slot_of(local), self._names[local])
        self._emit_dead_slots(block.live)
        self._line("return MC_DONE;")

    def _emit_finish(self) -> None:
        """The thread has ended, or the start of the program is done."""
        if self._purpose != "initial":
            template = self._require_template()
            self._emit_put(self._writer.seat.thread, str(self._memory.ended(template.name)))
            self._emit_dead_slots(())
            self._emit_patch("m_death", [f.death for f in self._tables.facts_of(template)])
        self._line("return MC_DONE;")

    def _emit_dead_slots(self, live: Sequence[str]) -> None:
        kept = {self._offset_of(local) for local in live}
        for offset in sorted({self._offset_of(local) for local in self._live} - kept):
            self._emit_put(self._writer.seat.local(offset), "0")

    def _emit_put(self, slot: str, value: str) -> None:
        self._line(f"mc_put(m, &m_fields[{slot}], {value});")

    def _emit_patch(self, prefix: str, values: Sequence[Values]) -> None:
        """Set the slots that the running thread's facts say; nothing where there are none."""
        if len(values) > 1 and any(values):
            table = self._tables.patches(prefix, values)
            self._line(f"mc_apply(m, {table}[{strip_parentheses(self._writer.seat.me)}]);")
            return
        for w in make_patch(self._tables.layout, values[0]):
            kept = f"(m[{w.word}] & {write_word(w.keep)}) | " if w.keep else ""
            self._line(f"m[{w.word}] = {kept}{write_word(w.set)};")

    # -----------------------------------------------------------------------------------------
    # Instructions

    def _emit_instr(self, instr: Instr) -> None:
        writer = self._writer
        match instr:
            case Assign(local, value):
                self._emit_assign(local, strip_parentheses(writer.write(value)))
            case Load(local, place, kind):
                self._emit_assign(local, f"mc_get(m, &m_fields[{writer.write_slot(place, kind)}])")
            case Store(place, value, kind):
                text = strip_parentheses(writer.write(value))
                self._emit_put(writer.write_slot(place, kind, is_write=True), text)
            case QueueOp():
                self._emit_queue_op(instr)
            case Check(condition, fault, subject, message):
                self._emit_check(condition, fault, message, subject)
            case Assert(condition, property_, detail, subject):
                self._emit_check(condition, property_, detail, subject)
            case Wait(condition, idle):
                result = f"return {'MC_IDLE' if idle else 'MC_BLOCKED'};"
                self._line(f"if (!{_enclose(writer.write(condition))}) {result}")
            case Choose(local, count):
                self._emit_assign(local, f"mc_pick(way, {count})")
            case New(local, pool):
                pool_name = self._tables.pool(pool)
                self._emit_assign(local, f"mc_take(m, m_fields, &{pool_name}, way)")
            case Free(pointer, struct):
                self._emit_by_pointer(self._tables.deaths(struct), pointer)
            case Discard(pointer, struct):
                self._emit_by_pointer(self._tables.discards(struct), pointer)
            case Enter(object_):
                facts = self._tables.facts_of(self._require_template())
                self._emit_patch("m_enter", [f.enter[object_] for f in facts])
            case Leave(object_):
                facts = self._tables.facts_of(self._require_template())
                self._emit_patch("m_leave", [f.leave[object_] for f in facts])
            case Spawn(local, template, arguments):
                values = "".join(f", {writer.write(a)}" for a in arguments)
                spawned = self._functions.spawn(template)
                self._line("{")
                call = f"{spawned}(m, way, &{self._names[local]}{values})"
                self._line(f"  mc_result result = {call};")
                self._line("  if (result != MC_DONE) return result;")
                self._line("}")
            case Crash():
                facts = self._tables.facts_of(self._require_template())
                self._emit_patch("m_crash", [f.crash for f in facts])
            case Precedes(property_, first, second):
                number = self._numbers.order(property_)
                labels = f"{self._write_label(first)}, {self._write_label(second)}"
                self._line(f"mc_note_order(way, {number}, {labels});")
            case SetInterrupts(which, on):
                is_irqs = which == "irqs"
                base = self._memory.irqs_base if is_irqs else self._memory.softirqs_base
                self._emit_put(writer.seat.flag(base or 0), strip_parentheses(writer.write(on)))
            case _:
                assert_never(instr)

    def _emit_assign(self, local: str, text: str) -> None:
        self._line(f"{self._writer.name_local(local)} = {text};")

    def _emit_queue_op(self, op: QueueOp) -> None:
        slot = self._writer.write_slot(op.place, op.kind, is_write=op.verb != "read")
        match op.verb:
            case "append" | "appendleft" | "remove":
                value = "0" if op.value is None else self._writer.write(op.value)
                self._line(f"mc_queue_{op.verb}(m, m_fields, {slot}, {value});")
            case "pop" | "popleft":
                call = f"mc_queue_{op.verb}(m, m_fields, {slot})"
                if op.local is None:
                    self._line(f"(void){call};")
                else:
                    self._emit_assign(op.local, call)
            case "clear":
                self._line(f"mc_queue_clear(m, m_fields, {slot});")
            case "read":
                if self._watches:
                    self._line(f"(void){_enclose(slot)};")
            case _:
                assert_never(op.verb)

    def _emit_by_pointer(self, table: str, pointer: Expr) -> None:
        helper = need_helper(self._tables, "m_set_by_pointer")
        self._line(f"{helper}(m, {table}, {self._writer.write(pointer)});")

    def _emit_check(
        self, condition: Expr, property_: str, message: str, place: Place | None
    ) -> None:
        site, number = Site(property_, message), "0"
        if place is not None:
            subject = find_subject(self._memory, place)
            object_ = getattr(subject.place.root, "object", "")
            site = Site(property_, message, subject.struct, subject.below, object_)
            number = "0" if self._purpose == "judge" else self._writer.write_subject(subject)
        self._emit_failure(f"!{_enclose(self._writer.write(condition))}", site, number)

    def _emit_failure(self, condition: str, site: Site, number: str) -> None:
        """Fail where a condition is true."""
        if self._purpose == "judge":
            self._line(f"if ({condition}) return MC_CANNOT_TELL;")
            return
        self._line(f"if ({condition}) {{")
        self._line(f"  mc_note_failure(way, {self._numbers.site(site)}, {number});")
        self._line("  return MC_FAILED;")
        self._line("}")

    def _write_label(self, place: Place) -> str:
        label = find_label(self._memory, place)
        if not isinstance(label, LabelByPointer):
            return str(self._numbers.label(label))
        numbers = [self._numbers.label(text) for text in label.by_value]
        table = self._tables.unit.add_numbers("m_labels", numbers)
        return f"{table}[{self._writer.write(label.pointer)}]"

    # -----------------------------------------------------------------------------------------
    # Names

    def _offset_of(self, local: str) -> int:
        offset = self._memory.local_slot(self._require_template().name, local)
        if offset is None:
            raise InternalError(f"the live local `{local}` has no slot")
        return offset

    def _slot_of(self, local: str) -> str:
        return self._writer.seat.local(self._offset_of(local))

    def _require_template(self) -> Template:
        if self._template is None:
            raise InternalError("only a thread can come to a location")
        return self._template


def _enclose(text: str) -> str:
    """A condition with parentheses around it."""
    return text if strip_parentheses(text) != text else f"({text})"


def _is_idle_label(line: str, targets: set[str]) -> bool:
    return line.endswith(":") and line[0] != " " and line[:-1] not in targets
