"""DESIGN 3.1: what one step is.  Counts are derived by hand beside each test."""

from __future__ import annotations

import pytest

from tests.checking import check_text, counts, refusal, violated


def depth_of(declarations, body, **settings):
    """How many steps one thread with a body takes, alone."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    result = check_text(f"{declarations}\n@thread\ndef t():\n{lines}\n", **settings)
    assert violated(result) <= {"deadlock"}
    assert result.counts.states == result.counts.depth + 1
    return result.counts.depth


MEMORY = """
@struct
class Inner:
    n: U8
    f: Bool

@struct
class Item:
    a: U8
    b: U8
    f: Bool
    g: Bool
    inner: Inner
    next: Ptr["Item"]
    v: Array[U8] = array(3)
    q: Queue[U8] = queue(3)
    s: Set[ThreadId]
    limit: U8

one = shared(Item, limit=2)
two = shared(Item)
x = shared(U8)
y = shared(U8)
g: U8 = ghost(0)

@initial
def link():
    one.next = two
    two.next = one

def stores(p: Ptr[Item]):
    p.a = 0
    p.b = 0
    p.f = False
    p.g = False
    p.inner.n = 0
    p.inner.f = False
    p.next = None
    p.v[0] = 0
    p.q.clear()
    p.s.clear()

@thread
def makes_nothing_frozen():
    wait_until(False, idle=True)
    WRITE_ONCE(x, 0)
    WRITE_ONCE(y, 0)
    stores(one)

