"""The command `explore`: a walk through the states of a spec, one chosen step after the other.

It reads commands from stdin, a line each: from a terminal with a prompt, from a pipe without.  What
it shows is what the pages show; it finds out nothing of its own.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelcheck.cli.console import InterruptFlag, LiveLine, say, say_all
from modelcheck.cli.group import modelcheck, select_program

if TYPE_CHECKING:
    from modelcheck.api import Form, Run  # not on the way to --help
    from modelcheck.trace.wander import Turn, Wander

HELP = """\
NUMBER       take that step          u            take the last step back
r [N]        N steps at random (1)   v            search, and go to the shortest violation
s [all]      what every place holds  p            the path so far
start [N]    back to the start       save FILE    the path, if it shows a violation:
h            this help                            .json a trace, .html .svg .dot .mmd a picture
q            end (or Ctrl-D)"""
FORMS: dict[str, Form] = {".html": "html", ".svg": "svg", ".dot": "dot", ".mmd": "mermaid"}


class CommandError(Exception):
    """A line that is no command, or one that cannot be done here."""


@modelcheck.command("explore")
@click.argument("spec")
@select_program
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of random.")
def explore_command(spec: str, *, variant: str | None, settings: dict[str, str], seed: int) -> int:
    """Walk through the states of a spec: choose each step, take steps back, jump to a violation."""
    from modelcheck import api

    run, wander = api.begin_wander(spec, api.Choice(variant, settings))
    session = Session(run, wander, random.Random(seed))  # noqa: S311 (no secret)
    session.show()
    for line in read_lines(lambda: f"{len(wander.events)}> "):
        try:
            if not session.obey(line):
                break
        except CommandError as error:
            say(f"{error}; h shows what can be done")
    return 0


def read_lines(prompt: Callable[[], str]) -> Iterator[str]:
    """The lines of stdin; Ctrl-C drops the line under way, Ctrl-D ends them."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):
        import readline  # noqa: F401 (it makes `input` edit lines)
    while True:
        try:
            line = input(prompt())
        except EOFError:
            say("")
            return
        except KeyboardInterrupt:
            say("")
            continue
        yield line


