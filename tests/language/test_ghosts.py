"""Ghosts, observers, asserts and properties: what may look, and that nothing looks back."""

from __future__ import annotations

import pytest

from modelcheck.diagnostics import SpecErrors
from tests.checking import program_of, refusal


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


@pytest.mark.parametrize(
    "value",
    [
        "atomic_read(top.count)",
        "1 + atomic_read(top.count)",
        "atomic_read_acquire(top.count)",
        "twice()",
        "once()",
    ],
)
def test_what_the_library_loads_for_a_thread_is_no_bookkeeping(value):
    """One error each: what the call would have returned is not judged too."""
    text = f"""
    from modelcheck.kernel.atomic import atomic_read, atomic_read_acquire, atomic_t

    @struct
    class Top:
        count: atomic_t
        seen: U8 = ghost(0)

    top = shared(Top)

    def once():
        return READ_ONCE(top.count.counter)

    def twice():
        found = atomic_read(top.count)
        return found + found

    @thread
    def t():
        top.seen = {value}
    """
    with pytest.raises(SpecErrors) as caught:
        program_of(text)
    (error,) = caught.value.errors
    assert error.code == "MC325"
    called = value.partition("1 + ")[2] or value
    assert f"`{called.partition('(')[0]}` in a ghost's value" in error.message
    assert error.related[-1].message == "called from here"


@pytest.mark.parametrize("value", ["top.count.counter", "top.seen + other()", "looked()"])
def test_a_ghost_may_look_at_what_is_marked_and_call_for_the_rest(value):
    text = f"""
    from modelcheck.kernel.atomic import atomic_t

    @struct
    class Top:
        count: atomic_t
        plain: U8
        seen: U8 = ghost(0)

    top = shared(Top)

    def other():
        return top.plain

    @observer
    def looked():
        return top.count.counter + READ_ONCE(top.plain)

    @thread
    def t():
        top.seen = {value}
    """
    assert refusal(text) == set()
