"""SPIN as a tool: the models that were written by hand, and those that `modelcheck export` writes.

Of two sizes of the hash table the better one counts: about a slot for each of our states, or four
times as many.  What a search may take is what the machine has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from models import Model, Settings
from ours import MODELCHECK
from processes import CommandError, Finished
from tool import Command, Counts, Job, Tool, find_file

from modelcheck.explore.limits import AVAILABLE_SHARE, read_available_bytes

SPIN = "SPIN"
EXPORTED = "SPIN, exported"
MOST_STATES = 150_000_000  # more fit no machine that this was run on
LEAST_BITS = 16
USUAL_MEGABYTES = 16384
LEAST_ROUNDED = 100_000_000  # written with eight digits from here on


def list_spins(version: str) -> list[Tool]:
    """By hand, from the same program, and by hand with SPIN's own reduction."""
    plan_reduced = _plan_hand()
    return [
        Tool(SPIN, version, ".pml", _plan_hand("-DNOREDUCE"), _read, most_states=MOST_STATES),
        Tool(EXPORTED, version, "", _plan_exported, _read_any, False, most_states=MOST_STATES),
        Tool(f"{SPIN}, its reduction", version, ".pml", plan_reduced, _read, False),
    ]


def _plan_hand(*macros: str) -> Callable[[Model, Settings, Path, int], Job]:
    """Without `-o3` SPIN merges statements, and counts differ."""

    def plan(model: Model, settings: Settings, folder: Path, states: int) -> Job:
        del folder
        sizes = [f"-D{name.upper()}={value}" for name, value in settings.items()]
        spin: Command = ["spin", "-o3", "-a", *sizes, find_file(model, ".pml")]
        return Job((spin, _call_gcc("-O2", *macros)), _list_searches(model, states, 1))

    return plan


def _plan_exported(model: Model, settings: Settings, folder: Path, states: int) -> Job:
    """The text is there before the clock runs.  `-c0`: all states, as we do, violation or not."""
    del folder
    sizes = [word for name, value in settings.items() for word in ("-D", f"{name}={value}")]
    form = ["--to", "promela", "--form", "processes", "-o", "model.pml"]
    return Job(
        (["spin", "-a", "model.pml"], _call_gcc("-O3", "-DNOREDUCE")),
        _list_searches(model, states, 2, "-c0"),
        prepare=([*MODELCHECK, "export", model.spec, *sizes, *form],),
    )


def _call_gcc(level: str, *macros: str) -> Command:
    limit = f"-DMEMLIM={_find_megabytes()}"
    return ["gcc", level, "-w", "-DSAFETY", limit, *macros, "-o", "pan", "pan.c"]


def _find_megabytes() -> int:
    available = read_available_bytes()
    if available is None:
        return USUAL_MEGABYTES
    return max(1, int(available * AVAILABLE_SHARE) >> 20)


def _list_searches(model: Model, states: int, times: int, *options: str) -> tuple[Command, ...]:
    """A search deeper than `-m` would be cut, so that is at least the longest path; a tool may have
    so many `times` our states.
    """
    depth = times * states + 1000 if model.depth is None else model.depth
    bits = max(LEAST_BITS, states.bit_length())
    return tuple(["./pan", "-E", "-n", *options, f"-w{w}", f"-m{depth}"] for w in (bits, bits + 2))


def _read(done: Finished) -> Counts:
    if "errors: 0" not in done.output:
        raise CommandError(f"SPIN: {_explain(done)}")
    return _read_any(done)


def _read_any(done: Finished) -> Counts:
    """SPIN counts the initial state as a transition."""
    states = find_number(done.output, "states, stored")
    transitions = find_number(done.output, "transitions")
    if states is None or transitions is None or "not completed" in done.output:
        raise CommandError(f"SPIN: {_explain(done)}")
    if "max search depth too small" in done.output:
        raise CommandError("SPIN: the search was cut")
    is_rounded = max(states, transitions) >= LEAST_ROUNDED
    return Counts(states, transitions - 1, is_rounded)


def find_number(output: str, what: str) -> int | None:
    """The number that begins a line about `what`: SPIN writes large ones as `1.2712134e+08`."""
    found = re.search(rf"^\s*(\d\S*) {what}", output, re.MULTILINE)
    return None if found is None else int(float(found[1]))


def _explain(done: Finished) -> str:
    if "-DMEMLIM bound" in done.output or "out of memory" in done.output:
        return "more memory than there is"
    return done.output[-200:]
