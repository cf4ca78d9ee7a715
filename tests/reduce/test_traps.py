"""Programs on which a careless reduction loses something: the same verdicts with every one."""

from __future__ import annotations

import dataclasses

import pytest

from modelcheck.explore.options import Options
from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore
from reduce.traps_kit import POR, check_all
from tests.checking import counts, load_text, violated


def test_who_goes_round_for_ever_puts_off_nobody():
    full, _ = check_all("""
        a = shared(Bool)
        b = shared(Bool)

        @thread
        def toggles():
            while True:
                WRITE_ONCE(a, True)
                WRITE_ONCE(a, False)

        @thread
        def fails():
            WRITE_ONCE(b, True)
            assert False, "never"
    """)
    assert "never" in violated(full)


def test_a_loop_that_a_spawned_thread_goes_round_puts_off_nobody():
    full, _ = check_all("""
        a = shared(Bool)
        b = shared(Bool)

        @thread(spawned=True)
        def worker():
            WRITE_ONCE(a, True)
            WRITE_ONCE(a, False)

        @thread
        def spawner():
            while True:
                mine = spawn(worker)
                wait_until(finished(mine))

        @thread
        def fails():
            WRITE_ONCE(b, True)
            assert False, "never"
    """)
    assert "never" in violated(full)


def test_two_words_that_are_never_set_together_alone():
    full, _ = check_all("""
        a = shared(Bool)
        b = shared(Bool)

        @thread
        def first():
            WRITE_ONCE(a, True)
            WRITE_ONCE(a, False)

        @thread
        def second():
            WRITE_ONCE(b, True)
            WRITE_ONCE(b, False)

        @invariant
        def not_together():
            return not (a and b)

        @reachable
        def together():
            return a and b
    """)
    assert violated(full) == {"not_together"}


@pytest.mark.parametrize("wanted", [0, 1])
def test_an_element_is_read_at_an_index_that_comes_later(wanted):
    full, _ = check_all(f"""
        @struct(marked=True)
        class Word:
            value: Bool

        a = shared(Word, count=2)
        seen = shared(Bool)

        @thread
        def stores():
            WRITE_ONCE(a[1].value, True)

        @thread
        def loads():
            for i in range(2):
                value = READ_ONCE(a[i].value)
                if i == {wanted} and value:
                    WRITE_ONCE(seen, True)

        @reachable
        def was_seen():
            return seen

        @reachable
        def was_not_seen():
            return not seen and finished(loads) and finished(stores)
    """)
    assert violated(full) == ({"was_seen"} if wanted == 0 else set())


def test_a_pointer_is_loaded_then_its_target_while_both_move():
    full, _ = check_all("""
        @struct(marked=True)
        class Box:
            value: U8

        boxes = pool(Box, count=2)
        @struct(marked=True)
        class Place:
            box: Ptr[Box]

        place = shared(Place)
        seen = shared(U8)

        @initial
        def start():
            box = new(Box)
            box.value = 1
            place.box = box

        @thread
        def moves():
            box = new(Box)
            box.value = 2
            old = place.box
            place.box = box
            old.value = 3

        @thread
        def loads():
            box = place.box
            WRITE_ONCE(seen, box.value)

        @reachable
        def saw_1():
            return seen == 1

        @reachable
        def saw_2():
            return seen == 2

        @reachable
        def saw_3():
            return seen == 3
    """)
    assert not violated(full) & {"saw_1", "saw_2", "saw_3"}


def test_two_that_add_one_pass_the_bound_together():
    full, _ = check_all("""
        @struct(marked=True)
        class Counter:
            n: Int = between(0, 3)

        counter = shared(Counter, n=2)

        @thread(count=2)
        def adds():
            with atomic():
                counter.n = counter.n + 1
    """)
    assert violated(full) == {"range"}


def test_plain_stores_of_one_value_race():
    full, _ = check_all(
        """
        n = shared(U8)
        other = shared(U8)

        @thread(count=2)
        def stores():
            WRITE_ONCE(other, 1)
            n = 1
    """.replace("n = 1\n", "global n\n            n = 1\n")
    )
    assert violated(full) == {"data-race"}


def test_a_step_that_fails_alone_hides_no_other_failure():
    full, _ = check_all("""
        a = shared(Bool)
        b = shared(Bool)

        @thread
        def first():
            WRITE_ONCE(a, True)
            assert False, "first"

        @thread
        def second():
            WRITE_ONCE(b, True)
            WRITE_ONCE(b, False)
            value = READ_ONCE(b)
            assert value, "second"
    """)
    assert violated(full) == {"first", "second"}


@pytest.mark.parametrize("end", ["second", "first"])
def test_a_wait_for_one_of_two_is_fed_by_both(end):
    full, _ = check_all(f"""
        a = shared(Bool)
        b = shared(Bool)
        by = shared(U8)

        @thread
        def first():
            WRITE_ONCE(a, True)

        @thread
        def second():
            WRITE_ONCE(b, True)

        @thread
        def waits():
            wait_until(READ_ONCE(a) or READ_ONCE(b))
            if READ_ONCE(a):
                WRITE_ONCE(by, 1)
            else:
                WRITE_ONCE(by, 2)

        @reachable
        def by_{end}():
            return by == {1 if end == "first" else 2}
    """)
    assert violated(full) == set()


