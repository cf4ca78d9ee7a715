"""Random programs, reduced: the verdicts of the unreduced ones, the same on both backends.

`make soak-reduce N=5000` runs any others, as does `python -m tests.agree --reduce por`.
"""

from __future__ import annotations

from itertools import islice

import pytest
from agree.batch import QUICK, TINY, has_compiler
from agree.combinations import WAYS, compare_combinations
from agree.sample import compare_all, draw

pytestmark = pytest.mark.skipif(not has_compiler, reason="needs a C compiler")

COUNT = 25  # to an executable
POR = frozenset({"por"})


@pytest.mark.parametrize("first", range(20_000, 20_600, 100))
@pytest.mark.parametrize("form", ["ir", "text"])
def test_every_combination_has_the_same_verdicts(form, first):
    drawn = list(islice(draw(form, first), COUNT))
    ways = WAYS[first // 100 % 2 :: 2]  # half of them; `make soak-reduce` takes all
    assert list(compare_combinations(drawn, QUICK + TINY, ways)) == []


@pytest.mark.parametrize("form", ["ir", "text"])
def test_reduced_random_programs_are_the_same_on_both_backends_in_every_way(form):
    found = []
    drawn = list(islice(draw(form, 21_000), COUNT))
    compare_all(drawn, QUICK + TINY, lambda d, said: found.append((d.name, said)), reduce=POR)
    assert found == []
