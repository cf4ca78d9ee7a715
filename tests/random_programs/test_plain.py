"""Code of one thread does what Python does."""

import pytest

from modelcheck.diagnostics import SpecErrors
from random_programs.plain import make_plain, make_spec, run_plain
from tests.checking import check_text, violated

SEEDS = range(250)
REFUSED = {"MC294", "MC223"}  # a local needs a type, a number is too large for its place


def compare(seed):
    """Whether it is a spec; asserts that it does the same."""
    text = make_plain(seed)
    rows = run_plain(text)
    try:
        result = check_text(make_spec(text, rows))
    except SpecErrors as errors:
        assert {error.code for error in errors.errors} <= REFUSED, text
        return False
    assert result.exhausted, text
    assert violated(result) == {"other"}, text
    return True


@pytest.mark.parametrize("first", SEEDS[::25])
def test_code_does_what_python_does(first):
    accepted = sum(compare(seed) for seed in range(first, first + 25))
    assert accepted > 15
