"""What a region does, as formulas: the one place that gives instructions their meaning.

A step runs its location's block and the local blocks behind it.  All ways through them are run at
once: a block has the condition under which control comes there and the state made on the way, and
where ways meet the states are merged.  What comes out are the ways that end, that fail and that
wait, each with its condition.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, assert_never

from modelcheck.backends.facts import Facts, ThreadFacts, Values
from modelcheck.backends.smt.cells import Cells, number_of
from modelcheck.backends.smt.expressions import Scene, Speller, Touch
from modelcheck.backends.smt.queues import QueueWriter
from modelcheck.backends.smt.terms import Terms, Value
from modelcheck.backends.smt.ways import Exit, Fault, Recorded, UnsupportedError, Ways
from modelcheck.backends.subjects import Subject, find_label, find_subject, is_outside
from modelcheck.diagnostics import InternalError
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import ALIVE, Memory, Thread
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
    ObjectRoot,
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
from modelcheck.ir.regions import MAX_BLOCKS, find_entry, find_region, list_local_successors
from modelcheck.ir.traverse import nodes_of

Purpose = Literal["step", "start", "initial", "judge"]
Pick = Callable[[int], Value]

MAX_VISITS = 400
"""Rounds of a loop of local work that are followed before it is called endless."""


class Runner:
    """Runs regions of one program.

    `asked` are the faults whose subjects somebody wants to know; `touches` collects accesses.

    Soundness: this is docs/ir.md a second time; run on numbers it must do what the python backend
    does, in every state (tests/agree/test_smt.py).
    """

    def __init__(
        self, memory: Memory, terms: Terms, *, asked: Collection[str] = (), touches: bool = False
    ) -> None:
        self.memory = memory
        self.terms = terms
        self.facts = Facts(memory)
        self.threads: tuple[ThreadFacts, ...] = tuple(map(self.facts.of_thread, memory.threads))
        self.speller = Speller(memory, terms, self.facts.list_pools())
        self.deaths = {s.name: self.facts.list_deaths(s.name) for s in memory.program.structs}
        self.discards = {s.name: self.facts.list_discards(s.name) for s in memory.program.structs}
        self.asked = frozenset(asked)
        self._touches = touches

    def cells(self, base: Sequence[Value]) -> Cells:
        """The cells of a state."""
        return Cells(self.memory, self.terms, base)

    def run_step(self, thread: Thread, location: Block, base: Sequence[Value], pick: Pick) -> Ways:
        """The step of a thread that stands at a location."""
        template = self.memory.lookup.template(thread.template)
        cells = self.cells(base)
        known = {name: cells[self._slot(thread, name)] for name in location.live}
        run = _Run(self, template.body, "step", thread, pick=pick, live=location.live)
        return run.go(location, self._scene(template.body, thread, cells, known))

    def run_start(
        self, thread: Thread, cells: Cells, arguments: Mapping[str, Value], when: Value, pick: Pick
    ) -> Ways:
        """A thread's work before its first location."""
        template = self.memory.lookup.template(thread.template)
        run = _Run(self, template.body, "start", thread, pick=pick)
        scene = self._scene(template.body, thread, cells, arguments)
        scene.when = when
        entry = find_entry(template.body)
        if entry.rest:
            run.arrive(entry, scene)
            return run.ways
        return run.go(entry, scene)

    def run_initial(self, cells: Cells, pick: Pick) -> Ways:
        """The program's own start, before that of its threads."""
        body = self.memory.program.initial
        run = _Run(self, body, "initial", None, pick=pick)
        return run.go(find_entry(body), self._scene(body, None, cells, {}))

    def run_judge(self, body: Body, base: Sequence[Value]) -> Ways:
        """A property's body in a state."""
        run = _Run(self, body, "judge", None, pick=_refuse_to_pick)
        return run.go(find_entry(body), self._scene(body, None, self.cells(base), {}))

    def merge(self, exits: Sequence[Exit]) -> Cells:
        """The state behind one of some ways, whichever it is."""
        if len(exits) == 1:
            return exits[0].cells
        slots = dict.fromkeys(slot for way in exits for slot in way.cells.changed)
        merged = exits[0].cells.copy(self.memory)
        for slot in slots:
            merged[slot] = self.terms.select((way.when, way.cells[slot]) for way in exits)
        return merged

    def _scene(
        self, body: Body, thread: Thread | None, cells: Cells, known: Mapping[str, Value]
    ) -> Scene:
        touched: list[Touch] | None = [] if self._touches else None
        return Scene(cells, dict(known), local_types(body), thread, touched=touched)

    def _slot(self, thread: Thread, local: str) -> int:
        offset = self.memory.local_slot(thread.template, local)
        if offset is None:
            raise InternalError(f"the live local `{local}` has no slot")
        return thread.locals_base + offset

    def slots_of(self, thread: Thread, locals_: Sequence[str]) -> list[int]:
        """The slots of some live locals of a thread."""
        return [self._slot(thread, name) for name in locals_]


