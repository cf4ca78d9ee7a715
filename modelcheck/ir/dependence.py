"""Which steps of different threads can notice each other: what every reduction starts from.

`footprint.accesses` lists what a step does to memory; here it becomes a *footprint*: the parts of
memory and of the threads that the step reads or writes, silent looks and ghosts too.  Two steps
whose footprints do not meet lead to the same state in either order, and neither lets the other
run, stops it or changes how it fails.

What threads notice of one another is read and written like memory:

* `ended`: read by `$finished`, `HasFreeThread` and `Spawn`, by the first step of an interrupt
  handler (an ended target stops nobody) and by every step of a thread that is spawned (it has none
  before); written by `Spawn` and by the end of a thread.
* `running`, of an interrupt handler: written by its first step and by its end, read by every step
  of its target, which stands still meanwhile.
* `irqs` and `softirqs`: written by `SetInterrupts`, read by the first step of a handler.

A thread that ends, and a `Spawn`, write the thread's `per_thread` and `local` objects; a `Spawn`
also does the thread's local work up to its first location.  A `Crash` meets everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from modelcheck.ir.alias import Aliases, Index, Pattern
from modelcheck.ir.bits import Bits, Touched
from modelcheck.ir.footprint import Aspect, parts_meet
from modelcheck.ir.instances import Instances, Known
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import (
    Block,
    Body,
    Const,
    Crash,
    Current,
    End,
    Expr,
    HasFreeThread,
    Instr,
    IsFinished,
    Program,
    SetInterrupts,
    Spawn,
    Template,
    Terminator,
    ThreadOf,
)
from modelcheck.ir.regions import find_first_locations, list_start_blocks
from modelcheck.ir.traverse import Regions, list_node_exprs, nodes_of

ThreadAspect = Literal["ended", "running", "irqs", "softirqs"]


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """An aspect of what a place may denote."""

    pattern: Pattern
    aspect: Aspect

    def may_meet(self, other: Part) -> bool:
        """Whether it may have something in common with a part that another thread means."""
        return isinstance(other, MemoryPart) and parts_meet(
            self.pattern, self.aspect, other.pattern, other.aspect
        )


@dataclass(frozen=True, slots=True)
class ThreadPart:
    """What others notice of a copy of a template; OWN is the thread that runs the code."""

    template: str
    copy: int | Index
    aspect: ThreadAspect

    def may_meet(self, other: Part) -> bool:
        """Whether it may have something in common with a part that another thread means."""
        return (
            isinstance(other, ThreadPart)
            and self.template == other.template
            and self.aspect == other.aspect
            and Pattern("", self.copy).may_meet(Pattern("", other.copy))
        )


Part = MemoryPart | ThreadPart


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a step may read and write.  `everything`: it may do anything to all of the program."""

    reads: frozenset[Part]
    writes: frozenset[Part]
    everything: bool = False


def may_depend(a: Footprint, b: Footprint) -> bool:
    """Whether two steps of *different* threads may notice each other."""
    return (
        a.everything
        or b.everything
        or _meet(a.writes, b.writes)
        or _meet(a.writes, b.reads)
        or _meet(a.reads, b.writes)
    )


def _meet(some: Iterable[Part], others: Iterable[Part]) -> bool:
    return any(one.may_meet(other) for one in some for other in others)


