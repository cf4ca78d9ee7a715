"""`Fn`: which routine a call through a field, a local or an argument runs."""

from __future__ import annotations

from tests.checking import check_text, refusal, violated

ROUTINES = """
    x = shared(U8)
    y = shared(U8)

    def one():
        WRITE_ONCE(x, 1)

    def two():
        WRITE_ONCE(y, 2)

"""


def test_a_field_may_hold_a_routine_from_its_declaration_on():
    result = check_text(
        ROUTINES
        + """
    @struct
    class W:
        fn: Fn = one
        g: U8

    w = shared(W)
    v = shared(W)

    @thread
    def t():
        v.fn = two
        w.fn()
        v.fn()

    @final
    def ok():
        return x == 1 and y == 2
    """
    )
    assert violated(result) == set()


def test_a_field_of_an_embedded_struct_may_hold_a_routine_from_its_declaration_on():
    result = check_text(
        ROUTINES
        + """
    @struct
    class W:
        fn: Fn = one

    @struct
    class Outer:
        w: W
        n: U8

    o = shared(Outer)

    @thread
    def t():
        o.w.fn()
        o.w.fn = two
        o.w.fn()

    @final
    def ok():
        return x == 1 and y == 2
    """
    )
    assert violated(result) == set()


def test_a_spawned_thread_runs_the_routine_it_is_given():
    result = check_text(
        ROUTINES
        + """
    @thread(spawned=2)
    def worker(fn: Fn):
        fn()

    @thread
    def t():
        spawn(worker, one)
        spawn(worker, two)

    @final
    def ok():
        return x == 1 and y == 2
    """
    )
    assert violated(result) == set()


def test_a_call_through_a_field_fits_arguments_to_the_parameters():
    result = check_text("""
        x = shared(U16)

        def take(n: U8):
            WRITE_ONCE(x, n)

        @struct
        class W:
            fn: Fn

        w = shared(W)

        @thread
        def t():
            w.fn = take
            w.fn(300)

        @final
        def ok():
            return x == 44
    """)
    assert violated(result) == set()


def test_a_call_through_a_field_takes_no_places():
    assert refusal("""
        x = shared(U8)

        def take(place: Ref[U8]):
            WRITE_ONCE(place, 1)

        @struct
        class W:
            fn: Fn

        w = shared(W, fn=take)

        @thread
        def t():
            w.fn(x)
    """) == {"MC269"}


def test_recursion_through_a_field_is_refused():
    assert refusal("""
        x = shared(U8)

        @struct
        class W:
            fn: Fn

        w = shared(W)

        def again():
            WRITE_ONCE(x, 1)
            w.fn()

        @thread
        def t():
            w.fn = again
            w.fn()
    """) == {"MC264"}


def test_a_queue_of_routines_runs_what_was_put_in():
    result = check_text(
        ROUTINES
        + """
    @struct
    class W:
        q: Queue[Fn] = queue(2)

    w = shared(W)

    @thread
    def t():
        w.q.append(one)
        w.q.append(two)
        w.q[1]()
        f = w.q.popleft()
        f()

    @final
    def ok():
        return x == 1 and y == 2
    """
    )
    assert violated(result) == set()


def test_the_result_of_a_call_whose_targets_come_from_a_later_thread():
    result = check_text(
        """
    @struct(marked=True)
    class Entry:
        func: Fn
        hit: Bool

    entry = shared(Entry)

    def strike(e: Ptr[Entry]) -> Bool:
        e.hit = True
        return True

    @thread
    def caller():
        with atomic(because="one lock"):
            if entry.func is not None:
                woke = entry.func(entry)
                assert woke, "woken"

    @thread
    def setter():
        entry.func = strike

    @reachable
    def was_hit():
        return entry.hit
    """
    )
    assert violated(result) == set()


TWO_FIELDS = """
    @struct(marked=True)
    class A:
        func: Fn

    @struct(marked=True)
    class B:
        func: Fn

    a = shared(A)
    b = shared(B)
    n = shared(U8)

    def one():
        global n
        with atomic():
            n += 1

    def two(k: U8):
        global n
        with atomic():
            n += k
"""


def test_a_call_of_a_local_asks_only_routines_that_take_its_arguments():
    result = check_text(
        TWO_FIELDS
        + """
    @thread
    def work():
        a.func = one
        b.func = two
        f = a.func
        f()
        b.func(1)

    @final
    def both_ran():
        return n == 2
    """
    )
    assert violated(result) == set()


def test_a_local_that_takes_other_arguments_is_a_fault_when_it_is_called():
    result = check_text(
        TWO_FIELDS
        + """
    @thread
    def work():
        a.func = one
        b.func = two
        f = b.func
        f()
    """
    )
    assert violated(result) == {"null-dereference"}


def test_container_of_in_a_routine_that_is_stored_for_another_struct():
    result = check_text("""
        @struct(marked=True)
        class Table:
            qproc: Fn

        @struct(marked=True)
        class First:
            table: Table
            ready: Bool

        @struct(marked=True)
        class Second:
            table: Table
            done: Bool

        one = shared(First)
        other = shared(Second)
        mixed = shared(Bool)

        def queue_first(pt: Ptr[Table]):
            first = container_of(pt, First, "table")
            first.ready = True

        def queue_second(pt: Ptr[Table]):
            second = container_of(pt, Second, "table")
            second.done = True

        @initial
        def fill():
            one.table.qproc = queue_first
            other.table.qproc = queue_second

        def poll(pt: Ptr[Table]):
            pt.qproc(pt)

        @thread
        def by_first():
            poll(one.table)

        @thread
        def by_second():
            poll(other.table)

        @final
        def each_ran_its_own():
            return one.ready and other.done
    """)
    assert violated(result) == set()


RETURNING = """
    @struct(marked=True)
    class Node:
        seen: U8

    @struct(marked=True)
    class Ops:
        get: Fn

    node = shared(Node)
    ops = shared(Ops, get=found)
    nones = shared(U8)
    here = shared(U8)

    def found():
        return node

    def number():
        return 3

    def nothing():
        WRITE_ONCE(here, 1)

    @thread
    def reader():
        n: U8 = 0
        while n < 2:
            BODY
            ops.get = nothing
            n += 1
"""


def test_a_call_that_returns_nothing_is_none_where_others_return_pointers():
    text = RETURNING.replace("BODY", "if ops.get() is None:\n                nones = n + 7")
    text = text.replace("def reader():", "def reader():\n        global nones")
    result = check_text(text + "\n    @final\n    def ok():\n        return nones == 8\n")
    assert violated(result) == set()


def test_what_a_call_before_it_returned_is_not_taken_for_it():
    text = RETURNING.replace("BODY", "p = ops.get()\n            p.seen += 1")
    assert violated(check_text(text)) == {"null-dereference"}


def test_a_call_that_returns_nothing_is_no_number():
    text = RETURNING.replace("get=found", "get=number")
    assert refusal(text.replace("BODY", "WRITE_ONCE(nones, ops.get())")) == {"MC271"}
    assert refusal(text.replace("BODY", "ops.get()")) == set()
