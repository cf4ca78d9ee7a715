"""The states that SPIN stores of a Promela text: without any reduction, and with its own.

SPIN counts ends of processes: one that has run its last statement is there until it dies, which is
a state more, in each state of the others.  No thread of ours does that, and nobody who compares
models wants to count it.  So the text is searched as it is and also with processes that stop at a
false guard instead; the second is the count, the difference is told beside it.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from combinations import Stored
from processes import CommandError, Finished, run
from spin import find_number
from tool import Command

END = re.compile(r"^(\s*ended_\d+): skip$", re.MULTILINE)
ENDS = re.compile(r"^\s*ended_\d+:", re.MULTILINE)
SOUGHT = re.compile(r"^#ifdef REACHABLE\n.*?^#endif$", re.MULTILINE | re.DOTALL)
# A process that looks at an invariant once, at any time: each state of the others is there twice.
LOOKS = re.compile(
    r"^active proctype watch_\w+\(\) \{\n(?:  int [^\n]*\n)*  end: [^\n]* ->\n.*?^\}\n",
    re.MULTILINE | re.DOTALL,
)
DIES = "DIES"  # the macro of the models that are written by hand

SLOTS = 22  # the table has 2^22 slots, 32 MiB; what is more hangs on lists
DEPTH = 1_000_000
BUILD_SECONDS = 300.0
OPTIMISED = 1_000_000  # bytes of C; gcc's -O2 takes minutes for two million
KILL_SECONDS = 20.0  # from the interrupt to the totals


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one search."""

    megabytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SpinStored:
    """`full` and `reduced` are without the ends of processes, of which `reduced` would have `ends`
    states more (None: not known, for one of the two searches gave up).

    `errors` is the most that a search found.
    """

    full: Stored
    reduced: Stored
    ends: int | None
    errors: int


@dataclass(frozen=True, slots=True)
class Text:
    """A Promela text as it is, and with processes that stop; each with its macros."""

    dying: str
    stopping: str
    macros: tuple[str, ...] = ()
    dying_macros: tuple[str, ...] = ()


def take_hand(model: Path, threads: int) -> Text:
    """A model that was written by hand; raises `CommandError` where it is no such file."""
    try:
        text = model.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{model.name}: {error.strerror}") from None
    dies = (f"-D{DIES}",) if re.search(rf"\b{DIES}\b", text) else ()
    return Text(text, text, (f"-DTHREADS={threads}",), dies)


def take_exported(text: str) -> Text:
    """What `modelcheck export` wrote, without processes that look at an invariant (what is counted
    is the threads' states; `make oracle` asks for the verdicts).

    Raises `CommandError` where an end in it is not the one that is known here: then the two would
    be the same, and the difference 0.
    """
    text = LOOKS.sub("", SOUGHT.sub("", text))
    stopping, count = END.subn(r"\1: false", text)
    if count != len(ENDS.findall(text)):
        raise CommandError("the export has ends of processes that are not known here")
    return Text(text, stopping)


def count_spin(
    text: Text, folder: Path, limits: Limits, before: SpinStored | None = None
) -> SpinStored:
    """Search it in both ways.  What gave up `before`, with fewer threads, is not tried again.

    Raises `CommandError` where SPIN or gcc cannot.
    """

    def search(is_full: bool) -> tuple[Stored, int]:
        gave_up = before and (before.full if is_full else before.reduced)
        if gave_up and not gave_up.is_whole:
            return gave_up, 0
        return _search(text.stopping, text.macros, folder, limits, is_full=is_full)

    full, errors = search(is_full=True)
    reduced, more_errors = search(is_full=False)
    ends: int | None = 0
    if not reduced.is_whole:
        ends = None
    elif text.dying != text.stopping or text.dying_macros:
        macros = text.macros + text.dying_macros
        dying, _ = _search(text.dying, macros, folder, limits, is_full=False)
        ends = dying.states - reduced.states if dying.is_whole else None
    return SpinStored(full, reduced, ends, max(errors, more_errors))


def _search(
    text: str, macros: tuple[str, ...], folder: Path, limits: Limits, *, is_full: bool
) -> tuple[Stored, int]:
    """States and errors.  In both ways SPIN merges statements, for the steps of an export are one
    each only then.
    """
    place = folder / "spin"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "model.pml").write_text(text, encoding="utf-8")
    reduction = ["-DNOREDUCE"] if is_full else []
    spin: Command = ["spin", "-a", *macros, "model.pml"]
    _run(spin, place)
    is_small = (place / "pan.c").stat().st_size + (place / "pan.m").stat().st_size <= OPTIMISED
    # COLLAPSE keeps the same states in a fraction of the memory (1.9 kB each without, on exports).
    cc = ["gcc", "-O2" if is_small else "-O0", "-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=8192"]
    _run([*cc, f"-DMEMLIM={limits.megabytes}", *reduction, "-o", "pan", "pan.c"], place)
    # At an interrupt it writes its totals.
    stop = ["timeout", "--signal=INT", f"--kill-after={KILL_SECONDS:g}", f"{limits.seconds:g}"]
    pan = ["./pan", "-E", "-n", "-c0", f"-w{SLOTS}", f"-m{DEPTH}"]
    found = read_totals(run([*stop, *pan], place, limits.seconds + 2 * KILL_SECONDS))
    shutil.rmtree(place, ignore_errors=True)
    return found


def _run(command: Command, place: Path) -> None:
    done = run(command, place, BUILD_SECONDS)
    if done.returncode != 0 or "Error:" in done.output:
        raise CommandError(f"{command[0]}: {done.output[-400:]}")


def read_totals(done: Finished) -> tuple[Stored, int]:
    """States and errors of what SPIN's verifier wrote; raises `CommandError`."""
    states = find_number(done.output, "states, stored")
    errors = re.search(r"errors: (\d+)", done.output)
    if states is None or errors is None or "VECTORSZ" in done.output:
        raise CommandError(f"SPIN: {done.output[-400:]}")
    gave_up = ("not completed", "max search depth too small", "Interrupted", "memory bound")
    is_whole = not any(word in done.output for word in gave_up)
    return Stored(states, is_whole), int(errors[1])
