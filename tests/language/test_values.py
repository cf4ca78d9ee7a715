"""DESIGN 3.2: types, places, containers, arithmetic."""

from __future__ import annotations

import pytest

from tests.checking import check_text, counts, refusal, violated

MEMORY = """
class Mode(Enum):
    READ = 0
    WRITE = 1
    APPEND = 2

@struct
class Inner:
    n: U8

@struct
class Far:
    n: Int = between(5, 9)
    later: Int = between(5, 9, 8)
    below: Array[Int] = array(2, between(-9, -2))
    later_ones: Array[Int] = array(2, between(5, 9, start=8))

@struct
class Middle:
    inner: Inner
    pair: Array[Inner] = array(2)

@struct
class Item:
    b: Bool
    small: U8
    level: Int = between(-2, 5)
    mode: Mode
    owner: ThreadId
    next: Ptr["Item"]
    v: Array[U8] = array(2)
    grid: Array[Int] = array(2, between(0, 3))
    q: Queue[U8] = queue(2)
    modes: Queue[Mode] = queue(2)
    pointers: Queue[Ptr["Item"]] = queue(2)
    owners: Queue[ThreadId] = queue(2)
    s: Set[ThreadId]
    known: Set[Ptr["Item"]]
    allowed: Set[Mode]
    ranks: Set[Int] = between(1, 3)
    middle: Middle
    fn: Fn

one = shared(Item)
two = shared(Item)
x = shared(U8)
far = shared(Far)
each_far = per_thread(Far)
fars = shared(Far, count=2)
kept = pool(Far, count=1, reuse=True, stable=(Far.below,))
above: Array[Int] = ghost(array(2, between(5, 9)))
index = shared(between(-5, 9))
out = shared(between(-1000, 1000))
allow("leak", because="not asked here")
"""