def _refuse_to_pick(_: int) -> Value:
    raise InternalError("a property chooses")


class _Run:
    """One run through a region."""

    def __init__(
        self,
        runner: Runner,
        body: Body,
        purpose: Purpose,
        thread: Thread | None,
        *,
        pick: Pick,
        live: tuple[str, ...] = (),
    ) -> None:
        self.runner = runner
        self.terms = runner.terms
        self.memory = runner.memory
        self.speller = runner.speller
        self.body = body
        self.purpose = purpose
        self.thread = thread
        self.pick = pick
        self.live = live
        self.by_label = {block.label: block for block in body.blocks}
        self.ways = Ways()
        self.waiting: dict[str, list[Scene]] = {}

    # ------------------------------------------------------------------------ blocks

    def go(self, entry: Block, scene: Scene) -> Ways:
        """Run the region from its entry on."""
        order = self._order(entry)
        visits, count = dict.fromkeys(order, 0), 0
        self.waiting = {entry.label: [scene]}
        while self.waiting:
            label = min(self.waiting, key=order.__getitem__)
            visits[label] += 1
            count += 1
            if visits[label] > MAX_VISITS or count > MAX_BLOCKS:  # of no way are there more
                raise UnsupportedError(
                    f"a loop of local work goes round too often to be told as a formula, or how "
                    f"often is known only when it runs{self._name_place(label)}"
                )
            scene = self._meet(self.waiting.pop(label))
            self._run_block(self.by_label[label], scene)
            if scene.touched is not None:
                self.ways.touched = scene.touched
        return self.ways

    def _name_place(self, label: str) -> str:
        block = self.by_label[label]
        spans = [node.span for node in nodes_of(block) if node.span.line]
        return f" ({spans[0]})" if spans else ""

    def _order(self, entry: Block) -> dict[str, int]:
        """The blocks of the region by number: each behind all that lead there but by going back."""
        region = find_region(self.body, entry)
        done: list[str] = []
        seen = {entry.label}
        path = [(entry.label, list(list_local_successors(self.by_label, entry)))]
        while path:
            label, following = path[-1]
            if not following:
                done.append(label)
                path.pop()
                continue
            to = following.pop()
            if to not in seen:
                seen.add(to)
                path.append((to, list(list_local_successors(self.by_label, self.by_label[to]))))
        assert len(done) == len(region.blocks)
        return {label: number for number, label in enumerate(reversed(done))}

    def _meet(self, scenes: Sequence[Scene]) -> Scene:
        """The one scene of several ways that meet."""
        if len(scenes) == 1:
            return scenes[0]
        merged = scenes[0].copy(self.memory)
        merged.cells = self.runner.merge([Exit(scene.when, scene.cells) for scene in scenes])
        names = dict.fromkeys(name for scene in scenes for name in scene.locals)
        for name in names:
            type_ = merged.types[name]
            merged.locals[name] = self.terms.select(
                (scene.when, self.speller.fit(type_, scene.locals.get(name, 0))) for scene in scenes
            )
        merged.when = self.terms.any_of(scene.when for scene in scenes)
        return merged

    def _run_block(self, block: Block, scene: Scene) -> None:
        for instr in block.instrs:
            self._run_instr(instr, scene)
            if scene.when is False:
                return
        end = block.end
        match end:
            case Jump(target):
                self._go_to(target, scene)
            case Branch(condition, then, other):
                holds = self.speller.value(condition, scene)
                is_known = isinstance(holds, bool)
                if holds is not False:
                    self._go_on(then, scene if is_known else scene.copy(self.memory), holds)
                if holds is not True:
                    self._go_on(other, scene, self.terms.negate(holds))
            case End():
                self._finish(scene)
            case Return(value):
                self.ways.answers.append((scene.when, self.speller.value(value, scene)))
            case _:
                assert_never(end)

    def _go_on(self, label: str, scene: Scene, condition: Value) -> None:
        scene.when = self.terms.all_of((scene.when, condition))
        self._go_to(label, scene)

    def _go_to(self, label: str, scene: Scene) -> None:
        if scene.when is False:
            return
        block = self.by_label[label]
        if block.rest:
            self.arrive(block, scene)
        else:
            self.waiting.setdefault(label, []).append(scene)

    def arrive(self, block: Block, scene: Scene) -> None:
        """The step ends at a location: its number, the locals that live there, 0 for the rest."""
        thread = self._require_thread()
        number = self.memory.location_number(thread.template, block.label)
        scene.cells[thread.pc] = number
        for local in block.live:
            [slot] = self.runner.slots_of(thread, (local,))
            scene.cells[slot] = scene.locals.get(local, 0)
        self._forget(thread, block.live, scene)
        self.ways.exits.append(Exit(scene.when, scene.cells))

    def _finish(self, scene: Scene) -> None:
        """The thread has ended, or the start of the program is done."""
        if self.purpose != "initial":
            thread = self._require_thread()
            scene.cells[thread.pc] = self.memory.ended(thread.template)
            self._forget(thread, (), scene)
            scene.cells.set_all(self._facts().death)
        self.ways.exits.append(Exit(scene.when, scene.cells))

    def _forget(self, thread: Thread, kept: tuple[str, ...], scene: Scene) -> None:
        slots = self.runner.slots_of(thread, kept)
        for slot in set(self.runner.slots_of(thread, self.live)) - set(slots):
            scene.cells[slot] = 0

    # ------------------------------------------------------------------------ instructions

    def _run_instr(self, instr: Instr, scene: Scene) -> None:
        value, cells = self.speller.value, scene.cells
        match instr:
            case Assign(local, expr):
                scene.locals[local] = value(expr, scene)
            case Load(local, place, kind):
                self.speller.touch(place, kind, scene)
                scene.locals[local] = self.speller.read(place, scene)
            case Store(place, expr, kind):
                stored = value(expr, scene)
                self.speller.touch(place, kind, scene, is_write=True)
                cells.write(self.speller.targets(place, scene), stored)
            case QueueOp():
                self._run_queue_op(instr, scene)
            case Check(condition, fault, subject, message):
                self._check(value(condition, scene), fault, message, subject, scene)
            case Assert(condition, property_, detail, subject):
                self._check(value(condition, scene), property_, detail, subject, scene)
            case Wait(condition, idle):
                holds = value(condition, scene)
                stopped = self.terms.all_of((scene.when, self.terms.negate(holds)))
                (self.ways.idle if idle else self.ways.blocked).append(stopped)
                scene.when = self.terms.all_of((scene.when, holds))
            case Choose(local, count):
                scene.locals[local] = self._pick(count)
            case New(local, pool):
                scene.locals[local] = self._take(pool, scene)
            case Free(pointer, struct):
                self._set_by_pointer(value(pointer, scene), self.runner.deaths[struct], cells)
            case Discard(pointer, struct):
                self._set_by_pointer(value(pointer, scene), self.runner.discards[struct], cells)
            case Enter(object_):
                cells.set_all(self._facts().enter[object_])
            case Leave(object_):
                cells.set_all(self._facts().leave[object_])
            case Spawn(local, template, arguments):
                values = tuple(value(argument, scene) for argument in arguments)
                self._spawn(local, self.memory.lookup.template(template), values, scene)
            case Crash():
                cells.set_all(self._facts().crash)
            case Precedes():
                self._record(instr, scene)
            case SetInterrupts(which, on):
                facts = self._facts()
                cells[facts.irqs if which == "irqs" else facts.softirqs] = value(on, scene)
            case _:
                assert_never(instr)

    def _run_queue_op(self, op: QueueOp, scene: Scene) -> None:
        value = None if op.value is None else self.speller.value(op.value, scene)
        self.speller.touch(op.place, op.kind, scene, is_write=op.verb != "read")
        if op.verb == "read":
            return
        capacity = self.memory.lookup.queue_type(op.place).capacity
        targets = self.speller.targets(op.place, scene)
        queue = QueueWriter(self.terms, scene.cells, targets, capacity)
        taken: Value = 0
        match op.verb:
            case "append":
                queue.append(value)
            case "appendleft":
                queue.appendleft(value)
            case "remove":
                queue.remove(value)
            case "pop":
                taken = queue.pop()
            case "popleft":
                taken = queue.popleft()
            case "clear":
                queue.clear()
            case _:
                assert_never(op.verb)
        if op.local is not None:
            scene.locals[op.local] = taken

    def _check(
        self, holds: Value, property_: str, detail: str, place: Place | None, scene: Scene
    ) -> None:
        failing = self.terms.all_of((scene.when, self.terms.negate(holds)))
        if failing is False:
            return
        subject = None if place is None else find_subject(self.memory, place)
        number: Value = 0
        if subject is not None and property_ in self.runner.asked:
            number = self._number_subject(subject, scene)
        self.ways.faults.append(Fault(failing, property_, detail, subject, number))
        scene.when = self.terms.all_of((scene.when, holds))

    def _number_subject(self, subject: Subject, scene: Scene) -> Value:
        """The pointer to the subject, 0 where the null pointer or an index outside leads nowhere.

        Of an object that is no struct: its element plus 1, that of the first for an index outside.
        """
        terms, root = self.terms, subject.place.root
        if is_outside(self.memory, subject.place):
            return 0
        if not subject.struct:
            if not isinstance(root, ObjectRoot) or root.index is None:
                return 1
            lookup = self.memory.lookup
            number = self.speller.value(root.index, scene)
            count = lookup.instances(lookup.object(root.object))
            is_inside = terms.apply("<=", (0, number)), terms.apply("<", (number, count))
            return terms.choose(terms.all_of(is_inside), terms.add(number, 1), 1)
        address = self.memory.pointer_number(subject.place)
        number = number_of(terms, address, lambda expr: self.speller.value(expr, scene))
        guards = []
        for term in address.terms:
            index = self.speller.value(term.index, scene)
            guards += [terms.apply("<=", (0, index)), terms.apply("<", (index, term.count))]
        if isinstance(root, PointerRoot) and subject.place.path:
            pointer = self.speller.value(root.pointer, scene)
            guards.append(terms.negate(terms.equal(pointer, 0)))
        return terms.choose(terms.all_of(guards), number, 0)

    def _pick(self, count: int) -> Value:
        chosen = self.pick(count)
        self.ways.choices.append((chosen, count))
        return chosen

    def _take(self, pool: str, scene: Scene) -> Value:
        """Allocate: the lowest free slot, or with `reuse` any; gives the pointer to it."""
        terms, known = self.terms, self.speller.pools[pool]
        free = [self.speller.is_free(known, status, scene) for status in known.statuses]
        if known.reuse:
            counts = [terms.choose(is_free, 1, 0) for is_free in free]
            total: Value = 0
            befores: list[Value] = []
            for count in counts:
                befores.append(total)
                total = terms.add(total, count)
            most = total if isinstance(total, int) else len(free)
            rank = self._pick(most)
            scene.when = terms.all_of((scene.when, terms.apply("<", (rank, total))))
            taken = [
                terms.all_of((is_free, terms.equal(before, rank)))
                for is_free, before in zip(free, befores, strict=True)
            ]
        else:
            taken = [
                terms.all_of((is_free, *(terms.negate(other) for other in free[:i])))
                for i, is_free in enumerate(free)
            ]
        for element, is_taken in enumerate(taken):
            values = ((known.statuses[element], ALIVE), *known.fresh[element])
            scene.cells.set_all(values, is_taken)
        return terms.select(zip(taken, known.pointers, strict=True))

    def _set_by_pointer(
        self, pointer: Value, by_pointer: Mapping[int, Values], cells: Cells
    ) -> None:
        for number, values in by_pointer.items():
            cells.set_all(values, self.terms.equal(pointer, number))

    def _spawn(
        self, local: str, template: Template, arguments: tuple[Value, ...], scene: Scene
    ) -> None:
        """Start the lowest ended thread of a template, up to its first location."""
        terms = self.terms
        ended = self.memory.ended(template.name)
        threads = self.memory.threads_of(template.name)
        are_free = [terms.equal(scene.cells[thread.pc], ended) for thread in threads]
        exits: list[Exit] = []
        started: list[tuple[Value, Value]] = []
        for i, thread in enumerate(threads):
            first = terms.all_of((are_free[i], *(terms.negate(other) for other in are_free[:i])))
            when = terms.all_of((scene.when, first))
            if when is False:
                continue
            cells = scene.cells.copy(self.memory)
            cells[thread.pc] = 0  # not ended, whatever its local work asks
            cells.set_all(self.runner.facts.list_rebirth(thread))
            given = dict(zip(template.parameters, arguments, strict=True))
            ways = self.runner.run_start(thread, cells, given, when, self.pick)
            exits += ways.exits
            started += [(way.when, thread.number + 1) for way in ways.exits]
            self.ways.faults += ways.faults
            self.ways.blocked += ways.blocked
            self.ways.idle += ways.idle
            self.ways.orders += ways.orders
            self.ways.choices += ways.choices
            if scene.touched is not None:
                scene.touched += ways.touched
        scene.when = terms.any_of(way.when for way in exits)
        if exits:
            scene.cells = self.runner.merge(exits)
            scene.locals[local] = terms.select(started)

    def _record(self, instr: Precedes, scene: Scene) -> None:
        terms = self.terms
        for first_when, first in self._list_labels(instr.first, scene):
            for second_when, second in self._list_labels(instr.second, scene):
                when = terms.all_of((scene.when, first_when, second_when))
                if when is not False and not (instr.nested and first == second):
                    self.ways.orders.append(Recorded(when, instr.property, first, second))

    def _list_labels(self, place: Place, scene: Scene) -> list[tuple[Value, str]]:
        """The declarations that a recorded order may be about, each with its condition."""
        label = find_label(self.memory, place)
        if isinstance(label, str):
            return [(True, label)]
        pointer = self.speller.value(label.pointer, scene)
        by_label: dict[str, list[Value]] = {}
        for value, name in enumerate(label.by_value):
            by_label.setdefault(name, []).append(self.terms.equal(pointer, value))
        return [(self.terms.any_of(found), name) for name, found in by_label.items()]

    # ------------------------------------------------------------------------ who

    def _require_thread(self) -> Thread:
        if self.thread is None:
            raise InternalError("only a thread can come to a location")
        return self.thread

    def _facts(self) -> ThreadFacts:
        return self.runner.threads[self._require_thread().number]
