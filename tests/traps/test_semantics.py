"""Small programs whose verdict is fixed by the language, one trap each."""

from __future__ import annotations

import time

import pytest

from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.result import Verdict
from tests.checking import check_text, violated


def counts(result):
    return (result.counts.states, result.counts.transitions, result.counts.depth)


def test_endless_local_loop_is_an_error():
    started = time.monotonic()
    with pytest.raises(SpecErrors, match="MC407"):
        check_text("""
            @thread
            def t():
                while True:
                    pass
        """)
    assert time.monotonic() - started < 2


def test_endless_local_loop_on_a_value_diverges():
    started = time.monotonic()
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            n: U8 = READ_ONCE(x)
            while n == 0:
                n = n * 2
    """)
    assert violated(result) == {"diverges"}
    assert time.monotonic() - started < 2


def test_a_wait_in_an_atomic_undoes_what_came_before_it():
    result = check_text("""
        x = shared(U8)
        y = shared(Bool)

        @thread
        def t():
            global x
            with atomic():
                x = 1
                wait_until(y)

        @reachable
        def x_is_one():
            return x == 1
    """)
    assert violated(result) == {"deadlock", "x_is_one"}
    assert result.counts.states == 1


def test_an_object_no_pointer_names_leaks():
    result = check_text("""
        @struct
        class Item:
            n: U8

        pool_of_items = pool(Item, count=1)

        @thread
        def t():
            p = new(Item, n=1)
    """)
    assert violated(result) == {"leak"}


def test_an_object_that_shared_memory_leads_to_does_not_leak():
    result = check_text("""
        @struct
        class Item:
            n: U8

        @struct
        class Head:
            first: Ptr[Item]

        pool_of_items = pool(Item, count=1)
        head = shared(Head)

        @thread
        def t():
            WRITE_ONCE(head.first, new(Item, n=1))
    """)
    assert violated(result) == set()


ABBA = """
    @struct(marked=True)
    class Lock:
        owner: ThreadId

    a = shared(Lock)
    b = shared(Lock)
    ticks = shared(Bool)

    def take(l: Ptr[Lock]):
        with atomic():
            wait_until(l.owner is None)
            l.owner = current()

    def release(l: Ptr[Lock]):
        l.owner = None

    @thread
    def one():
        take(a)
        take(b)
        release(b)
        release(a)

    @thread
    def two():
        take(b)
        take(a)
        release(a)
        release(b)
"""


def test_abba_is_a_deadlock():
    result = check_text(ABBA)
    assert violated(result) == {"deadlock"}
    (deadlock,) = result.violations
    assert "one" in deadlock.detail and "two" in deadlock.detail and "b" in deadlock.detail


def test_abba_beside_a_thread_that_loops_for_ever_is_stuck():
    result = check_text(
        ABBA
        + """
    @thread
    def timer():
        while True:
            WRITE_ONCE(ticks, True)
            WRITE_ONCE(ticks, False)
    """
    )
    assert violated(result) == {"stuck"}


def test_a_final_of_threads_that_never_rest_is_not_tested():
    result = check_text("""
        x = shared(Bool)
        allow("stuck", because="the thread is meant to run for ever")

        @thread
        def t():
            while True:
                WRITE_ONCE(x, True)
                WRITE_ONCE(x, False)

        @final
        def never_asked():
            return not x
    """)
    verdicts = {p.name: p.verdict for p in result.properties}
    assert verdicts["never_asked"] is Verdict.NOT_TESTED
    assert result.verdict is Verdict.NOT_TESTED


def test_plain_stores_of_the_same_value_race():
    result = check_text("""
        x = shared(U8)

        @thread(count=2)
        def t():
            global x
            x = 1
    """)
    assert violated(result) == {"data-race"}


@pytest.mark.parametrize("first", ["x = 1", "v = x"])
def test_a_plain_access_races_with_a_marked_one(first):
    result = check_text(f"""
        x = shared(U8)

        @thread
        def plain():
            global x
            {first}

        @thread
        def marked():
            WRITE_ONCE(x, 2)
    """)
    assert violated(result) == {"data-race"}


def test_marked_stores_do_not_race():
    assert (
        violated(
            check_text("""
        x = shared(U8)

        @thread(count=2)
        def t():
            WRITE_ONCE(x, 1)
    """)
        )
        == set()
    )


def test_plain_accesses_of_two_atomics_do_not_race():
    assert (
        violated(
            check_text("""
        x = shared(U8)

        @thread(count=2)
        def t():
            global x
            with atomic():
                x = 1
    """)
        )
        == set()
    )


def test_the_condition_of_a_wait_reads_marked():
    assert (
        violated(
            check_text("""
        x = shared(Bool)

        @thread
        def waits():
            wait_until(x)

        @thread
        def sets():
            WRITE_ONCE(x, True)
    """)
        )
        == set()
    )


STALE = """
    @struct
    class Item:
        n: U8

    items = pool(Item, count=2)

    @thread
    def t():
        p = new(Item, n=1)
        q = p
        free(p)
        r = new(Item, n=2)
        v = q.n
        free(r)
