"""Random specs for any number of threads: nothing is proved that a few threads violate."""

from __future__ import annotations

import pytest
from agree.counted import compare_counted

SEEDS = (0, 1, 2, 4, 8, 9, 10, 14, 15, 16, 18, 19, 24, 25, 28)
"""Of which each is decided within seconds; `make soak-smt` asks about any others."""


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_proved_for_any_number_that_a_few_threads_violate(seed, tmp_path):
    found, proving = compare_counted(seed, tmp_path, seconds=100.0)
    assert found == []
    assert not proving.stopped
