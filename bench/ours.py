"""modelcheck as a tool: each backend as a user calls it, with a cache that is empty or warm."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from machine import ask_version
from models import Model, Settings
from processes import CommandError, Finished
from tool import Counts, Job, Tool

from modelcheck.backends.native.cache import VARIABLE
from modelcheck.backends.native.compiler import NoCompilerError, find_compiler

NATIVE = "modelcheck, native"
WARM = "modelcheck, native, warm cache"
PYTHON = "modelcheck, python"

# The trace that was found first, as the peers tell it: no second search for an easier one.
FIRST_TRACE = ("--shortest-budget", "0")
MODELCHECK: tuple[str | Path, ...] = (sys.executable, "-m", "modelcheck")


def list_ours(workers: Iterable[int]) -> list[Tool]:
    """All of ours; what the others are compared with comes first.  There is no native one where
    there is no compiler.
    """
    version = ask_version([*MODELCHECK, "--version"])
    native = version if has_compiler() else ""
    tools = [Tool(NATIVE, native, "", _plan_native(1), _read, is_ours=True)]
    tools += [
        Tool(f"{NATIVE}, {n} workers", native, "", _plan_native(n), _read, workers=n, is_ours=True)
        for n in workers
        if n > 1
    ]
    # What the warm cache saves does not show in longer runs.
    warm = _plan_native(1, is_warm=True)
    tools.append(Tool(WARM, native, "", warm, _read, most_states=20_000_000, is_ours=True))
    tools.append(Tool(PYTHON, version, "", _plan_python, _read, most_states=500_000, is_ours=True))
    return tools


def has_compiler() -> bool:
    """Whether the native backend can build."""
    try:
        find_compiler()
    except NoCompilerError:
        return False
    return True


def list_check_words(spec: Path, settings: Settings) -> list[str | Path]:
    """The command line that visits all states of a spec, without its backend."""
    sizes = [word for name, value in settings.items() for word in ("-D", f"{name}={value}")]
    return [*MODELCHECK, "check", spec, *sizes, "--reduce", "none", "--json"]


def _plan_python(model: Model, settings: Settings, folder: Path, states: int) -> Job:
    del folder, states
    words = [*list_check_words(model.spec, settings), *FIRST_TRACE]
    return Job((), ([*words, "--backend", "python"],))


def _plan_native(
    workers: int, *, is_warm: bool = False
) -> Callable[[Model, Settings, Path, int], Job]:
    """One command builds and searches.  With a cold cache even the runtime is compiled anew."""

    def plan(model: Model, settings: Settings, folder: Path, states: int) -> Job:
        del states
        words = [*list_check_words(model.spec, settings), *FIRST_TRACE]
        command = [*words, "--backend", "native", "--workers", str(workers)]
        cache = folder / "cache"
        if is_warm:
            prepare = ([*command, "--max-states", "1"],)
            return Job((), (command,), prepare, environment={VARIABLE: str(cache)})
        return Job((), (command,), fresh=cache, environment={VARIABLE: str(cache)})

    return plan


def _read(done: Finished) -> Counts:
    try:
        answer = json.loads(done.output[done.output.index("{") :])
    except ValueError:
        raise CommandError(f"modelcheck: {done.output[-200:]}") from None
    if not answer["exhausted"]:
        raise CommandError("modelcheck: gave up")
    return Counts(answer["counts"]["states"], answer["counts"]["transitions"])
