"""What `struct percpu_ref` of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.percpu_ref import (
    PercpuRef, percpu_ref_get, percpu_ref_init, percpu_ref_is_dying, percpu_ref_is_zero,
    percpu_ref_kill, percpu_ref_kill_and_confirm, percpu_ref_put, percpu_ref_reinit,
    percpu_ref_tryget, percpu_ref_tryget_live,
)
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, final, ghost, initial, reachable, shared, spec, struct,
    thread, wait_until,
)

spec("percpu-ref-test")
ref = shared(PercpuRef)
released: U8 = ghost(0)
gone = shared(U8)
confirmed = shared(U8)

def release(ref: Ptr[PercpuRef]):
    global released
    WRITE_ONCE(gone, 1)
    released += 1

def confirm(ref: Ptr[PercpuRef]):
    WRITE_ONCE(confirmed, 1)

@initial
def fill():
    percpu_ref_init(ref, release)

@final
def released_at_most_once():
    return released <= 1
"""


def test_the_release_runs_once_after_the_last_put(explore):
    text = """
holds: U8 = ghost(0)

@thread
def user():
    global holds
    if percpu_ref_tryget_live(ref):
        holds = 1
        assert READ_ONCE(gone) == 0, "still_there"
        holds = 0
        percpu_ref_put(ref)

@thread
def owner():
    percpu_ref_kill(ref)

@final
def released_once():
    return released == 1
"""
    assert explore(HEAD + text).violated == set()


def test_no_tryget_live_after_the_confirmation(explore):
    text = """
@thread
def user():
    if KNOWN:
        got = percpu_ref_tryget_live(ref)
        if got:
            percpu_ref_put(ref)
        assert not got, "none_after_it"

@thread
def owner():
    percpu_ref_kill_and_confirm(ref, confirm)
"""
    after = text.replace("KNOWN", "READ_ONCE(confirmed) == 1")
    assert explore(HEAD + after).violated == set()
    before = text.replace("KNOWN", "READ_ONCE(confirmed) == 0")
    assert explore(HEAD + before).violated == {"none_after_it"}


BODIES = {
    "killed twice": ("percpu_ref_kill(ref)\n    percpu_ref_kill(ref)", True),
    "killed once": ("percpu_ref_kill(ref)", False),
    "a put too many": ("percpu_ref_kill(ref)\n    percpu_ref_put(ref)", True),
    "a get and a put": (
        "percpu_ref_get(ref)\n    percpu_ref_kill(ref)\n    percpu_ref_put(ref)",
        False,
    ),
    "a get after the release": (
        "percpu_ref_kill(ref)\n    wait_until(gone == 1)\n    percpu_ref_get(ref)",
        True,
    ),
    "a tryget after the release": (
        "percpu_ref_kill(ref)\n    wait_until(gone == 1)\n    percpu_ref_tryget(ref)",
        False,
    ),
    "reinit in use": ("percpu_ref_reinit(ref)", True),
    "reinit after the release": (
        "percpu_ref_kill(ref)\n    wait_until(gone == 1)\n    percpu_ref_reinit(ref)",
        False,
    ),
}


@pytest.mark.parametrize(("body", "bad"), BODIES.values(), ids=BODIES.keys())
def test_misuse_is_seen_and_what_is_nearly_misuse_is_not(explore, body, bad):
    text = f"""
@thread
def work():
    {body}
"""
    assert explore(HEAD + text).violated == ({"refcount"} if bad else set())
