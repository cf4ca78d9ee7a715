"""What a name stands for: locals, parameters, results, and what rebinding does to them."""

from __future__ import annotations

import pytest

from tests.checking import check_text, counts, refusal, violated


def holds(text, *names):
    """Check that the named finals and reachables of a text, and everything else, hold."""
    result = check_text(text)
    assert violated(result) == set()
    assert {p.name for p in result.properties if p.kind != "built in"} >= set(names)
    return result


def test_a_parameter_keeps_its_value_beside_a_local_made_of_it():
    holds(
        """
        x = shared(U8, 3)
        y = shared(U8)

        def f(p):
            a = p
            WRITE_ONCE(y, p + a)

        @thread
        def t():
            f(READ_ONCE(x))
            WRITE_ONCE(x, 1)

        @final
        def ok():
            return y == 6
        """,
        "ok",
    )


ARRAYS = """
    @struct
    class S:
        v: Array[U8] = array(2)

    a = shared(S)
    b = shared(S)

"""


def test_an_array_bound_in_two_branches_is_refused():
    assert refusal(
        ARRAYS
        + """
    @thread
    def t():
        if either():
            arr = a.v
        else:
            arr = b.v
        arr[0] = 1
    """
    ) == {"MC255"}


def test_an_array_stays_that_of_the_object_the_pointer_named():
    holds(
        ARRAYS
        + """
    @thread
    def t():
        p: Ptr[S] = a
        arr = p.v
        p = b
        arr[0] = 1
        p.v[1] = 1

    @final
    def ok():
        return a.v[0] == 1 and a.v[1] == 0 and b.v[0] == 0 and b.v[1] == 1
    """,
        "ok",
    )


RETURNS = """
    @struct
    class S:
        used: Bool
        n: U8

    s = shared(S)
    turns = shared(U8)

    def find():
        if turns != 0:
            {nothing}
        return s

    @thread
    def t():
        n: U8 = 0
        while n < 2:
            p = find()
            if p is not None:
                p.n += 1
            WRITE_ONCE(turns, 1)
            n += 1

    @final
    def ok():
        return s.n == 1
"""


@pytest.mark.parametrize("nothing", ["return None", "return"])
def test_a_return_of_none_forgets_what_the_call_before_found(nothing):
    holds(RETURNS.format(nothing=nothing), "ok")


def test_falling_off_the_end_of_a_routine_that_returns_a_number_is_refused():
    assert refusal(
        """
        x = shared(U8)

        def f():
            if READ_ONCE(x) == 0:
                return
            return 3

        @thread
        def t():
            WRITE_ONCE(x, f())
        """
    ) == {"MC270"}


def test_a_default_of_none_is_of_the_parameter_s_type():
    result = check_text("""
        @struct
        class S:
            n: U8

        a = shared(S)

        def f(c: Bool, p: Ptr[S] = None):
            if c:
                p = a
            if p is not None:
                p.n = 1

        @thread
        def t():
            f(either())

        @final
        def always():
            return a.n == 1

        @reachable
        def once():
            return a.n == 1
    """)
    assert violated(result) == {"always"}


def test_a_default_number_fits_the_parameter_s_type():
    holds(
        """
        x = shared(U16)

        def f(n: U8 = 300):
            WRITE_ONCE(x, n)

        @thread
        def t():
            f()

        @final
        def ok():
            return x == 44
        """,
        "ok",
    )


def test_a_routine_as_parameter_may_be_replaced():
    holds(
        """
        x = shared(U8)

        def one():
            WRITE_ONCE(x, 1)

        def two():
            WRITE_ONCE(x, 2)

        def f(cb, c: Bool):
            if c:
                cb = two
            cb()

        @thread
        def t():
            f(one, either())

        @reachable
        def ran_one():
            return x == 1

        @reachable
        def ran_two():
            return x == 2
        """,
        "ran_one",
        "ran_two",
    )


def test_a_match_that_may_fit_no_case_assigns_nothing():
    assert refusal(
        """
        x = shared(U8, 3)

        @thread
        def t():
            k: U8
            match READ_ONCE(x):
                case 1:
                    k = 1
                case 2:
                    k = 2
            WRITE_ONCE(x, k)
        """
    ) == {"MC248"}


def test_a_match_on_every_member_of_an_enum_assigns():
    result = holds(
        """
        class Mode(Enum):
            READ = 0
            WRITE = 1

        mode = shared(Mode)
        x = shared(U8)

        @thread
        def t():
            match READ_ONCE(mode):
                case Mode.READ:
                    k = 1
                case Mode.WRITE:
                    k = 2
            WRITE_ONCE(x, k)

        @thread
        def u():
            WRITE_ONCE(mode, Mode.WRITE)

        @final
        def ok():
            return x == 1 or x == 2
        """,
        "ok",
    )
    # t at the load, at the store of 1, of 2, ended with 1, with 2; before and after u's store
    assert counts(result) == (8, 8, 3)


def test_a_constant_bound_in_a_loop_is_no_constant_of_the_file():
    holds(
        """
        i = 7
        x = shared(U8)

        @thread
        def t():
            k = 0
            for i in range(3):
                k = i
            WRITE_ONCE(x, k)

        @final
        def ok():
            return x == 2
        """,
        "ok",
    )


def test_a_lambda_sees_no_name_that_may_have_no_value():
    assert refusal(
        """
        x = shared(U8)

        def wait(cond):
            wait_until(cond())

        @thread
        def t():
            if either():
                n: U8 = READ_ONCE(x)
            wait(lambda: n == 0)
            WRITE_ONCE(x, 1)
        """
    ) == {"MC248"}


def test_a_local_that_is_called_like_a_temporary_keeps_its_value(explore):
    """What lowering keeps for itself is called t1, t2, …: never as a name of the spec is."""
    found = explore(
        """
        from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, final, shared, spec, thread

        spec("temporaries")

        n = shared(U8)
        m = shared(U8)


        @thread
        def work():
            t1: U8 = 7
            t2: U8 = 8
            t3: U8 = 9
            WRITE_ONCE(n, READ_ONCE(m) + 1)
            WRITE_ONCE(m, READ_ONCE(n) + READ_ONCE(m) + 1)
            WRITE_ONCE(n, t1)
            WRITE_ONCE(m, t2 + t3)


        @final
        def kept():
            return n == 7 and m == 17
        """
    )
    assert found.violated == set()


def test_a_call_in_a_target_may_store():
    holds(
        ARRAYS
        + """
    x = shared(U8)

    def bump():
        global x
        x += 1
        return x - 1

    @thread
    def t():
        a.v[bump()] = 7
        a.v[bump()] += 8

    @final
    def ok():
        return a.v[0] == 7 and a.v[1] == 8 and x == 2
    """,
        "ok",
    )


def test_the_index_of_a_ghost_must_not_store():
    assert refusal(
        """
    @struct
    class G:
        seen: Array[U8] = ghost(array(2))

    g = shared(G)
    x = shared(U8)

    def bump():
        global x
        x += 1
        return x - 1

    @thread
    def t():
        g.seen[bump()] = 7
    """
    ) == {"MC303"}