"""


def test_a_stale_pointer_is_seen_after_the_slot_is_new_again():
    result = check_text(STALE)
    assert violated(result) == {"use-after-free"}
    (violation,) = result.violations
    assert "Item" in violation.names


def test_with_reuse_a_stale_pointer_may_name_the_new_object():
    result = check_text(STALE.replace("count=2", "count=1, reuse=True"))
    assert violated(result) == set()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("-7 // 2", -4),
        ("(0 - seven) // 2", -4),
        ("-7 % -2", -1),
        ("(0 - seven) % (0 - two)", -1),
        ("(0 - seven) % two", 1),
        ("seven % (0 - two)", -1),
        ("seven // (0 - two)", -4),
        ("1 << (two % 8)", 4),
        ("~seven", -8),
        ("(0 - seven) >> 1", -4),
    ],
)
def test_arithmetic_is_python_s(expression, value):
    result = check_text(f"""
        seven = shared(U8, 7)
        two = shared(U8, 2)
        x = shared(between(-100, 100))

        @thread
        def t():
            global x
            x = {expression}

        @final
        def as_in_python():
            return x == {value}
    """)
    assert violated(result) == set()
    wrong = check_text(f"""
        seven = shared(U8, 7)
        two = shared(U8, 2)
        x = shared(between(-100, 100))

        @thread
        def t():
            global x
            x = {expression}

        @final
        def as_in_python():
            return x == {value + 1}
    """)
    assert violated(wrong) == {"as_in_python"}


def test_division_by_a_zero_of_memory_is_arithmetic():
    result = check_text("""
        x = shared(U8, 7)
        zero = shared(U8)

        @thread
        def t():
            v = READ_ONCE(x) % READ_ONCE(zero)
    """)
    assert violated(result) == {"arithmetic"}


def test_division_by_a_written_zero_is_an_error():
    with pytest.raises(SpecErrors, match="MC231"):
        check_text("""
            x = shared(U8, 7)

            @thread
            def t():
                v = READ_ONCE(x) % 0
        """)


@pytest.mark.parametrize(("bits", "greatest"), [("U8", 255), ("U16", 65535), ("U32", 4294967295)])
def test_words_wrap(bits, greatest):
    result = check_text(f"""
        x = shared({bits}, {greatest})
        y = shared({bits})

        @thread
        def t():
            global x, y
            x += 1
            y -= 1

        @final
        def wrapped():
            return x == 0 and y == {greatest}
    """)
    assert violated(result) == set()


@pytest.mark.parametrize(("step", "fails"), [("x += 1", True), ("x -= 1", False)])
def test_a_range_is_left_above(step, fails):
    result = check_text(f"""
        x = shared(between(-3, 5), 5)

        @thread
        def t():
            global x
            {step}
    """)
    assert violated(result) == ({"range"} if fails else set())


@pytest.mark.parametrize(("step", "fails"), [("x -= 1", True), ("x += 1", False)])
def test_a_range_is_left_below(step, fails):
    result = check_text(f"""
        x = shared(between(-3, 5), -3)

        @thread
        def t():
            global x
            {step}
    """)
    assert violated(result) == ({"range"} if fails else set())


def test_a_load_nobody_uses_is_a_step():
    result = check_text("""
        x = shared(U8)

        @thread
        def reads():
            READ_ONCE(x)

        @thread
        def writes():
            WRITE_ONCE(x, 1)
    """)
    assert counts(result) == (4, 4, 2)


def test_a_field_that_nothing_stores_is_no_access():
    result = check_text("""
        limit = shared(U8, 3)
        x = shared(U8)

        @thread
        def t():
            if READ_ONCE(limit) == 3:
                WRITE_ONCE(x, limit)

        @final
        def stored():
            return x == 3
    """)
    assert counts(result) == (2, 1, 1)
    assert violated(result) == set()


def test_an_augmented_store_is_two_steps():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            global x
            x += 1
    """)
    assert counts(result) == (3, 2, 2)


