"""Over 300 random programs: the real explorer finds what the naive one does, the passes keep it.

Each seed draws programs until one is of a useful size; all of them are compared.  Half are made
directly, half by the front end from spec text.  The soak (`make soak N=…`) runs any other seeds.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from random_programs.ir_program import make_program
from random_programs.sample import draw
from random_programs.tally import Tally
from random_programs.text_program import make_text

DRAWN = 120
TOGETHER = 10
FAULTS = ("null-dereference", "use-after-free", "double-free", "uninitialised", "out-of-bounds")
FAULTS += ("range", "capacity", "arithmetic", "diverges")
KINDS = ("invariant", "final", "reachable", "assert", "deadlock", "stuck", "leak", "data-race")


@cache
def drawn(seed):
    return list(draw(seed, ("ir", "text")[seed % 2]))


@pytest.mark.parametrize("first", range(0, DRAWN, TOGETHER))
def test_the_explorers_agree(first):
    for seed in range(first, first + TOGETHER):
        for number, _, comparison in drawn(seed):
            assert comparison.differences == [], f"program {number} (seed {seed})"


def test_the_programs_are_worth_exploring():
    """What STYLE asks of a generator: enough violations of every kind, cycles, shared pointers."""
    tally, faults, compared = Tally(), Counter(), 0
    for seed in range(DRAWN):
        for _, _, one in drawn(seed):
            if one.naive is not None:
                compared += 1
                faults.update(one.naive.failed & set(FAULTS))
        _, source, comparison = drawn(seed)[-1]
        if comparison.naive is not None:
            tally.add(source, comparison)
    assert compared >= 300
    assert tally.share(tally.violating) >= 0.3
    assert tally.share(tally.cyclic) >= 0.4
    assert tally.share(tally.sharing) >= 0.2
    assert tally.share(tally.several_starts) >= 0.05
    assert tally.share(tally.finer) >= 0.05
    assert 150 <= tally.median <= 600
    rare = [kind for kind in KINDS if tally.share(tally.violated[kind]) < 0.02]
    assert rare == []
    assert set(faults) == set(FAULTS)


@pytest.mark.parametrize("make", [make_program, make_text])
def test_a_seed_makes_the_same_program_again(make):
    assert make(7) == make(7)
    assert make(7) != make(8)
