"""1, 2 and 4 workers print the same bytes, every time."""

import json

import pytest

from agree.batch import has_compiler
from agree.repeat import LARGE, WORKERS, count_answers

pytestmark = pytest.mark.skipif(not has_compiler, reason="needs a C compiler")

RUNS = 3  # `make soak-native` has 20


@pytest.mark.parametrize("verdict", LARGE)
def test_the_same_bytes_for_any_number_of_workers(verdict):
    ((text, count),) = count_answers(verdict, RUNS).items()
    assert count == RUNS * len(WORKERS)
    found = json.loads(text)
    assert (found["verdict"], found["backend"]) == (verdict, "native")
    assert found["counts"]["states"] > 100_000
