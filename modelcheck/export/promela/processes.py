"""The processes form: one proctype per thread, as a user of SPIN would write it.

A location is a label, a wait a guard, locals are the proctype's own (`own.py`).  Where others
change them (a slot that `spawn` starts, anything that `crash` ends), or have to know them (an
interrupt handler, a step that waits both idly and not, a wait behind a store), a thread's counter
and locals are in shared memory instead, and its proctype is a loop over its steps.

It is for comparing speed and for SPIN's own reduction; its states are not ours (control inside a
process is SPIN's, and so are the processes that judge), so no count is promised, only the verdicts.
Invariants are asserted by processes of their own; `judge` moves when nobody else can and asserts
`final`, `leak` and that there is no deadlock.  `reachable` properties are asserted, the other way
round, in texts that SPIN reads with -DREACHABLE.

Left out: `data-race`, `stuck`, and the orders that `precedes` records.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from modelcheck.diagnostics import InternalError
from modelcheck.export.promela.expressions import Env, Speaker
from modelcheck.export.promela.functions import Functions
from modelcheck.export.promela.interpret import Starts, Vector, find_starts
from modelcheck.export.promela.judges import REACHED, JudgeWriter
from modelcheck.export.promela.lines import Lines
from modelcheck.export.promela.options import Option, Options
from modelcheck.export.promela.own import MemorySteps, OwnSteps, name_end, name_location
from modelcheck.export.promela.placing import Placing, place_threads
from modelcheck.export.promela.silence import Silence
from modelcheck.export.promela.steps import Goals, Names
from modelcheck.export.promela.ways import write_way
from modelcheck.export.promela.words import (
    Unsayable,
    Value,
    find_cell,
    say_all,
    say_and,
    say_any,
    say_comment,
    say_not,
    spell,
)
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Memory, Thread
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Body,
    Branch,
    Check,
    Jump,
    Load,
    Precedes,
    Program,
    Property,
    Return,
)

MAX_VISITS = 2_000


def write_processes(program: Program) -> str:
    """The processes form of a program that has gone through all passes.

    Raises Unsayable, with the reason, where it does not fit.
    """
    memory = Memory(program)
    speaker = Speaker(memory, element="m_at({})", counter="memory[{}]")
    if speaker.dialect.is_wide:
        raise Unsayable("it has values of more than 31 bits")
    starts = find_starts(memory)
    placing = place_threads(speaker, Options(speaker, memory.threads), starts)
    return _Writer(speaker, starts, placing).write()


class _Writer:
    def __init__(self, speaker: Speaker, starts: Starts, placing: Placing) -> None:
        self._speaker = speaker
        self._memory: Memory = speaker.memory
        self._starts = starts
        self._placing = placing
        self._names = Names()
        self._silence = Silence(speaker)
        self._lines = Lines()
        others = [t for t in self._memory.threads if t.number not in placing.own]
        self._options = Options(speaker, others)
        self._functions = Functions(speaker.in_c, self._names, MemorySteps)
        self._steps = MemorySteps(speaker, self._names, self._lines, self._silence)
        self._has_start = (
            len(starts.states) != 1
            or bool(starts.failures)
            or any(starts.states[0][slot] < 0 for slot in placing.kept)
        )

    def write(self) -> str:
        """The whole text."""
        if self._options.are_late:
            self._functions.write_trials(self._options)
        if self._has_start:
            self._write_starts()
        for thread in self._memory.threads:
            if thread.number in self._placing.own:
                self._write_own(thread)
            else:
                self._write_in_memory(thread)
        for property_ in self._speaker.program.properties:
            if property_.kind == "invariant":
                self._write_invariant(property_)
        sought = [p for p in self._speaker.program.properties if p.kind == "reachable"]
        if sought:
            self._lines.lines.append(REACHED)
            for property_ in sought:
                self._write_watch(property_)
            self._lines.lines.append("#endif")
        self._write_judge()
        return "\n".join([*self._write_head(), *self._functions.lines, *self._lines.lines, ""])

    def _write_head(self) -> list[str]:
        dialect, program = self._speaker.dialect, self._memory.program
        kept = self._placing.kept
        first = (0,) * len(self._memory.slots) if self._has_start else self._starts.states[0]
        values = ", ".join(self._say_start(slot, first) for slot in kept)
        cell = find_cell(self._memory, dialect)[0]
        lines = [
            say_comment(f"{program.name}, {program.path}: the processes form"),
            *(say_comment(f"{s.name} = {s.value}") for s in program.settings),
            "/* spin -a F; cc -O2 -DSAFETY -o pan pan.c; ./pan */",
        ]
        blocks = [b for t in program.templates for b in t.body.blocks]
        orders = {i.property for b in blocks for i in b.instrs if isinstance(i, Precedes)}
        lines += [say_comment(f"not asserted: the order {name}") for name in sorted(orders)]
        lines += [
            "",
            f"{cell} memory[{max(len(kept), 1)}] = {{ {values or '0'} }};",
            # The locals that are the processes' own would stand between counters and objects.
            f"#define m_at(slot) memory[(slot) - {len(self._memory.slots) - len(kept)}]",
        ]
        lines += [f"#define {self._speaker.names[slot]} memory[{i}]" for i, slot in enumerate(kept)]
        lines += [
            f"bit {variable}; {say_comment(n)}" for n, variable in self._names.properties.items()
        ]
        lines += self._options.declare(None if self._has_start else self._starts.states[0])
        if self._has_start:
            lines.append("bit started;")
        if self._names.needs_undo:
            lines.append(f"c_decl {{ static char undo[{8 * max(len(kept), 1)}]; }}")
        lines.append(f"#define all_resting {dialect.text(self._say_resting())}")
        lines.append("")
        return lines

    def _say_start(self, slot: int, state: Vector) -> str:
        """What a slot holds at the start; a counter that only tells the end is 0 until then."""
        for thread in self._memory.threads:
            if slot == thread.pc and thread.number in self._placing.own - self._placing.exact:
                ended = self._memory.ended(thread.template)
                return str(ended if state[slot] == ended else 0)
        return self._speaker.dialect.number(state[slot])

    def _say_resting(self) -> Value:
        """Whether every thread has ended or waits idly; asked where nobody can move."""
        found: list[Value] = [self._options.say_resting()]
        for thread in self._memory.threads:
            if thread.number in self._placing.own:
                numbers = (
                    self._memory.ended(thread.template),
                    *self._placing.idle.get(thread.number, ()),
                )
                pc = self._speaker.slot(thread.pc)
                found.append(say_any([self._speaker.is_equal(pc, n) for n in numbers]))
        return say_all(found)

    @contextmanager
    def _proctype(self, name: str) -> Iterator[None]:
        """A proctype; scratch variables that are used in it are declared in it."""
        outer = dict(self._names.scratch)
        self._names.scratch.clear()
        self._lines.line(f"active proctype {name}() {{")
        at = len(self._lines.lines)
        self._lines.depth += 1
        yield
        self._lines.depth -= 1
        self._lines.line("}")
        self._lines.lines[at:at] = [f"  int {name};" for name in self._names.scratch]
        self._names.scratch.clear()
        self._names.scratch.update(outer)

    def _say_started(self) -> Value:
        return "started" if self._has_start else 1

    def _write_trials(self) -> None:
        if self._options.are_late:
            self._lines.say("c_code { try_late(); }")

    def _write_zeros(self) -> None:
        for name in self._names.scratch:
            self._lines.say(f"{name} = 0")
        self._lines.line("skip")

    def _write_starts(self) -> None:
        """A process that makes one of the initial states before all else."""
        with self._proctype("start"):
            self._lines.line("end:")
            with self._lines.inside("if", "fi"):
                for state in self._starts.states:
                    with self._lines.inside(":: d_step { skip ->", "}"):
                        for slot in self._placing.kept:
                            value = self._say_start(slot, state)
                            self._lines.say(f"{self._speaker.names[slot]} = {value}")
                        self._lines.say("started = 1")
                        self._write_trials()
                        self._write_zeros()
                for name in self._starts.failures:
                    is_silent = self._silence.is_everywhere(name)
                    says = "skip" if is_silent else f"assert({self._names.property(name)})"
                    self._lines.line(f":: {says}")
                if not (self._starts.states or self._starts.failures):
                    self._lines.line(":: false")

    # ------------------------------------------------------------------------ threads

    def _write_own(self, thread: Thread) -> None:
        memory = self._memory
        body = memory.lookup.template(thread.template).body
        state = self._starts.states[0]
        if state[thread.pc] == memory.ended(thread.template):
            return
        locations = [block for block in body.blocks if block.rest]
        here = locations[state[thread.pc]]
        names = {name: f"v0_{i}" for i, name in enumerate(local_types(body))}
        writer = OwnSteps(
            self._speaker,
            self._names,
            self._lines,
            self._silence,
            self._placing.own,
            self._placing.exact,
        )
        with self._proctype(spell("t_" + thread.name)):
            if self._has_start:
                self._lines.say("end: (started == 1)")
            for name in here.live:
                self._names.scratch[names[name]] = None
                offset = memory.local_slot(thread.template, name) or 0
                value = state[thread.locals_base + offset]
                if value:
                    self._lines.say(f"{names[name]} = {self._speaker.dialect.number(value)}")
            self._lines.say(f"goto {name_location(memory, thread, here)}")
            for block in locations:
                for name in block.live:
                    self._names.scratch[names[name]] = None
                writer.write_location(thread, block, names)
            self._lines.line(f"{name_end(thread)}: skip")

    def _write_in_memory(self, thread: Thread) -> None:
        with self._proctype(spell("t_" + thread.name)):
            self._lines.line("end:")
            with self._lines.inside("do", "od"):
                for option in self._options.of(thread):
                    self._write_option(option)
                self._lines.line(":: false -> skip")

    def _write_option(self, option: Option) -> None:
        step = option.location.step
        if step is not None:
            self._lines.line(say_comment(f"{step.span} {step.text}"))
        for way in option.ways:
            if way.enabled == 0:
                continue
            guard = say_and(self._say_started(), self._options.say_guard(option, way))
            with self._lines.inside(f":: d_step {{ {self._speaker.dialect.text(guard)} ->", "}"):
                goals = Goals(self._names.label(), self._names.label())
                thread, region = option.thread, option.region
                write_way(self._steps, thread, region, way.choices, goals, is_trial=False)
                used = dict(self._steps.used)
                self._lines.line(f"{goals.done}: skip;")
                self._write_trials()
                self._lines.line(f"{goals.failed}: skip;")
                for name in used:
                    self._lines.say(f"{name} = 0")
                self._lines.line("skip")

    # ------------------------------------------------------------------------ properties

    def _write_invariant(self, property_: Property) -> None:
        if self._silence.is_everywhere(property_.name) or property_.body is None:
            return
        holds = self._say_property(property_.body)
        if holds == 1:
            return
        if holds is None:
            self._write_watch(property_)
            return
        name = self._names.property(property_.name)
        broken = self._speaker.dialect.text(say_and(self._say_started(), say_not(holds)))
        with self._proctype(f"watch_{name}"):
            self._lines.line(f"end: atomic {{ {broken} -> assert({name}) }}")

    def _write_watch(self, property_: Property) -> None:
        """A process that looks once, at any time."""
        with self._proctype(f"watch_{self._names.property(property_.name)}"):
            guard = self._speaker.dialect.text(self._say_started())
            with self._lines.inside(f"end: atomic {{ {guard} ->", "}"):
                self._judge().write_property(property_)
                self._write_zeros()

    def _write_judge(self) -> None:
        with self._proctype("judge"):
            guard = "timeout && started" if self._has_start else "timeout"
            with self._lines.inside(f"end: atomic {{ {guard} ->", "}"):
                self._judge().write_still(resting="(all_resting)")
                self._write_zeros()

    def _judge(self) -> JudgeWriter:
        elsewhere = frozenset(range(len(self._memory.slots))) - frozenset(self._placing.kept)
        return JudgeWriter(self._speaker, self._names, self._lines, self._silence, elsewhere)

    def _say_property(self, body: Body) -> Value | None:
        """A property's body as one expression, false where a check in it is; None if too long."""
        by_label = {block.label: block for block in body.blocks}
        types = local_types(body)
        visits = 0

        def follow(label: str, env: Env) -> Value:
            nonlocal visits
            visits += 1
            if visits > MAX_VISITS:
                raise Unsayable("a property has too long a body")
            block = by_label[label]
            checks: Value = 1
            for instr in block.instrs:
                match instr:
                    case Assign(local, value):
                        env = env.bind(local, self._speaker.say(value, env))
                    case Load(local, place):
                        slot = self._speaker.address(self._memory.resolve(place), env)
                        env = env.bind(local, self._speaker.slot(slot))
                    case Check(condition) | Assert(condition):
                        checks = say_and(checks, self._speaker.say(condition, env))
                    case _:
                        pass
            match block.end:
                case Return(value):
                    return say_and(checks, self._speaker.say(value, env))
                case Jump(target):
                    return say_and(checks, follow(target, env))
                case Branch(condition, then, other):
                    holds = self._speaker.say(condition, env)
                    if isinstance(holds, int):
                        return say_and(checks, follow(then if holds else other, env))
                    left, right = follow(then, env), follow(other, env)
                    return say_and(checks, self._speaker.dialect.ite(holds, left, right))
                case _:
                    raise InternalError("a property ends without a value")

        try:
            return follow(body.entry, Env(None, dict.fromkeys(types, 0), types))
        except (Unsayable, RecursionError):
            return None
