"""Bodies as C functions: one per step, one per start of a template, one per property.

The idea: a *region* (a location's block and the local blocks behind it) becomes one function.  Its
locals are read from the packed state `m` at the start and written back where the step ends; blocks
are written one behind the other and joined by `goto`, each only once.  A function is written once
per template; what differs between its threads is worked out from `thread`, or stands in tables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, assert_never

from modelcheck.backends.native.expressions import Seat, Writer
from modelcheck.backends.native.instructions import Code
from modelcheck.backends.native.names import Names
from modelcheck.backends.native.numbers import DIVERGES, Numbers
from modelcheck.backends.native.tables import Tables
from modelcheck.backends.native.words import (
    enclose,
    give_names,
    strip_parentheses,
    write_comment,
)
from modelcheck.diagnostics import InternalError
from modelcheck.ir.nodes import (
    Block,
    Body,
    Branch,
    End,
    Jump,
    Return,
    Template,
    Terminator,
)
from modelcheck.ir.regions import Region, find_entry, find_region

Purpose = Literal["step", "start", "initial", "judge"]

_VARIABLE = re.compile(r"\bv_\w+")
_TARGET = re.compile(r"^ *(v_\w+) = ")


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
        self._code = self._make_code("step")
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
        self._code = self._make_code(purpose)
        self._targets = set()

    def _make_code(self, purpose: Purpose) -> Code:
        return Code(
            self._tables,
            self._functions,
            self._numbers,
            self._writer,
            self._template,
            is_judge=purpose == "judge",
        )

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
        for line in self._code.lines:
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
        code = [line for line in self._code.lines if not _is_idle_label(line, self._targets)]
        words = set(re.findall(r"\w+", "\n".join([*declared, *code])))
        if "count" in words:
            declared.append("  uint32_t count = 0;")
        unused = [f"  (void){name};" for name in parameters if name not in words]
        return "\n".join([*comment, head, *declared, *unused, *code, "}"])

    # -----------------------------------------------------------------------------------------
    # Regions

    def _emit_region(self) -> None:
        """Every block and every end of a region, each once, one behind the other.

        What a block leads to is put on top of the stack, so that it comes next where it has not
        been written: then nothing has to `goto` it.
        """
        entry = self._region.entry
        self._written = set() if entry.rest else {entry.label}
        self._waiting = []
        if not entry.rest:  # to a location one only goes to end the step
            self._code.lines.append(f"{self._labels[entry.label]}:")
        self._emit_block(entry)
        while self._waiting:
            label = self._waiting.pop()
            if label in self._written:
                continue
            self._written.add(label)
            self._code.lines.append(f"{self._labels[label]}:")
            block = self._by_label[label]
            if block.rest:
                self._emit_arrival(block)
            else:
                self._emit_block(block)

    def _emit_block(self, block: Block) -> None:
        if self._region.needs_count:
            self._code.fail_if("++count > MC_MAX_BLOCKS", DIVERGES, "0")
        for instr in block.instrs:
            self._code.emit(instr)
        self._emit_end(block.end)

    def _emit_end(self, end: Terminator) -> None:
        match end:
            case Jump(target):
                self._emit_next(target)
            case Branch(condition, then, other) if then == other:
                if self._watches:  # looking is an access
                    self._code.line(f"(void){self._writer.write(condition)};")
                self._emit_next(then)
            case Branch(condition, then, other):
                text = self._writer.write(condition)
                if then in self._written:
                    self._emit_goto(then, strip_parentheses(text))
                    self._emit_next(other)
                else:
                    self._emit_goto(other, f"!{enclose(text)}")
                    self._waiting.append(other)
                    self._waiting.append(then)
            case End():
                self._emit_finish()
            case Return(value):
                self._code.line(f"return {enclose(self._writer.write(value))} ? 1 : 0;")
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
        self._code.line(f"if ({condition}) goto {target};" if condition else f"goto {target};")

    def _emit_arrival(self, block: Block) -> None:
        """The step ends at a location: its number, the locals that live there, 0 for the rest."""
        template = self._require_template()
        number = self._memory.location_number(template.name, block.label)
        self._code.put(self._writer.seat.thread, str(number))
        for local in block.live:
            if local not in self._live or local in self._region.assigned:
                self._code.put(self._slot_of(local), self._names[local])
        self._emit_dead_slots(block.live)
        self._code.line("return MC_DONE;")

    def _emit_finish(self) -> None:
        """The thread has ended, or the start of the program is done."""
        if self._purpose != "initial":
            template = self._require_template()
            self._code.put(self._writer.seat.thread, str(self._memory.ended(template.name)))
            self._emit_dead_slots(())
            self._code.patch("m_death", [f.death for f in self._code.facts])
        self._code.line("return MC_DONE;")

    def _emit_dead_slots(self, live: Sequence[str]) -> None:
        kept = {self._offset_of(local) for local in live}
        for offset in sorted({self._offset_of(local) for local in self._live} - kept):
            self._code.put(self._writer.seat.local(offset), "0")

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


def _is_idle_label(line: str, targets: set[str]) -> bool:
    return line.endswith(":") and line[0] != " " and line[:-1] not in targets