allow("data-race", because="only the steps matter here")
"""


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("v = one.a", 1),
        ("one.a = 1", 1),
        ("one.a", 1),  # a load whose value nobody uses
        ("one.a = one.b", 2),
        ("one.a += 1", 2),
        ("one.a += one.b", 3),
        ("one.next.a = 1", 2),  # the pointer, then the field
        ("one.next.a += 1", 3),  # the pointer is loaded once
        ("one.next.next.a = one.next.b", 5),
        ("v = one.v[one.a]", 2),
        ("one.v[one.a] += 1", 3),
        ("one.v[x % 3] = y", 3),
        ("p = one.next\np.a = 1", 2),
        ("p = one.inner\np.n = 1", 1),  # naming an embedded struct is no access
        ("p = one\nq = p.inner\nv = q.n", 1),
        ("v = one.limit", 0),  # nothing stores it
        ("one.q.append(1)", 1),
        ("one.q.append(one.a)", 2),
        ("v = len(one.q)", 1),
        ("v = 1 in one.q", 1),
        ("v = one.a in one.q", 2),
        ("one.q.append(1)\nv = one.q[0]", 2),
        ("one.q.append(1)\nv = one.q.popleft()", 2),
        ("one.s.add(current())", 1),
        ("v = current() in one.s", 1),
        ("v = len(one.s)", 1),
        ("one.s = {current()}", 1),
        ("v = len(one.v)", 0),
        ("if one.a == 0:\n    pass", 1),
        ("if one.a == 0 and one.b == 0:\n    pass", 2),
        ("if one.a == 1 and one.b == 0:\n    pass", 1),
        ("if one.a == 0 or one.b == 0:\n    pass", 1),
        ("if one.a == 1 or one.b == 0:\n    pass", 2),
        ("if not (one.f or one.g):\n    pass", 2),
        ("v = one.f and one.g", 1),
        ("v = one.f or one.g", 2),
        ("if 0 <= one.a <= one.b:\n    pass", 2),
        ("if 1 <= one.a <= one.b:\n    pass", 1),  # the rest does not matter any more
        ("v = one.a if one.b == 0 else x", 2),
        ("v = one.a if one.b == 1 else one.v[y]", 3),
        ("v = one.a + one.b * x", 3),
        ("v = max(one.a, one.b)", 2),
        ("match one.a:\n    case 1:\n        pass\n    case 0:\n        one.b = 1", 2),
        ("for i in range(3):\n    one.v[i] = 1", 3),
        ("for n in one.v:\n    pass", 3),
        ("for n in one.v:\n    one.b = n", 6),
        ("while one.a < 2:\n    one.a += 1", 7),
        ("while True:\n    one.a += 1\n    if one.a == 2:\n        break", 6),
        ("smp_mb()", 0),
        ("smp_wmb()\nsmp_rmb()", 0),
        ("v = READ_ONCE(one.a)", 1),
        ("v = smp_load_acquire(one.next.a)", 2),
        ("p = rcu_dereference(one.next)", 1),
        ("smp_store_release(one.next.a, one.b)", 3),
        ("WRITE_ONCE(one.a, READ_ONCE(one.b))", 2),
        ("a, b = one.a, one.b", 2),
        ("one.a, one.b = one.b, one.a", 4),
        ("p = one\nif p is two:\n    one.a = 1", 0),
        ("if one is one:\n    one.a = 1", 1),
    ],
)
def test_accesses_are_steps(body, steps):
    assert depth_of(MEMORY, body) == steps


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ("with atomic():\n    one.a += 1\n    one.b += 1", 1),
        ("with atomic():\n    with atomic():\n        one.a = 1\n    one.b = 1", 1),
        ("with atomic():\n    one.a = 1\nwith atomic():\n    one.b = 1", 2),
        ("with atomic():\n    one.next.next.a += one.v[one.b]", 1),
        ("with atomic():\n    one.a = 1\none.b = 1", 2),
        ("with atomic():\n    for n in one.v:\n        one.a += n", 1),
        ("with atomic():\n    while one.a < 3:\n        one.a += 1", 1),
        ("with atomic():\n    one.a = 1\n    return\none.b = 1", 1),
        (
            (
                "while True:\n    with atomic():\n        one.a += 1\n        if one.a == 2:\n"
                "            break"
            ),
            2,
        ),
        (
            (
                "for i in range(3):\n    with atomic():\n        one.a += 1\n        if i == 1:\n"
                "            continue\n    one.b = 1"
            ),
            5,
        ),
        ("wait_until(one.a == 0)", 1),
        ("wait_until(one.a == 0 and one.b == 0 and one.next.a == 0)", 1),
        ("wait_until(True)", 1),
        ("with atomic():\n    wait_until(one.a == 0)\n    one.a = 1", 1),
        ("wait_until(one.a == 0)\none.a = 1", 2),
        ('assert one.a == one.b, "equal"', 1),
        ('assert one.next.a == 0, "zero"', 1),
        ('n: U8 = 3\nassert n == 3, "three"', 0),
        ('global g\ng = 1\nassert g == 1, "one"', 0),
        ('one.a = 1\nassert g == 0, "zero"', 1),
        ("global g\none.a = 1\ng = one.a\none.b = 1", 2),
        ("v = any(n == 1 for n in range(3)) if False else True", 0),
        ("with atomic():\n    v = sum(n for n in one.v)", 1),
        ("with atomic():\n    for n in one.q:\n        one.a += n", 1),
        ("with atomic():\n    for n in one.s:\n        one.a += 1", 1),
        ("with atomic():\n    one.s = {t for t in threads()}", 1),
        ("irqs(False)\none.a = 1\nirqs(True)", 3),
    ],
)
def test_what_is_one_step(body, steps):
    assert depth_of(MEMORY, body) == steps


def test_the_right_side_is_loaded_before_the_target_s_parts():
    # t: load y (1), load p (2), store; u moves p between them, and back after.
    result = check_text(
        """
        @struct
        class S:
            n: U8
            p: Ptr["S"]

        a = shared(S)
        b = shared(S)
        head = shared(S, p=a)
        y = shared(U8, 1)
        seen: U8 = ghost(0)

        @thread
        def t():
            head.p.n = y

        @thread
        def u():
            with atomic():
                head.p = b
                y = 2

        allow("data-race", because="only the order matters here")

        @reachable
        def new_target_old_value():
            return b.n == 1

        @invariant
        def never_old_target_new_value():
            return a.n != 2
    """.replace("def u():", "def u():\n            global y")
    )
    assert violated(result) == set()


def test_for_augmented_stores_the_target_s_parts_come_first():
    result = check_text("""
        @struct
        class S:
            n: U8
            p: Ptr["S"]

        a = shared(S)
        b = shared(S)
        head = shared(S, p=a)
        y = shared(U8, 1)

        @thread
        def t():
            head.p.n += y

        @thread
        def u():
            global y
            with atomic():
                head.p = b
                y = 2

        allow("data-race", because="only the order matters here")

        @reachable
        def old_target_new_value():
            return a.n == 2

        @invariant
        def never_new_target_old_value():
            return b.n != 1
    """)
    assert violated(result) == set()


def test_local_work_goes_with_the_step_before_it():
    # Both loads may come before both ghost stores only if those are not local work: the ghost
    # store is in the step of the load above it, so `both` is never true between two steps.
    result = check_text("""
        x = shared(U8)
        loads: U8 = ghost(0)

        @thread(count=2)
        def t(me):
            global loads
            v = READ_ONCE(x)
            loads += 1
            WRITE_ONCE(x, v + 1)
            loads -= 1

        @invariant
        def as_many_as_between():
            return loads <= 2

        @reachable
        def two_between():
            return loads == 2
    """)
    assert violated(result) == set()
    # Per thread: before, between with v, done; v is dead when done.  Pairs of (before, between,
    # done) with x and the loaded values: (b,b) 1; (m,b) and (b,m) with v=0: 2; (m,m) 1;
    # (d,b) x=1: 2; (d,m) with v=0: 2 (x=1, loads 1); (d,m) with v=1: 2; (d,d) x=1 and x=2: 2.
    assert counts(result) == (12, 14, 4)


def test_local_work_before_the_first_access_is_in_the_initial_states():
    result = check_text("""
        x = shared(U8)
        seen: U8 = ghost(0)

        @thread
        def t():
            global seen
            seen = 1
            WRITE_ONCE(x, 1)

        @invariant
        def seen_from_the_start():
            return seen == 1
    """)
    assert violated(result) == set()
    assert counts(result) == (2, 1, 1)


def test_local_work_of_a_spawned_thread_is_in_the_spawn():
    result = check_text("""
        x = shared(U8)
        seen: U8 = ghost(0)
        started: U8 = ghost(0)

        @thread(spawned=1)
        def w():
            global seen
            seen = 1
            WRITE_ONCE(x, 1)

        @thread
        def t():
            global started
            spawn(w)
            started = 1

        @invariant
        def together():
            return seen == started
    """)
    assert violated(result) == set()
    assert counts(result) == (3, 2, 2)


def test_a_spawned_thread_of_local_work_only_ends_in_the_spawn():
    result = check_text("""
        x = shared(U8)
        seen: U8 = ghost(0)

        @thread(spawned=1)
        def w():
            global seen
            seen += 1

        @thread
        def t():
            spawn(w)
            spawn(w)

        @final
        def twice():
            return seen == 2
    """)
    assert violated(result) == set()
    assert counts(result) == (3, 2, 2)


def test_dead_locals_are_reset():
    # Without it the three values of n would make three final states.
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            n = choose(range(3))
            WRITE_ONCE(x, n)
            WRITE_ONCE(x, 0)
    """)
    # start with n = 0, 1, 2; then x = 0, 1, 2; then the end: one state
    assert counts(result) == (7, 6, 2)


