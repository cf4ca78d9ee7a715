"""DESIGN 3.3: constants, objects, pools, routines."""

from __future__ import annotations

import pytest

from tests.checking import check_text, counts, program_of, refusal, violated

# -- constants


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (2, 1, 1)),
        ({"n": 0}, (2, 1, 1)),
        ({"n": 2}, (8, 12, 3)),  # three threads of one store each, to places of their own
    ],
)
def test_parameters_fold_threads_and_objects(settings, expected):
    result = check_text(
        """
        n = param(0, min=0, max=3)

        @struct
        class S:
            v: U8

        slots = shared(S, count=n)
        x = shared(U8)

        @thread(count=n)
        def t(me):
            slots[me].v = 1

        @thread
        def u():
            WRITE_ONCE(x, 1)

        @final
        def all_stored():
            return all(s.v == 1 for s in slots) and x == 1
        """,
        **settings,
    )
    assert violated(result) == set()
    assert counts(result) == expected


FLAGS = """
    class Mode(Enum):
        SLOW = 0
        FAST = 1

    BASE = -2
    WIDE = 2 * BASE + 8
    number = flag(1)
    switch = flag(False)
    mode = flag(Mode.SLOW)
    x = shared(U8)
    y = shared(U8)
    unused = shared(U8)

    @thread
    def t():
        if switch:
            WRITE_ONCE(unused, 1)
        match mode:
            case Mode.FAST:
                WRITE_ONCE(x, WIDE)
            case _:
                WRITE_ONCE(x, number)
                WRITE_ONCE(y, 1)
"""


def test_flags_fold_branches_and_what_only_they_reach():
    assert counts(check_text(FLAGS)) == (3, 2, 2)
    assert counts(check_text(FLAGS, mode="FAST")) == (2, 1, 1)
    assert counts(check_text(FLAGS, switch=True)) == (4, 3, 3)
    assert counts(check_text(FLAGS, number=0)) == (3, 2, 2)  # storing 0 is a step all the same
    names = {obj.name for obj in program_of(FLAGS).objects}
    assert names == {"x", "y"}
    assert {obj.name for obj in program_of(FLAGS, switch=True).objects} == {"x", "y", "unused"}
    assert {obj.name for obj in program_of(FLAGS, mode="FAST").objects} == {"x"}


def test_a_thread_that_can_never_step_is_dropped():
    program = program_of("""
        on = flag(False)
        x = shared(U8)

        @thread
        def t():
            if on:
                WRITE_ONCE(x, 1)

        @thread
        def u():
            WRITE_ONCE(x, 2)
    """)
    assert [t.name for t in program.templates] == ["u"]


def test_no_slots_of_a_thread_or_pool_is_capacity():
    assert violated(
        check_text("""
        @thread(spawned=0)
        def w():
            pass

        @thread
        def t():
            spawn(w)
    """)
    ) == {"capacity"}
    assert violated(
        check_text("""
        @struct
        class S:
            n: U8

        slots = pool(S, count=0)

        @thread
        def t():
            p = new(S, n=1)
            p.n = 2
            free(p)
    """)
    ) == {"capacity"}


# -- objects and pools


def test_a_choice_in_initial_makes_several_initial_states():
    result = check_text("""
        x = shared(U8)
        y = shared(U8)

        @initial
        def start():
            global x
            x = choose(1, 2, 2, 3)

        @thread
        def t():
            WRITE_ONCE(y, READ_ONCE(x))
            WRITE_ONCE(x, 0)
    """)
    # x = 1, 2, 3 (the same state twice counts once); loaded; stored; the end: y = 1, 2, 3
    assert counts(result) == (12, 9, 3)


POOL = """
    @struct
    class S:
        n: U8
        other: U8
        s: Ptr["S"]

    @struct
    class Head:
        p: Ptr[S]

    slots = pool(S, count={count}{more})
    head = shared(Head)
    x = shared(U8)

    @thread
    def t():
        {body}
"""


def pool(body, count=2, more=""):
    lines = body.replace("\n", "\n        ")
    return violated(check_text(POOL.format(body=lines, count=count, more=more)))