def test_a_condition_on_two_fields_is_two_loads_with_short_circuit():
    result = check_text("""
        x = shared(Bool)
        y = shared(Bool)

        @thread
        def reads():
            if x and y:
                pass

        @thread
        def sets():
            WRITE_ONCE(x, True)
            WRITE_ONCE(y, True)

        allow("data-race", because="only the steps matter here")
    """)
    # reads: at x, at y (only once x was seen), ended; sets: 0, 1, 2 stores made
    assert counts(result) == (8, 10, 3)


def test_ghost_stores_are_local_work():
    result = check_text("""
        x = shared(U8)
        seen: U8 = ghost(0)

        @thread
        def t():
            global seen
            WRITE_ONCE(x, 1)
            seen += 1
            seen += 1

        @final
        def both_seen():
            return seen == 2
    """)
    assert counts(result) == (2, 1, 1)
    assert violated(result) == set()


def test_a_ghost_cannot_steer_the_routine():
    with pytest.raises(SpecErrors, match="MC302"):
        check_text("""
            x = shared(U8)
            seen: U8 = ghost(0)

            @thread
            def t():
                if seen == 0:
                    WRITE_ONCE(x, 1)
        """)


def test_a_local_choice_goes_with_the_step_before_it():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, 1)
            n = choose(2, 3)
            WRITE_ONCE(x, n)
    """)
    # start; x = 1 with n = 2, with n = 3; x = 2; x = 3
    assert counts(result) == (5, 4, 2)


def test_a_choice_before_the_first_access_makes_initial_states():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            n = choose(2, 3)
            WRITE_ONCE(x, n)
    """)
    assert counts(result) == (4, 2, 1)


def test_any_order_visits_every_order():
    result = check_text("""
        @struct
        class Slot:
            n: U8

        slots = shared(Slot, count=3)
        order = shared(between(0, 999))

        @thread
        def t():
            global order
            for s in any_order(slots):
                with atomic():
                    order = order * 4 + s.n + 1

        @initial
        def number():
            for i in range(3):
                slots[i].n = i

        @reachable
        def forwards():
            return order == 1 * 16 + 2 * 4 + 3

        @reachable
        def backwards():
            return order == 3 * 16 + 2 * 4 + 1

        @invariant
        def never_twice():
            return order != 1 * 16 + 1 * 4 + 1
    """)
    assert violated(result) == set()


def test_a_spawned_thread_takes_its_arguments_and_ends():
    result = check_text("""
        x = shared(U8)

        @thread(spawned=2)
        def worker(n: U8):
            WRITE_ONCE(x, n)

        @thread
        def main():
            t = spawn(worker, 3)
            wait_until(finished(t))
            u = spawn(worker, 4)
            wait_until(finished(u))

        @final
        def last_one_wins():
            return x == 4
    """)
    assert violated(result) == set()
    assert counts(result) == (7, 6, 6)


def test_spawning_more_than_the_slots_is_capacity():
    result = check_text("""
        x = shared(U8)

        @thread(spawned=1)
        def worker():
            WRITE_ONCE(x, 1)

        @thread
        def main():
            spawn(worker)
            spawn(worker)
    """)
    assert violated(result) == {"capacity"}