class Session:
    """A walk and the commands that move it."""

    def __init__(self, run: Run, wander: Wander, dice: random.Random) -> None:
        self._run = run
        self._wander = wander
        self._dice = dice
        self._turns: tuple[Turn, ...] = ()
        self._found: Run | None = None  # the search that v did

    def obey(self, line: str) -> bool:
        """Do what a line says; False where it ends the walk."""
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        match word:
            case "":
                self.show()
            case "q" | "quit":
                return False
            case "h" | "help" | "?":
                say(HELP)
            case "u" | "undo":
                if not self._wander.undo():
                    raise CommandError("this is the start")
                self.show()
            case "r" | "random":
                self._take_random(_read_count(rest or "1", "r"))
            case "v" | "violation":
                self._find_violation()
            case "s" | "state":
                self._show_state(everything=rest == "all")
            case "p" | "path":
                self._show_path()
            case "start":
                self._begin(_read_count(rest or "1", "start"))
            case "save":
                self._save(rest)
            case _ if word.isdecimal() and not rest:
                self._take(int(word))
            case _:
                raise CommandError(f"`{word}` is no command")
        return True

    # ------------------------------------------------------------------------ showing

    def show(self) -> None:
        """Where every thread stands, what is broken, and what can come next."""
        wander = self._wander
        say(self._describe_position())
        for name, standing in zip(wander.threads, wander.list_standings(), strict=False):
            where = f"line {standing.at.line}  {standing.at.text}" if standing.at else ""
            say(f"  {name}: {standing.condition}  {where}".rstrip())
            for why in standing.why:
                say(f"      {why}")
        claims = wander.list_broken()
        for claim in claims:
            of = f" of {claim.object}" if claim.object else ""
            detail = f": {claim.detail}" if claim.detail else ""
            verdict = "REACHED" if wander.is_reached(claim) else "VIOLATED"
            say_all([f"{verdict}  {claim.property}{of}{detail}"])
        if self._is_at_found() and all(map(wander.is_reached, claims)):
            say_all([f"VIOLATED  {self._describe_found()}"])
        self._turns = wander.list_turns()
        for number, turn in enumerate(self._turns, 1):
            self._show_turn(number, turn)
        if not self._turns:
            say("no step is possible: u takes one back, start goes to the start")

    def _describe_position(self) -> str:
        steps, starts = len(self._wander.events), len(self._wander.starts)
        if steps:
            return f"after {steps} step{'' if steps == 1 else 's'}"
        return "at the start" if starts == 1 else f"at start {self._wander.start} of {starts}"

    def _show_turn(self, number: int, turn: Turn) -> None:
        head = f"{number:>3}  {turn.thread}  line {turn.at.line}  {turn.does}"
        say(f"{head}  ({turn.inside})" if turn.inside else head)
        for effect in turn.effects:
            say(f"       {effect}")
        if turn.breaks:
            say(f"       => {turn.breaks}")

    def _show_state(self, *, everything: bool) -> None:
        for place, value in self._wander.read_values().items():
            if everything or not place.hidden:
                owner = f"{self._wander.threads[place.thread]}: " if place.thread >= 0 else ""
                say(f"  {owner}{place.name} = {value}")

    def _show_path(self) -> None:
        for line in self._wander.describe_path():
            say(line)

    # ------------------------------------------------------------------------ moving

    def _take(self, number: int) -> None:
        if not 1 <= number <= len(self._turns):
            raise CommandError(f"there is no step {number} here")
        self._wander.take(self._turns[number - 1])
        self.show()

    def _take_random(self, count: int) -> None:
        for _ in range(count):
            turns = self._wander.list_turns()
            if not turns:
                break
            self._wander.take(self._dice.choice(turns))
        self.show()

    def _begin(self, number: int) -> None:
        starts = len(self._wander.starts)
        if not 1 <= number <= starts:
            raise CommandError(f"there are {starts} starts" if starts > 1 else "there is one start")
        self._wander.begin(number - 1)
        self.show()

    def _find_violation(self) -> None:
        """Search the program; the walk goes on from the end of the shortest violation."""
        from modelcheck import api

        live = LiveLine(self._run.info.name)
        with InterruptFlag() as interrupt:
            options = api.Options(progress=live.show, interrupted=interrupt.is_raised)
            result = api.explore(self._run.program, options)
        live.clear()
        headline = result.headline
        if headline is None or not headline.witnesses:
            reason = f" (stopped by {result.stopped_by})" if result.stopped_by else ""
            raise CommandError(f"no violation was found{reason}")
        self._found = replace(self._run, result=result)
        self._wander.follow(headline.witnesses[0])
        self.show()

    def _is_at_found(self) -> bool:
        """Whether the walk stands where the last search found its violation."""
        headline = self._found and self._found.result and self._found.result.headline
        if not headline:
            return False
        found, path = headline.witnesses[0], self._wander.path
        return (found.initial, found.moves) == (path.initial, path.moves)

    def _describe_found(self) -> str:
        """What no state says by itself: a race of two steps, an order of locks."""
        from modelcheck.report.text import describe_headline

        result = self._found.result if self._found is not None else None
        headline = result.headline if result is not None else None
        return describe_headline(headline, self._run.program) if headline is not None else ""

    # ------------------------------------------------------------------------ keeping

    def _save(self, name: str) -> None:
        from modelcheck import api
        from modelcheck.report.files import OutputError, write_whole
        from modelcheck.trace.stored import write_trace

        form = FORMS.get(Path(name).suffix)
        if not name or (form is None and Path(name).suffix != ".json"):
            raise CommandError("save needs a file with one of .json .html .svg .dot .mmd")
        claims = sorted(self._wander.list_broken(), key=self._wander.is_reached)
        trace = None
        if self._found is not None and self._is_at_found():
            trace = api.record(self._found)
        elif claims:
            trace = self._wander.make_trace(self._run.variant.name, claims[0])
        if trace is None:
            raise CommandError("nothing is violated here, and a trace is one of a violation")
        text = write_trace(trace)
        if form is not None:
            text = api.write_scenes(api.draw_trace(self._run, trace), form)
        try:
            write_whole(Path(name), text)
        except OutputError as error:
            raise CommandError(str(error)) from None
        say(f"wrote {name}")


def _read_count(text: str, command: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise CommandError(f"{command} takes a number from 1 on")
    return int(text)
