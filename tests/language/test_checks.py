"""DESIGN 3.4: properties, built-in checks, ghosts, races."""

from __future__ import annotations

import pytest

from modelcheck.explore.result import Verdict
from tests.checking import check_text, counts, refusal, violated


def verdicts(result):
    return {p.name: p.verdict for p in result.properties}


STEPS = """
    x = shared(U8)

    @thread
    def t():
        WRITE_ONCE(x, 1)
        WRITE_ONCE(x, 2)

    @{kind}
    def p():
        return {condition}
"""


@pytest.mark.parametrize(
    ("kind", "condition", "holds"),
    [
        ("invariant", "x <= 2", True),
        ("invariant", "x != 0", False),  # the first state counts
        ("invariant", "x != 1", False),
        ("invariant", "x != 2", False),  # the last one too
        ("final", "x == 2", True),
        ("final", "x == 1", False),
        ("reachable", "x == 0", True),
        ("reachable", "x == 1", True),
        ("reachable", "x == 2", True),
        ("reachable", "x == 3", False),
    ],
)
def test_kinds_of_properties(kind, condition, holds):
    result = check_text(STEPS.format(kind=kind, condition=condition))
    assert violated(result) == (set() if holds else {"p"})
    assert counts(result) == (3, 2, 2)  # a state that breaks an invariant is expanded


def test_an_assert_is_true_when_the_step_runs():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            assert x == 0, "zero: it has not run yet"

        @thread
        def u():
            WRITE_ONCE(x, 1)
    """)
    assert violated(result) == {"zero"}
    # (t, u) = (0,0) (1,0) (0,1) (1,1); the assert fails from (0,1), and adds no state
    assert counts(result) == (4, 4, 2)


def test_an_assert_reads_at_once_and_races_with_nothing():
    assert (
        violated(
            check_text("""
        x = shared(U8)
        y = shared(U8)

        @thread
        def t():
            assert x == y, "equal"

        @thread
        def u():
            global x, y
            with atomic():
                x = 1
                y = 1
    """)
        )
        == set()
    )


def test_a_failing_assert_of_local_work_fails_the_step_before_it():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            n = READ_ONCE(x)
            assert n == 0, "zero"
            WRITE_ONCE(x, 5)

        @thread
        def u():
            WRITE_ONCE(x, 1)
    """)
    assert violated(result) == {"zero"}
    # t: before, loaded, stored; u: before, done; (before, done) fails
    # (0,0) (1,0) (0,1) (1,1) (2,0) x=5, (2,1) x=5 or 1
    assert counts(result) == (7, 7, 3)


def test_a_property_that_meets_a_dead_object_is_violated():
    text = """
        @struct
        class S:
            n: U8

        @struct
        class Head:
            p: Ptr[S]

        slots = pool(S, count=1)
        head = shared(Head)

        @thread
        def t():
            head.p = new(S, n=1)
            p = head.p
            {before}
            free(p)

        @invariant
        def fine():
            return head.p is None or head.p.n == 1
    """
    assert violated(check_text(text.format(before="head.p = None"))) == set()
    assert violated(check_text(text.format(before="pass"))) == {"fine"}


def test_a_property_that_follows_none_is_violated():
    result = check_text("""
        @struct
        class Head:
            n: U8
            p: Ptr["Head"]

        head = shared(Head)

        @thread
        def t():
            head.p = head

        @invariant
        def fine():
            return head.p.n == 0
    """)
    assert violated(result) == {"fine"}


def test_objects_are_the_live_and_the_free_places():
    result = check_text("""
        @struct
        class S:
            n: U8

        slots = pool(S, count=2)
        one = shared(S)

        @thread
        def t():
            p = new(S, n=1)
            q = new(S, n=2)
            free(p)
            free(q)

        @invariant
        def three_places():
            live = len({s for s in objects(S)})
            free_ = len({s for s in objects(S, free=True)})
            return live + free_ == 3 and live >= 1

        @reachable
        def all_live():
            return sum(s.n for s in objects(S)) == 3

        @invariant
        def asked_one_by_one():
            return all(alive(s) for s in objects(S)) and alive(one)

        @invariant
        def none_is_not_alive():
            return not any(alive(s) for s in objects(S, free=True))
    """)
    assert violated(result) == set()


def test_idle_threads_are_at_rest_others_deadlock():
    text = """
        x = shared(U8)

        @thread
        def t():
            wait_until(x == 1{idle})

        @thread
        def u():
            WRITE_ONCE(x, 2)

        @final
        def two():
            return x == 2
    """
    assert violated(check_text(text.format(idle=", idle=True"))) == set()
    result = check_text(text.format(idle=""))
    assert violated(result) == {"deadlock"}
    assert verdicts(result)["two"] is Verdict.NOT_TESTED