def test_a_handler_holds_up_the_thread_it_interrupts():
    text = """
        x = shared(U8)
        y = shared(U8)

        @thread
        def task():
            {off}
            WRITE_ONCE(x, 1)
            WRITE_ONCE(x, 0)
            {on}

        @thread(context="hardirq", interrupts=task)
        def handler():
            v = READ_ONCE(x)
            assert v == 0, "never_between"
            WRITE_ONCE(y, 1)
            w = READ_ONCE(x)
            assert v == w, "task_stands_still"
    """
    open_result = check_text(text.format(off="pass", on="pass"))
    assert violated(open_result) == {"never_between"}
    shut = check_text(text.format(off="irqs(False)", on="irqs(True)"))
    assert violated(shut) == set()


def test_a_handler_that_loops_from_its_first_step_holds_its_thread_up():
    result = check_text(
        """
        x = shared(between(0, 3))
        y = shared(U8)

        @thread
        def task():
            WRITE_ONCE(y, 1)
            WRITE_ONCE(y, 2)

        @thread(context="hardirq", interrupts=task)
        def handler():
            seen = READ_ONCE(y)
            while READ_ONCE(x) < 3:
                with atomic():
                    x += 1
            again = READ_ONCE(y)
            assert seen == again, "task_stands_still"

        allow("data-race", because="only the order matters here")
    """.replace("x += 1", "WRITE_ONCE(x, READ_ONCE(x) + 1)")
    )
    assert violated(result) == set()
    from_the_start = check_text("""
        x = shared(between(0, 3))

        @thread
        def task():
            WRITE_ONCE(x, 1)

        @thread(context="hardirq", interrupts=task)
        def handler():
            while READ_ONCE(x) == 0:
                pass
    """)
    # Once started while x is 0 the handler spins for ever: its thread cannot store.
    assert violated(from_the_start) == {"stuck"}


def test_a_local_object_dies_with_its_routine():
    result = check_text("""
        @struct
        class Entry:
            n: U8

        @struct
        class Head:
            first: Ptr[Entry]

        head = shared(Head)

        def enqueue():
            e = local(Entry, n=1)
            WRITE_ONCE(head.first, e)

        @thread
        def t():
            enqueue()
            p = READ_ONCE(head.first)
            v = p.n
    """)
    assert violated(result) == {"use-after-free"}


def test_an_uninitialised_field_is_seen():
    text = """
        @struct
        class Item:
            n: U8
            m: U8

        items = pool(Item, count=1)

        @thread
        def t():
            p = new(Item, n=1)
            v = p.{field}
            free(p)
    """
    assert violated(check_text(text.format(field="m"))) == {"uninitialised"}
    assert violated(check_text(text.format(field="n"))) == set()


def test_queues_are_bounded_and_ordered():
    text = """
        @struct
        class Box:
            q: Queue[U8] = queue(2)

        box = shared(Box)
        out = shared(between(0, 99))

        @thread
        def t():
            global out
            box.q.append(1)
            box.q.append(2)
            {more}
            a = box.q.popleft()
            b = box.q.popleft()
            WRITE_ONCE(out, a * 10 + b)

        @final
        def first_in_first_out():
            return out == 12
    """
    assert violated(check_text(text.format(more="pass"))) == set()
    assert violated(check_text(text.format(more="box.q.append(3)"))) == {"capacity"}
    assert violated(check_text(text.format(more="box.q.clear()"))) == {"out-of-bounds"}


def test_sets_of_threads():
    result = check_text("""
        @struct
        class Readers:
            active: Set[ThreadId]

        readers = shared(Readers)

        @thread(count=2)
        def t():
            readers.active.add(current())
            readers.active.discard(current())

        @final
        def empty():
            return len(readers.active) == 0

        @reachable
        def both():
            return all(t in readers.active for t in threads())

        allow("data-race", because="only the set matters here")
    """)
    assert violated(result) == set()
    assert counts(result) == (9, 12, 4)


def test_a_call_through_fn_runs_what_the_field_holds():
    result = check_text("""
        @struct
        class Work:
            fn: Fn

        work = shared(Work)
        x = shared(U8)

        def one():
            WRITE_ONCE(x, 1)

        def two():
            WRITE_ONCE(x, 2)

        @thread
        def t():
            if either():
                work.fn = one
            else:
                work.fn = two
            work.fn()

        @reachable
        def ran_one():
            return x == 1

        @reachable
        def ran_two():
            return x == 2
    """)
    assert violated(result) == set()