def test_a_free_meets_every_access():
    full, _ = check_all("""
        @struct(marked=True)
        class Box:
            value: U8
            other: U8

        boxes = pool(Box, count=1)
        @struct(marked=True)
        class Place:
            box: Ptr[Box]

        place = shared(Place)

        @initial
        def start():
            box = new(Box)
            box.value = 1
            box.other = 1
            place.box = box

        @thread
        def loads():
            mine = place.box
            value = mine.value

        @thread
        def stores():
            mine = place.box
            mine.other = 2

        @thread
        def frees():
            mine = place.box
            free(mine)
    """)
    assert violated(full) == {"use-after-free"}


def test_of_two_allocations_each_may_be_the_one_that_leaks():
    full, _ = check_all("""
        @struct(marked=True)
        class Box:
            value: U8

        boxes = pool(Box, count=2)
        @struct(marked=True)
        class Place:
            box: Ptr[Box]

        kept = shared(Place)

        @thread(count=2)
        def allocates():
            box = new(Box)
            box.value = 1
            kept.box = box
    """)
    assert violated(full) == {"leak"}
    assert len(full.violations) == 2


def test_who_is_blocked_in_one_choice_takes_the_other_too():
    full, _ = check_all("""
        a = shared(Bool)
        by = shared(U8)

        @thread
        def chooses():
            with atomic():
                which = choose(1, 2)
                wait_until(which == 1 or READ_ONCE(a))
                WRITE_ONCE(by, which)

        @thread
        def opens():
            WRITE_ONCE(a, True)

        @reachable
        def by_2():
            return by == 2
    """)
    assert violated(full) == set()


def test_lock_orders_are_recorded_by_those_who_are_put_off():
    full, _ = check_all("""
        @struct(marked=True)
        class Lock:
            held: Bool

        a = shared(Lock)
        b = shared(Lock)

        @thread
        def first():
            precedes("lock-order", a, b)
            a.held = True

        @thread
        def second():
            b.held = True
            precedes("lock-order", b, a)
            b.held = False
    """)
    assert violated(full) == {"lock-order"}


def test_from_where_nobody_comes_to_an_end_is_found():
    full, _ = check_all("""
        a = shared(Bool)
        b = shared(U8)

        @thread
        def first():
            WRITE_ONCE(a, True)
            while READ_ONCE(a):
                WRITE_ONCE(b, 1)
                WRITE_ONCE(b, 2)

        @thread
        def second():
            if READ_ONCE(b) == 1:
                WRITE_ONCE(a, False)
    """)
    assert "stuck" in violated(full)


def test_an_interrupt_comes_between_any_two_steps():
    full, _ = check_all("""
        a = shared(U8)
        seen = shared(U8)

        @thread
        def task():
            WRITE_ONCE(a, 1)
            WRITE_ONCE(a, 2)
            WRITE_ONCE(a, 3)

        @thread(interrupts=task)
        def handler():
            WRITE_ONCE(seen, READ_ONCE(a))

        @reachable
        def saw_0():
            return seen == 0 and finished(handler)

        @reachable
        def saw_2():
            return seen == 2

        @reachable
        def saw_3():
            return seen == 3
    """)
    assert violated(full) == set()


PRIVATE_STEPS = """
    mine = per_thread(U8)
    lock = shared(Bool)
    total = shared(U8)

    @thread(count=4)
    def worker():
        mine[current()] = 1
        mine[current()] = 2
        mine[current()] = 3
        with atomic(rmw="acquire"):
            wait_until(not READ_ONCE(lock))
            WRITE_ONCE(lock, True)
        value = READ_ONCE(total)
        WRITE_ONCE(total, value + 1)
        WRITE_ONCE(lock, False)

    @final
    def all_are_counted():
        return total == 4
"""


def test_private_steps_and_a_critical_section_are_taken_in_one_order():
    """Private steps one after the other (12 states), then only who gets the lock next matters."""
    full, reduced = check_all(PRIVATE_STEPS)
    assert counts(full)[:2] == (2_125, 6_200)
    assert counts(reduced)[:2] == (124, 140)
    assert reduced.verdict is Verdict.VERIFIED
    assert reduced.reductions == ("por",)


def test_a_program_of_too_many_threads_is_not_reduced():
    text = """
        mine = per_thread(Bool)

        @thread(count=65)
        def worker():
            mine[current()] = True
            mine[current()] = False
    """
    program = load_text(text).program({})
    limited = Options(max_states=50)
    full = explore(program, limited)
    assert counts(explore(program, dataclasses.replace(limited, reduce=POR.reduce))) == counts(full)


def test_a_property_looks_at_what_is_each_threads_own():
    full, _ = check_all("""
        @struct(marked=True)
        class Flag:
            up: Bool

        @thread(count=2)
        def raises():
            flag = local(Flag)
            flag.up = True
            flag.up = False

        @reachable
        def both_up():
            return sum(1 for flag in objects(Flag) if flag.up) == 2
    """)
    assert violated(full) == set()


def test_a_crash_meets_everything():
    full, _ = check_all("""
        @struct(marked=True)
        class Disk:
            block: U8 = durable(0)
            cache: U8

        disk = shared(Disk)

        @thread
        def works():
            disk.cache = 1
            disk.cache = 2

        @thread
        def falls():
            crash()
            disk.block = disk.cache + 1

        @reachable
        def fell_before():
            return disk.block == 1 and disk.cache == 0

        @reachable
        def fell_between():
            return disk.cache == 1

        @reachable
        def never():
            return disk.block == 3
    """)
    assert violated(full) == {"never"}
