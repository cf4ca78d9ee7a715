"""Programs with locks and waits on which a careless gate loses something."""

from __future__ import annotations

from reduce.traps_kit import check_all
from tests.checking import counts, violated

LOCK = """
    @struct(marked=True)
    class Lock:
        owner: ThreadId

    lock = shared(Lock)
    a = shared(U8)
    seen = shared(U8)
    held = shared(Bool)
    turn = shared(Bool)

    def take():
        with atomic():
            wait_until(lock.owner is None)
            lock.owner = current()

    def give_back():
        with atomic():
            assert lock.owner == current(), "mine"
            lock.owner = None

    @reachable
    def saw_0():
        return seen == 1

    @reachable
    def saw_1():
        return seen == 2
"""


def test_who_waits_for_a_lock_needs_who_has_it():
    full, _ = check_all(
        LOCK
        + """
    @thread
    def stores():
        WRITE_ONCE(a, 1)

    @thread
    def has():
        take()
        WRITE_ONCE(held, True)
        give_back()

    @thread
    def waits():
        wait_until(held)
        take()
        value = READ_ONCE(a)
        WRITE_ONCE(seen, value + 1)
        give_back()
    """
    )
    assert violated(full) == set()


def test_a_gate_keeps_from_what_is_behind_it_only():
    full, _ = check_all(
        LOCK
        + """
    @thread
    def has():
        take()
        WRITE_ONCE(held, True)
        value = READ_ONCE(a)
        WRITE_ONCE(seen, value + 1)
        give_back()

    @thread
    def goes_around():
        wait_until(held)
        if READ_ONCE(turn):
            take()
            give_back()
        else:
            WRITE_ONCE(a, 1)

    @thread
    def turns():
        WRITE_ONCE(turn, True)
    """
    )
    assert violated(full) == set()


def test_a_lock_may_be_given_back_by_another_than_its_owner():
    full, _ = check_all(
        LOCK
        + """
    @thread
    def has():
        take()
        WRITE_ONCE(held, True)
        wait_until(turn)

    @thread
    def breaks():
        wait_until(held)
        WRITE_ONCE(a, 1)
        lock.owner = None

    @thread
    def waits():
        wait_until(held)
        take()
        value = READ_ONCE(a)
        WRITE_ONCE(seen, value + 1)
        WRITE_ONCE(turn, True)
    """
    )
    assert violated(full) == {"saw_0"}


def test_a_critical_section_is_taken_at_once():
    """Who waits for the lock disturbs nobody in it: only who gets it next matters."""
    full, reduced = check_all("""
        from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock

        m = shared(Mutex)
        n = shared(U8)

        @thread(count=3)
        def works():
            mutex_lock(m)
            value = READ_ONCE(n)
            WRITE_ONCE(n, value + 1)
            mutex_unlock(m)

        @final
        def all_are_counted():
            return n == 3
    """)
    assert violated(full) == set()
    assert (counts(full)[0], counts(reduced)[0]) == (108, 63)
    assert (counts(full)[1], counts(reduced)[1]) == (189, 67)


def test_a_property_that_is_half_known_sees_the_other_half():
    full, _ = check_all("""
        a = shared(Bool)
        b = shared(U8)
        c = shared(U8)

        @thread
        def begins():
            WRITE_ONCE(a, True)

        @thread
        def first():
            wait_until(a)
            WRITE_ONCE(b, 1)
            WRITE_ONCE(b, 0)

        @thread
        def second():
            wait_until(a)
            WRITE_ONCE(c, 1)
            WRITE_ONCE(c, 0)

        @invariant
        def not_together():
            return not a or b + c != 2
    """)
    assert violated(full) == {"not_together"}


def test_what_two_threads_add_to_a_set_is_seen_together():
    full, _ = check_all("""
        @struct(marked=True)
        class Room:
            inside: Set[ThreadId]

        room = shared(Room)

        @thread(count=2)
        def enters():
            room.inside.add(current())
            room.inside.discard(current())

        @thread
        def counts():
            with atomic():
                assert len(room.inside) < 2, "two"

        @reachable
        def both():
            return len(room.inside) == 2
    """)
    assert "two" in violated(full)