@pytest.mark.parametrize(
    ("body", "count", "more", "fault"),
    [
        ("p = new(S)\nfree(p)\nq = new(S)\nfree(q)", 2, "", set()),
        ("p = new(S)\nfree(p)\nq = new(S)\nfree(q)", 1, "", {"capacity"}),
        ("p = new(S)\nfree(p)\nq = new(S)\nfree(q)", 1, ", reuse=True", set()),
        ("p = new(S)\nfree(p)\nfree(p)", 2, "", {"double-free"}),
        ("p = new(S)\nfree(p)\np.n = 1", 2, "", {"use-after-free"}),
        ("p = new(S)\nq = p\nfree(q)\nv = p.n", 2, "", {"use-after-free"}),
        ("p = new(S)\nfree(p)\nv = p.n", 2, ", stable=(S.n,)", set()),
        ("p = new(S)\nfree(p)\np.n = 2\ndiscard(p)", 2, ", stable=(S.n,)", set()),
        ("p = new(S)\nfree(p)\nv = p.other", 2, ", stable=(S.n,)", {"use-after-free"}),
        ("p = new(S)\nfree(p)\ndiscard(p)\nv = p.n", 2, ", stable=(S.n,)", {"use-after-free"}),
        ("p = new(S)\nv = p.n\nfree(p)", 2, ", stable=(S.n,)", set()),
        ("p = new(S)\nv = p.other\nfree(p)", 2, ", stable=(S.n,)", {"uninitialised"}),
        ("p = new(S)\ndiscard(p)", 2, ", stable=(S.n,)", {"double-free", "leak"}),
        ("p = new(S)\nv = p.n", 2, "", {"uninitialised"}),
        ("p = new(S, n=READ_ONCE(x))\nv = p.n\nfree(p)", 2, "", set()),
        ("p = new(S)\np.n = 1\nv = p.n\nfree(p)", 2, "", set()),
        ("p = new(S)\nhead.p = p\nhead.p = None", 2, "", {"leak"}),
        ("p = new(S)\nhead.p = p", 2, "", set()),
        ("p = new(S)\nq = new(S, s=p)\nhead.p = q", 2, "", set()),
        ("p = new(S)\nq = new(S, s=p)\nhead.p = p", 2, "", {"leak"}),
        ("p = new(S)\np.s = p", 2, "", {"leak"}),  # a cycle keeps nothing alive
        ("p = new(S)\nfree(p)\nif p is not None:\n    WRITE_ONCE(x, 1)", 2, "", set()),
        ("q = READ_ONCE(head.p)\nfree(q)", 2, "", None),
    ],
)
def test_pools(body, count, more, fault):
    if fault is None:  # a load of None needs a store somewhere, or it is folded
        body, fault = "head.p = None\n" + body, {"null-dereference"}
    found = pool(body, count, more)
    assert found == fault or found | {"leak"} == fault  # leak is not asked where nothing rests


def test_new_free_and_discard_are_one_step_each():
    result = check_text(
        POOL.format(
            body="p = new(S, n=1)\n        free(p)\n        discard(p)",
            count=1,
            more=", stable=(S.n,)",
        )
    )
    assert counts(result) == (4, 3, 3)


def test_reuse_takes_any_free_slot():
    # Two slots: one is chosen for p, the other for q; freed in either order the states differ.
    result = check_text(
        POOL.format(body="p = new(S)\n        free(p)", count=2, more=", reuse=True")
    )
    assert counts(result) == (4, 4, 2)


def test_a_violation_names_the_object_and_the_structs_around_it():
    result = check_text("""
        @struct
        class Lock:
            n: U8

        @struct
        class Item:
            lock: Lock

        @struct
        class Head:
            lock: Ptr[Lock]

        items = pool(Item, count=1)
        head = shared(Head)

        @initial
        def fill():
            item = new(Item)
            item.lock.n = 0
            head.lock = item.lock

        @thread
        def t():
            lock = READ_ONCE(head.lock)
            item = container_of(lock, Item, "lock")
            free(item)
            v = lock.n
            WRITE_ONCE(head.lock, None)
    """)
    assert violated(result) == {"use-after-free"}
    (violation,) = result.violations
    assert {"Item", "Lock"} <= set(violation.names)