def test_a_blocked_thread_beside_an_idle_one_is_a_deadlock():
    result = check_text("""
        x = shared(U8)

        @thread
        def t():
            wait_until(x == 1, idle=True)

        @thread
        def u():
            wait_until(x == 1)
    """)
    assert violated(result) == {"deadlock"}


def test_a_daemon_that_always_steps_leaves_final_untested():
    result = check_text("""
        x = shared(Bool)
        allow("stuck", because="it runs for ever")

        @thread
        def t():
            while True:
                WRITE_ONCE(x, not READ_ONCE(x))

        @final
        def never():
            return False
    """)
    assert violated(result) == set()
    assert verdicts(result)["never"] is Verdict.NOT_TESTED
    assert result.verdict is Verdict.NOT_TESTED


# -- races


RACE = """
    {struct}
    class S:
        n: U8
        other: U8
        q: Queue[U8] = queue(4)
        s: Set[ThreadId]

    one = shared(S)
    x = shared(U8)
    {allow}

    @thread
    def t():
        {a}

    @thread
    def u():
        {b}
"""


def races(a, b, struct="@struct", allow=""):
    found = violated(check_text(RACE.format(a=a, b=b, struct=struct, allow=allow)))
    assert found <= {"data-race"}
    return bool(found)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("one.n = 1", "one.n = 1", True),
        ("one.n = 1", "v = one.n", True),
        ("v = one.n", "v = one.n", False),
        ("one.n = 1", "one.other = 1", False),
        ("one.n = 1", "v = READ_ONCE(one.n)", True),
        ("WRITE_ONCE(one.n, 1)", "v = one.n", True),
        ("WRITE_ONCE(one.n, 1)", "v = READ_ONCE(one.n)", False),
        ("WRITE_ONCE(one.n, 1)", "WRITE_ONCE(one.n, 2)", False),
        ("smp_store_release(one.n, 1)", "v = smp_load_acquire(one.n)", False),
        ("smp_store_release(one.n, 1)", "v = one.n", True),
        ("with atomic(): one.n = 1", "with atomic(): one.n = 2", False),
        ("with atomic(): one.n = 1", "one.n = 2", True),
        ("with atomic(): one.n = 1", "v = READ_ONCE(one.n)", True),
        ("with atomic(rmw='full'): one.n += 1", "v = READ_ONCE(one.n)", False),
        ("with atomic(rmw='full'): one.n += 1", "v = one.n", True),
        ("WRITE_ONCE(one.n, 0); one.n = 0", "wait_until(one.n == 0)", True),
        ("WRITE_ONCE(one.n, 1)", "wait_until(one.n == 1)", False),
        ("one.n = 1", "assert one.n <= 1, 'small'", False),
        ("one.q.append(1)", "one.q.append(2)", True),
        ("one.q.append(1)", "v = len(one.q)", True),
        ("v = 1 in one.q", "v = len(one.q)", False),
        ("one.s.add(current())", "v = current() in one.s", True),
        ("one.s.add(current())", "v = len(one.q)", False),
        # not next to each other
        ("WRITE_ONCE(x, 1); one.n = 1", "wait_until(finished(t)); one.n = 2", False),
    ],
)
def test_data_races(a, b, expected):
    a, b = a.replace("; ", "\n        "), b.replace("; ", "\n        ")
    assert races(a, b) == expected


def test_a_marked_struct_has_no_plain_accesses():
    assert not races("one.n = 1", "v = one.n", struct="@struct(marked=True)")


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("", False),
        ("on=S.n, ", False),
        ("on=one, ", False),
        ("on=S.other, ", True),
        ("on=x, ", True),
    ],
)
def test_allow_silences_one_check_for_one_object(on, expected):
    allow = f'allow("data-race", {on}because="known")'
    assert races("one.n = 1", "one.n = 1", allow=allow) == expected
    assert check_text(RACE.format(a="one.n = 1", b="pass", struct="@struct", allow=allow))


def test_allow_does_not_silence_another_check():
    result = check_text("""
        @struct
        class S:
            n: U8

        s = shared(S)
        allow("data-race", because="known")

        @thread(count=2)
        def t():
            free(s)
    """)
    assert violated(result) == {"double-free"}


# -- ghosts


def test_a_ghost_store_sees_the_state_right_after_the_step_before():
    result = check_text("""
        x = shared(U8)
        copy: U8 = ghost(0)

        @thread
        def t():
            global copy
            WRITE_ONCE(x, 1)
            copy = x
            WRITE_ONCE(x, 2)
            copy = x

        @invariant
        def follows():
            return copy == x
    """)
    assert violated(result) == set()
    assert counts(result) == (3, 2, 2)


