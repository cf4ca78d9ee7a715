"""DESIGN 3.3: threads, spawning, interrupts, crash, lock order."""

from __future__ import annotations

import pytest

from tests.checking import check_text, counts, refusal, violated


def test_each_thread_is_given_its_number():
    result = check_text("""
        @struct
        class S:
            n: U8

        slots = shared(S, count=3)

        @thread(count=3)
        def t(me):
            slots[me].n = me + 1

        @final
        def own_number():
            return all(slots[i].n == i + 1 for i in range(3))
    """)
    assert violated(result) == set()
    assert counts(result) == (8, 12, 3)


def test_each_makes_one_thread_per_place():
    result = check_text("""
        @struct
        class Inner:
            n: U8

        @struct
        class Outer:
            inner: Inner
            pair: Array[Inner] = array(2)

        single = shared(Inner)
        outer = shared(Outer)
        x = shared(U8)

        @thread(each=Inner)
        def t(i: Ptr[Inner]):
            i.n += 1

        @initial
        def count():
            global x
            x = places(Inner)

        @final
        def every_place_once():
            return (
                single.n == 1
                and outer.inner.n == 1
                and outer.pair[0].n == 1
                and outer.pair[1].n == 1
                and x == 4
            )
    """)
    assert violated(result) == set()
    assert counts(result) == (81, 216, 8)  # four threads of three positions


def test_finished_asks_and_is_an_access():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, 1)

        @thread
        def u():
            if finished(t):
                WRITE_ONCE(x, 2)

        @reachable
        def was_finished():
            return x == 2
    """)
    assert violated(result) == set()
    # t 0, u 0; t done: u at 0, at the store, ended with x = 2; u ended early: t 0, t done
    assert counts(result) == (6, 5, 3)


def test_a_spawned_slot_is_taken_again():
    result = check_text("""
        x = shared(U8)

        @thread(spawned=1)
        def w(n: U8):
            WRITE_ONCE(x, n)

        @thread
        def t():
            a = spawn(w, 1)
            wait_until(finished(a))
            b = spawn(w, 2)
            wait_until(finished(b))

        @final
        def last():
            return x == 2
    """)
    assert violated(result) == set()
    assert counts(result) == (7, 6, 6)


def test_spawn_evaluates_its_arguments_before_the_step():
    result = check_text("""
        x = shared(U8, 1)
        out = shared(U8)

        @thread(spawned=1)
        def w(n: U8):
            WRITE_ONCE(out, n)

        @thread
        def t():
            spawn(w, READ_ONCE(x))
            WRITE_ONCE(x, 5)

        @final
        def old():
            return out == 1
    """)
    assert violated(result) == set()
    # load, spawn, then two threads with a step each
    assert counts(result) == (6, 6, 4)


IRQ = """
    x = shared(U8)
    y = shared(U8)

    @thread
    def task():
        {body}

    @thread({context}interrupts=task)
    def handler():
        v = READ_ONCE(x)
        WRITE_ONCE(y, 1)
        w = READ_ONCE(x)
        assert v == w, "stands_still"
        assert v == 0, "not_between"
