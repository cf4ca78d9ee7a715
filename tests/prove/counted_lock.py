"""A spec with a parameter that says how many threads there are, and what is proved of it."""

from __future__ import annotations

from pathlib import Path

from modelcheck import api
from modelcheck.prove.attempt import attempt
from modelcheck.prove.prove import ProveOptions

SPECS = Path(__file__).resolve().parents[2] / "specs" / "proofs"
TIME = ProveOptions(seconds=200.0)

LOCK = '''
"""A lock that is made by hand."""

from modelcheck.lang import (
    Bool, Ptr, ThreadId, U8, WRITE_ONCE, atomic, current, either, final, finished, flag, ghost,
    invariant, param, per_thread, places, pool, reachable, shared, spawn, spec, struct, thread,
    threads, wait_until, READ_ONCE, Array, array, Set, objects,
)

spec("lock")

workers = param(2, min=1, max=4)


@struct(marked=True)
class Lock:
    taken: Bool
    owner: ThreadId
    n: U8
    MORE


gate = shared(Lock)
inside: U8 = ghost(0)
OBJECTS


@thread(count=workers)
def worker(ME):
    global inside
    FIRST
    while either():
        with atomic(because="test-and-set"):
            wait_until(not gate.taken)
            gate.taken = True
        inside += 1
        BODY
        gate.taken = False
        inside -= 1


@invariant
def one_at_a_time():
    return inside <= 1


THREAD
'''


def write(tmp_path, *, more="", objects="", me="", first="", body="gate.n = 1", thread=""):
    text = LOCK.replace("MORE", more).replace("OBJECTS", objects).replace("(ME)", f"({me})")
    text = text.replace("FIRST", first)
    path = tmp_path / "lock.py"
    path.write_text(text.replace("BODY", body).replace("THREAD", thread), encoding="utf-8")
    return path


def answer(path, variant=None):
    found = attempt(str(path), api.Choice(variant), TIME, any_number=True)
    return {p.name: p.answer for p in found.proving.proofs}
