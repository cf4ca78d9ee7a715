"""Every spec and variant with tiny sizes; larger ones with the usual sizes and known counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from agree.batch import QUICK, TINY, build_cases, has_compiler, make_cases, run
from agree.compare import WORKERS, compare, compare_way, list_ways
from modelcheck.backends.python.model import compile_program
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes

pytestmark = pytest.mark.skipif(not has_compiler, reason="needs a C compiler")

ROOT = Path(__file__).parents[2]
CLASSICS = [
    *sorted(ROOT.glob("specs/classics/*.py")),
    *sorted(ROOT.glob("bench/specs/*.py")),
    ROOT / "specs/kernfs/kernfs-release-once.py",
]
OTHERS = sorted(path for path in ROOT.glob("specs/*/*.py") if path not in CLASSICS)
LARGEST_COMPARED = 50_000  # states: the python backend takes seconds

# States, transitions and depth, as other checkers count them (DESIGN 4; bench/ has the models).
KNOWN = [
    ("specs/classics/increments", {"threads": 3, "rounds": 4}, (42_237, 110_595, 24)),
    ("specs/classics/increments", {"threads": 4, "rounds": 4}, (3_892_125, 13_955_872, 32)),
    ("specs/classics/two-phase-commit", {"managers": 5}, (8_832, 37_345, 16)),
    ("bench/specs/krefs", {"threads": 4}, (22_628, 71_859, None)),
    ("bench/specs/krefs", {"threads": 5}, (172_996, 646_529, None)),
    ("bench/specs/phils", {"threads": 8}, (6_560, 34_984, None)),
    ("bench/specs/phils", {"threads": 10}, (59_048, 393_650, None)),
    ("bench/specs/filter", {"threads": 4}, (14_844, 44_120, None)),
    ("bench/specs/filter", {"threads": 5}, (344_805, 1_205_325, None)),
]
# Larger than the specs have them by themselves: what these count to, the python backend says.
LARGER = [
    ("specs/classics/dining-philosophers", {"philosophers": 8}),
    ("specs/classics/peterson", {"rounds": 4}),
    ("specs/classics/readers-writers", {"readers": 4, "writers": 3}),
    ("specs/classics/two-jugs", {"small_size": 13, "big_size": 17, "goal": 1}),
    ("specs/classics/two-phase-commit", {"managers": 6}),
    ("specs/kernfs/kernfs-release-once", {"closers": 3}),
]


def make_program(path, settings):
    return run_passes(load(path, path.relative_to(ROOT).as_posix()).program(settings))


def list_programs(path):
    """The spec as it is, then every variant."""
    info = load(path, path.name).info
    variants = [info.default, *(v for v in info.variants if not v.needs)]
    for variant in variants:
        yield make_program(path, variant.settings)


def test_the_classics_have_the_same_results_with_tiny_sizes():
    cases = make_cases(program for path in CLASSICS for program in list_programs(path))
    with build_cases(cases, QUICK + TINY) as built:
        for seed, case in enumerate(cases):
            ways = list_ways(case, seed)
            chosen = [ways[seed % len(ways)], ways[(seed + 4) % len(ways)]]
            assert list(compare(case, built, lambda _, w=chosen: w)) == [], case.program.name
    assert len(cases) >= 15


def test_a_group_that_is_full_at_the_end_of_a_level_loses_no_state():
    """Whether it is full then depends on who comes first: about every second time here."""
    (case,) = cases = make_cases([make_program(ROOT / "bench/specs/phils.py", {"threads": 4})])
    with build_cases(cases, QUICK + TINY) as built:
        expected = explore(case.program, Options()).counts
        for workers in (2, 4, 8) * 8:
            assert run(case, built, Options(workers=workers)).counts == expected


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_other_spec_has_the_same_results(path):
    # The default alone: compiling all variants takes minutes.
    cases = make_cases([next(list_programs(path))])
    with build_cases(cases, QUICK + TINY) as built:
        for seed, case in enumerate(cases, len(path.stem)):
            ways = list_ways(case, seed)
            chosen = [ways[seed % len(ways)]]
            assert list(compare(case, built, lambda _, w=chosen: w)) == [], case.program.name


def test_known_counts_are_exact_for_any_number_of_workers():
    cases = make_cases(make_program(ROOT / f"{s}.py", settings) for s, settings, _ in KNOWN)
    with build_cases(cases, ()) as built:
        for case, (_, settings, known) in zip(cases, KNOWN, strict=True):
            for workers in WORKERS:
                counts = run(case, built, Options(workers=workers)).counts
                assert (counts.states, counts.transitions) == known[:2], (
                    case.program.name,
                    settings,
                )
                assert known[2] in (None, counts.depth)


def test_larger_sizes_have_the_same_results():
    chosen = [(s, settings) for s, settings, known in KNOWN if known[0] < LARGEST_COMPARED]
    chosen += LARGER
    cases = make_cases(make_program(ROOT / f"{s}.py", settings) for s, settings in chosen)
    with build_cases(cases, ()) as built:
        for case in cases:
            model = compile_program(case.program)
            assert list(compare_way(case, built, model, Options(workers=4, ranges=True))) == []
            assert list(compare_way(case, built, model, Options(search="dfs"))) == []
