"""What lockdep records: orders on arrival, interrupts, and locks that are held too long.

Each check has a spec that fires it, and a near miss that does not.
"""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.lockdep import (
    LockdepMap, lock_map_acquire, lock_map_acquire_try, lock_map_release, lockdep_assert_held,
    lockdep_assert_held_any, lockdep_assert_held_read, lockdep_assert_held_write,
    lockdep_assert_not_held,
)
from modelcheck.kernel.mutex import (
    Mutex, mutex_init, mutex_lock, mutex_lock_interruptible, mutex_lock_nested, mutex_trylock,
    mutex_unlock,
)
from modelcheck.kernel.rwlock import (
    read_lock, read_lock_bh, read_lock_irq, read_unlock, read_unlock_bh, read_unlock_irq, rwlock_t,
    write_lock, write_lock_bh, write_lock_irq, write_unlock, write_unlock_bh, write_unlock_irq,
)
from modelcheck.kernel.rwsem import Rwsem, down_read, down_write, up_read, up_write
from modelcheck.kernel.seqlock import (
    read_seqbegin, read_seqlock_excl, read_sequnlock_excl, seqlock_t, write_seqlock,
    write_seqlock_irq, write_sequnlock, write_sequnlock_irq,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import (
    Spinlock, spin_lock, spin_lock_bh, spin_lock_init, spin_lock_irq, spin_lock_irqsave,
    spin_lock_nested, spin_trylock, spin_trylock_bh, spin_trylock_irq, spin_trylock_irqsave,
    spin_unlock, spin_unlock_bh, spin_unlock_irq, spin_unlock_irqrestore,
)
from modelcheck.kernel.task import (
    local_bh_disable, local_bh_enable, local_irq_disable, local_irq_enable, preempt_disable,
    preempt_enable,
)
from modelcheck.lang import (
    Bool, Context, Ptr, U8, WRITE_ONCE, crash, durable, final, finished, free, initial, new, pool,
    shared, spec, struct, thread, wait_until,
)

spec("lockdep-test")

a = shared(Spinlock)
b = shared(Spinlock)
m = shared(Mutex)
s = shared(Rwsem)
r = shared(rwlock_t)
q = shared(seqlock_t)
x = shared(LockdepMap)
n = shared(U8)


@struct
class Node:
    lock: Spinlock
    mutex: Mutex


@struct
class Kept:
    value: U8 = durable(0)


kept = shared(Kept)
nodes = shared(Node, count=2)
pooled = pool(Node, count=1)
"""

# The handler interrupts a thread that does nothing: so no run deadlocks, and only orders can tell.
IDLE = """
@thread
def victim():
    WRITE_ONCE(n, 1)
"""


def run(explore, *texts):
    return explore(HEAD + "".join(texts)).violated


def thread(*lines, name="work", options=""):
    body = "\n".join("    " + line for line in lines)
    return f"\n@thread{options}\ndef {name}():\n{body}\n"


def handler(*lines, context="HARDIRQ"):
    return IDLE + thread(
        *lines, name="handler", options=f"(interrupts=victim, context=Context.{context})"
    )


def lines_of(text):
    return text.split("; ")


ORDER = {"lock-order"}
LATER = "wait_until(finished(work))"

# Two threads, one after the other: the orders never meet.
ORDERS = {
    "spinlocks": ("spin_lock(a); spin_lock(b); spin_unlock(b); spin_unlock(a)", "b", "a"),
    "same order": ("spin_lock(a); spin_lock(b); spin_unlock(b); spin_unlock(a)", "a", "b"),
}


@pytest.mark.parametrize(("first", "outer", "inner"), ORDERS.values(), ids=ORDERS.keys())
def test_two_orders_need_not_meet(explore, first, outer, inner):
    other = (f"spin_lock({outer})", f"spin_lock({inner})", f"spin_unlock({inner})")
    found = run(
        explore,
        thread(*lines_of(first)),
        thread(LATER, *other, f"spin_unlock({outer})", name="later"),
    )
    assert found == (ORDER if outer == "b" else set())


TAKE = {
    "mutex": ("mutex_lock(m)", "mutex_unlock(m)"),
    "reader": ("down_read(s)", "up_read(s)"),
    "writer": ("down_write(s)", "up_write(s)"),
    "map": ("lock_map_acquire(x)", "lock_map_release(x)"),
}
SPIN = {
    "spinlock": ("spin_lock(a)", "spin_unlock(a)"),
    "rwlock reader": ("read_lock(r)", "read_unlock(r)"),
    "rwlock writer": ("write_lock(r)", "write_unlock(r)"),
    "seqlock": ("write_seqlock(q)", "write_sequnlock(q)"),
}


def nest(outer, inner):
    return outer[0], inner[0], inner[1], outer[1]


PAIRS = [
    (one, other)
    for kinds in (TAKE, SPIN, {"map": TAKE["map"]} | SPIN)
    for one in kinds
    for other in kinds
    if one < other
    and {one, other} not in ({"reader", "writer"}, {"rwlock reader", "rwlock writer"})
]


@pytest.mark.parametrize(("one", "other"), sorted(set(PAIRS)))
def test_every_pair_of_kinds_has_an_order(explore, one, other):
    kinds = TAKE | SPIN
    one, other = kinds[one], kinds[other]
    first = thread(*nest(one, other), "WRITE_ONCE(n, 2)")
    assert run(explore, first, thread(LATER, *nest(other, one), name="later")) == ORDER
    assert run(explore, first, thread(LATER, *nest(one, other), name="later")) == set()


def test_a_chain_of_three_is_a_cycle(explore):
    third = "\nc = shared(Spinlock)\n"

    def pair(outer, inner):
        return (
            f"spin_lock({outer})",
            f"spin_lock({inner})",
            f"spin_unlock({inner})",
            f"spin_unlock({outer})",
        )

    first = thread(*pair("a", "b"), *pair("b", "c"))
    assert run(explore, third, first, thread(LATER, *pair("c", "a"), name="later")) == ORDER
    assert run(explore, third, first, thread(LATER, *pair("a", "c"), name="later")) == set()


def test_a_trylock_records_what_is_taken_inside_it(explore):
    inside = thread(
        "if spin_trylock(a):", "    spin_lock(b)", "    spin_unlock(b)", "    spin_unlock(a)"
    )
    assert (
        run(
            explore,
            inside,
            thread(
                LATER,
                "spin_lock(b)",
                "spin_lock(a)",
                "spin_unlock(a)",
                "spin_unlock(b)",
                name="later",
            ),
        )
        == ORDER
    )


def test_a_trylock_records_nothing_before_itself(explore):
    inside = thread("spin_lock(b)", "if spin_trylock(a):", "    spin_unlock(a)", "spin_unlock(b)")
    assert (
        run(
            explore,
            inside,
            thread(
                LATER,
                "spin_lock(a)",
                "spin_lock(b)",
                "spin_unlock(b)",
                "spin_unlock(a)",
                name="later",
            ),
        )
        == set()
    )


def test_two_of_one_class_need_a_nested_annotation(explore):
    text = (
        "spin_lock(nodes[0].lock); spin_lock(nodes[1].lock); "
        "spin_unlock(nodes[1].lock); spin_unlock(nodes[0].lock)"
    )
    assert run(explore, thread(*lines_of(text))) == ORDER
    nested = text.replace("spin_lock(nodes[1].lock)", "spin_lock_nested(nodes[1].lock, 1)")
    assert run(explore, thread(*lines_of(nested))) == set()
    mutexes = text.replace("spin_", "mutex_").replace(".lock)", ".mutex)")
    assert run(explore, thread(*lines_of(mutexes))) == ORDER
    nested = mutexes.replace("mutex_lock(nodes[1].mutex)", "mutex_lock_nested(nodes[1].mutex, 1)")
    assert run(explore, thread(*lines_of(nested))) == set()


def test_a_map_that_is_only_tried_waits_for_nobody(explore):
    tried = thread(
        "mutex_lock(m)", "lock_map_acquire_try(x)", "lock_map_release(x)", "mutex_unlock(m)"
    )
    later = thread(
        LATER,
        "lock_map_acquire(x)",
        "mutex_lock(m)",
        "mutex_unlock(m)",
        "lock_map_release(x)",
        name="later",
    )
    assert run(explore, tried, later) == set()
    assert run(explore, tried.replace("_try(", "("), later) == ORDER


def test_who_has_a_map_waits_for_itself(explore):
    tried = ("lock_map_acquire_try(x)", "mutex_lock(m)", "mutex_unlock(m)")
    again = ("lock_map_acquire(x)", "lock_map_release(x)")
    assert run(explore, thread(*tried, *again)) == ORDER
    assert run(explore, thread(*tried, "lock_map_release(x)", *again)) == set()


# ---------------------------------------------------------------------------------------------
# Interrupts

A_IN_IRQ = ("spin_lock(a)", "spin_unlock(a)")

OUTSIDE = {
    "interrupts on": ("spin_lock(a); spin_unlock(a)", ORDER),
    "irqsave": ("flags = spin_lock_irqsave(a); spin_unlock_irqrestore(a, flags)", set()),
    "irq": ("spin_lock_irq(a); spin_unlock_irq(a)", set()),
    "on and off again under it": (
        "spin_lock_irq(a); local_irq_enable(); local_irq_disable(); spin_unlock_irq(a)",
        ORDER,
    ),
    "disabled by hand": (
        "local_irq_disable(); spin_lock(a); spin_unlock(a); local_irq_enable()",
        set(),
    ),
    "bh does not help": ("spin_lock_bh(a); spin_unlock_bh(a)", ORDER),
    "trylock with interrupts on": ("if spin_trylock(a):;     spin_unlock(a)", ORDER),
    "trylock_irq": ("if spin_trylock_irq(a):;     spin_unlock_irq(a)", set()),
    "trylock_irqsave": (
        "done, flags = spin_trylock_irqsave(a); if done:;     spin_unlock_irqrestore(a, flags)",
        set(),
    ),
    "on again while it is held": (
        "spin_lock_irq(a); local_irq_enable(); spin_unlock(a)",
        ORDER,
    ),
    "inner unlock_irq lets them in": (
        "spin_lock_irq(a); spin_lock_irq(b); spin_unlock_irq(b); spin_unlock(a)",
        ORDER,
    ),
    "inner unlock_irqrestore does not": (
        (
            "spin_lock_irq(a); flags = spin_lock_irqsave(b); spin_unlock_irqrestore(b, flags); "
            "spin_unlock_irq(a)"
        ),
        set(),
    ),
    "chain: b under a, b elsewhere with interrupts on": (
        (
            "spin_lock_irq(a); spin_lock(b); spin_unlock(b); spin_unlock_irq(a); "
            "spin_lock(b); spin_unlock(b)"
        ),
        ORDER,
    ),
    "chain: b elsewhere with interrupts off": (
        (
            "spin_lock_irq(a); spin_lock(b); spin_unlock(b); spin_unlock_irq(a); "
            "spin_lock_irq(b); spin_unlock_irq(b)"
        ),
        set(),
    ),
    "another lock with interrupts on": ("spin_lock(b); spin_unlock(b)", set()),
}


@pytest.mark.parametrize(("text", "expected"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_a_lock_of_a_handler_is_taken_with_interrupts_off(explore, text, expected):
    assert run(explore, handler(*A_IN_IRQ), thread(*lines_of(text))) == expected


SOFTIRQ = {
    "soft interrupts on": ("spin_lock(a); spin_unlock(a)", ORDER),
    "bh": ("spin_lock_bh(a); spin_unlock_bh(a)", set()),
    "irq": ("spin_lock_irq(a); spin_unlock_irq(a)", set()),
    "trylock_bh": ("if spin_trylock_bh(a):;     spin_unlock_bh(a)", set()),
    "trylock": ("if spin_trylock(a):;     spin_unlock(a)", ORDER),
    "by hand": ("local_bh_disable(); spin_lock(a); spin_unlock(a); local_bh_enable()", set()),
    "on again while it is held": (
        "spin_lock_bh(a); spin_lock_bh(b); spin_unlock_bh(b); spin_unlock_bh(a)",
        set(),
    ),
    "given back too early": ("spin_lock_bh(a); local_bh_enable(); spin_unlock(a)", ORDER),
}


@pytest.mark.parametrize(("text", "expected"), SOFTIRQ.values(), ids=SOFTIRQ.keys())
def test_a_lock_of_a_softirq_is_taken_with_soft_interrupts_off(explore, text, expected):
    found = run(explore, handler(*A_IN_IRQ, context="SOFTIRQ"), thread(*lines_of(text)))
    assert found == expected


def test_soft_interrupts_are_not_turned_on_with_interrupts_off(explore):
    inner = ("spin_lock_bh(b)", "spin_unlock_bh(b)")
    assert run(explore, thread("spin_lock_irq(a)", *inner, "spin_unlock_irq(a)")) == {"lock-misuse"}
    assert run(explore, thread("spin_lock(a)", *inner, "spin_unlock(a)")) == set()


def test_a_softirq_is_interrupted_by_hard_interrupts(explore):
    soft = thread(*A_IN_IRQ, name="soft", options="(context=Context.SOFTIRQ)")
    assert run(explore, handler(*A_IN_IRQ), soft) == ORDER
    off = soft.replace("spin_lock(", "spin_lock_irq(").replace("spin_unlock(", "spin_unlock_irq(")
    assert run(explore, handler(*A_IN_IRQ), off) == set()


def test_the_interrupted_thread_deadlocks_too(explore):
    on = thread("spin_lock(a)", "spin_unlock(a)", name="victim")
    irq = thread(
        "WRITE_ONCE(n, 1)",  # its first step starts a handler: here it has not begun to wait
        *A_IN_IRQ,
        name="irq",
        options="(interrupts=victim, context=Context.HARDIRQ)",
    )
    assert run(explore, on, irq) == {"lock-order", "deadlock"}
    off = on.replace("spin_lock(", "spin_lock_irq(").replace("spin_unlock(", "spin_unlock_irq(")
    assert run(explore, off, irq) == set()


R_READ = ("read_lock(r)", "read_unlock(r)")
R_WRITE = ("write_lock(r)", "write_unlock(r)")
READERS = {
    "both read": (R_READ, "read_lock(r); read_unlock(r)", set()),
    "written with interrupts on": (R_READ, "write_lock(r); write_unlock(r)", ORDER),
    "written with interrupts off": (
        R_READ,
        "read_lock(r); read_unlock(r); write_lock_irq(r); write_unlock_irq(r)",
        set(),
    ),
    "the handler writes": (R_WRITE, "read_lock(r); read_unlock(r)", ORDER),
    "the handler writes, off": (R_WRITE, "read_lock_irq(r); read_unlock_irq(r)", set()),
    # The handler waits for the writer of r, the writer of r for a, and a is interrupted.
    "chain to a lock": (
        R_READ,
        (
            "write_lock_irq(r); spin_lock(a); spin_unlock(a); write_unlock_irq(r); "
            "spin_lock(a); spin_unlock(a)"
        ),
        ORDER,
    ),
    # The same where a is a lock that is only read with interrupts on.
    "chain to a reader": (
        R_READ,
        (
            "write_lock_irq(r); write_lock(r2); write_unlock(r2); write_unlock_irq(r); "
            "read_lock(r2); read_unlock(r2)"
        ),
        ORDER,
    ),
    "chain to a reader with interrupts off": (
        R_READ,
        (
            "write_lock_irq(r); write_lock(r2); write_unlock(r2); write_unlock_irq(r); "
            "read_lock_irq(r2); read_unlock_irq(r2)"
        ),
        set(),
    ),
}


@pytest.mark.parametrize(("irq", "text", "expected"), READERS.values(), ids=READERS.keys())
def test_readers_in_a_handler(explore, irq, text, expected):
    more = "\nr2 = shared(rwlock_t)\n"
    assert run(explore, more, handler(*irq), thread(*lines_of(text))) == expected
    soft = text.replace("_irq(", "_bh(")
    assert run(explore, more, handler(*irq, context="SOFTIRQ"), thread(*lines_of(soft))) == expected


SEQ = {
    "written with interrupts on": ("write_seqlock(q); write_sequnlock(q)", ORDER),
    "written with interrupts off": ("write_seqlock_irq(q); write_sequnlock_irq(q)", set()),
    "read with interrupts on": ("read_seqbegin(q)", set()),
}


@pytest.mark.parametrize(("text", "expected"), SEQ.values(), ids=SEQ.keys())
def test_a_handler_reads_under_a_seqlock(explore, text, expected):
    assert run(explore, handler("read_seqbegin(q)"), thread(*lines_of(text))) == expected


# ---------------------------------------------------------------------------------------------
# Held too long

MISUSE = {"lock-misuse"}
HELD = {
    "mutex": ("mutex_lock(m)", "mutex_unlock(m)"),
    "spinlock": ("spin_lock(a)", "spin_unlock(a)"),
    "semaphore read": ("down_read(s)", "up_read(s)"),
    "semaphore written": ("down_write(s)", "up_write(s)"),
    "rwlock read": ("read_lock(r)", "read_unlock(r)"),
    "rwlock written": ("write_lock(r)", "write_unlock(r)"),
    "seqlock": ("write_seqlock(q)", "write_sequnlock(q)"),
    "preemption": ("preempt_disable()", "preempt_enable()"),
}


@pytest.mark.parametrize(("take", "give"), HELD.values(), ids=HELD.keys())
def test_a_thread_ends_without_locks(explore, take, give):
    assert run(explore, thread("WRITE_ONCE(n, 1)", take, "WRITE_ONCE(n, 2)")) == MISUSE
    assert run(explore, thread("WRITE_ONCE(n, 1)", take, give, "WRITE_ONCE(n, 2)")) == set()


@pytest.mark.parametrize(
    ("take", "give"),
    [HELD[k] for k in HELD if k != "preemption"],
    ids=[k for k in HELD if k != "preemption"],
)
def test_nobody_else_releases(explore, take, give):
    owner = thread(take, "WRITE_ONCE(n, 1)", "wait_until(n == 2)", give)
    other = thread("wait_until(n == 1)", give, "WRITE_ONCE(n, 2)", name="other")
    assert "lock-misuse" in run(explore, owner, other)
    assert run(explore, owner, other.replace(f"    {give}\n", "")) == set()


def test_a_lock_nobody_initialised_disturbs_nobody(explore):
    found = run(
        explore,
        thread("item = new(Node)", "kfree(item)"),
        thread("mutex_lock(m)", "spin_lock(a)", "spin_unlock(a)", "mutex_unlock(m)", name="other"),
    )
    assert found == set()


def test_a_lock_is_initialised_before_it_is_taken(explore):
    text = thread(
        "item = new(Node)", "mutex_lock(item.mutex)", "mutex_unlock(item.mutex)", "kfree(item)"
    )
    assert run(explore, text) == {"uninitialised"}
    init = text.replace("    mutex_lock", "    mutex_init(item.mutex)\n    mutex_lock")
    assert run(explore, init) == set()
    held = init.replace("    mutex_unlock(item.mutex)\n", "")
    assert run(explore, held) == MISUSE


def test_a_crash_forgets_who_held_what(explore):
    text = thread(
        "if kept.value == 0:",
        "    mutex_lock(m)",
        "    WRITE_ONCE(kept.value, 1)",
        "    crash()",
        "mutex_lock(m)",
        "mutex_unlock(m)",
    )
    assert run(explore, text) == set()


ASSERTS = {
    "mutex": ("lockdep_assert_held(m)", "mutex_lock(m)", "mutex_unlock(m)"),
    "reader": ("lockdep_assert_held_read(s)", "down_read(s)", "up_read(s)"),
    "writer": ("lockdep_assert_held_write(s)", "down_write(s)", "up_write(s)"),
    "any, read": ("lockdep_assert_held_any(s)", "down_read(s)", "up_read(s)"),
    "any, written": ("lockdep_assert_held_any(s)", "down_write(s)", "up_write(s)"),
}


@pytest.mark.parametrize(("check", "take", "give"), ASSERTS.values(), ids=ASSERTS.keys())
def test_asserting_that_it_is_held(explore, check, take, give):
    assert run(explore, thread(take, check, give, "WRITE_ONCE(n, 1)")) == set()
    assert run(explore, thread(take, give, check, "WRITE_ONCE(n, 1)")) == MISUSE


def test_a_reader_is_no_writer(explore):
    text = thread("down_read(s)", "lockdep_assert_held_write(s)", "up_read(s)")
    assert run(explore, text) == MISUSE
    text = thread("mutex_lock(m)", "lockdep_assert_not_held(m)", "mutex_unlock(m)")
    assert run(explore, text) == MISUSE


def test_a_signal_comes_only_while_it_waits(explore):
    alone = thread(
        "if not mutex_lock_interruptible(m):", '    assert n != n, "interrupted"', "mutex_unlock(m)"
    )
    assert run(explore, alone) == set()
    other = thread("mutex_lock(m)", "mutex_unlock(m)", name="other")
    two = thread(
        "if mutex_lock_interruptible(m):",
        "    mutex_unlock(m)",
        "else:",
        '    assert n != n, "interrupted"',
    )
    assert run(explore, two, other) == {"interrupted"}
