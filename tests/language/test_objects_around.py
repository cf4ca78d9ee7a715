"""`free(place, around=True)`: the object around a place dies, whatever its type."""

from __future__ import annotations

import pytest

from modelcheck.diagnostics import SpecErrors

HEAD = """
from modelcheck.lang import (
    Array, Bool, Ptr, U8, alive, array, final, free, ghost, initial, local, new, observer, on_free,
    pool, reachable, shared, spec, struct, thread,
)

spec("around")

@struct(marked=True)
class Link:
    used: Bool

@struct(marked=True)
class Inner:
    value: U8
    link: Link

@struct(marked=True)
class One:
    first: U8
    link: Link

@struct(marked=True)
class Two:
    inner: Inner
    links: Array[Link] = array(2)

@struct(marked=True)
class Known:
    one: Ptr[One]
    two: Ptr[Two]
    inner: Ptr[Inner]
    link: Ptr[Link]

known = shared(Known)
ones = pool(One, count=1)
twos = pool(Two, count=1)
inners = pool(Inner, count=1)

@initial
def fill():
    known.one = new(One)
    known.two = new(Two)
    known.inner = new(Inner)
"""

PLACES = {
    "in one": ("known.one.link", "known.one", "One"),
    "deep in two": ("known.two.inner.link", "known.two", "Two"),
    "an element in two": ("known.two.links[1]", "known.two", "Two"),
    "in inner": ("known.inner.link", "known.inner", "Inner"),
}


@pytest.mark.parametrize(("place", "whole", "name"), PLACES.values(), ids=PLACES.keys())
def test_the_whole_object_dies_and_no_other(explore, place, whole, name):
    wholes = {"known.one", "known.two", "known.inner"}
    others = " and ".join(f"alive({other})" for other in sorted(wholes - {whole}))
    text = f"""
@thread
def work():
    known.link = {place}
    link = known.link
    free(link, around=True)

@final
def one_died():
    return not alive({whole}) and {others}
"""
    found = explore(HEAD + text)
    assert found.violated == set()


def test_it_is_one_step_like_free(explore):
    text = """
@thread
def work():
    one = new(One)
    free(one.link, around=True)
"""
    whole = text.replace("free(one.link, around=True)", "free(one)")
    head = HEAD.replace("known.one = new(One)", "pass")
    one, two = explore(head + text), explore(head + whole)
    assert one.violated == two.violated == set()
    assert (one.states, one.transitions, one.depth) == (two.states, two.transitions, two.depth)


def test_a_whole_object_is_around_itself(explore):
    text = """
@thread
def work():
    free(known.inner, around=True)

@final
def it_died():
    return not alive(known.inner) and alive(known.two)
"""
    assert explore(HEAD + text).violated == set()


def test_twice_is_a_double_free(explore):
    text = """
@thread
def work():
    one = known.one
    free(one.link, around=True)
    free(one.link, around=True)
"""
    assert explore(HEAD + text).violated == {"double-free"}


def test_none_is_a_fault(explore):
    text = """
@thread
def work():
    link = known.link
    free(link, around=True)
"""
    assert explore(HEAD + text).violated == {"null-dereference"}


def test_what_is_on_a_stack_cannot_be_freed(explore):
    text = """
@thread
def work():
    one = local(One)
    free(one.link, around=True)
"""
    assert explore(HEAD + text).violated == {"double-free"}


def test_a_use_afterwards_is_seen_and_of_what(explore):
    text = """
@thread
def work():
    two = known.two
    free(two.inner.link, around=True)
    two.inner.value = 1
"""
    found = explore(HEAD + text)
    assert found.violated == {"use-after-free"}


def test_a_shared_object_may_be_freed_so(explore):
    text = """
everywhere = shared(One)

@thread
def work():
    free(everywhere.link, around=True)

@thread
def user():
    everywhere.first = 1
"""
    assert explore(HEAD + text).violated == {"use-after-free"}


def test_the_observers_of_all_that_dies_run(explore):
    text = """
links = shared(U8)
deaths: U8 = ghost(0)

@on_free(Link)
def link_dies(link: Ptr[Link]):
    global deaths
    deaths += 1

@thread
def work():
    free(known.two.links[0], around=True)

@final
def three_links_died():
    return deaths == 3
"""
    assert explore(HEAD + text.replace("links = shared(U8)\n", "")).violated == set()


def test_another_name_is_refused(explore):
    text = """
@thread
def work():
    free(known.one, arround=True)
"""
    with pytest.raises(SpecErrors, match="MC268"):
        explore(HEAD + text)
