"""Bodies as Python functions: one per step, one per start of a thread, one per property.

The idea: a *region* (a location's block and the local blocks behind it) becomes one function on
the list `m` of slots, in which the thread's locals are Python variables.  A block with one way in
is written inside its predecessor; where ways meet, or lead back, the region becomes a loop over
`at`, the number of the block to run next.  Each function is written once per template; what
differs between its threads (`PC`, `ME`, the slots of locals) are variables of the function around.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, assert_never

from modelcheck.backends.python.cover import BodyCover
from modelcheck.backends.python.expressions import Namespace, Writer
from modelcheck.backends.python.failures import write_failure
from modelcheck.backends.python.outcomes import BLOCKED, IDLE
from modelcheck.backends.subjects import find_label
from modelcheck.diagnostics import NOWHERE, InternalError
from modelcheck.ir.memory import Memory
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
from modelcheck.ir.regions import (
    MAX_BLOCKS,
    Region,
    find_entry,
    find_region_in,
    has_choices,
    list_local_successors,
)
from modelcheck.ir.traverse import nodes_of, successors, used_locals

MAX_NESTING = 12  # blocks written inside each other; Python's parser has limits of its own

Purpose = Literal["step", "start", "initial", "judge"]


@dataclass(slots=True)
class Text:
    """Lines of Python with their indentation."""

    lines: list[str] = field(default_factory=list)
    depth: int = 0

    def line(self, text: str) -> None:
        """Append one line."""
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def indented(self, head: str) -> Iterator[None]:
        """Append a line that opens a block, and indent what follows."""
        self.line(head)
        self.depth += 1
        yield
        self.depth -= 1


class BodyEmitter:
    """Writes the functions of one body."""

    def __init__(
        self,
        memory: Memory,
        namespace: Namespace,
        text: Text,
        body: Body,
        template: Template | None,
        *,
        watches: bool,
        cover: BodyCover | None = None,
    ) -> None:
        self._memory = memory
        self._namespace = namespace
        self._text = text
        self._body = body
        self._template = template
        self._by_label = {block.label: block for block in body.blocks}
        self._used_in: dict[str, frozenset[str]] = {}
        self._order = {local.name: i for i, local in enumerate(body.locals)}
        names = {local.name: f"v{i}" for i, local in enumerate(body.locals)}
        self._writer = Writer(memory, namespace, names, watches=watches, cover=cover)
        self._watches = watches
        self._cover = cover
        # Of the region under way:
        self._purpose: Purpose = "step"
        self._region = self._find_region(find_entry(body))
        self._numbers: dict[str, int] = {}
        self._live: tuple[str, ...] = ()
        self._assigned: frozenset[str] = frozenset()
        self._used: frozenset[str] = frozenset()

    def emit_step(self, name: str, location: Block) -> bool:
        """The step at a location: `name(s)`, or `name(s, c)` where it has several outcomes (or
        watches); whether it has.
        """
        region = self._find_region(location)
        is_many = has_choices(self._memory.lookup, region)
        parameters = "s, c" if self._watches or is_many else "s"
        self._begin("step", region, location.live)
        needed = self._used | self._assigned
        with self._text.indented(f"def {name}({parameters}):"):
            self._emit_comment(location)
            self._text.line("m = list(s)")
            for local in location.live:
                if local in needed:  # what no block uses or sets stays where it is
                    self._text.line(f"{self._name(local)} = m[{self._slot_name(local)}]")
            self._emit_region(set(location.live))
        return is_many

    def emit_start(self, name: str, parameters: Sequence[str]) -> None:
        """A thread's work before its first location: `name(m, c, …)`, None where it gets there."""
        entry = find_entry(self._body)
        names = ", ".join(["m", "c", *map(self._name, parameters)])
        with self._text.indented(f"def {name}({names}):"):
            if entry.rest:
                self._begin("start", self._find_region(entry), ())
                self._emit_zeros([local for local in entry.live if local not in parameters])
                self._emit_arrival(entry)
                return
            self._begin("start", self._find_region(entry), ())
            self._emit_region(set(parameters))

    def emit_initial(self, name: str) -> None:
        """The program's start: `name(m, c)`, None where it ends."""
        self._begin("initial", self._find_region(find_entry(self._body)), ())
        with self._text.indented(f"def {name}(m, c):"):
            self._emit_region(set())

    def emit_judge(self, name: str) -> None:
        """A property: `name(m)`, True, False, or the Failure of evaluating it."""
        self._begin("judge", self._find_region(find_entry(self._body)), ())
        with self._text.indented(f"def {name}(m):"):
            self._emit_region(set())

    # -----------------------------------------------------------------------------------------
    # Regions

    def _find_region(self, entry: Block) -> Region:
        return find_region_in(self._by_label, entry)

    def _begin(self, purpose: Purpose, region: Region, live: tuple[str, ...]) -> None:
        self._purpose = purpose
        self._region = region
        self._live = live
        self._assigned = region.assigned
        self._used = frozenset[str]().union(*map(self._find_used, region.blocks))
        joins = [block.label for block in region.blocks if block.label in region.joins]
        self._numbers = {label: i + 1 for i, label in enumerate(joins)}

    def _find_used(self, block: Block) -> frozenset[str]:
        """The locals that a block uses; it may belong to several regions."""
        used = self._used_in.get(block.label)
        if used is None:
            found = [used_locals(node) for node in nodes_of(block) if not isinstance(node, Jump)]
            used = self._used_in[block.label] = frozenset[str]().union(*found)
        return used

    def _emit_region(self, known: set[str]) -> None:
        """The blocks of a region; `known` are the locals that have a value already."""
        region = self._region
        targets = {
            local
            for block in region.blocks
            for label in successors(block.end)
            if self._by_label[label].rest
            for local in self._by_label[label].live
        }
        self._emit_zeros(sorted((self._used | targets) - known, key=self._order.__getitem__))
        if region.needs_count:
            self._text.line("count = 0")
        self._split_deep_nests()
        if not self._numbers:
            self._emit_block(region.entry)
            return
        entry = self._numbers.setdefault(region.entry.label, 0)
        self._text.line(f"at = {entry}")
        with self._text.indented("while True:"):
            # The table may not grow while it is written: joins are all known by now.
            for label, number in sorted(self._numbers.items(), key=lambda item: item[1]):
                with self._text.indented(f"if at == {number}:"):
                    self._emit_block(self._by_label[label])

    def _split_deep_nests(self) -> None:
        """Make a block that would be written too deep inside others one that `at` names."""
        depths = dict.fromkeys((self._region.entry.label, *self._numbers), 0)
        waiting = list(depths)
        while waiting:
            label = waiting.pop()
            for following in list_local_successors(self._by_label, self._by_label[label]):
                if following in depths:
                    continue
                depths[following] = depths[label] + 1
                if depths[following] == MAX_NESTING:
                    depths[following] = 0
                    self._numbers[following] = len(self._numbers) + 1
                waiting.append(following)

    def _emit_zeros(self, locals_: Sequence[str]) -> None:
        if locals_:
            self._text.line(" = ".join([*map(self._name, locals_), "0"]))

    def _emit_block(self, block: Block) -> None:
        if self._region.needs_count:
            self._text.line("count += 1")
            with self._text.indented(f"if count > {MAX_BLOCKS}:"):
                detail = f"more than {MAX_BLOCKS:,} blocks in one step"
                self._text.line(f"return {write_failure(self._writer, 'diverges', detail, None)}")
        if self._cover is not None:
            self._text.line(self._cover.write_block(block))
        for instr in block.instrs:
            self._emit_instr(instr, block)
        self._emit_end(block)

    def _emit_comment(self, block: Block) -> None:
        if block.step is not None:
            words = " ".join(f"{block.step.span} {block.step.text}".split())
            self._text.line(f"# {words}")

    def _emit_end(self, block: Block) -> None:
        end, cover = block.end, self._cover
        match end:
            case Jump(target):
                self._emit_goto(target)
            case Branch(condition, then, other):
                with self._text.indented(f"if {self._writer.write(condition)}:"):
                    if cover is not None:
                        self._text.line(cover.write_branch(block, took=True))
                    self._emit_goto(then)  # always ends in `return` or `continue`
                if cover is not None:
                    self._text.line(cover.write_branch(block, took=False))
                self._emit_goto(other)
            case End():
                self._emit_finish()
            case Return(value):
                text = self._writer.write(value)
                self._text.line(f"return True if {text} else False")
            case _:
                assert_never(end)

    def _emit_goto(self, label: str) -> None:
        block = self._by_label[label]
        if block.rest:
            self._emit_arrival(block)
        elif label in self._numbers:
            self._text.line(f"at = {self._numbers[label]}")
            self._text.line("continue")
        else:
            self._emit_block(block)

    def _emit_arrival(self, block: Block) -> None:
        """The step ends at a location: its number, the locals that live there, 0 for the rest."""
        template = self._require_template()
        number = self._memory.location_number(template.name, block.label)
        self._text.line(f"m[PC] = {number}")
        for local in block.live:
            if local not in self._live or local in self._assigned:
                self._text.line(f"m[{self._slot_name(local)}] = {self._name(local)}")
        self._emit_dead_slots(block.live)
        self._emit_done()

    def _emit_finish(self) -> None:
        """The thread has ended, or the start of the program is done."""
        if self._purpose != "initial":
            template = self._require_template()
            self._text.line(f"m[PC] = {self._memory.ended(template.name)}")
            self._emit_dead_slots(())
            self._text.line("set_slots(m, DEATH)")
        self._emit_done()

    def _emit_dead_slots(self, live: Sequence[str]) -> None:
        kept = {self._slot_name(local) for local in live}
        for slot in sorted({self._slot_name(local) for local in self._live} - kept):
            self._text.line(f"m[{slot}] = 0")

    def _emit_done(self) -> None:
        self._text.line("return tuple(m)" if self._purpose == "step" else "return None")

    # -----------------------------------------------------------------------------------------
    # Instructions

    def _emit_instr(self, instr: Instr, block: Block) -> None:
        text, writer = self._text, self._writer
        if self._watches and instr.span != NOWHERE:
            text.line(f"c.at = {self._namespace.add('SPAN', instr.span)}")
        match instr:
            case Assign(local, value):
                text.line(f"{self._name(local)} = {writer.write_value(value)}")
            case Load(local, place, kind):
                text.line(f"{self._name(local)} = m[{writer.write_slot(place, kind)}]")
            case Store(place, value, kind):
                # Python evaluates the right side first, so a watched value is noted before.
                slot = writer.write_slot(place, kind, is_write=True)
                text.line(f"m[{slot}] = {writer.write_value(value)}")
            case QueueOp():
                self._emit_queue_op(instr)
            case Check(condition, fault, subject, message):
                failure = write_failure(writer, fault, message, subject)
                text.line(f"if not {writer.write(condition)}: return {failure}")
            case Assert(condition, property_, detail, subject):
                failure = write_failure(writer, property_, detail, subject)
                text.line(f"if not {writer.write(condition)}: return {failure}")
            case Wait(condition, idle):
                with text.indented(f"if not {writer.write(condition)}:"):
                    if self._watches:
                        is_placed = instr.span != NOWHERE or block.step is None
                        span = instr.span if is_placed or not block.step else block.step.span
                        text.line(f"c.wait({self._namespace.add('span', span)})")
                    text.line(f"return {IDLE if idle else BLOCKED}")
            case Choose(local, count):
                text.line(f"{self._name(local)} = c.pick({count})")
            case New(local, pool):
                reuse = self._memory.lookup.object(pool).reuse
                chooser = "c" if reuse else "None"
                text.line(f"{self._name(local)} = POOLS[{pool!r}].take(m, {chooser})")
            case Free(pointer, struct):
                text.line(f"set_by_pointer(m, {writer.write(pointer)}, FREE[{struct!r}])")
            case Discard(pointer, struct):
                text.line(f"set_by_pointer(m, {writer.write(pointer)}, DISCARD[{struct!r}])")
            case Enter(object_):
                text.line(f"set_slots(m, ENTER[{object_!r}])")
            case Leave(object_):
                text.line(f"set_slots(m, LEAVE[{object_!r}])")
            case Spawn(local, template, arguments):
                values = "".join(f", {writer.write_value(a)}" for a in arguments)
                text.line(f"failed, {self._name(local)} = SPAWN[{template!r}](m, c{values})")
                with text.indented("if failed is not None:"):
                    text.line("return failed")
            case Crash():
                text.line("set_slots(m, CRASH)")
            case Precedes(property_, first, second, nested):
                labels = self._write_label(first), self._write_label(second)
                differ = f"if {' != '.join(labels)}: " if nested else ""
                text.line(f"{differ}c.order({property_!r}, {', '.join(labels)})")
            case SetInterrupts(which, on):
                text.line(f"m[{which.upper()}] = {writer.write_value(on)}")
            case _:
                assert_never(instr)

    def _emit_queue_op(self, op: QueueOp) -> None:
        is_write = op.verb != "read"
        slot = self._writer.write_slot(op.place, op.kind, is_write=is_write)
        local = "" if op.local is None else f"{self._name(op.local)} = "
        match op.verb:
            case "append" | "appendleft" | "remove":
                value = "0" if op.value is None else self._writer.write_value(op.value)
                self._text.line(f"queue_{op.verb}(m, {slot}, {value})")
            case "pop" | "popleft":
                self._text.line(f"{local}queue_{op.verb}(m, {slot})")
            case "clear":
                self._text.line(f"queue_clear(m, {slot})")
            case "read":
                if self._watches:
                    self._text.line(slot)
            case _:
                assert_never(op.verb)

    def _write_label(self, place: Place) -> str:
        """The declaration that a lock order is about: the innermost field, else the object."""
        label = find_label(self._memory, place)
        if isinstance(label, str):
            return repr(label)
        table = self._namespace.add("labels", label.by_value)
        return f"{table}[{self._writer.write(label.pointer)}]"

    # -----------------------------------------------------------------------------------------
    # Names

    def _name(self, local: str) -> str:
        return self._writer.name_local(local)

    def _slot_name(self, local: str) -> str:
        """The variable of the function around that holds the slot of a local."""
        offset = self._memory.local_slot(self._require_template().name, local)
        if offset is None:
            raise InternalError(f"the live local `{local}` has no slot")
        return f"L{offset}"

    def _require_template(self) -> Template:
        if self._template is None:
            raise InternalError("only a thread can come to a location")
        return self._template
