"""Objects that die: pools, stacks, threads; and who is asked when they do."""

from __future__ import annotations

import pytest

from tests.checking import check_text, counts, violated

STACK = """
    @struct
    class S:
        n: U8

    x = shared(U8)

"""


def test_a_returned_stack_object_is_dead():
    result = check_text(
        STACK
        + """
    def f():
        e = local(S, n=1)
        return e

    @thread
    def t():
        p = f()
        WRITE_ONCE(x, p.n)
    """
    )
    assert violated(result) == {"use-after-free"}


def test_a_returned_part_of_a_stack_object_is_dead():
    result = check_text(
        STACK
        + """
    @struct
    class Outer:
        s: S

    def f():
        e = local(Outer)
        return e.s

    @thread
    def t():
        p = f()
        p.n = 1
    """
    )
    assert violated(result) == {"use-after-free"}


def test_a_stack_object_may_be_given_down_but_not_up():
    result = check_text(
        STACK
        + """
    def fill(p: Ptr[S]):
        p.n = 3

    def f():
        e = local(S)
        fill(e)
        return e.n

    @thread
    def t():
        WRITE_ONCE(x, f())

    @final
    def ok():
        return x == 3
    """
    )
    assert violated(result) == set()
    assert counts(result) == (4, 3, 3)


def test_objects_names_the_stack_objects_of_every_thread():
    result = check_text(
        STACK
        + """
    @thread(count=2)
    def t(me):
        e = local(S, n=1)
        WRITE_ONCE(x, e.n)
        e.n = 2
        WRITE_ONCE(x, e.n)

    @reachable
    def both_two():
        return sum(s.n for s in objects(S)) == 4

    @reachable
    def both_gone():
        return sum(s.n for s in objects(S)) == 0
    """
    )
    assert violated(result) == set()


FREED = """
    @struct
    class Lock:
        held: Bool

    @struct
    class Task:
        lock: Lock

    @on_free(Lock)
    def lock_freed(l: Ptr[Lock]):
        assert not l.held, "freed_held"

"""


@pytest.mark.parametrize(("held", "fails"), [("True", {"freed_held"}), ("False", set())])
def test_on_free_runs_for_what_dies_with_a_thread(held, fails):
    result = check_text(
        FREED
        + f"""
    tasks = per_thread(Task)

    @thread
    def t():
        tasks[current()].lock.held = {held}
    """
    )
    assert violated(result) == fails


def test_on_free_runs_for_what_dies_with_a_thread_that_returns_early():
    result = check_text(
        FREED
        + """
    tasks = per_thread(Task)
    x = shared(Bool)

    @thread
    def t():
        tasks[current()].lock.held = True
        if READ_ONCE(x):
            return
        tasks[current()].lock.held = False

    @thread
    def u():
        WRITE_ONCE(x, True)
    """
    )
    assert violated(result) == {"freed_held"}


def test_on_free_runs_for_what_is_embedded_in_a_stack_object():
    result = check_text(
        FREED
        + """
    x = shared(U8)

    def f():
        task = local(Task)
        task.lock.held = True
        WRITE_ONCE(x, 1)

    @thread
    def t():
        f()
    """
    )
    assert violated(result) == {"freed_held"}


def test_on_free_does_not_run_for_a_stack_object_that_never_lived():
    result = check_text("""
        @struct
        class S:
            n: U8

        x = shared(U8)
        deaths: U8 = ghost(0)

        @on_free(S)
        def dies(s: Ptr[S]):
            global deaths
            deaths += 1

        def f():
            if READ_ONCE(x) == 0:
                return
            s = local(S)
            s.n = 1
            WRITE_ONCE(x, s.n)

        @thread
        def t():
            f()
            WRITE_ONCE(x, 1)

        @final
        def none_died():
            return deaths == 0
    """)
    assert violated(result) == set()


