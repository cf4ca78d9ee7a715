"""A program made runnable: for each thread and location a Python function, and the start.

`compile_program` writes one Python module per template, registered in `linecache` so that a
traceback shows its lines, and instantiates its functions once per thread.
"""

from __future__ import annotations

import hashlib
import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.backends.python.emit import BodyEmitter, Text, find_region, is_branching
from modelcheck.backends.python.expressions import Namespace
from modelcheck.backends.python.outcomes import (
    BLOCKED,
    Failure,
    Outcome,
    State,
    Step,
    StepResult,
    list_outcomes,
)
from modelcheck.backends.python.runtime import Chooser, Pool, Slots, Touch, Way, follow_choices
from modelcheck.diagnostics import InternalError, Span
from modelcheck.ir.memory import (
    ALIVE,
    DISCARDED,
    FREED,
    NEVER_USED,
    Memory,
    Thread,
)
from modelcheck.ir.nodes import Block, Body, Check, Object, Program, Template
from modelcheck.ir.traverse import successors

Values = tuple[tuple[int, int], ...]  # slots to set
Start = Callable[..., int | Failure | None]  # (m, chooser, *arguments)
Judge = Callable[[Sequence[int]], bool | Failure]


@dataclass(frozen=True, slots=True)
class Watched:
    """One way through a step with all it touched: its choices, where it led (None: it was
    disabled, by the wait at `waited`).
    """

    choices: tuple[int, ...]
    result: State | Failure | None
    touched: tuple[Touch, ...]
    waited: Span | None


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What differs between the threads of a template, as the generated code names it."""

    pc: int
    index: int
    current: int
    locals_base: int
    irqs: int
    softirqs: int
    death: Values
    crash: Values
    enter: Mapping[str, Values]
    leave: Mapping[str, Values]


class Model:
    """A compiled program.

    `tables[thread][pc]` is the step of a thread that stands at a location (None: it has ended);
    `judges` are the properties with a body; those in `fallible` can fail while they are evaluated.

    Soundness: everything a run reports rests on these functions being docs/ir.md; the tests in
    tests/unit/backends go through every node, tests/agree compares with the native backend.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.memory = Memory(program)
        self._namespace = Namespace()
        self._spawners: dict[str, Callable[..., tuple[int | Failure | None, int]]] = {}
        self._facts = tuple(self._find_facts(thread) for thread in self.memory.threads)
        self._fill_namespace()
        self._steps: list[tuple[Step, ...]] = []  # per thread, by location
        self._starts: list[Start] = []
        for template in program.templates:
            self._compile_template(template)
        self._initial = self._compile_initial()
        self.tables = self._make_tables()
        self.judges: Mapping[str, Judge] = self._compile_judges()
        self.fallible = frozenset(
            p.name for p in program.properties if p.body is not None and _can_fail(p.body)
        )
        self._watchers: dict[str, tuple[tuple[Way, ...], ...]] = {}

    # -----------------------------------------------------------------------------------------
    # Running

    def start(self) -> list[Outcome]:
        """The initial states (and failures), in the order of their choices; equal ones once each
        way that leads there.
        """

        def begin(_: State, chooser: Chooser) -> State | int | Failure:
            m = list(self.memory.start)
            stopped = self._initial(m, chooser)
            if stopped is not None:
                return stopped
            for thread, start in zip(self.memory.threads, self._starts, strict=True):
                if not self.memory.lookup.template(thread.template).spawned:
                    stopped = start(m, chooser)
                    if stopped is not None:
                        return stopped
            return tuple(m)

        return list_outcomes(follow_choices(begin)(()))

    def outcomes(self, state: State, thread: int) -> list[Outcome]:
        """The transitions of one thread in a state, in the order of their choices."""
        step = self.tables[thread][state[thread]]
        return [] if step is None else list_outcomes(step(state))

    def location(self, state: State, thread: int) -> str:
        """The label of the location where a thread stands; empty if it has ended."""
        labels = self.memory.locations(self.memory.threads[thread].template)
        return labels[state[thread]] if state[thread] < len(labels) else ""

    def block(self, state: State, thread: int) -> Block | None:
        """The block of the location where a thread stands; None if it has ended."""
        template = self.memory.lookup.template(self.memory.threads[thread].template)
        label = self.location(state, thread)
        return next((b for b in template.body.blocks if b.label == label), None)

    def watch(self, state: State, thread: int) -> list[Watched]:
        """Every way through the step of a thread, enabled or not, with all it touches.

        Whether an interrupt stops the thread is not looked at: ask `outcomes`.
        """
        if state[thread] >= len(self.tables[thread]) - 1:
            return []
        way = self._watchers_of(thread)[state[thread]]
        chooser = Chooser()
        found = []
        while True:
            chooser.rewind()
            result = way(state, chooser)
            choices = tuple(chooser.taken[: chooser.position])
            led_to = None if isinstance(result, int) else result
            found.append(Watched(choices, led_to, tuple(chooser.touched), chooser.waited))
            if not chooser.advance():
                return found

    # -----------------------------------------------------------------------------------------
    # Facts for the generated code

    def _find_facts(self, thread: Thread) -> ThreadFacts:
        memory = self.memory
        own = [o for o in self.program.objects if o.kind == "local"]
        mine = [o for o in own if o.template == thread.template]
        return ThreadFacts(
            pc=thread.pc,
            index=thread.index,
            current=thread.number + 1,
            locals_base=thread.locals_base,
            irqs=(memory.irqs_base or 0) + thread.number,
            softirqs=(memory.softirqs_base or 0) + thread.number,
            death=self._list_death(thread),
            crash=self._list_crash(thread),
            enter={o.name: self._list_birth(o, thread.index) for o in mine},
            leave={o.name: self._list_zeros(o, thread.index) for o in mine},
        )

    def _list_zeros(self, obj: Object, element: int) -> Values:
        """An element back to nothing: never used, every field 0."""
        status = self.memory.status_slot(obj.name, element)
        fields = tuple((slot, 0) for slot in self.memory.element_slots(obj.name, element))
        return fields if status is None else ((status, NEVER_USED), *fields)

    def _list_birth(self, obj: Object, element: int) -> Values:
        """An element at its start values, alive."""
        status = self.memory.status_slot(obj.name, element)
        values = self.memory.start_values(obj.name, element)
        fields = tuple(zip(self.memory.element_slots(obj.name, element), values, strict=True))
        return fields if status is None else ((status, ALIVE), *fields)

    def _list_death(self, thread: Thread) -> Values:
        """What the end of a thread does to memory, its program counter and locals apart: its
        `per_thread` and `local` objects die, its interrupt flags go back to on.
        """
        found: list[tuple[int, int]] = []
        for obj in self.program.objects:
            if obj.kind == "per_thread":
                found += self._list_zeros(obj, thread.number)
            elif obj.kind == "local" and obj.template == thread.template:
                found += self._list_zeros(obj, thread.index)
        for base in (self.memory.irqs_base, self.memory.softirqs_base):
            if base is not None:
                found.append((base + thread.number, 1))
        return tuple(found)

    def _list_crash(self, thread: Thread) -> Values:
        """What a crash that `thread` calls does to memory."""
        memory = self.memory
        found: list[tuple[int, int]] = []
        for other in memory.threads:
            if other.number != thread.number:
                found.append((other.pc, memory.ended(other.template)))
                count = memory.local_slot_count(other.template)
                found += [(other.locals_base + i, 0) for i in range(count)]
                found += self._list_death(other)
        for slot in memory.slots:
            if not slot.object:
                continue
            kind = memory.lookup.object(slot.object).kind
            is_kept = slot.durable or (slot.ghost and kind != "per_thread")
            if kind in ("shared", "pool") and not is_kept:
                found.append((slot.number, memory.start[slot.number]))
        for obj in self.program.objects:
            if obj.kind == "per_thread":
                values = dict(self._list_birth(obj, thread.number))
                found += [
                    (slot, value)
                    for slot, value in values.items()
                    if not memory.slots[slot].durable
                ]
        return tuple(found)

    def _fill_namespace(self) -> None:
        memory = self.memory
        pools, frees, discards = {}, {}, {}
        for obj in self.program.objects:
            if obj.kind == "pool":
                pools[obj.name] = self._make_pool(obj)
        for struct in self.program.structs:
            whole = [p for p in memory.places(struct.name) if p.is_whole and p.status is not None]
            freed = {
                p.number + 1: self._list_free(memory.lookup.object(p.object), p.element)
                for p in whole
            }
            discarded = {
                p.number + 1: (
                    (p.status or 0, DISCARDED),
                    *((slot, 0) for slot in memory.element_slots(p.object, p.element)),
                )
                for p in whole
            }
            frees[struct.name], discards[struct.name] = freed, discarded
        self._namespace.values |= {
            "POOLS": pools,
            "FREE": frees,
            "DISCARD": discards,
            "SPAWN": self._spawners,
        }

    def _make_pool(self, obj: Object) -> Pool:
        memory = self.memory
        elements = range(memory.lookup.instances(obj))
        statuses = tuple(memory.status_slot(obj.name, element) or 0 for element in elements)
        fresh = tuple(
            tuple(
                (slot, value)
                for slot, value in zip(
                    memory.element_slots(obj.name, element),
                    memory.new_values(obj.name),
                    strict=True,
                )
                if value is not None
            )
            for element in elements
        )
        pointers = tuple(memory.object_pointer(obj.name, element) for element in elements)
        free_values = frozenset((NEVER_USED, FREED) if obj.reuse else (NEVER_USED,))
        return Pool(statuses, pointers, fresh, free_values, obj.reuse)

    def _list_free(self, obj: Object, element: int) -> Values:
        status = self.memory.status_slot(obj.name, element) or 0
        comes_back = obj.kind == "pool" and obj.reuse and not obj.stable
        fields = zip(
            self.memory.element_slots(obj.name, element),
            self.memory.free_values(obj.name),
            strict=True,
        )
        zeros = tuple((slot, value) for slot, value in fields if value is not None)
        return ((status, NEVER_USED if comes_back else FREED), *zeros)

    # -----------------------------------------------------------------------------------------
    # Compiling

    def _compile_template(self, template: Template) -> None:
        text = Text()
        locations = _list_locations(template.body)
        with text.indented("def make(t):"):
            self._emit_facts(text, template)
            emitter = BodyEmitter(
                self.memory, self._namespace, text, template.body, template, watches=False
            )
            emitter.emit_start("start", template.parameters)
            for i, block in enumerate(locations):
                emitter.emit_step(f"step_{i}", block)
            steps = "".join(f"step_{i}, " for i in range(len(locations)))
            text.line(f"return start, ({steps})")
        make = self._run(text, template.name)["make"]
        are_many = [
            is_branching(self.memory, find_region(template.body, block)) for block in locations
        ]
        starts: list[Start] = []
        for thread in self.memory.threads_of(template.name):
            start, ways = make(self._facts[thread.number])
            self._starts.append(start)
            self._steps.append(
                tuple(
                    follow_choices(way) if is_many else way
                    for way, is_many in zip(ways, are_many, strict=True)
                )
            )
            starts.append(start)
        self._spawners[template.name] = self._make_spawner(template, tuple(starts))

    def _emit_facts(self, text: Text, template: Template) -> None:
        text.line("PC, ME, CURRENT = t.pc, t.index, t.current")
        text.line("IRQS, SOFTIRQS = t.irqs, t.softirqs")
        text.line("DEATH, CRASH, ENTER, LEAVE = t.death, t.crash, t.enter, t.leave")
        for offset in range(self.memory.local_slot_count(template.name)):
            text.line(f"L{offset} = t.locals_base + {offset}")

    def _make_spawner(
        self, template: Template, starts: tuple[Start, ...]
    ) -> Callable[..., tuple[int | Failure | None, int]]:
        threads = self.memory.threads_of(template.name)
        ended = self.memory.ended(template.name)
        births = tuple(
            tuple(
                pair
                for obj in self.program.objects
                if obj.kind == "per_thread"
                for pair in self._list_birth(obj, thread.number)
            )
            for thread in threads
        )

        def spawn(m: Slots, chooser: Chooser, *arguments: int) -> tuple[int | Failure | None, int]:
            """Start the lowest ended thread: why that fails, if it does, and its ThreadId."""
            for thread, start, birth in zip(threads, starts, births, strict=True):
                if m[thread.pc] == ended:
                    m[thread.pc] = 0  # not ended, whatever its local work asks
                    for slot, value in birth:
                        m[slot] = value
                    return start(m, chooser, *arguments), thread.number + 1
            raise InternalError(f"no ended `{template.name}` to spawn, unchecked")

        return spawn

    def _compile_initial(self) -> Start:
        text = Text()
        emitter = BodyEmitter(
            self.memory, self._namespace, text, self.program.initial, None, watches=False
        )
        emitter.emit_initial("initial")
        initial: Start = self._run(text, "initial")["initial"]
        return initial

    def _compile_judges(self) -> dict[str, Judge]:
        text = Text()
        bodies = [(p.name, p.body) for p in self.program.properties if p.body is not None]
        for i, (_, body) in enumerate(bodies):
            emitter = BodyEmitter(self.memory, self._namespace, text, body, None, watches=False)
            emitter.emit_judge(f"judge_{i}")
        made = self._run(text, "properties")
        judges: dict[str, Judge] = {}
        for i, (name, _) in enumerate(bodies):
            judges[name] = _rename_failures(made[f"judge_{i}"], name)
        return judges

    def _watchers_of(self, thread: int) -> tuple[Way, ...]:
        """The watching steps of a thread's template, compiled when first asked for."""
        name = self.memory.threads[thread].template
        if name not in self._watchers:
            template = self.memory.lookup.template(name)
            text = Text()
            locations = _list_locations(template.body)
            with text.indented("def make(t):"):
                self._emit_facts(text, template)
                emitter = BodyEmitter(
                    self.memory, self._namespace, text, template.body, template, watches=True
                )
                for i, block in enumerate(locations):
                    emitter.emit_step(f"watch_{i}", block)
                steps = "".join(f"watch_{i}, " for i in range(len(locations)))
                text.line(f"return ({steps})")
            make = self._run(text, f"{name} (watched)")["make"]
            threads = self.memory.threads_of(name)
            self._watchers[name] = tuple(make(self._facts[t.number]) for t in threads)
        return self._watchers[name][self.memory.threads[thread].index]

    # Generated functions have no static type; each caller gives the one it wrote.
    def _run(self, text: Text, part: str) -> dict[str, Any]:
        """Execute a generated module; gives its names."""
        source = "\n".join(text.lines) + "\n"
        digest = hashlib.sha256(source.encode()).hexdigest()[:8]
        filename = f"<modelcheck {self.program.name}: {part} {digest}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        values = self._namespace.values
        exec(compile(source, filename, "exec"), values)  # noqa: S102  our own text
        return values

    # -----------------------------------------------------------------------------------------
    # Interrupts, and the tables

    def _make_tables(self) -> tuple[tuple[Step | None, ...], ...]:
        return tuple(
            (*(self._gate(thread, steps)), None)
            for thread, steps in zip(self.memory.threads, self._steps, strict=True)
        )

    def _gate(self, thread: Thread, steps: tuple[Step, ...]) -> Iterator[Step]:
        """A thread's steps, with what interrupts forbid: the handler's first step, and every step
        of a thread whose handler runs.
        """
        template = self.memory.lookup.template(thread.template)
        handlers = tuple(
            (t.number, self._resting_numbers(self.memory.lookup.template(t.template)))
            for t in self.memory.threads
            if self._find_target(t) == thread.number
        )
        target = self._find_target(thread)
        first = frozenset[int]() if target is None else self._first_numbers(template)
        for number, step in enumerate(steps):
            gated = step
            if target is not None and number in first:
                ended = self.memory.ended(self.memory.threads[target].template)
                gated = _open_when(gated, self._list_flags(template, target), target, ended)
            yield _stand_still(gated, handlers) if handlers else gated

    def _find_target(self, thread: Thread) -> int | None:
        """The thread on whose CPU an interrupt handler runs."""
        name = self.memory.lookup.template(thread.template).interrupts
        if not name:
            return None
        targets = self.memory.threads_of(name)
        if len(targets) != 1 and thread.index >= len(targets):
            raise InternalError(f"`{thread.name}` interrupts no copy of `{name}`")
        return targets[0 if len(targets) == 1 else thread.index].number

    def _list_flags(self, template: Template, target: int) -> tuple[int, ...]:
        """The slots that must all be on for a handler to start."""
        bases = [self.memory.irqs_base]
        if template.context == "softirq":
            bases.append(self.memory.softirqs_base)
        return tuple(base + target for base in bases if base is not None)

    def _first_numbers(self, template: Template) -> frozenset[int]:
        """The locations where a handler stands before it has started.

        Soundness: a handler that came back there would seem not to have started, and its
        target would go on; so a template that can is refused.
        """
        by_label = {block.label: block for block in template.body.blocks}
        entry = by_label[template.body.entry]
        first = {entry.label} if entry.rest else _list_exits(template.body, entry)
        for location in _list_locations(template.body):
            if back := first & _list_exits(template.body, location):
                raise InternalError(f"`{template.name}` comes back to its start, {sorted(back)}")
        return frozenset(self.memory.location_number(template.name, label) for label in first)

    def _resting_numbers(self, template: Template) -> frozenset[int]:
        """The program counters of a handler that is not running: before its start, or ended."""
        return self._first_numbers(template) | {self.memory.ended(template.name)}


