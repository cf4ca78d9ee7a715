"""Ghosts, observers, asserts and properties: what may look, and that nothing looks back."""

from __future__ import annotations

from tests.checking import refusal


def test_what_an_observer_returns_cannot_steer_the_routine():
    assert refusal("""
        x = shared(U8)
        g: U8 = ghost(1)

        @observer
        def see():
            return g

        @thread
        def t():
            if see() == 1:
                WRITE_ONCE(x, 1)
    """) == {"MC302"}


def test_an_assert_has_no_place_in_a_property():
    assert refusal("""
        x = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, 1)

        @invariant
        def ok():
            assert x == 0, "inner"
            return True
    """) == {"MC303"}
