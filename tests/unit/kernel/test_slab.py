"""What `kfree` means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel import kfree
from modelcheck.lang import Ptr, U8, new, pool, shared, spec, struct, thread

spec("slab-test")

@struct
class Item:
    value: U8

items = pool(Item, count=2)
"""


def run(explore, *body: str):
    return explore(HEAD + "\n@thread\ndef work():\n" + "".join(f"    {line}\n" for line in body))


def test_allocate_and_free_are_a_step_each(explore):
    found = run(explore, "item = new(Item)", "kfree(item)")
    assert found.violated == set()
    assert found.depth == 2


def test_freeing_none_does_nothing(explore):
    found = run(explore, "kept = new(Item)", "item: Ptr[Item] = None", "kfree(item)", "kfree(kept)")
    assert found.violated == set()
    assert found.depth == 2


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (("item = new(Item)", "kfree(item)", "kfree(item)"), "double-free"),
        (("item = new(Item)", "kfree(item)", "item.value = 1"), "use-after-free"),
        (("item = new(Item)", "item.value = 1"), "leak"),
        (("item = new(Item)", "assert item.value == 0, 'own'", "kfree(item)"), "uninitialised"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_misuse_is_seen(explore, body, fault):
    assert run(explore, *body).violated == {fault}


NAMES = ["kfree", "kfree_sensitive", "kvfree"]


@pytest.mark.parametrize("name", NAMES)
def test_other_names_of_kfree(explore, name):
    head = HEAD.replace(
        "from modelcheck.kernel import kfree", f"from modelcheck.kernel.slab import {name}"
    )
    body = ("item = new(Item)", "none: Ptr[Item] = None", f"{name}(none)", f"{name}(item)")
    found = run_with(explore, head, *body)
    assert (found.violated, found.depth) == (set(), 2)
    assert run_with(explore, head, *body, f"{name}(item)").violated == {"double-free"}


def run_with(explore, head, *body: str):
    return explore(head + "\n@thread\ndef work():\n" + "".join(f"    {line}\n" for line in body))


STABLE = """
from modelcheck.kernel.rcu import rcu_free_slab, rcu_read_lock, rcu_read_unlock
from modelcheck.kernel.slab import kmem_cache_free
from modelcheck.lang import (
    Ptr, READ_ONCE, U8, flag, initial, new, pool, shared, spec, struct, thread,
)

spec("stable-test")
section = flag(True)
release = flag(True)

@struct(marked=True)
class File:
    count: U8
    pos: U8

@struct(marked=True)
class Slot:
    file: Ptr[File]

files = pool(File, count=1, reuse=True, stable=(File.count,))
slot = shared(Slot)

@initial
def fill():
    slot.file = new(File, pos=1)

@thread
def owner():
    file = slot.file
    slot.file = None
    kmem_cache_free(file)
    if release:
        rcu_free_slab(file)

@thread
def reader():
    if section:
        rcu_read_lock()
    file = slot.file
    if file is not None:
        READ_ONCE(file.FIELD)
    if section:
        rcu_read_unlock()
"""


def test_a_stable_field_is_good_in_a_section(explore):
    text = STABLE.replace("FIELD", "count")
    assert explore(text).violated == set()
    assert explore(text, section=False).violated == {"use-after-free"}
    assert explore(text, section=False, release=False).violated == set()


def test_another_field_is_not(explore):
    text = STABLE.replace("FIELD", "pos")
    assert explore(text).violated == {"use-after-free"}


def test_an_allocation_may_sleep(explore):
    text = """
from modelcheck.kernel.gfp import might_alloc
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import U8, new, pool, shared, spec, struct, thread

spec("slab-test")
lock = shared(Spinlock)

@struct
class Item:
    value: U8

items = pool(Item, count=1)

@thread
def work():
    BEFORE
    might_alloc()
    kfree(new(Item, value=0))
    AFTER
"""
    under = text.replace("BEFORE", "spin_lock(lock)").replace("AFTER", "spin_unlock(lock)")
    assert explore(under).violated == {"sleep-in-atomic"}
    assert explore(text.replace("BEFORE", "pass").replace("AFTER", "pass")).violated == set()
