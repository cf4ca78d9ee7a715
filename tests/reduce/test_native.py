"""The two interpreters of the stubborn sets choose the same threads, state by state."""

from __future__ import annotations

import os
import shutil
import subprocess
from array import array
from itertools import chain
from pathlib import Path

import pytest
from random_programs.sample import make

from modelcheck.backends.native.build import RUNTIME, Source, write_models
from modelcheck.backends.native.emit import emit_model
from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure
from modelcheck.frontend import load
from modelcheck.ir.layout import pack_slots
from modelcheck.ir.passes import run_passes
from modelcheck.reduce import StubbornSets, make_stubborn_tables

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler"
)

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ALL = (1 << 64) - 1
SHARE = 1 if os.environ.get("SOAK") else 10  # `make soak-native` compares 10^5 states
PROGRAMS = 150 // SHARE  # random ones, of each form
MOST_STATES = 6_000 // SHARE  # of a program
LEAST = 100_000 // SHARE  # states compared


def list_programs():
    for path in sorted(ROOT.glob("specs/*/*.py")):
        yield load(path, path.name).program({})
    for seed in range(PROGRAMS):
        for form in ("ir", "text"):
            yield make(seed, form)


def list_states(model):
    """The first states without reductions, breadth-first."""
    found = dict.fromkeys(o.result for o in model.start() if not isinstance(o.result, Failure))
    work = list(found)
    for state in work:
        for thread in range(len(model.memory.threads)):
            for outcome in model.outcomes(state, thread):
                reached = outcome.result
                if isinstance(reached, Failure) or reached in found or len(found) >= MOST_STATES:
                    continue
                found[reached] = None
                work.append(reached)
    return list(found)


def choose(model, sets, state):
    """What the Python interpreter says, as the C one does."""
    steps = [table[pc] for table, pc in zip(model.tables, state, strict=False)]
    return sets.choose(state, [None if step is None else step(state) for step in steps]) or ALL


def build(folder, sources):
    """The driver with all models and the whole runtime but its own `main`."""
    files = [*write_models(sources, folder), HERE / "choices.c"]
    files += [path for path in sorted(RUNTIME.glob("*.c")) if path.name != "main.c"]
    program = folder / "choices"
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread"]
    command += ["-I", RUNTIME, "-o", program, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    return program


def test_both_choose_the_same_in_every_state(tmp_path):
    sources, given, expected = [], array("Q"), array("Q")
    compared = smaller = 0
    for number, source in enumerate(list_programs()):
        program = run_passes(source)
        model, tables = Model(program), make_stubborn_tables(program)
        layout, sets, states = pack_slots(model.memory), StubbornSets(tables), list_states(model)
        emitted = emit_model(program, model.memory, layout, f"m_model_{number}", stubborn=tables)
        sources.append(Source(emitted.text, f"m_model_{number}"))
        given.append(len(states))
        given.extend(chain.from_iterable(map(layout.pack, states)))
        chosen = [choose(model, sets, state) for state in states]
        expected.extend(chosen)
        compared += len(states)
        smaller += sum(one.bit_count() == 1 for one in chosen)
    done = subprocess.run(
        [build(tmp_path, sources)], input=given.tobytes(), capture_output=True, check=True
    )
    assert done.stdout == expected.tobytes()
    assert compared >= LEAST
    assert smaller > compared / 10
