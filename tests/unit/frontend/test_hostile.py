"""Specs that would keep a careless front end busy for ever, and code that nothing reaches."""

from __future__ import annotations

import pytest

from modelcheck.diagnostics import SpecErrors
from tests.checking import check_text, program_of, violated


def test_nested_conditional_expressions_cost_their_length():
    """Each level once lowered both arms twice: thirty levels never ended."""
    nested = "x"
    for level in range(30):
        nested = f"({nested} if READ_ONCE(y) == {level} else {level})"
    assert program_of(f"""
        x = shared(U8)
        y = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, {nested})
    """)


def test_nested_conditions_cost_their_length():
    nested = "x == 1"
    for level in range(20):
        nested = f"(y == {level} and (x == 2 or {nested}))"
    assert program_of(f"""
        x = shared(U8)
        y = shared(U8)

        @thread
        def t():
            if {nested}:
                WRITE_ONCE(x, 1)

        @thread
        def u():
            wait_until({nested})
    """)


def test_a_tree_of_calls_is_refused_before_it_is_inlined():
    calls = "".join(
        f"def r{level}():\n    r{level - 1}()\n    r{level - 1}()\n\n" for level in range(1, 23)
    )
    text = f"x = shared(U8)\n\ndef r0():\n    WRITE_ONCE(x, 1)\n\n{calls}"
    with pytest.raises(SpecErrors, match="MC403"):
        check_text(f"{text}@thread\ndef t():\n    r22()\n")


def test_a_name_that_no_run_reaches_is_still_looked_up():
    with pytest.raises(SpecErrors) as caught:
        check_text("""
            x = shared(U8)
            on = flag(False)

            def uncalled():
                nope(3)

            @thread
            def t():
                WRITE_ONCE(x, 1)
                if on:
                    y = neither
        """)
    assert [e.code for e in caught.value.errors] == ["MC201", "MC201"]


def test_an_empty_set_is_assigned():
    assert (
        violated(
            check_text("""
        @struct
        class T:
            s: Set[Int] = between(2, 5)

        t = shared(T)

        @thread
        def fill():
            t.s.add(2)
            t.s = set()

        @final
        def empty():
            return len(t.s) == 0

        @reachable
        def was_filled():
            return 2 in t.s
    """)
        )
        == set()
    )


def test_an_array_parameter_takes_arrays():
    with pytest.raises(SpecErrors, match="MC247"):
        check_text("""
            x = shared(U8)

            def first(a: Array[U8]):
                WRITE_ONCE(x, 1)

            @thread
            def t():
                first(3)
        """)