def test_a_live_local_is_part_of_the_state():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            n = choose(range(3))
            WRITE_ONCE(x, 1)
            WRITE_ONCE(x, n)
    """)
    assert counts(result) == (9, 6, 2)


def test_a_field_that_something_frees_is_an_access():
    text = """
        @struct
        class S:
            n: U8

        s = shared(S, n=3)
        x = shared(U8)

        @thread
        def t():
            v = s.n
            WRITE_ONCE(x, v)

        @thread
        def u():
            wait_until(READ_ONCE(x) == 3)
            {what}
    """
    # t: the store, and u after it: 3 states in a row
    assert counts(check_text(text.format(what="WRITE_ONCE(x, 4)"))) == (4, 3, 3)
    assert counts(check_text(text.format(what="free(s)"))) == (5, 4, 4)


def test_a_field_stored_through_a_pointer_is_an_access():
    result = check_text("""
        @struct
        class S:
            n: U8

        @struct
        class Outer:
            s: S

        o = shared(Outer)
        x = shared(U8)

        def put(p: Ptr[S]):
            p.n = 1

        @thread
        def t():
            v = o.s.n
            WRITE_ONCE(x, v)

        @thread
        def u():
            put(o.s)

        allow("data-race", because="only the steps matter here")

        @reachable
        def zero():
            return x == 0 and o.s.n == 1

        @reachable
        def one():
            return x == 1
    """)
    assert violated(result) == set()


def test_a_field_of_a_new_object_is_an_access():
    result = check_text("""
        @struct
        class S:
            n: U8

        slots = pool(S, count=1)
        x = shared(U8)

        @struct
        class Head:
            p: Ptr[S]

        head = shared(Head)

        @thread
        def t():
            s = new(S, n=2)
            v = s.n
            head.p = s
    """)
    assert counts(result) == (4, 3, 3)


def test_a_wait_is_disabled_and_does_not_spin():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            wait_until(x == 2)

        @thread
        def u():
            WRITE_ONCE(x, 1)
            WRITE_ONCE(x, 2)
    """)
    assert violated(result) == set()
    assert counts(result) == (4, 3, 3)


