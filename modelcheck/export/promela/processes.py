"""The processes form: one proctype per thread, as a user of SPIN would write it.

A location is a label, a step an `atomic` (a `d_step` where it cannot fail and ends in one place), a
wait its guard; locals are the proctype's own.  It is for comparing speed and for SPIN's own
reduction; its states are not ours (control inside a process is SPIN's), so no count is promised.
Invariants are asserted by a process of their own, `final` by another at the very end.

A failing assertion ends SPIN's search; a search told to go on (`-c0`) would go on from it.
Left out: `reachable`, `leak`, `data-race`, `stuck`.  Refused, with the reason: spawned threads,
crashes, interrupts, `local` and `per_thread` objects that end with their thread, and waits behind a
store; the oracle form says them all.
"""

from __future__ import annotations

from modelcheck.diagnostics import InternalError
from modelcheck.export.promela.expressions import Env, Speaker
from modelcheck.export.promela.guards import Guards, Region, Way, find_region
from modelcheck.export.promela.interpret import Starts, find_starts
from modelcheck.export.promela.silence import Silence
from modelcheck.export.promela.steps import Goals, Names, StepWriter
from modelcheck.export.promela.words import (
    Lines,
    Unsayable,
    Value,
    say_and,
    say_comment,
    say_not,
    spell,
)
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import UNINITIALISED, Memory, Thread
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Block,
    Body,
    Branch,
    Check,
    Crash,
    HasFreeThread,
    IsFinished,
    Jump,
    Load,
    Program,
    Return,
    SetInterrupts,
    Spawn,
    Wait,
)
from modelcheck.ir.traverse import nodes_of, walk_node

MAX_VISITS = 2_000


def write_processes(program: Program) -> str:
    """The processes form of a program that has gone through all passes.

    Raises Unsayable, with the reason, where it does not fit.
    """
    memory = Memory(program)
    if reason := _find_reason_against(memory):
        raise Unsayable(reason)
    starts = find_starts(memory)
    if len({_own_part(memory, state) for state in starts.states}) != 1 or starts.failures:
        raise Unsayable("its threads start in several ways, or in none")
    return _Writer(memory, starts).write()


def _find_reason_against(memory: Memory) -> str:
    program = memory.program
    if any(t.spawned or t.interrupts for t in program.templates):
        return "it spawns threads or has interrupts (the oracle form says them)"
    for template in program.templates:
        for block in template.body.blocks:
            if any(isinstance(i, Spawn | Crash | SetInterrupts) for i in block.instrs):
                return "it spawns threads, crashes or switches interrupts"
            for node in nodes_of(block):
                if any(isinstance(e, IsFinished | HasFreeThread) for e in walk_node(node)):
                    return "a thread asks whether another has finished"
    if any(o.kind in ("local", "per_thread") and o.mortal for o in program.objects):
        return "an object ends with its thread"
    return ""


def _own_part(memory: Memory, state: tuple[int, ...]) -> tuple[int, ...]:
    """The program counters and locals of a state."""
    return tuple(state[slot.number] for slot in memory.slots if slot.role in ("pc", "local"))