def test_ghosts_of_a_freed_object_can_be_read():
    result = check_text("""
        @struct
        class S:
            n: U8
            frees: U8 = ghost(0)

        s = shared(S)

        @thread
        def t():
            free(s)
            s.frees += 1
            assert s.frees == 1, "once"

        @final
        def freed_once():
            return s.frees == 1
    """)
    assert violated(result) == set()


@pytest.mark.parametrize(
    "body",
    [
        "if g == 1:\n        WRITE_ONCE(x, 1)",
        "WRITE_ONCE(x, g)",
        "wait_until(g == 0)",
        "n = choose(i for i in range(3) if i == g)",
        "n = s.calls",
        "v[g].calls = 1\n    WRITE_ONCE(v[g].n, 1)",
        "f(g)",
        "with atomic():\n        x_ = g",
        "WRITE_ONCE(x, see())",
        "y = see()",
    ],
)
def test_code_cannot_read_ghosts(body):
    assert refusal(f"""
    @struct
    class S:
        n: U8
        calls: U8 = ghost(0)

    s = shared(S)
    v = shared(S, count=2)
    x = shared(U8)
    g: U8 = ghost(0)

    def f(n):
        WRITE_ONCE(x, n)

    @observer
    def see():
        return g

    @thread
    def t():
        {body.replace(chr(10), chr(10) + "    ")}
    """) == {"MC302"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("@observer", "WRITE_ONCE(x, 1)"),
        ("@observer", "wait_until(x == 0)"),
        ("@observer", "p_ = new(S)"),
        ("@invariant", "WRITE_ONCE(x, 1)\n        return True"),
        ("@invariant", "global g\n        g = 1\n        return True"),
        ("@invariant", "free(s)\n        return True"),
        ("@invariant", "s.q.append(1)\n        return True"),
        ("@invariant", 'assert x == 0, "zero"\n        return True'),
        ("@final", "precedes('lock-order', s, s)\n        return True"),
        ("@final", "note()\n        return True"),
    ],
)
def test_observers_write_only_ghosts_and_properties_nothing(kind, body):
    text = f"""
    @struct
    class S:
        n: U8
        q: Queue[U8] = queue(1)

    slots = pool(S, count=1)
    s = shared(S)
    x = shared(U8)
    g: U8 = ghost(0)

    @observer
    def note():
        global g
        g = 1

    {kind}
    def p():
        {body}

    @thread
    def t():
        WRITE_ONCE(x, 1)
        {"p()" if kind == "@observer" else "pass"}
    """
    assert refusal(text) == {"MC303"}


def test_an_observer_runs_with_the_step_before_it():
    result = check_text("""
        x = shared(U8)
        y = shared(U8)
        seen: U8 = ghost(0)

        @observer
        def note():
            global seen
            if y == 1 and x == 1:
                seen += 1

        @thread
        def t():
            WRITE_ONCE(x, 1)
            note()

        @thread
        def u():
            WRITE_ONCE(y, 1)
            note()

        @final
        def once():
            return seen == 1
    """)
    assert violated(result) == set()
    assert counts(result) == (4, 4, 2)


def test_on_free_sees_the_object_before_it_dies():
    text = """
        @struct
        class Lock:
            owner: ThreadId

        @struct
        class Item:
            a: Lock
            b: Array[Lock] = array(2)

        slots = pool(Item, count=1)
        asked: U8 = ghost(0)

        @on_free(Lock)
        def freed(l: Ptr[Lock]):
            global asked
            asked += 1
            assert l.owner is None, "freed_held"

        @thread
        def t():
            p = new(Item)
            p.a.owner = None
            p.b[0].owner = None
            p.b[1].owner = {owner}
            free(p)

        @final
        def each():
            return asked == 3
    """
    assert violated(check_text(text.format(owner="None"))) == set()
    assert violated(check_text(text.format(owner="current()"))) == {"freed_held"}


def test_an_assert_in_an_observer_may_ask_all_objects():
    result = check_text("""
        @struct(marked=True)
        class Holder:
            items: Set[Ptr["Item"]]

        @struct(marked=True)
        class Item:
            x: U8

        holders = shared(Holder, count=2)
        items = pool(Item, count=1)

        @on_free(Item)
        def freed(item: Ptr[Item]):
            assert not any(item in h.items for h in objects(Holder)), "freed_while_held"

        @thread
        def t():
            item = new(Item, x=1)
            holders[1].items.add(item)
            free(item)
    """)
    assert violated(result) == {"freed_while_held"}
