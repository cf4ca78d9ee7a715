"""What `file_ref_t` of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.file_ref import (
    file_ref_get, file_ref_inc, file_ref_init, file_ref_put, file_ref_put_close, file_ref_read,
    file_ref_t,
)
from modelcheck.kernel.rcu import rcu_free_slab, rcu_read_lock, rcu_read_unlock
from modelcheck.kernel.slab import kmem_cache_free
from modelcheck.lang import (
    Bool, Ptr, U8, flag, final, ghost, initial, new, pool, reachable, shared, spec, struct, thread,
)

spec("file-ref-test")
ref = shared(file_ref_t)
"""
ONE = """
@initial
def fill():
    ref.refcnt = START

@thread
def work():
    got = CALL
    assert got == RESULT, "result"

@final
def after():
    return ref.refcnt == AFTER
"""
RESULTS = {
    "get": (0, "file_ref_get(ref)", True, 1),
    "get of none": (-1, "file_ref_get(ref)", True, 0),
    "get of dead": (-32, "file_ref_get(ref)", False, -31),
    "put": (1, "file_ref_put(ref)", False, 0),
    "last put": (0, "file_ref_put(ref)", True, -32),
    "put at close": (1, "file_ref_put_close(ref)", False, 0),
    "last put at close": (0, "file_ref_put_close(ref)", True, -32),
    "read": (2, "file_ref_read(ref)", 3, 2),
    "read of dead": (-31, "file_ref_read(ref)", 0, -31),
}


@pytest.mark.parametrize(("start", "call", "result", "after"), RESULTS.values(), ids=RESULTS.keys())
def test_each_gives_what_the_kernel_gives(explore, start, call, result, after):
    text = ONE.replace("START", str(start)).replace("CALL", call)
    text = text.replace("RESULT", str(result)).replace("AFTER", str(after))
    found = explore(HEAD + text)
    assert found.violated == set()
    steps = {"file_ref_read(ref)": 0, "file_ref_put(ref)": 2 if start == 0 else 1}
    assert found.depth == steps.get(call, 1)


MISUSES = {
    "put of dead": (-32, "file_ref_put(ref)"),
    "put of none": (-1, "file_ref_put(ref)"),
    "put at close of dead": (-32, "file_ref_put_close(ref)"),
    "put of saturated": (-96, "file_ref_put(ref)"),
    "inc of dead": (-32, "file_ref_inc(ref)"),
    "inc of none": (-1, "file_ref_inc(ref)"),
    "overflow": (127, "file_ref_get(ref)"),
}


@pytest.mark.parametrize(("start", "call"), MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, start, call):
    text = ONE.replace("START", str(start)).replace("got = CALL", call)
    text = text.replace('    assert got == RESULT, "result"\n', "").split("@final", maxsplit=1)[0]
    assert explore(HEAD + text).violated == {"refcount"}


FILES = """
@struct
class File:
    ref: file_ref_t
    pos: U8

@struct(marked=True)
class Slot:
    file: Ptr[File]
    frees: U8 = ghost(0)
    revived: Bool = ghost(False)

page = flag(True)
dead = flag(True)
files = pool(File, count=1, reuse=True, stable=(File.ref,))
slot = shared(Slot)

@initial
def boot():
    file = new(File, pos=1)
    file.ref.refcnt = 0
    slot.file = file

def fput(file: Ptr[File]):
    if file_ref_put(file.ref):
        slot.frees += 1
        kmem_cache_free(file)
        if page:
            rcu_free_slab(file)

@thread
def owner():
    file = slot.file
    slot.file = None
    if dead:
        fput(file)
    else:
        kmem_cache_free(file)

@thread
def lookup():
    rcu_read_lock()
    file = slot.file
    got = False
    if file is not None:
        got = file_ref_get(file.ref)
    rcu_read_unlock()
    if got:
        slot.revived = file.pos == 1
        fput(file)

@final
def freed_once():
    return slot.frees == 1
"""


def test_a_lookup_and_a_put_meet(explore):
    assert explore(HEAD + FILES).violated == set()


def test_free_without_dead(explore):
    text = FILES.partition("@thread\ndef lookup")[0]
    assert explore(HEAD + text, dead=False).violated == {"refcount"}
    assert explore(HEAD + text).violated == set()
