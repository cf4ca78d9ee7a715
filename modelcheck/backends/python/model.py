"""A program made runnable: for each thread and location a Python function, and the start.

`compile_program` writes one Python module per template, registered in `linecache` so that a
traceback shows its lines, and instantiates its functions once per thread.
"""

from __future__ import annotations

import hashlib
import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from modelcheck.backends.facts import Facts
from modelcheck.backends.python.emit import (
    BodyEmitter,
    Text,
)
from modelcheck.backends.python.expressions import Namespace
from modelcheck.backends.python.interrupts import gate_steps
from modelcheck.backends.python.outcomes import (
    Failure,
    Outcome,
    State,
    Step,
    list_outcomes,
)
from modelcheck.backends.python.runtime import (
    MAX_CHOICES_MADE,
    Chooser,
    Pool,
    Slots,
    Touch,
    WatchingChooser,
    Way,
    follow_choices,
)
from modelcheck.diagnostics import NOWHERE, InternalError, Span
from modelcheck.ir.memory import (
    Memory,
)
from modelcheck.ir.nodes import Block, Body, Program, Template
from modelcheck.ir.regions import can_fail, list_locations

Start = Callable[..., int | Failure | None]  # (m, chooser, *arguments)
Judge = Callable[[Sequence[int]], bool | Failure]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watched:
    """One way through a step with all it touched: its choices, where it led (None: it was
    disabled, by the wait at `waited`), the last instruction that it ran (of a failing step: the
    one that failed), and where each choice was made.
    """

    choices: tuple[int, ...]
    result: State | Failure | None
    touched: tuple[Touch, ...]
    waited: Span | None
    last: Span = NOWHERE
    asked: tuple[Span, ...] = ()


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
        facts = Facts(self.memory)
        self._facts = tuple(facts.of_thread(thread) for thread in self.memory.threads)
        self._births = facts.list_rebirth
        self._namespace.values |= {
            "POOLS": {name: Pool(known) for name, known in facts.list_pools().items()},
            "FREE": {s.name: facts.list_deaths(s.name) for s in program.structs},
            "DISCARD": {s.name: facts.list_discards(s.name) for s in program.structs},
            "SPAWN": self._spawners,
        }
        self._steps: list[tuple[Step, ...]] = []  # per thread, by location
        self._starts: list[Start] = []
        for template in program.templates:
            self._compile_template(template)
        self._initial = self._compile_initial()
        self.tables = self._make_tables()
        self.judges: Mapping[str, Judge] = self._compile_judges()
        self.fallible = frozenset(
            p.name for p in program.properties if p.body is not None and can_fail(p.body)
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

        return list_outcomes(follow_choices(self._observe(begin))(()))

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

        Whether an interrupt stops the thread is not looked at: ask `outcomes`.  A step whose ways
        `outcomes` cuts off is cut off here too.
        """
        if state[thread] >= len(self.tables[thread]) - 1:
            return []
        way = self._watchers_of(thread)[state[thread]]
        chooser = WatchingChooser()
        found = []
        made = 0
        while True:
            chooser.rewind()
            result = way(state, chooser)
            choices = tuple(chooser.taken[: chooser.position])
            led_to = None if isinstance(result, int) else result
            touched, asked = tuple(chooser.touched), tuple(chooser.asked)
            found.append(Watched(choices, led_to, touched, chooser.waited, chooser.at, asked))
            made += chooser.position
            if not chooser.advance() or made >= MAX_CHOICES_MADE:
                return found

    # -----------------------------------------------------------------------------------------
    # Compiling

    def _compile_template(self, template: Template) -> None:
        text = Text()
        locations = list_locations(template.body)
        with text.indented("def make(t):"):
            self._emit_facts(text, template)
            emitter = self._make_emitter(text, template.name, template.body, template)
            emitter.emit_start("start", template.parameters)
            are_many = [emitter.emit_step(f"step_{i}", b) for i, b in enumerate(locations)]
            steps = "".join(f"step_{i}, " for i in range(len(locations)))
            text.line(f"return start, ({steps})")
        make = self._run(text, template.name)["make"]
        starts: list[Start] = []
        for thread in self.memory.threads_of(template.name):
            start, ways = make(self._facts[thread.number])
            self._starts.append(start)
            self._steps.append(
                tuple(
                    follow_choices(self._observe(way)) if is_many else self._observe(way)
                    for way, is_many in zip(ways, are_many, strict=True)
                )
            )
            starts.append(start)
        self._spawners[template.name] = self._make_spawner(template, tuple(starts))

    def _make_emitter(
        self, text: Text, owner: str, body: Body, template: Template | None
    ) -> BodyEmitter:
        """What writes a body; `owner` is the name of its template or property."""
        del owner
        return BodyEmitter(self.memory, self._namespace, text, body, template, watches=False)

    def _observe(self, way: Callable[..., T]) -> Callable[..., T]:
        """What is run for a step (or a start), which may have been written: the function itself."""
        return way

    def _observe_judge(self, judge: Judge) -> Judge:
        """The same of a property."""
        return judge

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
        births = tuple(map(self._births, threads))

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
        emitter = self._make_emitter(text, "", self.program.initial, None)
        emitter.emit_initial("initial")
        initial: Start = self._run(text, "initial")["initial"]
        return initial

    def _compile_judges(self) -> dict[str, Judge]:
        text = Text()
        bodies = [(p.name, p.body) for p in self.program.properties if p.body is not None]
        for i, (name, body) in enumerate(bodies):
            emitter = self._make_emitter(text, name, body, None)
            emitter.emit_judge(f"judge_{i}")
        made = self._run(text, "properties")
        judges: dict[str, Judge] = {}
        for i, (name, _) in enumerate(bodies):
            judges[name] = _rename_failures(self._observe_judge(made[f"judge_{i}"]), name)
        return judges

    def _watchers_of(self, thread: int) -> tuple[Way, ...]:
        """The watching steps of a thread's template, compiled when first asked for."""
        name = self.memory.threads[thread].template
        if name not in self._watchers:
            template = self.memory.lookup.template(name)
            text = Text()
            locations = list_locations(template.body)
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
            (*gate_steps(self.memory, thread, steps), None)
            for thread, steps in zip(self.memory.threads, self._steps, strict=True)
        )


def compile_program(program: Program) -> Model:
    """Compile a program that has gone through all passes; the last one is kept, for who asks again.

    The same object, not an equal one: programs that differ by their places in the source are equal.
    """
    if not _last or _last[0].program is not program:
        _last[:] = [Model(program)]
    return _last[0]


_last: list[Model] = []


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