class Footprints:
    """The footprints of the steps of one program."""

    def __init__(self, program: Program) -> None:
        self.aliases = Aliases(program)
        self.bits = Bits(program, self.aliases)
        self._program = program
        self._of_step: dict[tuple[str, str, int | None, Known], Footprint] = {}
        self._regions = {t.name: Regions(t.body.blocks) for t in program.templates}
        self._first = {
            t.name: find_first_locations(t) if t.interrupts else frozenset[str]()
            for t in program.templates
        }

    @cached_property
    def memory(self) -> Memory:
        """Where everything is."""
        return Memory(self._program)

    @cached_property
    def instances(self) -> Instances:
        """The code of single threads."""
        self.aliases.numbered = self._find_place
        return Instances(self.memory)

    def _find_place(self, struct: str, value: int) -> Pattern:
        """What a pointer with a value points to."""
        place = self.memory.places(struct)[value - 1]
        return Pattern(place.object, place.element, place.path)

    def of_step(
        self, template: Template, label: str, thread: int | None = None, known: Known = ()
    ) -> Footprint:
        """What the step at a location may read and write; with `thread`, if that one takes it, and
        if some of its locals hold what is known then.

        Soundness: a part left out makes dependent steps look independent, and states are lost.
        Attacked by `test_dependence.py`, a test per node and one that lets random programs take
        independent steps in both orders.
        """
        key = template.name, label, thread, known
        if key not in self._of_step:
            self._of_step[key] = self._find_of_step(template, label, thread, known)
        return self._of_step[key]

    def _find_of_step(
        self, template: Template, label: str, thread: int | None, known: Known
    ) -> Footprint:
        parts = _Parts(self._program, self.bits, template)
        blocks: Iterable[Block] = self._regions[template.name].step(label)
        if thread is not None:
            blocks = self.instances.step(self.memory.threads[thread], tuple(blocks), label, known)
        for block in blocks:
            parts.add_block(block)
        parts.add_surroundings(template, is_first=label in self._first[template.name])
        if thread is not None:
            parts.reads = {self._name_owner(part, thread) for part in parts.reads}
            parts.writes = {self._name_owner(part, thread) for part in parts.writes}
        return Footprint(frozenset(parts.reads), frozenset(parts.writes), parts.everything)

    def _name_owner(self, part: Part, number: int) -> Part:
        """A part as one thread means it.

        Soundness: two threads' own elements are then told apart by their numbers; attacked by
        `test_instances.py`, and by `test_dependence_commutes.py` with the footprints of threads.
        """
        thread = self.memory.threads[number]
        if isinstance(part, ThreadPart):
            return replace(part, copy=thread.index) if part.copy is Index.OWN else part
        if part.pattern.element is not Index.OWN:
            return part
        is_local = self.aliases.lookup.object(part.pattern.object).kind == "local"
        element = thread.index if is_local else number
        return replace(part, pattern=replace(part.pattern, element=element))

    def of_node(self, template: Template, node: Instr | Terminator) -> Footprint:
        """What one instruction or terminator of a template may read and write by itself."""
        parts = _Parts(self._program, self.bits, template)
        parts.add_node(node)
        return Footprint(frozenset(parts.reads), frozenset(parts.writes), parts.everything)

    def of_property(self, body: Body) -> Footprint:
        """What the answer of a property rests on.

        Soundness: a part left out hides from the reductions that a step changes the answer.
        Attacked by `test_traps.py` of the reductions.
        """
        parts = _Parts(self._program, self.bits, None)
        for block in body.blocks:
            parts.add_block(block)
        # A property belongs to no thread: it means every thread's own.
        return Footprint(frozenset(map(_as_any, parts.reads)), frozenset(), parts.everything)


