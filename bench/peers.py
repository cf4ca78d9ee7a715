"""The peers beside SPIN: Rumur, Harmony, TLC."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from machine import ask_version
from models import Model, Settings
from processes import CommandError, Finished
from tool import Counts, Job, Tool, find_file

MOST_STATES = 4_000_000  # they do 0.03 to 0.3 million a second


def list_peers(
    harmony: str, tlc: Path | None, workers: Iterable[int], *, has_gcc: bool
) -> list[Tool]:
    """All of them, once for each number of workers.

    `harmony` is the program's name or path, `tlc` the jar.
    """
    rumur = ask_version(["rumur", "--version"]) if has_gcc else ""
    bag = ask_version([harmony, "--version"])
    java = ask_version(["java", "-version"]) if tlc is not None and tlc.exists() else ""
    symmetry = _plan_rumur(1, symmetry=True)
    tools = [
        Tool("Rumur, symmetry", rumur, ".m", symmetry, _read_rumur, False, needs_symmetry=True)
    ]
    for n in workers:
        name = "" if n == 1 else f", {n} workers"
        tools += [
            Tool(
                f"Rumur{name}",
                rumur,
                ".m",
                _plan_rumur(n),
                _read_rumur,
                workers=n,
                most_states=MOST_STATES,
            ),
            Tool(
                f"Harmony{name}",
                bag,
                ".hny",
                _plan_harmony(harmony, n),
                _read_harmony,
                False,
                workers=n,
                most_states=MOST_STATES,
            ),
            Tool(
                f"TLC{name}",
                java,
                ".tla",
                _plan_tlc(tlc, n),
                _read_tlc,
                workers=n,
                most_states=MOST_STATES,
            ),
        ]
    return tools


# ---------------------------------------------------------------------------------------------
# Rumur


def _plan_rumur(
    workers: int, *, symmetry: bool = False
) -> Callable[[Model, Settings, Path, int], Job]:
    options = "--deadlock-detection off --pack-state off --counterexample-trace off --colour off"

    def plan(model: Model, settings: Settings, folder: Path, states: int) -> Job:
        del states
        text = find_file(model, ".m").read_text(encoding="utf-8")
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
        return Job(
            ([*rumur, "--output", "model.c", "model.m"], [*cc, "-o", "model"]), (["./model"],)
        )

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
        source = find_file(model, ".hny")
        shutil.copy(source, folder / source.name)  # it writes beside its source
        sizes = [word for n, value in settings.items() for word in ("-c", f"{n.upper()}={value}")]
        return Job((), ([program, "--noweb", "-w", str(workers), *sizes, source.name],))

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
        source = find_file(model, ".tla")
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
        return Job((), ([*java, *options, source.name],))

    return plan


def _read_tlc(done: Finished) -> Counts:
    """TLC counts the initial state as a transition."""
    found = re.findall(r"(\d+) states generated, (\d+) distinct states found", done.output)
    if not found or "No error has been found" not in done.output:
        raise CommandError(f"TLC: {done.output[-200:]}")
    generated, distinct = found[-1]
    return Counts(int(distinct), int(generated) - 1)
