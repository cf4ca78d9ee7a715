"""What every step ends with, as C functions that are in the text once: trials of late ways, the
judgement of a state.

SPIN takes them as they are (`c_code`); an assertion in them is the call that SPIN makes of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from modelcheck.export.promela.expressions import Speaker
from modelcheck.export.promela.guards import Choices
from modelcheck.export.promela.lines import CLines, Lines
from modelcheck.export.promela.options import BLOCKED, ENABLED, RESTING, Option, Options
from modelcheck.export.promela.silence import Silence
from modelcheck.export.promela.steps import Goals, Names, StepWriter
from modelcheck.export.promela.ways import write_way
from modelcheck.export.promela.words import Unsayable, Value, find_cell

MAX_CHARACTERS = 50_000  # of one `c_code`; SPIN takes 64 KiB, after it has put macros in


class Functions:
    """Writes C functions over a text's memory.

    `speaker` speaks C; `steps` is what the steps of the text are written with.
    """

    def __init__(self, speaker: Speaker, names: Names, steps: type[StepWriter]) -> None:
        self.speaker = speaker
        self.names = names
        self.silence = Silence(speaker)
        self.lines: list[str] = []
        self._steps = steps
        # Wide memory is C's already.
        self._memory = ""
        if not speaker.dialect.is_wide:
            kind = find_cell(speaker.memory, speaker.dialect)[1]
            self._memory = f"{kind} *{steps.array} = now.{steps.array}"

    @contextmanager
    def function(self, name: str) -> Iterator[Lines]:
        """A function without arguments or result; scratch variables used in it are its own.

        Raises Unsayable where it is too long for SPIN.
        """
        with self._body(f"static void {name}(void)") as body:
            yield body

    def answer(self, name: str, value: Value) -> str:
        """A function that gives a value; how it is called."""
        with self._body(f"static int {name}(void)") as body:
            body.say(f"return {self.speaker.dialect.text(value)}")
        return f"{name}()"

    @contextmanager
    def _body(self, head: str) -> Iterator[Lines]:
        outer = dict(self.names.scratch)
        self.names.scratch.clear()
        body = CLines(depth=1)
        yield body
        scratch = ", ".join(f"{name} = 0" for name in self.names.scratch)
        self.names.scratch.clear()
        self.names.scratch.update(outer)
        text = [f"{head} {{"]
        text += [f"  {self._memory};"] if self._memory else []
        text += [f"  long long {scratch};"] if scratch else []
        # A label stands before a statement.
        text += [*body.lines, "  ;", "}"]
        if sum(len(line) + 1 for line in text) > MAX_CHARACTERS:
            raise Unsayable("what its steps have in common is too long for SPIN")
        self.lines += ["c_code {", *text, "}"]

    # ------------------------------------------------------------------------ trials

    def write_trials(self, options: Options) -> None:
        """The function `try_late`: which late ways are enabled in the state that holds now."""
        calls = [
            self._write_trial(option, choices) for option in options.all for choices in option.late
        ]
        with self.function("try_late") as body:
            for call in calls:
                body.say(call)

    def _write_trial(self, option: Option, choices: Choices) -> str:
        """A function that tries one way, on memory that is put back; how it is called."""
        name, variable = f"try_{option.late[choices]}", f"now.{option.late[choices]}"
        labels = self.names.label
        over, end, done, blocked, resting = labels(), labels(), labels(), labels(), labels()
        is_here = self.speaker.is_equal(self.speaker.slot(option.thread.pc), option.number)
        with self.function(name) as body:
            steps = self._steps(self.speaker, self.names, body, self.silence)
            body.say(f"{variable} = {BLOCKED}")
            steps.write_if(is_here, "skip", f"goto {over}")
            steps.save()
            goals = Goals(done, done, (blocked, resting))
            write_way(steps, option.thread, option.region, choices, goals, is_trial=True)
            for label, answer in ((done, ENABLED), (resting, RESTING), (blocked, BLOCKED)):
                body.label(label)
                body.say(f"{variable} = {answer}")
                body.say(f"goto {end}")
            body.label(end)
            steps.restore()
            body.label(over)
        return f"{name}()"
