"""Instructions as C statements.

A statement that ends the step early returns; everything else goes on with the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from modelcheck.backends.facts import ThreadFacts, Values
from modelcheck.backends.native.expressions import Writer
from modelcheck.backends.native.helpers import need_helper
from modelcheck.backends.native.names import Names
from modelcheck.backends.native.numbers import Numbers, Site
from modelcheck.backends.native.tables import Tables, make_patch
from modelcheck.backends.native.words import enclose, strip_parentheses, write_word
from modelcheck.backends.subjects import LabelByPointer, find_label, find_subject
from modelcheck.diagnostics import InternalError
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Check,
    Choose,
    Crash,
    Discard,
    Enter,
    Expr,
    Free,
    Instr,
    Leave,
    Load,
    New,
    Place,
    Precedes,
    QueueOp,
    SetInterrupts,
    Spawn,
    Store,
    Template,
    Wait,
)


class Code:
    """The statements of one function under way, in `lines`."""

    def __init__(
        self,
        tables: Tables,
        functions: Names,
        numbers: Numbers,
        writer: Writer,
        template: Template | None,
        *,
        is_judge: bool,
    ) -> None:
        self.lines: list[str] = []
        self._tables = tables
        self._memory = tables.memory
        self._functions = functions
        self._numbers = numbers
        self._writer = writer
        self._template = template
        self._is_judge = is_judge

    def line(self, text: str) -> None:
        """Append a line."""
        self.lines.append(f"  {text}")

    def emit(self, instr: Instr) -> None:
        """Append what an instruction does."""
        writer = self._writer
        match instr:
            case Assign(local, value):
                self._assign(local, strip_parentheses(writer.write(value)))
            case Load(local, place, kind):
                self._assign(local, f"mc_get(m, &m_fields[{writer.write_slot(place, kind)}])")
            case Store(place, value, kind):
                text = strip_parentheses(writer.write(value))
                self.put(writer.write_slot(place, kind, is_write=True), text)
            case QueueOp():
                self._emit_queue_op(instr)
            case Check(condition, fault, subject, message):
                self._emit_check(condition, fault, message, subject)
            case Assert(condition, property_, detail, subject):
                self._emit_check(condition, property_, detail, subject)
            case Wait(condition, idle):
                result = f"return {'MC_IDLE' if idle else 'MC_BLOCKED'};"
                self.line(f"if (!{enclose(writer.write(condition))}) {result}")
            case Choose(local, count):
                self._assign(local, f"mc_pick(way, {count})")
            case New(local, pool):
                pool_name = self._tables.pool(pool)
                self._assign(local, f"mc_take(m, m_fields, &{pool_name}, way)")
            case Free(pointer, struct):
                self._emit_by_pointer(self._tables.deaths(struct), pointer)
            case Discard(pointer, struct):
                self._emit_by_pointer(self._tables.discards(struct), pointer)
            case Enter(object_):
                self.patch("m_enter", [f.enter[object_] for f in self.facts])
            case Leave(object_):
                self.patch("m_leave", [f.leave[object_] for f in self.facts])
            case Spawn(local, template, arguments):
                values = "".join(f", {writer.write(a)}" for a in arguments)
                spawned = self._functions.spawn(template)
                self.line("{")
                call = f"{spawned}(m, way, &{self._writer.name_local(local)}{values})"
                self.line(f"  mc_result result = {call};")
                self.line("  if (result != MC_DONE) return result;")
                self.line("}")
            case Crash():
                self.patch("m_crash", [f.crash for f in self.facts])
            case Precedes(property_, first, second, nested):
                number = self._numbers.order(property_)
                labels = self._write_label(first), self._write_label(second)
                differ = f"if ({' != '.join(labels)}) " if nested else ""
                self.line(f"{differ}mc_note_order(way, {number}, {', '.join(labels)});")
            case SetInterrupts(which, on):
                is_irqs = which == "irqs"
                base = self._memory.irqs_base if is_irqs else self._memory.softirqs_base
                self.put(writer.seat.flag(base or 0), strip_parentheses(writer.write(on)))
            case _:
                assert_never(instr)

    def _assign(self, local: str, text: str) -> None:
        self.line(f"{self._writer.name_local(local)} = {text};")

    def _emit_queue_op(self, op: QueueOp) -> None:
        slot = self._writer.write_slot(op.place, op.kind, is_write=op.verb != "read")
        match op.verb:
            case "append" | "appendleft" | "remove":
                value = "0" if op.value is None else self._writer.write(op.value)
                self.line(f"mc_queue_{op.verb}(m, m_fields, {slot}, {value});")
            case "pop" | "popleft":
                call = f"mc_queue_{op.verb}(m, m_fields, {slot})"
                if op.local is None:
                    self.line(f"(void){call};")
                else:
                    self._assign(op.local, call)
            case "clear":
                self.line(f"mc_queue_clear(m, m_fields, {slot});")
            case "read":
                if self._writer.watches:
                    self.line(f"(void){enclose(slot)};")
            case _:
                assert_never(op.verb)

    def _emit_by_pointer(self, table: str, pointer: Expr) -> None:
        helper = need_helper(self._tables, "m_set_by_pointer")
        self.line(f"{helper}(m, {table}, {self._writer.write(pointer)});")

    def _emit_check(
        self, condition: Expr, property_: str, message: str, place: Place | None
    ) -> None:
        site, number = Site(property_, message), "0"
        if place is not None:
            subject = find_subject(self._memory, place)
            object_ = getattr(subject.place.root, "object", "")
            site = Site(property_, message, subject.struct, subject.below, object_)
            number = "0" if self._is_judge else self._writer.write_subject(subject)
        self.fail_if(f"!{enclose(self._writer.write(condition))}", site, number)

    def fail_if(self, condition: str, site: Site, number: str) -> None:
        """Fail where a condition is true."""
        if self._is_judge:
            self.line(f"if ({condition}) return MC_CANNOT_TELL;")
            return
        self.line(f"if ({condition}) {{")
        self.line(f"  mc_note_failure(way, {self._numbers.site(site)}, {number});")
        self.line("  return MC_FAILED;")
        self.line("}")

    def _write_label(self, place: Place) -> str:
        label = find_label(self._memory, place)
        if not isinstance(label, LabelByPointer):
            return str(self._numbers.label(label))
        numbers = [self._numbers.label(text) for text in label.by_value]
        table = self._tables.unit.add_numbers("m_labels", numbers)
        return f"{table}[{self._writer.write(label.pointer)}]"

    def put(self, slot: str, value: str) -> None:
        """Set a slot."""
        self.line(f"mc_put(m, &m_fields[{slot}], {value});")

    def patch(self, prefix: str, values: Sequence[Values]) -> None:
        """Set the slots that the running thread's facts say; nothing where there are none."""
        if len(values) > 1 and any(values):
            table = self._tables.patches(prefix, values)
            self.line(f"mc_apply(m, {table}[{strip_parentheses(self._writer.seat.me)}]);")
            return
        for w in make_patch(self._tables.layout, values[0]):
            kept = f"(m[{w.word}] & {write_word(w.keep)}) | " if w.keep else ""
            self.line(f"m[{w.word}] = {kept}{write_word(w.set)};")

    @property
    def facts(self) -> tuple[ThreadFacts, ...]:
        """What differs between the threads that run the code."""
        if self._template is None:
            raise InternalError("only a thread has objects of its own, or crashes")
        return self._tables.facts_of(self._template)