def test_a_shared_object_may_be_freed_once():
    text = """
        @struct
        class S:
            n: U8

        s = shared(S)

        @thread(count={count})
        def t():
            free(s)

        @thread
        def u():
            {use}
    """
    assert violated(check_text(text.format(count=1, use="pass"))) == set()
    assert violated(check_text(text.format(count=2, use="pass"))) == {"double-free"}
    assert violated(check_text(text.format(count=1, use="s.n = 1"))) == {"use-after-free"}


def test_only_the_whole_of_an_object_can_be_freed():
    assert violated(
        check_text("""
        @struct
        class Part:
            n: U8

        @struct
        class S:
            part: Part

        s = shared(S)

        @thread
        def t():
            free(s.part)
    """)
    ) == {"double-free"}


PER_THREAD = """
    @struct(marked=True)
    class Task:
        n: U8 = 1
        seen: U8 = ghost(0)

    tasks = per_thread(Task)
    x = shared(U8)

"""


def test_a_per_thread_object_dies_with_its_thread():
    assert violated(
        check_text(
            PER_THREAD
            + """
    @thread
    def t():
        tasks[current()].n = 2

    @thread
    def u():
        v = tasks[t].n
    """
        )
    ) == {"use-after-free"}


def test_a_per_thread_object_is_new_in_a_spawned_slot():
    result = check_text(
        PER_THREAD
        + """
    @thread(spawned=1)
    def w():
        v = tasks[current()].n
        tasks[current()].n = v + 1
        WRITE_ONCE(x, v)

    @thread
    def t():
        a = spawn(w)
        wait_until(finished(a))
        b = spawn(w)
        wait_until(finished(b))

    @invariant
    def always_from_the_start():
        return x <= 1

    @final
    def ran():
        return x == 1
    """
    )
    assert violated(result) == set()


def test_a_loop_over_per_thread_visits_every_thread():
    result = check_text(
        PER_THREAD
        + """
    @thread(count=2)
    def t(me):
        tasks[current()].n = me + 5
        wait_until(x == 1)

    @thread
    def u():
        WRITE_ONCE(x, 1)

    @reachable
    def five_six_one():
        return x == 0 and sum(task.n for task in tasks) == 12
    """
    )
    assert violated(result) == set()


# -- routines


def test_ref_takes_the_place_and_evaluates_its_parts_once():
    # f(head.p.n): head.p once (1), then per use of the parameter one access (3)
    result = check_text("""
        @struct
        class S:
            n: U8
            p: Ptr["S"]

        a = shared(S)
        b = shared(S)
        head = shared(S, p=a)

        def f(place: Ref[U8]):
            place += 1
            head.p = b
            place = 7

        @thread
        def t():
            f(head.p.n)

        @final
        def all_into_a():
            return a.n == 7 and b.n == 0
    """)
    assert violated(result) == set()
    assert counts(result) == (6, 5, 5)


def test_parameters_are_values():
    result = check_text("""
        x = shared(U8, 1)
        out = shared(U8)

        def f(n):
            WRITE_ONCE(x, 5)
            WRITE_ONCE(out, n)

        @thread
        def t():
            f(x)

        @final
        def as_it_was():
            return out == 1
    """)
    assert violated(result) == set()
    assert counts(result) == (4, 3, 3)


def test_arguments_are_evaluated_from_left_to_right_once():
    result = check_text("""
        x = shared(U8)
        out = shared(U8)

        def next():
            n = READ_ONCE(x)
            WRITE_ONCE(x, n + 1)
            return n

        def f(a, b):
            WRITE_ONCE(out, a * 10 + b)
            WRITE_ONCE(out, a * 10 + b)

        @thread
        def t():
            f(next(), b=next())

        @final
        def in_order():
            return out == 1 and x == 2
    """)
    assert violated(result) == set()
    # the second store of the same value leaves the same memory, but another position
    assert counts(result) == (7, 6, 6)


