"""What modules of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.module import (
    Module, delete_module, module_put, module_refcount, module_text, try_module_get,
)
from modelcheck.kernel.rcu import rcu_read_lock, rcu_read_unlock
from modelcheck.lang import (
    Bool, READ_ONCE, U8, WRITE_ONCE, final, flag, ghost, reachable, shared, spec, thread,
)

spec("module-test")
mod = shared(Module, refcnt=1)
registered = shared(U8, 1)
done = shared(U8)
unloaded: Bool = ghost(False)
busy: Bool = ghost(False)

def module_exit():
    WRITE_ONCE(registered, 0)

@thread
def rmmod():
    global unloaded, busy
    if delete_module(mod, module_exit):
        unloaded = True
    else:
        busy = True

def call():
    module_text(mod)
    WRITE_ONCE(done, 1)
    module_text(mod)
    WRITE_ONCE(done, 2)
    module_text(mod)

def find() -> Bool:
    # while it is registered
    rcu_read_lock()
    there = False
    if READ_ONCE(registered) == 1:
        there = try_module_get(mod)
    rcu_read_unlock()
    return there
"""
IF_REGISTERED = "if READ_ONCE(registered) == 1:\n        call()"
USERS = {
    "with a reference": ("if find():\n        call()\n        module_put(mod)", set()),
    "without": ("call()", {"text-use-after-unload"}),
    "after the put": (
        "if find():\n        module_put(mod)\n        call()",
        {"text-use-after-unload"},
    ),
    "in a reader, while it is registered": (
        f"rcu_read_lock()\n    {IF_REGISTERED}\n    rcu_read_unlock()",
        set(),
    ),
    "while it is registered": (
        IF_REGISTERED,
        {"text-use-after-unload"},
    ),
    "a reference to what may be gone": (
        "if try_module_get(mod):\n        module_put(mod)",
        {"text-use-after-unload"},
    ),
    "two puts": (
        "if find():\n        module_put(mod)\n        module_put(mod)",
        {"refcount", "text-use-after-unload"},
    ),
}


@pytest.mark.parametrize(("user", "violated"), USERS.values(), ids=USERS.keys())
def test_who_runs_in_the_text(explore, user, violated):
    text = f"""
@thread
def user():
    {user}
"""
    assert explore(HEAD + text).violated == violated


def test_it_may_be_busy_and_it_may_go(explore):
    text = """
got: Bool = ghost(False)
missed: Bool = ghost(False)

@thread
def user():
    global got, missed
    if find():
        got = True
        call()
        module_put(mod)
    else:
        missed = True

@reachable
def was_busy():
    return busy and got

@reachable
def went():
    return unloaded and missed

@reachable
def went_after():
    return unloaded and got

@final
def one_of_both():
    return unloaded != busy
"""
    assert explore(HEAD + text).violated == set()