class _Writer:
    def __init__(self, memory: Memory, starts: Starts) -> None:
        self._memory = memory
        self._starts = starts
        below_0 = any(v < 0 and v != UNINITIALISED for state in starts.states for v in state)
        self._speaker = Speaker(memory, starts_below_0=below_0, element="m_at({})")
        if self._speaker.dialect.is_wide:
            raise Unsayable("it has values of more than 31 bits, or starts with negative ones")
        self._guards = Guards(self._speaker)
        self._silence = Silence(self._speaker)
        self._names = Names()
        self._body = Lines()
        self._monitors = Lines()

    def write(self) -> str:
        """The whole text."""
        for thread in self._memory.threads:
            self._write_process(thread)
        self._write_invariants()
        self._write_finals()
        starts = self._write_starts()
        lines = [*self._write_head(), *starts, *self._body.lines, *self._monitors.lines, ""]
        return "\n".join(lines)

    def _write_head(self) -> list[str]:
        memory = self._memory
        program = memory.program
        state = self._starts.states[0]
        values = [
            self._speaker.dialect.number(state[slot.number])
            if slot.role not in ("pc", "local")
            else "0"
            for slot in memory.slots
        ]
        biggest = self._speaker.dialect.uninitialised
        lowest = min((slot.lo for slot in memory.slots), default=0)
        kind = "int" if biggest > 32767 or lowest < -32768 else "short"
        kind = "byte" if biggest <= 255 and lowest >= 0 else kind
        shared = [s for s in memory.slots if s.role not in ("pc", "local")]
        lines = [
            say_comment(f"{program.name}, {program.path}: the processes form"),
            *(say_comment(f"{s.name} = {s.value}") for s in program.settings),
            "/* spin -a F; cc -O2 -DSAFETY -o pan pan.c; ./pan */",
            "",
        ]
        if shared:
            base = shared[0].number
            lines.append(f"{kind} memory[{len(shared)}] = {{ {', '.join(values[base:])} }};")
            # Slots are numbered behind the counters and locals, which live in the processes.
            lines.append(f"#define m_at(slot) memory[(slot) - {base}]")
            for slot in shared:
                name = self._speaker.names[slot.number]
                lines.append(f"#define {name} memory[{slot.number - base}]")
        lines += [
            f"bit {variable}; {say_comment(n)}" for n, variable in self._names.properties.items()
        ]
        lines.append(f"byte running = {self._count_running()};")
        if len(self._starts.states) > 1:
            lines.append("bit started;")
        if self._names.orders:
            raise Unsayable("it records an order (the oracle form says it)")
        return lines

    def _count_running(self) -> int:
        state = self._starts.states[0]
        return sum(state[t.pc] != self._memory.ended(t.template) for t in self._memory.threads)

    def _write_starts(self) -> list[str]:
        """Several initial states: a process that makes one of them before all else."""
        if len(self._starts.states) == 1:
            return []
        lines = Lines()
        with lines.inside("active proctype start() {", "}"), lines.inside("if", "fi"):
            for state in self._starts.states:
                with lines.inside(":: d_step {", "}"):
                    for slot in self._memory.slots:
                        if slot.role not in ("pc", "local"):
                            name = self._speaker.names[slot.number]
                            lines.say(
                                f"{name} = {self._speaker.dialect.number(state[slot.number])}"
                            )
                    lines.say("started = 1")
        return lines.lines

    # ------------------------------------------------------------------------ processes

    def _write_process(self, thread: Thread) -> None:
        memory = self._memory
        body = memory.lookup.template(thread.template).body
        state = self._starts.states[0]
        if state[thread.pc] == memory.ended(thread.template):
            return
        locations = [block for block in body.blocks if block.rest]
        here = locations[state[thread.pc]]
        inner = Lines(depth=1)
        scratch = dict(self._names.scratch)
        self._names.scratch.clear()
        for block in locations:
            self._write_location(thread, body, block, inner)
        used = dict(self._names.scratch)
        self._names.scratch.clear()
        self._names.scratch.update(scratch)
        with self._body.inside(f"active proctype {spell('t_' + thread.name)}() {{", "}"):
            starts = {
                f"v0_{i}": state[thread.locals_base + (memory.local_slot(thread.template, n) or 0)]
                for i, n in enumerate(local_types(body))
                if n in here.live
            }
            for name in dict.fromkeys((*starts, *used)):
                self._body.line(
                    f"int {name} = {self._speaker.dialect.number(starts.get(name, 0))};"
                )
            if len(self._starts.states) > 1:
                self._body.say("(started == 1)")
            self._body.say(f"goto {_name_location(thread, here)}")
            self._body.lines += inner.lines
            self._body.line(f"end_{thread.number}: skip")

    def _write_location(self, thread: Thread, body: Body, block: Block, lines: Lines) -> None:
        region = find_region(body, block)
        ways = self._list_ways(thread, region)
        step = block.step
        if step is not None:
            lines.line(say_comment(f"{step.span} {step.text}"))
        waits = [i for i in region.instructions() if isinstance(i, Wait)]
        # A thread may rest where it waits idly; SPIN calls that a valid end.
        prefix = "end_idle" if waits and all(w.idle for w in waits) else ""
        if prefix:
            lines.line(f"{prefix}_{thread.number}_{_number(body, block)}: skip;")
        lines.line(f"{_name_location(thread, block)}:")
        with lines.inside("if", "fi;"):
            for way in ways:
                if way.enabled != 0:
                    self._write_way(thread, region, way, lines)

    def _list_ways(self, thread: Thread, region: Region) -> tuple[Way, ...]:
        names = self._name_locals(region.body)
        guards = _LocalGuards(self._speaker, names)
        ways = guards.list_ways(thread, region)
        if any(way.enabled is None for way in ways):
            raise Unsayable("a wait behind a store, inside one step")
        return ways

    def _name_locals(self, body: Body) -> dict[str, str]:
        return {name: f"v0_{i}" for i, name in enumerate(local_types(body))}

    def _write_way(self, thread: Thread, region: Region, way: Way, lines: Lines) -> None:
        fails = any(isinstance(i, Check | Assert) for i in region.instructions())
        ends = len(region.exits) + region.may_end
        is_one = not fails and not region.has_cycle and ends == 1
        writer = _ProcessSteps(self._speaker, self._names, lines, self._silence, is_one=is_one)
        enabled = self._speaker.dialect.text(way.enabled if way.enabled is not None else 0)
        head = "skip" if way.enabled == 1 else enabled
        with lines.inside(f":: {'d_step' if is_one else 'atomic'} {{ {head} ->", "}"):
            done, failed = self._names.label(), self._names.label()
            writer.write_way(thread, region, way.choices, Goals(done, failed), is_trial=False)
            if is_one:
                lines.line(f"{done}: skip;")
                lines.line(f"{failed}: skip")
            else:
                lines.line(f"{failed}: false")
        if is_one and region.exits:
            target = next(b for b in region.body.blocks if b.label == region.exits[0])
            lines.line(f"   goto {_name_location(thread, target)}")
        elif is_one:
            lines.line(f"   goto end_{thread.number}")

    # ------------------------------------------------------------------------ properties

    def _write_invariants(self) -> None:
        for property_ in self._memory.program.properties:
            if property_.kind == "invariant" and property_.body is not None:
                holds = self._say_property(property_.body)
                if holds == 1:
                    continue
                name = self._names.property(property_.name)
                broken = self._speaker.dialect.text(say_not(holds))
                with self._monitors.inside(f"active proctype watch_{name}() {{", "}"):
                    self._monitors.line(f"end: atomic {{ {broken} -> assert({name}) }}")

    def _write_finals(self) -> None:
        finals = [p for p in self._memory.program.properties if p.kind == "final"]
        if not finals:
            return
        with self._monitors.inside("active proctype judge() {", "}"):
            self._monitors.line("end: atomic { (timeout && running == 0) ->")
            for property_ in finals:
                if property_.body is None:
                    continue
                name = self._names.property(property_.name)
                holds = self._speaker.dialect.text(self._say_property(property_.body))
                self._monitors.line(f"  if :: {holds} -> skip :: else -> assert({name}) fi;")
            self._monitors.line("  skip }")

    def _say_property(self, body: Body) -> Value:
        """A property's body as one expression; a check in it that is false makes it false."""
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
                    left, right = follow(then, env), follow(other, env)
                    return say_and(checks, self._speaker.dialect.ite(holds, left, right))
                case _:
                    raise InternalError("a property ends without a value")

        return follow(body.entry, Env(None, dict.fromkeys(types, 0), types))