"""


@pytest.mark.parametrize(
    ("body", "context", "fails"),
    [
        ("WRITE_ONCE(x, 1)\nWRITE_ONCE(x, 0)", "", {"not_between"}),
        ("irqs(False)\nWRITE_ONCE(x, 1)\nWRITE_ONCE(x, 0)\nirqs(True)", "", set()),
        ("irqs(False)\nWRITE_ONCE(x, 1)\nirqs(True)\nWRITE_ONCE(x, 0)", "", {"not_between"}),
        (
            "softirqs(False)\nWRITE_ONCE(x, 1)\nWRITE_ONCE(x, 0)\nsoftirqs(True)",
            "",
            {"not_between"},
        ),
        (
            "softirqs(False)\nWRITE_ONCE(x, 1)\nWRITE_ONCE(x, 0)\nsoftirqs(True)",
            'context="softirq", ',
            set(),
        ),
        (
            "irqs(False)\nWRITE_ONCE(x, 1)\nWRITE_ONCE(x, 0)\nirqs(True)",
            'context="softirq", ',
            set(),
        ),
    ],
)
def test_a_handler_runs_where_it_is_let(body, context, fails):
    text = IRQ.format(body=body.replace("\n", "\n        "), context=context)
    assert violated(check_text(text)) == fails


def test_contexts_are_known():
    result = check_text("""
        x = shared(U8)
        y = shared(U8)

        @thread(context="kthread")
        def t():
            if context() == Context.KTHREAD:
                WRITE_ONCE(x, 1)

        @thread(interrupts=t)
        def h():
            if context() == Context.HARDIRQ:
                WRITE_ONCE(y, 1)

        @final
        def ok():
            return x == 1 and y == 1
    """)
    assert violated(result) == set()


def test_a_crash_ends_every_other_thread_and_its_own_goes_on():
    result = check_text("""
        @struct(marked=True)
        class Disk:
            block: U8 = durable(0)
            cache: U8

        disk = shared(Disk)
        writes: U8 = ghost(0)

        @thread
        def writer():
            global writes
            disk.cache = 1
            disk.block = 1
            writes += 1

        @thread
        def power():
            crash()
            WRITE_ONCE(disk.cache, 2)

        @final
        def two():
            return disk.cache == 2 or disk.cache == 1

        @invariant
        def the_ghost_outlives_it():
            return (disk.block == 1) == (writes == 1)

        @reachable
        def lost():
            return disk.block == 0 and disk.cache == 2

        @reachable
        def kept():
            return disk.block == 1 and disk.cache == 2
    """)
    assert violated(result) == set()


def test_a_crash_gives_the_pool_back():
    result = check_text("""
        @struct
        class S:
            n: U8

        slots = pool(S, count=1)

        @thread
        def t():
            p = new(S, n=1)
            crash()
            q = new(S, n=2)
            free(q)
    """)
    assert violated(result) == set()


LOCKS = """
    @struct
    class Lock:
        n: U8

    @struct
    class Inode:
        lock: Lock

    a = shared(Lock)
    b = shared(Lock)
    inodes = shared(Inode, count=2)
    x = shared(U8)

    @thread
    def t():
        WRITE_ONCE(x, 1)
        {one}

    @thread
    def u():
        WRITE_ONCE(x, 1)
        {two}
"""


@pytest.mark.parametrize(
    ("one", "two", "fails"),
    [
        ("a, b", "b, a", True),
        ("a, b", "a, b", False),
        ("a, a", "a, b", True),
        ("inodes[0].lock, a", "a, inodes[1].lock", True),  # one declaration
        ("inodes[0].lock, a", "inodes[1].lock, a", False),
    ],
)
def test_precedes_orders_declarations(one, two, fails):
    text = LOCKS.format(one=f'precedes("lock-order", {one})', two=f'precedes("lock-order", {two})')
    assert violated(check_text(text)) == ({"lock-order"} if fails else set())


def test_precedes_is_recorded_over_the_whole_run():
    # The two are never in one trace
    result = check_text("""
        @struct
        class Lock:
            n: U8

        a = shared(Lock)
        b = shared(Lock)
        x = shared(U8)

        @thread
        def t():
            if either():
                WRITE_ONCE(x, 1)
                precedes("lock-order", a, b)
            else:
                WRITE_ONCE(x, 2)
                precedes("lock-order", b, a)
    """)
    assert violated(result) == {"lock-order"}


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        ("@thread(count=2)\ndef t(a, b):\n    WRITE_ONCE(x, 1)", "MC298"),
        ("@thread(count=2)\ndef t(me):\n    me = 1\n    WRITE_ONCE(x, 1)", "MC293"),
        ("@thread(spawned=1)\ndef t(me):\n    WRITE_ONCE(x, 1)", "MC283"),
        ("@thread(speed=1)\ndef t(me):\n    WRITE_ONCE(x, 1)", "MC210"),
        ("@thread\ndef t():\n    return 1", "MC297"),
        ("@thread\ndef t():\n    while True:\n        pass", "MC407"),
        ("@thread\ndef t():\n    spawn(t)", "MC282"),
        ("@eventually\ndef p():\n    return x == 1", "MC304"),
        ("@leads_to\ndef p():\n    return x == 1", "MC304"),
    ],
)
def test_refusals(declaration, code):
    assert refusal(f"x = shared(U8)\n\n{declaration}\n") == {code}


def test_places_counts_what_the_struct_that_asks_holds_itself():
    result = check_text("""
        @struct
        class Work:
            n: U8

        @struct
        class Wq:
            q: Queue[Ptr[Work]] = queue(places(Work))
            spare: Array[Work] = array(2)

        wq = shared(Wq)
        own = shared(Work)

        @thread
        def t():
            wq.q.append(own)
            wq.q.append(wq.spare[0])
            wq.q.append(wq.spare[1])
    """)
    assert violated(result) == set()


def test_a_handler_of_no_thread_never_runs():
    result = check_text("""
        x = shared(U8)

        @thread(count=0)
        def t():
            WRITE_ONCE(x, 1)

        @thread(interrupts=t)
        def h():
            WRITE_ONCE(x, 2)

        @thread
        def u():
            WRITE_ONCE(x, 3)

        @invariant
        def never_two():
            return x != 2
    """)
    assert violated(result) == set()
    assert counts(result) == (2, 1, 1)
