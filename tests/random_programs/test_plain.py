"""Code of one thread does what Python does."""

import pytest

from random_programs.plain import make_spec
from tests.checking import check_text, violated

SEEDS = range(250)


@pytest.mark.parametrize("first", SEEDS[::25])
def test_code_does_what_python_does(first):
    for seed in range(first, first + 25):
        text = make_spec(seed)
        result = check_text(text)
        assert result.exhausted, text
        assert violated(result) == {"other"}, text
