"""The tools that are compared: how each is built and run for a model, and how its counts are read.

A tool that is not installed has no version and is listed as missing.  `is_plain` tools keep threads
apart and reduce nothing, so their counts must be those of `models.py`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from machine import ask_version
from models import Model, Settings
from processes import CommandError, Finished

OURS = "modelcheck, python"

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Job:
    """What to run, in an empty folder: what comes before the first state, then the search."""

    build: tuple[Command, ...]
    search: Command


@dataclass(frozen=True, slots=True)
class Counts:
    """What a tool says it saw; no transitions where it does not tell."""

    states: int
    transitions: int | None


@dataclass(frozen=True, slots=True)
class Tool:
    """One row of the tables.  `plan` is given the model, its settings, an empty folder and the
    number of states expected (for the sizes of tables).
    """

    name: str
    version: str
    suffix: str  # of the peers' models; empty: takes the spec itself
    plan: Callable[[Model, Settings, Path, int], Job]
    read_counts: Callable[[Finished], Counts]
    is_plain: bool = True
    needs_symmetry: bool = False
    workers: int = 1

    def can_run(self, model: Model) -> bool:
        """Whether the tool is there and has a model."""
        return (
            bool(self.version)
            and (not self.suffix or model.file(self.suffix) is not None)
            and (model.has_symmetry or not self.needs_symmetry)
        )


def list_tools(harmony: str, tlc: Path | None, workers: Iterable[int]) -> tuple[Tool, ...]:
    """All tools, ours first; those that can use several workers once for each number of them.

    `harmony` is the program's name or path, `tlc` the jar.
    """
    gcc = shutil.which("gcc")
    spin = ask_version(["spin", "-V"]) if gcc else ""
    rumur = ask_version(["rumur", "--version"]) if gcc else ""
    bag = ask_version([harmony, "--version"])
    java = ask_version(["java", "-version"]) if tlc is not None and tlc.exists() else ""
    ours = ask_version([*_MODELCHECK, "--version"])
    symmetry = _plan_rumur(1, symmetry=True)
    tools = [
        Tool(OURS, ours, "", _plan_ours, _read_ours),
        Tool("SPIN", spin, ".pml", _plan_spin("-DNOREDUCE"), _read_spin),
        Tool("SPIN, its reduction", spin, ".pml", _plan_spin(), _read_spin, False),
        Tool("Rumur, symmetry", rumur, ".m", symmetry, _read_rumur, False, needs_symmetry=True),
    ]
    for n in workers:
        name = "" if n == 1 else f", {n} workers"
        tools += [
            Tool(f"Rumur{name}", rumur, ".m", _plan_rumur(n), _read_rumur, workers=n),
            Tool(
                f"Harmony{name}",
                bag,
                ".hny",
                _plan_harmony(harmony, n),
                _read_harmony,
                False,
                workers=n,
            ),
            Tool(f"TLC{name}", java, ".tla", _plan_tlc(tlc, n), _read_tlc, workers=n),
        ]
    return tuple(tools)


# ---------------------------------------------------------------------------------------------
# modelcheck

_MODELCHECK: list[str | Path] = [sys.executable, "-m", "modelcheck"]


def _plan_ours(model: Model, settings: Settings, folder: Path, states: int) -> Job:
    del folder, states
    sizes = [word for name, value in settings.items() for word in ("-D", f"{name}={value}")]
    command = [*_MODELCHECK, "check", model.spec, *sizes, "--backend", "python", "--json"]
    return Job((), command)


def _read_ours(done: Finished) -> Counts:
    try:
        answer = json.loads(done.output[done.output.index("{") :])
    except ValueError:
        raise CommandError(f"modelcheck: {done.output[-200:]}") from None
    if not answer["exhausted"]:
        raise CommandError("modelcheck: gave up")
    return Counts(answer["counts"]["states"], answer["counts"]["transitions"])


# ---------------------------------------------------------------------------------------------
# SPIN


def _plan_spin(*macros: str) -> Callable[[Model, Settings, Path, int], Job]:
    """Without `-o3` SPIN merges statements.  The hash table has about two slots a state; a search
    deeper than `-m` would be cut, so `-m` is the number of states.
    """

    def plan(model: Model, settings: Settings, folder: Path, states: int) -> Job:
        del folder
        sizes = [f"-D{name.upper()}={value}" for name, value in settings.items()]
        cc = ["gcc", "-O2", "-w", "-DSAFETY", "-DMEMLIM=16384", *macros, "-o", "pan", "pan.c"]
        bits = max(16, states.bit_length() + 1)
        return Job(
            (["spin", "-o3", "-a", *sizes, _find_file(model, ".pml")], cc),
            ["./pan", "-E", "-n", f"-w{bits}", f"-m{states + 1000}"],
        )

    return plan


def _read_spin(done: Finished) -> Counts:
    """SPIN counts the initial state as a transition."""
    states = re.search(r"^\s*(\d+) states, stored", done.output, re.MULTILINE)
    transitions = re.search(r"^\s*(\d+) transitions", done.output, re.MULTILINE)
    if states is None or transitions is None or "errors: 0" not in done.output:
        raise CommandError(f"SPIN: {done.output[-200:]}")
    if "max search depth too small" in done.output:
        raise CommandError("SPIN: the search was cut")
    return Counts(int(states[1]), int(transitions[1]) - 1)


# ---------------------------------------------------------------------------------------------
# Rumur


def _plan_rumur(
    workers: int, *, symmetry: bool = False
) -> Callable[[Model, Settings, Path, int], Job]:
    options = "--deadlock-detection off --pack-state off --counterexample-trace off --colour off"

    def plan(model: Model, settings: Settings, folder: Path, states: int) -> Job:
        del states
        text = _find_file(model, ".m").read_text(encoding="utf-8")
        for name, value in settings.items():
            text = re.sub(
                rf"^const {name.upper()} : \d+;",
                f"const {name.upper()} : {value};",
                text,
                flags=re.MULTILINE,
            )
        if symmetry:
            text = text.replace("id : 1..THREADS;", "id : scalarset(THREADS);")
        (folder / "model.m").write_text(text, encoding="utf-8")
        reduction = ["--symmetry-reduction", "heuristic" if symmetry else "off"]
        rumur = ["rumur", "--threads", str(workers), *options.split(), *reduction]
        cc = ["gcc", "-O3", "-w", "-march=native", "-mcx16", "-pthread", "model.c", "-latomic"]
        return Job(([*rumur, "--output", "model.c", "model.m"], [*cc, "-o", "model"]), ["./model"])

    return plan


def _read_rumur(done: Finished) -> Counts:
    found = re.search(r"^\s*(\d+) states, (\d+) rules fired", done.output, re.MULTILINE)
    if found is None or "No error found" not in done.output:
        raise CommandError(f"Rumur: {done.output[-200:]}")
    return Counts(int(found[1]), int(found[2]))


# ---------------------------------------------------------------------------------------------
# Harmony


def _plan_harmony(program: str, workers: int) -> Callable[[Model, Settings, Path, int], Job]:
    """Its whole way, compiler and analysis after the search included: it has no other."""

    def plan(model: Model, settings: Settings, folder: Path, states: int) -> Job:
        del states
        source = _find_file(model, ".hny")
        shutil.copy(source, folder / source.name)  # it writes beside its source
        sizes = [word for n, value in settings.items() for word in ("-c", f"{n.upper()}={value}")]
        return Job((), [program, "--noweb", "-w", str(workers), *sizes, source.name])

    return plan


def _read_harmony(done: Finished) -> Counts:
    states = re.search(r"\* (\d+) states", done.output)
    edges = re.search(r"\* \d+/(\d+) computations/edges", done.output)
    if states is None or "No issues found" not in done.output:
        raise CommandError(f"Harmony: {done.output[-200:]}")
    return Counts(int(states[1]), int(edges[1]) if edges is not None else None)


# ---------------------------------------------------------------------------------------------
# TLC


def _plan_tlc(jar: Path | None, workers: int) -> Callable[[Model, Settings, Path, int], Job]:
    def plan(model: Model, settings: Settings, folder: Path, states: int) -> Job:
        del states
        source = _find_file(model, ".tla")
        shutil.copy(source, folder / source.name)
        lines = [
            "SPECIFICATION Spec",
            *(f"CONSTANT {n.upper()} = {v}" for n, v in settings.items()),
        ]
        if model.name == "filter":
            lines.append("INVARIANT AtMostOneInside")
        (folder / "model.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
        java = ["java", "-XX:+UseParallelGC", "-cp", str(jar), "tlc2.TLC"]
        options = ["-workers", str(workers), "-deadlock", "-config", "model.cfg"]
        return Job((), [*java, *options, source.name])

    return plan


def _read_tlc(done: Finished) -> Counts:
    """TLC counts the initial state as a transition."""
    found = re.findall(r"(\d+) states generated, (\d+) distinct states found", done.output)
    if not found or "No error has been found" not in done.output:
        raise CommandError(f"TLC: {done.output[-200:]}")
    generated, distinct = found[-1]
    return Counts(int(distinct), int(generated) - 1)


def _find_file(model: Model, suffix: str) -> Path:
    path = model.file(suffix)
    if path is None:
        raise CommandError(f"{model.name} has no {suffix} model")
    return path