def ends_with(body, condition, declarations=MEMORY):
    """What a thread with a body violates, where at the end a condition is to hold."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return violated(
        check_text(
            f"{declarations}\n@thread\ndef t():\n{lines}\n\n"
            f"@final\ndef ok():\n    return {condition}\n"
        )
    )


@pytest.mark.parametrize(
    ("body", "condition"),
    [
        ("pass", "not one.b and one.small == 0 and one.level == 0 and one.mode == Mode.READ"),
        ("pass", "one.owner is None and one.next is None and one.fn is None"),
        ("pass", "len(one.q) == 0 and len(one.s) == 0 and one.v[0] == 0"),
        # where 0 is none of the values
        ("pass", "far.n == 5 and far.later == 8 and fars[1].n == 5 and above[1] == 5"),
        ("far.below[0] = -3", "far.below[0] == -3 and far.below[1] == -9"),
        ("far.below[0] = -3", "far.below[1] < 0 and fars[1].below[0] < 0"),
        ("far.later_ones[0] = 6", "far.later_ones[0] == 6 and far.later_ones[1] == 8"),
        (
            "mine = each_far[current()]\nWRITE_ONCE(x, mine.below[1] + 19)\nmine.below[1] = -2",
            "x == 10",
        ),
        ("p = new(Far)\nWRITE_ONCE(x, p.below[1] + 19)", "x == 10"),
        ("one.small = 300", "one.small == 44"),
        ("one.small = 0\none.small -= 1", "one.small == 255"),
        ("one.level = -2\none.level += 7", "one.level == 5"),
        ("one.mode = Mode.APPEND", "one.mode == Mode.APPEND and one.mode != Mode.READ"),
        ("one.owner = current()", "one.owner == t"),
        ("one.next = two\none.next.next = one", "one.next.next is one"),
        ("one.next = one", "one.next == one and one.next is not two"),
        ("one.v[1] = 7\none.v[0] = one.v[1]", "one.v[0] == 7"),
        ("one.grid[1] = 3", "one.grid[1] == 3"),
        # queues: a bounded deque
        ("one.q.append(1)\none.q.append(2)", "one.q[0] == 1 and one.q[1] == 2"),
        ("one.q.appendleft(1)\none.q.appendleft(2)", "one.q[0] == 2 and one.q[1] == 1"),
        ("one.q.append(1)\none.q.append(2)\none.q.remove(1)", "one.q[0] == 2 and len(one.q) == 1"),
        ("one.q.append(1)\none.q.append(1)\none.q.remove(1)", "len(one.q) == 1"),
        ("one.q.append(1)\none.q.clear()", "len(one.q) == 0"),
        ("one.q.append(3)\nx_ = one.q.popleft()\nWRITE_ONCE(x, x_)", "x == 3"),
        ("one.q.append(300)", "one.q[0] == 44 and 44 in one.q and 45 not in one.q"),
        ("one.modes.append(Mode.WRITE)", "Mode.WRITE in one.modes and Mode.READ not in one.modes"),
        ("one.pointers.append(two)\none.pointers.append(None)", "two in one.pointers"),
        ("one.pointers.append(None)", "None in one.pointers and one not in one.pointers"),
        ("one.owners.append(current())", "t in one.owners"),
        # sets
        ("one.s.add(current())\none.s.add(current())", "len(one.s) == 1 and t in one.s"),
        ("one.s.add(current())\none.s.discard(current())", "len(one.s) == 0"),
        ("one.s.discard(current())", "len(one.s) == 0"),
        ("one.s.add(current())\none.s.clear()", "t not in one.s"),
        ("one.known.add(two)", "two in one.known and one not in one.known"),
        ("one.known = {one, two}\none.known.discard(one)", "len(one.known) == 1"),
        ("one.known.add(two)", "one.known != set() and set() == two.known"),
        ("one.known.add(two)", "one.known != two.known and one.known == {two}"),
        ("one.ranks.add(2)", "set() != one.ranks and two.ranks == set()"),
        ("one.allowed = {Mode.READ, Mode.APPEND}", "Mode.WRITE not in one.allowed"),
        (
            "one.ranks = {2, 3}\none.ranks.add(1)\none.ranks.discard(3)",
            "1 in one.ranks and 2 in one.ranks and 3 not in one.ranks",
        ),
        ("one.ranks = {3}", "3 in one.ranks and 0 not in one.ranks and 7 not in one.ranks"),
        (
            "one.ranks = {1}\ntwo.ranks = one.ranks\ntwo.ranks.add(2)",
            "len(one.ranks) == 1 and len(two.ranks) == 2",
        ),  # a set is a value
        (
            "two.ranks = {1, 2, 3}\none.ranks = two.ranks & one.ranks | two.ranks",
            "len(one.ranks) == 3",
        ),
        # embedded structs, two levels, and in arrays
        ("one.middle.inner.n = 1", "one.middle.inner.n == 1 and two.middle.inner.n == 0"),
        ("p = one.middle.pair[1]\np.n = 3", "one.middle.pair[1].n == 3"),
        (
            "p = one.middle.pair[1]\nq = one.middle.pair[0]\nif p is not q:\n    p.n = 4",
            "one.middle.pair[1].n == 4",
        ),
        (
            (
                'p = one.middle.inner\nm = container_of(p, Middle, "inner")\n'
                'i = container_of(m, Item, "middle")\ni.small = 9'
            ),
            "one.small == 9",
        ),
        # identity
        ("if one == one and one != two and one is not two:\n    one.b = True", "one.b"),
        ("p: Ptr[Item] = None\nif p is None:\n    p = two\np.b = True", "two.b"),
        # arithmetic is exact, only a store wraps
        ("one.small = 255\nn = one.small + 1\nif n == 256:\n    one.b = True", "one.b"),
        ("one.small = 200\nWRITE_ONCE(out, one.small * 3 - 100)", "out == 500"),
        ("one.small = 7\nWRITE_ONCE(out, (0 - one.small) // 2)", "out == -4"),
        ("one.small = 7\nWRITE_ONCE(out, abs(0 - one.small))", "out == 7"),
        ("WRITE_ONCE(out, min(3, 1, 2) * 10 + max(3, 1, 2))", "out == 13"),
        ("one.small = 6\nWRITE_ONCE(out, one.small & 3 | 8 ^ 1)", "out == 11"),
        # chains
        ("one.small = 3\nif 1 < one.small < 5:\n    one.b = True", "one.b"),
        ("one.small = 5\nif 1 < one.small < 5:\n    one.b = True", "not one.b"),
        ("if one.mode in (Mode.READ, Mode.WRITE):\n    one.b = True", "one.b"),
        (
            "one.mode = Mode.APPEND\nif one.mode not in (Mode.READ, Mode.WRITE):\n    one.b = True",
            "one.b",
        ),
        ("one.small = 4 if one.b else 5", "one.small == 5"),
    ],
)
def test_values(body, condition):
    assert ends_with(body, condition) == set()
    assert ends_with(body, f"not ({condition})") == {"ok"}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("one.next.small = 1", "null-dereference"),
        ("p: Ptr[Item] = READ_ONCE(one.next)\nq = p.middle", "null-dereference"),
        ("f = READ_ONCE(one.fn)\nf()", "null-dereference"),
        ("one.s.add(READ_ONCE(one.owner))", "null-dereference"),
        ("one.v[READ_ONCE(x)] = 1", None),
        ("WRITE_ONCE(x, 2)\none.v[READ_ONCE(x)] = 1", "out-of-bounds"),
        ("WRITE_ONCE(index, -1)\none.v[READ_ONCE(index)] = 1", "out-of-bounds"),
        ("WRITE_ONCE(index, -1)\nv = one.v[READ_ONCE(index)]", "out-of-bounds"),
        ("v = one.q[0]", "out-of-bounds"),
        ("one.q.append(1)\nv = one.q[1]", "out-of-bounds"),
        ("v = one.q.popleft()", "out-of-bounds"),
        ("one.q.remove(1)", "out-of-bounds"),
        ("for i in range(3):\n    one.q.append(i)", "capacity"),
        ("for i in range(3):\n    one.q.appendleft(i)", "capacity"),
        ("one.level = 5\none.level += 1", "range"),
        ("one.level -= 3", "range"),
        ("one.grid[0] = 3\none.grid[0] += 1", "range"),
        ("n: Int = between(0, 3)\nn = 3\nwhile x == 0:\n    n += 1\n    WRITE_ONCE(x, 1)", "range"),
        ("one.ranks.add(READ_ONCE(x))", "range"),
        ("v = 1 // READ_ONCE(x)", "arithmetic"),
        ("v = 1 % READ_ONCE(x)", "arithmetic"),
        ("WRITE_ONCE(x, 64)\nv = 1 >> READ_ONCE(x)", "arithmetic"),
        ("WRITE_ONCE(index, -1)\nv = 1 >> READ_ONCE(index)", "arithmetic"),
        (
            'p = one.middle.inner\nq = container_of(two.middle.pair[0], Middle, "inner")',
            "out-of-bounds",
        ),
    ],
)
def test_faults(body, fault):
    kept_alive = (
        MEMORY
        + """