class _Parts:
    """Collects what code of one template, or of a property (None), reads and writes."""

    def __init__(self, program: Program, bits: Bits, template: Template | None) -> None:
        self.program = program
        self.bits = bits
        self.template = template
        self.reads: set[Part] = set()
        self.writes: set[Part] = set()
        self.everything = False
        self._spawned: set[str] = set()

    def add_block(self, block: Block) -> None:
        """Add what a block does."""
        touched = self.bits.list_touched(self._name, block)
        for node, some in zip(nodes_of(block), touched, strict=True):
            self.add_node(node, some)

    @property
    def _name(self) -> str | None:
        return None if self.template is None else self.template.name

    def add_node(self, node: Instr | Terminator, touched: Iterable[Touched] | None = None) -> None:
        """Add what an instruction or terminator does; `touched` is what to memory."""
        for access, bit in self.bits.list_of_node(self._name, node) if touched is None else touched:
            found = {MemoryPart(p, access.aspect) for p in self.bits.patterns(access, bit)}
            (self.writes if access.write else self.reads).update(found)
        for expr in list_node_exprs(node):
            self.reads.update(self._ends_asked(expr))
        match node:
            case Spawn(_, name):
                self._add_spawn(self.bits.aliases.lookup.template(name))
            case Crash():
                self.everything = True
            case SetInterrupts(which) if self.template is not None:
                self.writes.add(_own(self.template, which))
            case End() if self.template is not None:
                self.writes.add(_own(self.template, "ended"))
                self.writes.update(self._list_memory(self.template, Index.OWN))
                if self.template.interrupts:
                    self.writes.add(_own(self.template, "running"))
            case _:
                pass

    def add_surroundings(self, template: Template, *, is_first: bool) -> None:
        """Add what decides whether a step of the template is allowed."""
        if template.spawned:
            self.reads.add(_own(template, "ended"))
        for handler in self.program.templates:
            if handler.interrupts == template.name:
                self.reads.add(ThreadPart(handler.name, Index.ANY, "running"))
        if is_first:
            target = template.interrupts
            asked: list[ThreadAspect] = ["ended", "irqs"]
            if template.context == "softirq":
                asked.append("softirqs")
            self.reads.update(ThreadPart(target, Index.ANY, aspect) for aspect in asked)
            self.writes.add(_own(template, "running"))

    def _ends_asked(self, expr: Expr) -> Iterator[ThreadPart]:
        match expr:
            case HasFreeThread(template):
                yield ThreadPart(template, Index.ANY, "ended")
            case IsFinished(Current()) if self.template is not None:
                yield _own(self.template, "ended")
            case IsFinished(ThreadOf(template, copy)):
                number = copy.value if isinstance(copy, Const) else Index.ANY
                yield ThreadPart(template, number, "ended")
            case IsFinished(Const(value)) if value:
                copies = [(t.name, i) for t in self.program.templates for i in range(t.count)]
                yield ThreadPart(*copies[value - 1], "ended")
            case IsFinished():
                for other in self.program.templates:
                    yield ThreadPart(other.name, Index.ANY, "ended")
            case _:
                return

    def _list_memory(self, template: Template, which: Index) -> Iterator[MemoryPart]:
        """What lives and dies with a thread of a template."""
        for obj in self.program.objects:
            if obj.kind == "per_thread" or (obj.kind == "local" and obj.template == template.name):
                yield MemoryPart(Pattern(obj.name, which), "all")

    def _add_spawn(self, template: Template) -> None:
        """The slot is looked for and taken, its memory begins to live, its local work is done."""
        if template.name in self._spawned:
            return
        self._spawned.add(template.name)
        ended = ThreadPart(template.name, Index.ANY, "ended")
        self.reads.add(ended)
        self.writes.add(ended)
        self.writes.update(self._list_memory(template, Index.ANY))
        inside = _Parts(self.program, self.bits, template)
        inside._spawned = self._spawned
        for block in list_start_blocks(template.body):
            inside.add_block(block)
        # What is the spawned thread's own is not that of the thread whose step this is.
        self.reads.update(map(_as_any, inside.reads))
        self.writes.update(map(_as_any, inside.writes))
        self.everything = self.everything or inside.everything


def _own(template: Template, aspect: ThreadAspect) -> ThreadPart:
    return ThreadPart(template.name, Index.OWN, aspect)


def _as_any(part: Part) -> Part:
    if isinstance(part, ThreadPart):
        return replace(part, copy=Index.ANY) if part.copy is Index.OWN else part
    pattern = part.pattern
    element = Index.ANY if pattern.element is Index.OWN else pattern.element
    path = tuple(Index.ANY if step is Index.OWN else step for step in pattern.path)
    return replace(part, pattern=Pattern(pattern.object, element, path))
