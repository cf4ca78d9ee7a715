"""Generated C against the python backend: every spec, and the programs of other tests."""

from __future__ import annotations

import importlib
import inspect
import itertools
from pathlib import Path

import pytest
from emit_compare import Case, compare

from modelcheck.diagnostics import InternalError
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes

ROOT = Path(__file__).parents[4]
SPECS = [*sorted(ROOT.glob("specs/*/*.py")), *sorted(ROOT.glob("bench/specs/*.py"))]


def list_cases(path):
    """The spec as it is, then every variant; the large ones by their default alone."""
    spec = load(path, path.relative_to(ROOT).as_posix())
    variants = () if path.parent.name in ("kernfs", "psi") else spec.info.variants
    for i, variant in enumerate((spec.info.default, *variants)):
        program = run_passes(spec.program(variant.settings))
        yield Case.make(f"{path.stem} {variant.name}", program, 2_000, f"m_model_{i}")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_c_of_a_spec_does_what_python_does(path, tmp_path):
    tally = compare(tmp_path, list(list_cases(path)), ("-O2",))
    assert tally.states > 0


def collect_programs(module_name, monkeypatch):
    """The programs that the tests of a module make, whatever the tests say of them."""
    module = importlib.import_module(module_name)
    programs = importlib.import_module("programs")
    found = {}

    def note(text, **options):
        program = programs.make_program(text, **options)
        found.setdefault(program, f"{module_name} {len(found)}")
        return program

    monkeypatch.setattr(module, "make_program", note, raising=False)
    monkeypatch.setattr(
        module, "make_model", lambda *a, **o: programs.compile_program(note(*a, **o)), raising=False
    )
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("test_") and function.__module__ == module_name:
            for arguments in list_arguments(function):
                function(**arguments)
    return found


def list_arguments(function):
    """What pytest would call a test with; nothing where it wants a fixture."""
    sets = []
    for mark in getattr(function, "pytestmark", ()):
        names = mark.args[0].split(",") if isinstance(mark.args[0], str) else mark.args[0]
        names = [name.strip() for name in names]
        rows = [getattr(row, "values", row) for row in mark.args[1]]
        rows = [row if isinstance(row, tuple) and len(names) > 1 else (row,) for row in rows]
        sets.append([dict(zip(names, row, strict=True)) for row in rows])
    for chosen in itertools.product(*sets):
        arguments = {name: value for part in chosen for name, value in part.items()}
        if arguments.keys() == inspect.signature(function).parameters.keys():
            yield arguments


@pytest.mark.parametrize(
    "module",
    [
        "test_python_steps",
        "test_python_threads",
        "test_deadlock",
        "test_leak",
        "test_orders",
        "test_properties",
        "test_race",
        "test_stuck",
    ],
)
def test_the_c_of_small_programs_does_what_python_does(module, tmp_path, monkeypatch):
    cases = []
    for program, name in collect_programs(module, monkeypatch).items():
        try:
            cases.append(Case.make(name, program, 200, f"m_model_{len(cases)}"))
        except InternalError:
            continue  # refused, and by whoever emits it too
    tally = compare(tmp_path, cases, ("-O0",))
    assert tally.programs >= 4