@thread
def nothing_is_frozen():
    wait_until(False, idle=True)
    WRITE_ONCE(x, 1)
    WRITE_ONCE(index, 1)
    one.next = None
    one.fn = None
    one.owner = None
    one.q.append(1)

allow("data-race", because="not asked here")
"""
    )
    assert ends_with(body, "True", kept_alive) == ({fault} if fault else set())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("one.v[-1] = 1", "MC225"),
        ("one.v[2] = 1", "MC225"),
        ("if one.next:\n    pass", "MC257"),
        ("if one.small:\n    pass", "MC257"),
        ("if one.s:\n    pass", "MC257"),
        ("one.middle = two.middle", "MC121"),
        ("one.mode = 1", "MC247"),
        ("one.mode += 1", "MC256"),
        ("one.owner += 1", "MC256"),
        ("if one.mode < Mode.WRITE:\n    pass", "MC259"),
        ("one.level = 6", "MC223"),
        ("one.next = one.middle", "MC247"),
        ("one.v = two.v", "MC246"),
        ("one.q = two.q", "MC246"),
        ("n = 0\nwhile n < 3:\n    n += 1", "MC294"),
        ("v = one.small // 0", "MC231"),
        ("v = one.small << 64", "MC231"),
        ("v = (one.level << 62) * (one.level << 62)", "MC404"),
        ("for n in one.q:\n    pass", "MC130"),
        ("one.q.extend(1)", "MC289"),
        ("one.s.remove(current())", "MC289"),
        ("if 0 < one.small in one.q:\n    pass", "MC260"),
        ("x = 1", "MC249"),
    ],
)
def test_refusals(body, code):
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    assert refusal(f"{MEMORY}\n@thread\ndef t():\n{lines}\n") == {code}


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("n: Int", "MC239"),
        ("s: Set[U8]", "MC244"),
        ("s: Set[Int] = between(0, 63)", "MC405"),
        ("v: Array[U8]", "MC241"),
        ("q: Queue[U8]", "MC241"),
        ("p: Ptr[U8]", "MC237"),
        ("t: T", "MC215"),
        ("t: Array[T] = array(2)", "MC215"),
        ("n: U8 = between(0, 1)", "MC242"),
        ("n: Int = between(3, 1)", "MC240"),
        ("n: Int = between(3, 5, 0)", "MC223"),
        ("n: Int = between(3, 5, begin=4)", "MC210"),
        ("v: Array[Int] = array(2, between(3, 5, start=6))", "MC223"),
        ("q: Queue[Int] = queue(2, between(3, 5, 4))", "MC210"),
        ("s: Set[Int] = between(3, 5, 4)", "MC210"),
    ],
)
def test_refused_fields(field, code):
    assert refusal(f"""
        @struct
        class T:
            {field}

        t = shared(T)
    """) == {code}


def test_bounds_of_an_object_have_no_start():
    assert refusal("x = shared(between(3, 5, 4))") == {"MC210"}
    assert refusal("x = shared(between(3, 5), start=4)") == set()


@pytest.mark.parametrize("kind", ["Ptr[S]", "Array[U8]", "Queue[U8]", "Set[ThreadId]"])
def test_what_lives_in_a_struct_only(kind):
    assert refusal(f"""
        @struct
        class S:
            n: U8

        x = shared({kind})
    """) == {"MC214"}


def test_a_value_is_checked_before_it_is_packed():
    # 256 does not become 0 on its way into a range of eight bits
    result = check_text("""
        x = shared(U8, 255)
        y = shared(between(0, 255))

        @thread
        def t():
            WRITE_ONCE(y, READ_ONCE(x) + 1)
            WRITE_ONCE(x, 0)
    """)
    assert violated(result) == {"range"}


def test_a_local_takes_the_type_of_its_first_assignment():
    result = check_text("""
        small = shared(U8, 255)
        wide = shared(U16, 255)
        a = shared(U16)
        b = shared(U16)

        @thread
        def t():
            n = READ_ONCE(small)
            n = n + 1
            WRITE_ONCE(a, n)
            m = READ_ONCE(wide)
            m = m + 1
            WRITE_ONCE(b, m)
            WRITE_ONCE(small, 0)
            WRITE_ONCE(wide, 0)

        @final
        def one_wraps():
            return a == 0 and b == 256
    """)
    assert violated(result) == set()


def test_start_values_of_shared_local_and_new():
    text = """
        class Mode(Enum):
            READ = 0
            WRITE = 1

        @struct
        class S:
            a: U8 = 3
            m: Mode = Mode.WRITE
            l: Int = between(2, 5)
            p: Ptr["S"]

        s = shared(S, a=4)
        slots = pool(S, count=1)
        x = shared(U16)

        @thread
        def t():
            e = local(S, m=Mode.READ)
            p = new(S, a=1, p=None)
            with atomic():
                ok = e.a == 3 and e.m == Mode.READ and e.l == 2 and e.p is None
                if ok and p.a == 1 and p.p is None:
                    WRITE_ONCE(x, 1)
            {more}
            free(p)

        @final
        def all_right():
            return x == 1 and s.a == 4 and s.m == Mode.WRITE and s.l == 2 and s.p is None
    """
    assert violated(check_text(text.format(more="pass"))) == set()
    assert violated(check_text(text.format(more="v = p.m"))) == {"uninitialised"}
    assert violated(check_text(text.format(more="v = p.l"))) == {"uninitialised"}


@pytest.mark.parametrize(
    ("queue", "fault"),
    [
        ("Queue[Ptr[Item]] = queue(1)", set()),
        ("Set[Ptr[Item]]", set()),
        ("Ptr[Item]", set()),
        ("Ptr[Part]", set()),
        ("U8", {"leak"}),
    ],
)
def test_what_leads_to_a_live_object(queue, fault):
    store = {
        "Queue[Ptr[Item]] = queue(1)": "head.f.append(p)",
        "Set[Ptr[Item]]": "head.f.add(p)",
        "Ptr[Item]": "head.f = p",
        "Ptr[Part]": "head.f = p.part",
        "U8": "head.f = 1",
    }[queue]
    result = check_text(f"""
        @struct
        class Part:
            n: U8

        @struct
        class Item:
            n: U8
            part: Part

        @struct
        class Head:
            f: {queue}

        items = pool(Item, count=1)
        head = shared(Head)

        @thread
        def t():
            p = new(Item, n=1)
            {store}
    """)
    assert violated(result) == fault


def test_a_ghost_pointer_keeps_nothing_alive():
    result = check_text("""
        @struct
        class Item:
            n: U8

        @struct
        class Head:
            f: Ptr[Item] = ghost(None)

        items = pool(Item, count=1)
        head = shared(Head)

        @thread
        def t():
            p = new(Item, n=1)
            head.f = p
    """)
    assert violated(result) == {"leak"}


def test_a_loop_over_a_queue_sees_what_was_there_when_it_began():
    result = check_text("""
        @struct
        class Box:
            q: Queue[U8] = queue(3)

        box = shared(Box)
        out = shared(between(0, 999))

        @thread
        def t():
            global out
            box.q.append(1)
            box.q.append(2)
            box.q.append(3)
            with atomic():
                for n in box.q:
                    out = out * 10 + n
                    box.q.remove(n)

        @final
        def all_three():
            return out == 123 and len(box.q) == 0
    """)
    assert violated(result) == set()
    assert counts(result) == (5, 4, 4)


def test_a_condition_that_is_known_where_its_parts_meet():
    text = """
    @struct
    class Row:
        next: Ptr["Row"]

    rows = shared(Row, count=2)
    y = shared(U8)

    def work():
        global y
        if rows[1].next is not rows[1].next:
            y = 1

    @initial
    def fill():
        rows[1].next = rows[0]
        work()

    @thread
    def t():
        with atomic(because="both at once"):
            work()

    @final
    def ok():
        return y == 0
    """
    assert violated(check_text(text)) == set()


@pytest.mark.parametrize(
    "number", ["2 * three - 6", "three % 3", "three - 3", "min(three, 0)", "0 if three > 1 else 1"]
)
def test_an_element_is_the_same_however_its_number_was_computed(number):
    text = f"""
    @struct
    class Row:
        near: Array["Cell"] = array(2)

    @struct
    class Cell:
        n: U8

    rows = shared(Row, count=2)
    y = shared(U8)

    @thread
    def t():
        global y
        three: U8 = 3
        n = {number}
        if rows[n] is rows[0]:
            y += 1
        if rows[1].near[n] == rows[1].near[0]:
            y += 1
        if rows[n + 1] is not rows[0]:
            y += 1

    @final
    def ok():
        return y == 3
    """
    assert violated(check_text(text)) == set()


def test_a_set_takes_every_number_that_its_comprehension_makes():
    text = """
    x = shared(U8, 5)
    y = shared(U8)

    @thread
    def t():
        global y
        with atomic(because="looks at both"):
            some = {i * 2 for i in range(4) if i < x}
            y = len(some)

    @final
    def ok():
        return y == 4

    @final
    def all_of_them():
        some = {i * 3 - 5 for i in range(3)}
        return len(some) == 3 and -5 in some and 1 in some
    """
    assert violated(check_text(text)) == set()


def test_cases_with_several_members_are_all_of_them():
    text = """
    class Mode(Enum):
        READ = 0
        WRITE = 1
        BOTH = 2

    mode = shared(Mode, start=Mode.BOTH)
    y = shared(U8)

    def number(m):
        match m:
            case Mode.READ | Mode.WRITE:
                return 1
            case Mode.BOTH:
                return 2

    @thread
    def t():
        global y
        y = number(mode)

    @final
    def ok():
        return y == 2
    """
    assert violated(check_text(text)) == set()