class _LocalGuards(Guards):
    """Guards that find a thread's locals in its proctype."""

    def __init__(self, speaker: Speaker, names: dict[str, str]) -> None:
        super().__init__(speaker)
        self._locals = names

    def begin(self, thread: Thread, region: Region) -> Env:
        """The live locals by name, 0 for all others."""
        types = local_types(region.body)
        values: dict[str, Value] = dict.fromkeys(types, 0)
        values.update({name: self._locals[name] for name in region.entry.live})
        return Env(thread, values, types)


class _ProcessSteps(StepWriter):
    """Steps whose locals stay where they are, and that end at a label."""

    def __init__(
        self, speaker: Speaker, names: Names, lines: Lines, silence: Silence, *, is_one: bool
    ) -> None:
        super().__init__(speaker, names, lines, silence)
        self._is_one = is_one

    def write_start(self, thread: Thread, region: Region, env: Env) -> None:
        """Nothing: the locals are there, and what a failing step did stays done."""

    def save(self) -> None:
        """No copy."""

    def restore(self) -> None:
        """No copy."""

    def write_arrival(
        self, thread: Thread, region: Region, block: Block, env: Env, goal: str
    ) -> None:
        """The locals that are dead there go back to 0."""
        del region
        for name, variable in env.locals.items():
            if name not in block.live and isinstance(variable, str):
                self.assign(variable, 0)
        self.lines.say(f"goto {goal if self._is_one else _name_location(thread, block)}")

    def write_end(self, thread: Thread, env: Env, goal: str) -> None:
        """One thread less."""
        for variable in env.locals.values():
            if isinstance(variable, str):
                self.assign(variable, 0)
        self.assign("running", "running - 1")
        self.lines.say(f"goto {goal if self._is_one else f'end_{thread.number}'}")


def _number(body: Body, block: Block) -> int:
    return [b.label for b in body.blocks].index(block.label)


def _name_location(thread: Thread, block: Block) -> str:
    return f"at_{thread.number}_{spell(block.label)}"
