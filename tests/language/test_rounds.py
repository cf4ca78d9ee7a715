"""What a name stands for in the rounds of a loop, and after one that is left early."""

from __future__ import annotations

import pytest

from tests.checking import check_text, refusal, violated


def holds(text, *names):
    """Check that the named finals of a text, and everything else, hold."""
    result = check_text(text)
    assert violated(result) == set()
    assert {p.name for p in result.properties if p.kind != "built in"} >= set(names)


def test_after_break_a_name_has_the_value_of_the_round_that_was_left():
    holds(
        """
        x = shared(U8, 3)
        y = shared(U8)

        @thread
        def t():
            for i in range(3):
                k = i
                if READ_ONCE(x) == 3:
                    break
            WRITE_ONCE(y, k)
            WRITE_ONCE(x, 1)

        @final
        def ok():
            return y == 0
        """,
        "ok",
    )


def test_after_break_a_struct_is_the_one_that_was_found():
    holds(
        """
        @struct
        class S:
            used: Bool
            n: U8

        slots = shared(S, count=3)

        @thread
        def t():
            for i in range(3):
                s = slots[i]
                if not s.used:
                    break
            s.n = 1
            s.used = True

        @final
        def ok():
            return slots[0].n == 1 and slots[2].n == 0
        """,
        "ok",
    )


def test_after_break_a_pair_of_names_has_the_values_of_the_round_that_was_left():
    holds(
        """
        x = shared(U8, 3)
        y = shared(U8)

        @thread
        def t():
            for i in range(3):
                k, j = i, i + 1
                if READ_ONCE(x) == 3:
                    break
            WRITE_ONCE(y, k + j)
            WRITE_ONCE(x, 1)

        @final
        def ok():
            return y == 1
        """,
        "ok",
    )


ROUNDS = """
    @struct
    class S:
        v: Array[U8] = array(2)

    of = shared(S, count=2)
    x = shared(U8)
    y = shared(U8)

    @thread
    def t():
        global y
        for s in of:
            {before}
            arr = s.v
            {behind}
            for i in range(2):
                if arr[0] == 9:
                    break
                arr[i] += 1
        {after}
"""


@pytest.mark.parametrize("place", ["before", "behind"])
def test_an_array_is_known_within_a_round_that_may_end_early(place):
    lines = dict.fromkeys(("before", "behind", "after"), "pass")
    lines[place] = "if s.v[1] == 7:\n                continue"
    holds(
        ROUNDS.format(**lines)
        + """
    @initial
    def fill():
        of[0].v[1] = 7

    @final
    def ok():
        return of[0].v[0] == 0 and of[0].v[1] == 7 and of[1].v[0] == 1 and of[1].v[1] == 1
    """,
        "ok",
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("if x == 1:\n                break", "y = arr[0]"),
        ("if x == 1:\n                arr[0] = 1\n                continue", "pass"),
    ],
)
def test_an_array_is_not_known_behind_such_a_round(before, after):
    text = ROUNDS.format(before=before, behind="if x == 2:\n                break", after=after)
    assert refusal(text) == {"MC248"}


def test_an_array_is_not_that_of_the_round_before():
    text = """
    @struct
    class S:
        v: Array[U8] = array(2)

    of = shared(S, count=3)
    x = shared(U8)

    @thread
    def t():
        for i in range(3):
            if i == 2:
                arr[0] = 1
            if i == 1 and x == 0:
                continue
            arr = of[i].v
    """
    assert refusal(text) == {"MC248"}


@pytest.mark.parametrize(
    ("bound", "behind"),
    [("one", "f()"), ("u", "WRITE_ONCE(y, 2 if f is current() else 1)")],
    ids=["routine", "thread"],
)
def test_a_routine_or_thread_is_that_of_the_last_round_that_bound_it(bound, behind):
    """Other than arrays, both are values at run time."""
    result = check_text(
        f"""
        x = shared(U8)
        y = shared(U8)

        def one():
            WRITE_ONCE(y, 1)

        @thread
        def t():
            for i in range(2):
                if i == 1 and READ_ONCE(x) == 1:
                    continue
                f = {bound}
            {behind}

        @thread
        def u():
            WRITE_ONCE(x, 1)

        @final
        def called():
            return y == 1
        """
    )
    assert violated(result) == set()
