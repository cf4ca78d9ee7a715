"""Which operand is loaded first, told by what another thread can do in between."""

from __future__ import annotations

import pytest

from tests.checking import check_text, violated

# x is stored before y, so whoever sees y new and x old has loaded x first.
WRITER = """
    x = shared(U8)
    y = shared(U8)
    out = shared(U8)

    @thread
    def writes():
        WRITE_ONCE(x, 2)
        WRITE_ONCE(y, 1)

    allow("data-race", because="only the order matters here")
"""


@pytest.mark.parametrize(
    "body",
    [
        "if x < y: WRITE_ONCE(out, 1)",
        "WRITE_ONCE(out, x + y)",
        "WRITE_ONCE(out, 1 if x == 0 and y == 1 else 9)",
        "a, b = x, y; WRITE_ONCE(out, a + b)",
    ],
)
def test_the_left_operand_is_loaded_first(body):
    result = check_text(
        WRITER
        + f"""
    @thread
    def reads():
        {body}

    @reachable
    def saw_y_new_and_x_old():
        return out == 1
    """
    )
    assert violated(result) == set()


@pytest.mark.parametrize("body", ["if y > x: WRITE_ONCE(out, 1)", "WRITE_ONCE(out, y + x)"])
def test_the_right_operand_is_loaded_last(body):
    result = check_text(
        WRITER
        + f"""
    @thread
    def reads():
        {body}

    @invariant
    def never_saw_y_new_and_x_old():
        return out != 1
    """
    )
    assert violated(result) == set()


@pytest.mark.parametrize(
    ("left", "operator", "steps"), [("True", "or", 1), ("False", "or", 2), ("True", "and", 2)]
)
def test_a_condition_kept_as_a_value_is_evaluated_as_far_as_it_matters(left, operator, steps):
    result = check_text(f"""
    x = shared(Bool, {left})
    y = shared(Bool)
    out = shared(Bool)

    @thread
    def t():
        v = x {operator} y
        WRITE_ONCE(out, v)

    @thread
    def keeps_both_in_play():
        WRITE_ONCE(x, {left})
        WRITE_ONCE(y, False)

    @final
    def as_in_python():
        return out == ({left} {operator} False)

    allow("data-race", because="only the steps matter here")
    """)
    assert violated(result) == set()
    assert result.counts.depth == steps + 1 + 2


def test_an_augmented_store_loads_its_target_first():
    result = check_text(
        WRITER
        + """
    @thread
    def adds():
        global x
        x += y

    @reachable
    def x_was_old_and_y_new():
        return x == 1
    """
    )
    assert violated(result) == set()


def test_ranges_that_touch_decide_no_comparison():
    result = check_text("""
    x = shared(between(0, 3))
    y = shared(between(3, 5), 3)
    out = shared(U8)

    @thread
    def t():
        WRITE_ONCE(x, 3)
        if READ_ONCE(x) < READ_ONCE(y):
            WRITE_ONCE(out, 1)
        WRITE_ONCE(y, 4)

    @final
    def three_is_not_less_than_three():
        return out == 0
    """)
    assert violated(result) == set()