def compile_program(program: Program) -> Model:
    """Compile a program that has gone through all passes."""
    return Model(program)


def _list_locations(body: Body) -> tuple[Block, ...]:
    return tuple(block for block in body.blocks if block.rest)


def _list_exits(body: Body, entry: Block) -> set[str]:
    """The locations at which a step from `entry` may end."""
    by_label = {block.label: block for block in body.blocks}
    region = find_region(body, entry)
    return {to for block in region.blocks for to in successors(block.end) if by_label[to].rest}


def _can_fail(body: Body) -> bool:
    return any(isinstance(instr, Check) for block in body.blocks for instr in block.instrs) or any(
        find_region(body, block).has_cycle for block in body.blocks if block.label == body.entry
    )


def _rename_failures(judge: Judge, name: str) -> Judge:
    """A property whose evaluation runs into a fault is violated itself: the detail says by what."""

    def holds(state: Sequence[int]) -> bool | Failure:
        answer = judge(state)
        if isinstance(answer, Failure):
            detail = answer.property + (f" of {answer.object}" if answer.object else "")
            detail += f": {answer.detail}" if answer.detail else ""
            return Failure(name, detail=f"it cannot be evaluated: {detail}")
        return answer

    return holds


def _open_when(step: Step, flags: tuple[int, ...], target: int, ended: int) -> Step:
    def gated(state: State) -> StepResult:
        if state[target] == ended or all(state[flag] for flag in flags):
            return step(state)
        return BLOCKED

    return gated


def _stand_still(step: Step, handlers: tuple[tuple[int, frozenset[int]], ...]) -> Step:
    def gated(state: State) -> StepResult:
        for handler, resting in handlers:
            if state[handler] not in resting:
                return BLOCKED
        return step(state)

    return gated
