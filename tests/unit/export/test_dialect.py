"""Which values fit Promela's own types: every value of the program is asked, without SPIN."""

from __future__ import annotations

import pytest

from modelcheck.export.promela.expressions import choose_dialect
from modelcheck.ir.memory import Memory
from tests.unit.explore.programs import make_program

THREAD = """
object x: shared U8

template t count 1
  entry a
  local %v: LOCAL
  block a
    step
    %v = load once x
    jump b
  block b
    step
    STORE
    end
"""
SMALL = THREAD.replace("LOCAL", "U8").replace("STORE", "store once x = %v")
HALF = "(%v * 8388608):Int[0..2139095040]"  # fits, twice of it does not


def is_wide(text: str) -> bool:
    return choose_dialect(Memory(make_program(text)), starts_below_0=False).is_wide


def test_small_values_are_plain():
    assert not is_wide(SMALL)
    assert not is_wide(SMALL.replace("= %v", f"= wrap8({HALF}):U8"))


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("U8", "U32"),  # a slot
        SMALL.replace("= %v", "= wrap8((%v * 16777216):Int[0..4278190080]):U8"),
        SMALL.replace("= %v", f"= wrap8(({HALF} + {HALF}):Int[0..4278190080]):U8"),
        SMALL.replace(
            "= %v",
            f"= wrap8(((0 - {HALF}):Int[-2139095040..0] - {HALF}):Int[-4278190080..0]):U8",
        ),
    ],
    ids=["slot", "product", "sum", "below 0"],
)
def test_values_beyond_32_bits_are_wide(text):
    assert is_wide(text)
