"""Code does what Python does, in one thread and in two that take turns."""

import os

import pytest

from modelcheck.explore.options import Options
from random_programs.plain import find_difference

SEEDS = range(int(os.environ.get("PLAIN", "150")))  # `make soak` takes more
REDUCED = Options(reduce=frozenset({"por", "symmetry", "fuse"}))


@pytest.mark.parametrize("first", SEEDS[::25])
def test_code_does_what_python_does(first):
    for seed in range(first, first + 25):
        assert not find_difference(seed, REDUCED if seed % 2 else None)