def test_a_while_on_shared_memory_spins():
    # t looks, and stays where it is while x is not 2: a transition, no new state
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            while READ_ONCE(x) != 2:
                pass

        @thread
        def u():
            WRITE_ONCE(x, 1)
            WRITE_ONCE(x, 2)
    """)
    assert violated(result) == set()
    assert counts(result) == (4, 5, 3)


def test_a_spin_that_nobody_ends_is_stuck():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            while READ_ONCE(x) != 2:
                pass

        @thread
        def u():
            WRITE_ONCE(x, 1)
    """)
    assert violated(result) == {"stuck"}


def test_waiting_and_then_taking_lets_another_in_between():
    text = """
        @struct(marked=True)
        class Lock:
            taken: Bool

        lock = shared(Lock)
        inside: U8 = ghost(0)

        @thread(count=2)
        def t():
            global inside
            {take}
            inside += 1
            lock.taken = False
            inside -= 1

        @invariant
        def alone():
            return inside <= 1
    """
    apart = "wait_until(not lock.taken)\n            lock.taken = True"
    together = (
        "with atomic():\n                wait_until(not lock.taken)\n"
        "                lock.taken = True"
    )
    assert violated(check_text(text.format(take=apart))) == {"alone"}
    assert violated(check_text(text.format(take=together))) == set()


def test_an_atomic_is_enabled_for_the_choices_that_reach_its_end():
    # Arms: x (set by v or not) and y.  The step has a transition per enabled arm.
    result = check_text("""
        x = shared(Bool)
        y = shared(Bool)
        woken: U8 = ghost(0)

        @thread
        def t():
            global woken
            with atomic():
                if either():
                    wait_until(x)
                    woken = 1
                else:
                    wait_until(y)
                    woken = 2

        @thread
        def v():
            WRITE_ONCE(x, True)
            WRITE_ONCE(y, True)

        @reachable
        def by_x():
            return woken == 1

        @reachable
        def by_y():
            return woken == 2

        @invariant
        def y_means_y():
            return woken != 2 or y
    """)
    assert violated(result) == set()
    # v at 0, 1, 2 with t waiting: 3; t done by x: v at 1, 2: 2; by y: v at 2: 1
    # v's steps: 2 (t waiting) + 1 (t done); t's: v at 1: one, v at 2: two
    assert counts(result) == (6, 6, 3)


def test_an_atomic_with_no_arm_that_can_end_is_a_deadlock():
    result = check_text("""
        x = shared(Bool)
        y = shared(Bool)

        @thread
        def t():
            with atomic():
                if either():
                    wait_until(x)
                else:
                    wait_until(y)
    """)
    assert violated(result) == {"deadlock"}
    assert counts(result) == (1, 0, 0)


def test_a_choose_that_reads_memory_is_one_step():
    result = check_text("""
        @struct
        class Slot:
            free: Bool

        slots = shared(Slot, count=3)
        x = shared(U8)

        @initial
        def some():
            slots[0].free = True
            slots[2].free = True

        @thread
        def t():
            s = choose(s for s in slots if s.free)
            s.free = False

        @final
        def one_is_left():
            return sum(1 for s in slots if s.free) == 1
    """)
    assert violated(result) == set()
    # start; slot 0 or 2 chosen; each taken
    assert counts(result) == (5, 4, 2)