def test_a_call_through_none_is_a_null_dereference():
    assert violated(
        check_text("""
        @struct
        class Work:
            fn: Fn

        work = shared(Work)
        x = shared(U8)

        def one():
            WRITE_ONCE(x, 1)

        @thread
        def other():
            WRITE_ONCE(work.fn, one)

        @thread
        def t():
            f = READ_ONCE(work.fn)
            f()
    """)
    ) == {"null-dereference"}


def test_a_crash_keeps_only_what_is_durable():
    result = check_text("""
        @struct(marked=True)
        class Disk:
            block: U8 = durable(0)
            cache: U8

        disk = shared(Disk)
        crashed: Bool = ghost(False)

        @thread
        def writer():
            disk.cache = 1
            disk.block = 1

        @thread
        def power():
            global crashed
            crash()
            crashed = True

        @invariant
        def cache_is_lost():
            return not crashed or disk.cache == 0

        @reachable
        def block_stays():
            return crashed and disk.block == 1
    """)
    assert violated(result) == set()


def test_an_order_cycle_is_found_without_a_deadlock():
    result = check_text("""
        @struct
        class Lock:
            n: U8

        a = shared(Lock)
        b = shared(Lock)
        x = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, 1)
            precedes("lock-order", a, b)
            WRITE_ONCE(x, 2)
            precedes("lock-order", b, a)
    """)
    assert violated(result) == {"lock-order"}


def test_recursion_that_constants_end_is_inlined():
    result = check_text("""
        x = shared(U8)

        def count_down(n):
            if n > 0:
                WRITE_ONCE(x, n)
                count_down(n - 1)

        @thread
        def t():
            count_down(3)

        @final
        def counted():
            return x == 1
    """)
    assert violated(result) == set()
    assert counts(result) == (4, 3, 3)


def test_recursion_without_end_is_an_error():
    with pytest.raises(SpecErrors, match="MC264"):
        check_text("""
            x = shared(U8)

            def again(n):
                again(n)

            @thread
            def t():
                again(1)
        """)


def test_a_step_that_fails_has_no_successor_but_others_go_on():
    result = check_text("""
        x = shared(U8)

        @thread
        def fails():
            assert False, "always"
            WRITE_ONCE(x, 1)

        @thread
        def goes_on():
            WRITE_ONCE(x, 2)

        @reachable
        def went_on():
            return x == 2
    """)
    assert "always" in violated(result)


@pytest.mark.parametrize(
    "look", ["len(box.q) < 1", "1 not in box.q", "not any(x == 1 for x in box.q)"]
)
def test_a_wait_that_looks_at_a_queue_races_with_a_plain_append(look):
    """The look was no access, so the race was missed."""
    text = f"""
        @struct
        class Box:
            q: Queue[U8] = queue(2)

        box = shared(Box)

        @thread
        def fills():
            box.q.append(1)

        @thread
        def waits():
            wait_until({look})

        allow("deadlock", because="only the race matters here")
    """
    assert violated(check_text(text)) == {"data-race"}
    marked = text.replace("@struct", "@struct(marked=True)")
    assert violated(check_text(marked)) == set()


def test_a_local_loop_that_chooses_in_every_round_ends_inconclusive():
    """Its ways double with every round; the search once followed them past every limit."""
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            k = READ_ONCE(x)
            while k < 2:
                k = choose(range(2))
            WRITE_ONCE(x, 1)

        @final
        def never_there():
            return x == 0
    """)
    assert violated(result) == {"diverges"}
    assert not result.exhausted
    verdicts = {p.name: p.verdict for p in result.properties}
    assert verdicts["never_there"] is not Verdict.VERIFIED


def test_a_local_loop_that_may_go_on_for_ever_is_not_verified():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            WRITE_ONCE(x, 1)
            while either():
                pass
            WRITE_ONCE(x, 2)
    """)
    assert result.verdict is not Verdict.VERIFIED
    assert not result.exhausted
