"""Formulas mean what the python backend does, find what exploring finds, and prove nothing else.

`make soak-smt N=…` compares every variant of every spec, and any number of random programs.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from agree.sample import draw
from agree.smt import compare_search, compare_steps, find_wrong_proofs
from modelcheck import api
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.ir.passes import run_passes
from modelcheck.ir.text import parse_program
from modelcheck.prove.prove import ProveOptions
from modelcheck.prove.solver import OutOfTimeError
from modelcheck.settings import choose_variant
from modelcheck.specfiles import find_spec

ROOT = Path(__file__).resolve().parents[2]
REGRESSIONS = sorted((ROOT / "tests" / "regressions").glob("*.ir"))
RANDOM = 6  # in each form
SECONDS = 20.0


def make(name, variant=None):
    spec = api.load_spec(find_spec(name))
    return api.make_program(spec, choose_variant(spec.info, variant), {})


def list_small(*, violated=False):
    """Variants whose states are few, and not far away."""
    for name, variants in SMALL.items():
        for variant in variants:
            if violated and (name, variant) in VERIFIED:
                continue
            yield pytest.param(name, variant, id=f"{name} {variant}")


SMALL = {
    "increments": ("rmw",),
    "kernfs-release-once": (None, "no_released_check"),
    "peterson": ("no_turn",),
    "selftest-completion-on-stack": (None, "by_hand"),
    "selftest-lookup-and-get": ("inc", "no_grace_period"),
    "selftest-plain-increments": (None, "atomic"),
    "selftest-publish-and-free": (
        None,
        "synchronize_rcu",
        "kfree",
        "grace_period_before_the_removal",
        "no_section",
        "no_section_unchecked",
    ),
    "selftest-recursive-read": (None, "no_writer_preference", "read_once", "trylock"),
    "selftest-two-mutexes": (None, "same_order", "never_at_once"),
    "selftest-unlock-then-free": ("spinlock",),
    "two-jugs": (None, "even_jugs"),
    "work-requeue": ("queued_once",),
}
VERIFIED = {
    ("increments", "rmw"),
    ("kernfs-release-once", None),
    ("selftest-completion-on-stack", None),
    ("selftest-plain-increments", "atomic"),
    ("selftest-publish-and-free", None),
    ("selftest-publish-and-free", "synchronize_rcu"),
    ("selftest-recursive-read", "read_once"),
    ("selftest-recursive-read", "trylock"),
    ("selftest-two-mutexes", "same_order"),
    ("selftest-unlock-then-free", "spinlock"),
    ("two-jugs", "even_jugs"),
}
SPECS = sorted(path for area in ("kernfs", "psi") for path in (ROOT / "specs" / area).glob("*.py"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_steps_of_a_spec_on_numbers_are_those_of_python(path):
    assert list(compare_steps(make(str(path)), 12)) == []


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_the_steps_of_what_backends_once_disagreed_on(path):
    program = run_passes(parse_program(path.read_text().split("\n", 1)[1]))
    try:
        assert list(compare_steps(program, 40)) == []
    except UnsupportedError:
        assert "diverges" in {v.property for v in explore(program, Options()).violations}


@pytest.mark.parametrize(("name", "variant"), [*list_small()])
def test_bounded_search_finds_what_exploring_finds_as_near(name, variant):
    program = make(name, variant)
    assert list(compare_search(program, explore(program, Options()), SECONDS)) == []


@pytest.mark.parametrize(("name", "variant"), [*list_small(violated=True)])
def test_nothing_is_proved_that_exploring_refutes(name, variant):
    program = make(name, variant)
    result = explore(program, Options())
    options = ProveOptions(method="induction", most_steps=3, seconds=SECONDS)
    assert list(find_wrong_proofs(program, result, options)) == []


@pytest.mark.parametrize("form", ["ir", "text"])
def test_random_programs_are_the_same_in_formulas(form):
    found, searched = [], 0
    for drawn in islice(draw(form, 3000), RANDOM):
        result = explore(drawn.program, Options())
        try:
            found += compare_steps(drawn.program, 30)
            if result.counts.states <= 300:
                found += compare_search(drawn.program, result, 5.0)
                searched += 1
        except (UnsupportedError, OutOfTimeError):
            continue
    assert found == []
    assert searched >= 2