def test_a_lambda_is_evaluated_where_it_is_called():
    result = check_text("""
        x = shared(U8)
        out = shared(U8)

        def wait_event(condition):
            WRITE_ONCE(out, 1)
            wait_until(condition())

        @thread
        def t():
            n: U8 = 2
            wait_event(lambda: READ_ONCE(x) == n)
            WRITE_ONCE(out, 2)

        @thread
        def u():
            WRITE_ONCE(x, 2)

        @final
        def ok():
            return out == 2
    """)
    assert violated(result) == set()
    assert counts(result) == (6, 6, 4)


def test_a_routine_or_type_may_be_a_parameter():
    result = check_text("""
        x = shared(U8)

        @struct
        class S:
            n: U8

        slots = pool(S, count=1)

        def one():
            return 1

        def make(T, get):
            p = new(T)
            WRITE_ONCE(x, get())
            free(p)

        @thread
        def t():
            make(S, one)

        @final
        def ok():
            return x == 1
    """)
    assert violated(result) == set()


def test_a_routine_returns_a_tuple():
    result = check_text("""
        x = shared(U8, 4)
        out = shared(U8)

        def both(n):
            if n == 0:
                return 0, 9
            return n, n + 1

        @thread
        def t():
            a, b = both(READ_ONCE(x))
            WRITE_ONCE(out, a * 10 + b)
            WRITE_ONCE(x, 0)
            c, d = both(READ_ONCE(x))
            WRITE_ONCE(x, c + d)

        @final
        def ok():
            return out == 45 and x == 9
    """)
    assert violated(result) == set()


def test_recursion_through_fn_is_refused():
    assert refusal("""
        x = shared(U8)

        def f(g, n):
            g(g, n)

        @thread
        def t():
            f(f, 1)
    """) == {"MC264"}


# -- statements


def test_any_order_takes_each_once():
    result = check_text("""
        @struct(marked=True)
        class S:
            n: U8

        slots = shared(S, count=2)
        log = shared(U8)

        @thread
        def t():
            global log
            for s in any_order(slots):
                with atomic():
                    s.n += 1
                    log = log * 2 + (1 if s is slots[0] else 0)

        @final
        def once():
            return all(s.n == 1 for s in slots)

        @reachable
        def forwards():
            return log == 2

        @reachable
        def backwards():
            return log == 1 and slots[0].n == 1 and slots[1].n == 1
    """)
    assert violated(result) == set()
    # two choices of the first; then the second is given; the end: log 2 or 1
    assert counts(result) == (6, 4, 2)


def test_any_order_over_an_embedded_array_of_numbers():
    result = check_text("""
        @struct
        class S:
            v: Array[U8] = array(3)

        s = shared(S)
        out = shared(between(0, 999))

        @initial
        def fill():
            for i in range(3):
                s.v[i] = i + 1

        @thread
        def t():
            global out
            for n in any_order(s.v):
                with atomic():
                    out = out * 10 + n

        @thread
        def nothing_is_frozen():
            wait_until(False, idle=True)
            WRITE_ONCE(s.v[0], 0)

        @final
        def each_once():
            return out in (123, 132, 213, 231, 312, 321)

        @reachable
        def last_first():
            return out == 321
    """)
    assert violated(result) == set()


def test_loops_run_in_index_order():
    result = check_text("""
        @struct
        class S:
            v: Array[U8] = array(3)

        s = shared(S)
        out = shared(between(0, 999))

        @thread
        def t():
            for i in range(2, -1, -1):
                if i == 1:
                    continue
                s.v[i] = i + 1
            total: Int = between(0, 999)
            for n in s.v:
                total = total * 10 + n
            WRITE_ONCE(out, total)

        @final
        def ok():
            return out == 103
    """)
    assert violated(result) == set()


def test_places_may_be_asked_while_structs_lead_to_each_other():
    result = check_text("""
        @struct
        class Item:
            work: "Work"
            extra: Array["Work"] = array(2)

        @struct
        class Work:
            home: Ptr["Home"]

        @struct
        class Home:
            todo: Queue[Ptr[Work]] = queue(places(Work))
            slots: Array[U8] = array(places(Work))

        items = pool(Item, count=2)
        home = shared(Home)
        other = shared(Work)

        @thread
        def t():
            assert places(Work) == 7, "seven"
            item = new(Item)
            item.work.home = home
            for i in range(7):
                home.todo.append(other)
    """)
    assert violated(result) == {"leak"}