def test_ghost_fields_of_a_new_object_have_their_start():
    result = check_text("""
        @struct
        class S:
            n: U8
            g: U8 = ghost(3)

        @struct
        class Head:
            p: Ptr[S]

        slots = pool(S, count=1)
        head = shared(Head)

        @thread
        def t():
            head.p = new(S, n=1)

        @invariant
        def three():
            return all(s.g == 3 for s in objects(S))
    """)
    assert violated(result) == set()


def test_a_crash_runs_initial_again_but_not_over_what_is_durable():
    result = check_text("""
        @struct(marked=True)
        class Disk:
            block: U8 = durable(0)
            cache: U8

        disk = shared(Disk)
        crashed: Bool = ghost(False)
        marks: U8 = ghost(0)

        @initial
        def boot():
            global marks
            disk.block = 5
            disk.cache = 6
            marks = 1

        @thread
        def t():
            global crashed, marks
            marks = 2
            disk.block = 7
            disk.cache = 8
            crash()
            crashed = True

        @invariant
        def as_after_power_loss():
            return not crashed or (disk.block == 7 and disk.cache == 6 and marks == 2)

        @reachable
        def did_crash():
            return crashed
    """)
    assert violated(result) == set()


def test_a_stack_slot_may_be_taken_again():
    text = """
        @struct
        class S:
            n: U8

        @struct
        class Head:
            p: Ptr[S]

        head = shared(Head)

        def use(first):
            s = local(S)
            if not first:
                p = READ_ONCE(head.p)
                p.n = 1
            WRITE_ONCE(head.p, s)

        @thread
        def t():
            i: U8 = 0
            while i < 2:
                use(i == 0)
                i += 1
            {between}
    """
    assert violated(check_text(text.format(between="pass"))) == set()
    after = "p = READ_ONCE(head.p)\n            p.n = 2"
    assert violated(check_text(text.format(between=after))) == {"use-after-free"}


STABLE = """
    @struct(marked=True)
    class Lock:
        taken: Bool

    @struct(marked=True)
    class Node:
        lock: Lock
        other: Lock
        locks: Array[Lock] = array(2)

    @struct
    class Plain:
        lock: Lock

    nodes = pool(Node, count=1, stable=(Node.lock, Node.locks))
    plain = pool(Plain, count=1)

    def lock(l: Ptr[Lock]):
        l.taken = True

    @struct(marked=True)
    class Head:
        lock: Ptr[Lock]

    head = shared(Head)

"""


@pytest.mark.parametrize(
    ("place", "fails"),
    [
        ("new(Node).lock", set()),
        ("new(Node).locks[1]", set()),
        ("new(Node).other", {"use-after-free"}),
        ("new(Plain).lock", {"use-after-free"}),
    ],
)
def test_a_pointer_into_a_type_stable_slot_is_good_where_it_leads_to_a_stable_field(place, fails):
    around, _, part = place.partition(").")
    result = check_text(
        STABLE
        + f"""
    @thread
    def t():
        around = {around})
        head.lock = around.{part}
        inner = head.lock
        inner.taken = True
        free(around)
        inner.taken = False
        lock(inner)
    """
    )
    assert violated(result) - {"leak"} == fails


def test_a_stable_field_behind_a_pointer_keeps_its_value_until_discard():
    text = """
    @thread
    def t():
        node = new(Node)
        head.lock = node.lock
        inner = head.lock
        inner.taken = True
        free(node)
        {between}
        taken = inner.taken
        assert taken, "kept"
    """
    assert violated(check_text(STABLE + text.format(between="pass"))) == set()
    after = check_text(STABLE + text.format(between="discard(node)"))
    assert violated(after) == {"use-after-free"}


def test_only_the_start_of_a_freed_slot_is_discarded():
    result = check_text(
        STABLE
        + """
    @thread
    def t():
        node = new(Node)
        head.lock = node.lock
        inner = head.lock
        free(node)
        discard(inner)
    """
    )
    assert violated(result) == {"double-free"}
