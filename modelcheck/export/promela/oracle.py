"""The oracle form: one process, program counters as variables, one `d_step` per step and choice.

With `-DNOREDUCE`, SPIN stores exactly our states.  A transition of ours is one of SPIN's (which
counts its initial state as one more); a step that fails changes nothing, so it leads SPIN to a
state it knows.  What must hold in states is asserted at the end of the `d_step` that leads there.
With k > 1 initial states there is one before them: one state, k transitions, one level more.

Not covered, because they are about pairs of steps or about the graph: `data-race`, `stuck`.
`reachable` properties are asserted (the other way round) in texts that SPIN reads with -DREACHABLE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.export.promela.expressions import Speaker
from modelcheck.export.promela.functions import Functions
from modelcheck.export.promela.guards import Way
from modelcheck.export.promela.interpret import Starts, Vector, find_starts
from modelcheck.export.promela.judges import JudgeWriter
from modelcheck.export.promela.lines import Lines
from modelcheck.export.promela.options import Option, Options
from modelcheck.export.promela.orders import close_transitively
from modelcheck.export.promela.silence import Silence
from modelcheck.export.promela.steps import Goals, Names, StepWriter
from modelcheck.export.promela.ways import write_way
from modelcheck.export.promela.words import (
    Unsayable,
    Value,
    find_cell,
    say_all,
    say_and,
    say_comment,
)
from modelcheck.ir.memory import UNINITIALISED, Memory
from modelcheck.ir.nodes import Program

AT_START = "c_expr { (at_start()) }"  # SPIN takes a bare call for a side effect

MAX_STATE_BYTES = 60_000  # what SPIN's VECTORSZ can be raised to
MAX_CHARACTERS = 1_000_000  # of the text; the C that SPIN makes of more takes minutes to compile


@dataclass(frozen=True, slots=True)
class Oracle:
    """The text, and how to read what SPIN says of it.

    `properties` gives the property of each asserted variable.  `has_first`: there is a state before
    the initial ones, `starts` transitions leave it (failing ones included).
    """

    text: str
    properties: Mapping[str, str]
    has_first: bool
    starts: int
    extra: int = 0  # transitions at an initial state in which nothing can step


def write_oracle(program: Program) -> Oracle:
    """The oracle form of a program that has gone through all passes.

    Raises Unsayable, with the reason, where it does not fit.
    """
    memory = Memory(program)
    return _Writer(memory, find_starts(memory)).write()


class _Writer:
    def __init__(self, memory: Memory, starts: Starts) -> None:
        below_0 = any(
            value < 0 and value != UNINITIALISED for state in starts.states for value in state
        )
        self._memory = memory
        self._starts = starts
        self._has_first = len(starts.states) != 1 or bool(starts.failures)
        self._speaker = Speaker(memory, starts_below_0=below_0 and not self._has_first)
        self._dialect = self._speaker.dialect
        self._names = Names()
        self._body = Lines(depth=2)
        self._silence = Silence(self._speaker)
        self._functions = Functions(self._speaker.in_c, self._names, StepWriter)
        self._after = ""  # what every step ends with
        self._at_rest = ""  # and those after which nothing may be enabled
        self._steps = StepWriter(self._speaker, self._names, self._body, self._silence)
        self._options = Options(self._speaker, memory.threads)
        self._extra = 0

    def write(self) -> Oracle:
        """The whole text."""
        self._write_functions()
        for i, state in enumerate(self._starts.states if self._has_first else ()):
            self._write_first(state, i)
        for name in self._starts.failures:
            self._body.line(say_comment(f"a start that fails: {name}"))
            says = (
                "skip"
                if self._silence.is_everywhere(name)
                else (f"assert({self._names.property(name)})")
            )
            self._body.line(f":: d_step {{ (started == 0) -> {says} }}")
        if not self._has_first:
            self._write_rest_at_start()
        self._write_cycles_at_start()
        for option in self._options.all:
            for way in option.ways:
                if way.enabled != 0:
                    self._write_option(option, way)
        body = ["active proctype program() {", "end:", "  do", *self._body.lines, "  od", "}"]
        text = "\n".join([*self._write_head(), *self._functions.lines, "", *body, ""])
        if len(text) > MAX_CHARACTERS:
            raise Unsayable(f"its Promela has {len(text):,} characters")
        return Oracle(
            text,
            {variable: name for name, variable in self._names.properties.items()},
            self._has_first,
            len(self._starts.states) + len(self._starts.failures),
            self._extra,
        )

    # ------------------------------------------------------------------------ the head

    def _write_head(self) -> list[str]:
        memory, dialect, names = self._memory, self._dialect, self._names
        program = memory.program
        lines = [
            say_comment(f"{program.name}, {program.path}: the oracle form, one d_step per step"),
            *(say_comment(f"{s.name} = {s.value}") for s in program.settings),
            "/* spin -o3 -a F; cc -DSAFETY -DNOREDUCE -DBFS -o pan pan.c; ./pan -c0 */",
            "",
        ]
        first = self._starts.states[0] if not self._has_first else (0,) * len(memory.slots)
        values = ", ".join(dialect.number(value) for value in first) or "0"
        count = max(len(memory.slots), 1)
        if dialect.is_wide:
            lines.append(f"c_decl {{ static long long m[{count}] = {{ {values} }}; }}")
            lines.append(f'c_track "m" "{8 * count}"')
        else:
            lines.append(f"{find_cell(memory, dialect)[0]} m[{count}] = {{ {values} }};")
        for slot, name in zip(memory.slots, self._speaker.names, strict=True):
            lines.append(f"#define {name} m[{slot.number}]")
        if dialect.is_wide:
            declared = ", ".join(names.scratch)
            if declared:
                lines.append(f"c_decl {{ static long long {declared}; }}")
        else:
            lines += [f"int {name};" for name in names.scratch]
        lines += [f"bit {variable}; {say_comment(n)}" for n, variable in names.properties.items()]
        lines += self._options.declare(None if self._has_first else self._starts.states[0])
        if self._has_first:
            lines.append("bit started;")
        if names.needs_undo:
            lines.append(f"c_decl {{ static char undo[{8 * count}]; }}")
        return [*lines, *self._write_orders()]

    def _write_orders(self) -> list[str]:
        """Which declaration was passed before which, outside the states, transitively closed."""
        if not self._names.orders:
            return []
        size = max(len(known) for known in self._names.orders.values()) or 1
        count = len(self._names.orders)
        numbers = list(self._names.orders)
        at_start = [
            (numbers.index(name), *pair)
            for name, pairs in self._number_start_orders().items()
            for pair in sorted(close_transitively(pairs))
        ]
        known = ", ".join(f"[{k}][{a}][{b}] = 1" for k, a, b in at_start) or "{{0}}"
        cyclic = ", ".join(sorted({f"[{k}] = 1" for k, a, b in at_start if a == b})) or "0"
        return [
            "c_decl {",
            f"  static unsigned char before[{count}][{size}][{size}] = {{ {known} }};",
            f"  static unsigned char is_cyclic[{count}] = {{ {cyclic} }};",
            "  static void precede(int k, int a, int b)",
            "  { int i, j;",
            "    if (a < 0 || b < 0) return;",
            f"    for (i = 0; i < {size}; i++) for (j = 0; j < {size}; j++)",
            "      if ((i == a || before[k][i][a]) && (j == b || before[k][b][j]))",
            "        { before[k][i][j] = 1; if (i == j) is_cyclic[k] = 1; }",
            "  }",
            "}",
        ]

    # ------------------------------------------------------------------------ the options

    def _write_first(self, state: Vector, number: int) -> None:
        self._body.line(say_comment(f"initial state {number}"))
        with self._body.inside(":: d_step { (started == 0) ->", "}"):
            self._body.say("started = 1")
            for slot, value in zip(self._speaker.names, state, strict=True):
                self._body.say(self._dialect.assign(slot, value))
            self._write_judgement(may_rest=True)
            self._body.line("skip")

    def _write_cycles_at_start(self) -> None:
        """What is recorded before the first state is there from the beginning (`_write_orders`); a
        cycle of it no step would notice.
        """
        for name, numbers in self._number_start_orders().items():
            if not any(a == b for a, b in close_transitively(numbers)):
                continue
            self._extra += 1
            guard = "(started == 0)" if self._has_first else AT_START
            self._body.line(f":: d_step {{ {guard} -> assert({self._names.property(name)}) }}")

    def _number_start_orders(self) -> dict[str, set[tuple[int, int]]]:
        """By property: the numbers of the declarations that come one before the other."""
        found: dict[str, set[tuple[int, int]]] = {}
        for name, first, second in self._starts.orders:
            if self._silence.is_everywhere(name):
                continue
            if any(self._silence.is_silenced(name, end) for end in (first, second)):
                continue
            pair = self._names.order(name, first), self._names.order(name, second)
            found.setdefault(name, set()).add(pair)
        return found

    def _write_rest_at_start(self) -> None:
        """The only initial state, where nothing can step: nobody else would judge it."""
        state = self._starts.states[0]
        if self._options.is_enabled(state):
            return
        self._extra += 1
        with self._body.inside(f":: d_step {{ {AT_START} ->", "}"):
            self._write_judgement(may_rest=True)
            self._body.line("skip")

    def _write_option(self, option: Option, way: Way) -> None:
        thread, block, body = option.thread, option.location, self._body
        step = block.step
        what = f"{step.span} {step.text}" if step is not None else ""
        chosen = f" choosing {', '.join(map(str, way.choices))}" if way.choices else ""
        body.line(say_comment(f"{thread.name} at {block.label}{chosen}: {what}"))
        guard = say_and(self._say_started(), self._options.say_guard(option, way))
        with body.inside(f":: d_step {{ {self._dialect.condition(guard)} ->", "}"):
            if not self._has_first and self._starts.states[0][thread.pc] == option.number:
                self._write_start_judgement()
            done, failed = self._names.label(), self._names.label()
            goals = Goals(done, failed)
            write_way(self._steps, thread, option.region, way.choices, goals, is_trial=False)
            body.label(done)
            self._write_judgement(may_rest=self._may_rest_after(option))
            body.label(failed)
            self._write_zeros(self._steps.used)

    def _say_started(self) -> Value:
        if not self._has_first:
            return 1
        return "now.started" if self._dialect.is_wide else "started"

    def _may_rest_after(self, option: Option) -> bool:
        """Whether nothing may be enabled after a step: its thread ends, or comes to where it can
        be stopped.
        """
        if option.region.may_end or option.gate != 1:
            return True
        here = {o.location.label for o in self._options.of(option.thread) if o.can_rest}
        return any(label in here for label in option.region.exits)

    # ------------------------------------------------------------------------ what steps share

    def _write_functions(self) -> None:
        """What every step ends with: trials, and the judgement of the state it led to."""
        functions = self._functions
        options = Options(functions.speaker, self._memory.threads)
        if self._options.are_late:
            functions.write_trials(self._options)
            self._after += "try_late(); "
        if not self._has_first:
            pairs = zip(self._speaker.names, self._starts.states[0], strict=True)
            is_there = say_all([functions.speaker.is_equal(name, value) for name, value in pairs])
            functions.answer("at_start", is_there)
        with functions.function("judge") as body:
            self._make_judge(body).write_always()
        if any(p.kind in ("invariant", "reachable") for p in self._memory.program.properties):
            self._after += "judge(); "
        enabled = [
            functions.answer(f"may_step_{thread.number}", options.say_enabled(thread))
            for thread in self._memory.threads
        ]
        resting = functions.answer("all_resting", options.say_resting())
        with functions.function("judge_at_rest") as body:
            judge = self._make_judge(body)
            judge.write_at_rest(enabled=" || ".join(enabled) or "0", resting=resting)
        self._at_rest = "judge_at_rest(); "

    def _make_judge(self, body: Lines) -> JudgeWriter:
        functions = self._functions
        return JudgeWriter(functions.speaker, functions.names, body, functions.silence)

    def _write_judgement(self, *, may_rest: bool) -> None:
        calls = self._after + (self._at_rest if may_rest else "")
        if calls:
            self._body.say(f"c_code {{ {calls}}}")

    def _write_start_judgement(self) -> None:
        """The only initial state is judged before the steps that lead away from it."""
        if "judge()" in self._after:
            self._body.say("c_code { if (at_start()) judge(); }")

    def _write_zeros(self, used: Mapping[str, None]) -> None:
        if not self._dialect.is_wide:
            for name in used:
                self._body.say(f"{name} = 0")
        self._body.line("skip")