@pytest.mark.parametrize("choice", ["choose(x, y)", "choose(pair.v)", "choose(n for n in pair.v)"])
def test_a_choose_among_places_sees_all_in_one_step(choice):
    result = check_text(f"""
        @struct
        class Pair:
            v: Array[U8] = array(2)

        pair = shared(Pair)
        x = shared(U8, 1)
        y = shared(U8, 2)
        out = shared(U8)

        @initial
        def fill():
            pair.v[0] = 1
            pair.v[1] = 2

        @thread
        def t():
            WRITE_ONCE(out, {choice})

        @thread
        def u():
            wait_until(False, idle=True)
            WRITE_ONCE(x, 0)
            WRITE_ONCE(y, 0)
            WRITE_ONCE(pair.v[0], 0)
    """)
    assert violated(result) == set()
    # start; 1 or 2 chosen; stored
    assert counts(result) == (5, 4, 2)


def test_a_choose_from_nothing_is_disabled():
    result = check_text("""
        @struct
        class Slot:
            free: Bool

        slots = shared(Slot, count=2)

        @thread
        def t():
            s = choose(s for s in slots if s.free)
            s.free = False

        @thread
        def u():
            WRITE_ONCE(slots[1].free, True)
    """)
    assert violated(result) == set()
    assert counts(result) == (4, 3, 3)


def test_an_idle_choose_from_nothing_is_at_rest():
    text = """
        @struct(marked=True)
        class Slot:
            free: Bool

        slots = shared(Slot, count=2)

        @thread
        def t():
            s = choose((s for s in slots if s.free){idle})
            s.free = False

        @thread
        def u():
            if either():
                WRITE_ONCE(slots[1].free, True)
    """
    assert violated(check_text(text.format(idle=", idle=True"))) == set()
    assert violated(check_text(text.format(idle=""))) == {"deadlock"}


@pytest.mark.parametrize(
    "expression",
    [
        "v = any(n == 1 for n in one.v)",
        "v = all(n == 1 for n in one.v)",
        "v = sum(n for n in one.v)",
        "v = max(n for n in one.v)",
        "v = len({t for t in threads()})",
        "for o in objects(Item):\n    pass",
        "for n in one.q:\n    pass",
        "for t in one.s:\n    pass",
    ],
)
def test_what_looks_at_many_places_needs_one_step(expression):
    body = "\n".join(f"    {line}" for line in expression.splitlines())
    assert refusal(f"{MEMORY}\n@thread\ndef t():\n{body}\n") == {"MC130"}


def test_a_loop_of_local_work_that_may_not_end_diverges():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            n: U8 = READ_ONCE(x)
            with atomic():
                while READ_ONCE(x) == 0:
                    n = n + 1
            WRITE_ONCE(x, n)

        @thread
        def u():
            WRITE_ONCE(x, 1)
    """)
    assert violated(result) == {"diverges"}


def test_every_step_keeps_its_line_and_the_calls_that_led_there():
    from tests.checking import program_of

    program = program_of("""
        x = shared(U8)

        def inner():
            WRITE_ONCE(x, 1)

        def outer():
            inner()

        @thread
        def t():
            label("the store")
            outer()
    """)
    (block,) = [b for t in program.templates for b in t.body.blocks if b.rest]
    assert block.step is not None
    assert block.step.label == "the store"
    assert block.step.routine == "inner"
    assert block.step.span.line == 8
    assert [span.line for span in block.step.calls] == [16, 11]


@pytest.mark.parametrize(
    ("idle", "fails"), [("", {"deadlock", "never_stored"}), (", idle=True", {"never_stored"})]
)
def test_a_choice_on_locals_from_nothing_blocks_after_the_step_before_it(idle, fails):
    result = check_text(f"""
        x = shared(U8, 5)
        y = shared(U8)

        @thread
        def t():
            n = READ_ONCE(x)
            WRITE_ONCE(y, 1)
            k = choose((i for i in range(3) if i > n){idle})
            WRITE_ONCE(x, k)

        @invariant
        def never_stored():
            return y == 0
    """)
    assert violated(result) == fails
    assert counts(result) == (3, 2, 2)


def test_a_choice_on_locals_is_filtered():
    result = check_text("""
        x = shared(U8, 1)
        y = shared(U8)

        @thread
        def t():
            n = READ_ONCE(x)
            k = choose(i for i in range(4) if i > n)
            WRITE_ONCE(x, k)
    """)
    assert violated(result) == set()
    # start; loaded with k = 2 or 3; stored
    assert counts(result) == (5, 4, 2)


def test_an_atomic_without_access_is_no_step():
    assert depth_of(MEMORY, "with atomic():\n    pass\none.a = 1") == 1
