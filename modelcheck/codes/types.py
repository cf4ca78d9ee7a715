"""MC23x to MC263: types and values."""

from __future__ import annotations

from modelcheck.codes.row import Code, in_thread

_POINT = """@struct
class Point:
    x: U8


"""
_NODE = """@struct
class Node:
    next: Ptr[Node]
    key: U8


@struct
class Head:
    first: Ptr[Node]
    last: Ptr[Node]


h = shared(Head)
nodes = shared(Node, count=2)

"""
_TABLE = """@struct
class Table:
    slots: Array[U8] = array(2)
    waiting: Queue[U8] = queue(2)
    seen: Set[Int] = between(0, 3)


t = shared(Table)

"""
_MODE = "class Mode(Enum):\n    OFF = 0\n    ON = 1\n\n\nmode = shared(Mode)\n"


def _node(body: str) -> str:
    return in_thread(body, _NODE)


def _table(body: str) -> str:
    return in_thread(body, _TABLE)


ROWS: tuple[Code, ...] = (
    Code(
        "MC230",
        "structs have fields, queues and sets have methods, nothing else has either",
        "",
        in_thread("READ_ONCE(n.x)"),
        _POINT + in_thread("READ_ONCE(n.x)", "n = shared(Point)\n"),
    ),
    Code(
        "MC231",
        "constants do not divide by zero or shift outside 0 … 63",
        "What is only known when the program runs is checked then: `arithmetic`.",
        in_thread("WRITE_ONCE(n, 1 // 0)"),
        in_thread("WRITE_ONCE(n, 1 // 1)"),
    ),
    Code(
        "MC232",
        "a number of things is a constant number",
        "",
        _MODE + in_thread("READ_ONCE(n)", "n = shared(U8, count=Mode.ON)\n"),
        in_thread("READ_ONCE(n[0])", "n = shared(U8, count=2)\n"),
    ),
    Code(
        "MC233",
        "a size is not too small",
        "",
        "@struct\nclass Table:\n    slots: Array[U8] = array(0)\n\n\nt = shared(Table)\n",
        "@struct\nclass Table:\n    slots: Array[U8] = array(1)\n\n\nt = shared(Table)\n",
    ),
    Code(
        "MC234",
        "a constant condition is a Bool",
        "",
        "many = param(2, min=0, max=3)\nn = shared(U8, count=2 if many else 1)\n",
        "many = param(2, min=0, max=3)\nn = shared(U8, count=2 if many > 0 else 1)\n",
    ),
    Code(
        "MC235",
        "a type is a struct, an enum or one of the language's",
        "",
        "m = shared(U8)\n\n@struct\nclass Point:\n    x: m\n\n\np = shared(Point)\n",
        _POINT + "p = shared(Point)\n",
    ),
    Code(
        "MC236",
        "arrays, queues, sets and pointers say what of",
        "",
        "@struct\nclass Table:\n    slots: Array = array(2)\n\n\nt = shared(Table)\n",
        "@struct\nclass Table:\n    slots: Array[U8] = array(2)\n\n\nt = shared(Table)\n",
    ),
    Code(
        "MC237",
        "a pointer points to a struct",
        "`Ref[U8]` is a parameter that takes the place of a number.",
        "@struct\nclass Head:\n    first: Ptr[U8]\n\n\nh = shared(Head)\n",
        _POINT + "@struct\nclass Head:\n    first: Ptr[Point]\n\n\nh = shared(Head)\n",
    ),
    Code(
        "MC238",
        "queues and sets hold single values",
        "Structs have identity: a queue of structs is a queue of pointers.",
        _POINT
        + "@struct\nclass Line:\n    waiting: Queue[Point] = queue(2)\n\n\nq = shared(Line)\n",
        _POINT
        + "@struct\nclass Line:\n    waiting: Queue[Ptr[Point]] = queue(2)\n\n\nq = shared(Line)\n",
    ),
    Code(
        "MC239",
        "an `Int` has bounds",
        "Every value of a program has a known range. Only `prove` will take it without.",
        "@struct\nclass Meter:\n    level: Int\n\n\nm = shared(Meter)\n",
        "@struct\nclass Meter:\n    level: Int = between(0, 9)\n\n\nm = shared(Meter)\n",
    ),
    Code(
        "MC240",
        "`between` takes the least value, then the greatest",
        "",
        "n = shared(between(9, 0))\n",
        "n = shared(between(0, 9))\n",
    ),
    Code(
        "MC241",
        "arrays and queues have a size",
        "",
        "@struct\nclass Table:\n    slots: Array[U8]\n\n\nt = shared(Table)\n",
        "@struct\nclass Table:\n    slots: Array[U8] = array(2)\n\n\nt = shared(Table)\n",
    ),
    Code(
        "MC242",
        "bounds and sizes stand beside the types that have them",
        "",
        "@struct\nclass Meter:\n    level: U8 = between(0, 9)\n\n\nm = shared(Meter)\n",
        "@struct\nclass Meter:\n    level: Int = between(0, 9)\n\n\nm = shared(Meter)\n",
    ),
    Code(
        "MC243",
        "`stable=` names fields of the pool's struct",
        "",
        _POINT + "p = pool(Point, count=2, stable=(Point,))\n",
        _POINT + "p = pool(Point, count=2, stable=(Point.x,))\n",
    ),
    Code(
        "MC244",
        "a set holds ThreadIds, pointers, enum members or bounded numbers",
        "It is stored as one bit per possible element.",
        "@struct\nclass Table:\n    seen: Set[U8]\n\n\nt = shared(Table)\n",
        "@struct\nclass Table:\n    seen: Set[Int] = between(0, 7)\n\n\nt = shared(Table)\n",
    ),
    Code(
        "MC245",
        "an array or queue is no single value",
        "",
        _table("t.slots += 1"),
        _table("t.slots[0] += 1"),
    ),
    Code(
        "MC246",
        "arrays and queues are not assigned as a whole",
        "One step is one access.",
        _table("t.slots = 0"),
        _table("t.slots[0] = 0"),
    ),
    Code(
        "MC247",
        "a value fits the place it is stored in",
        "",
        _MODE + in_thread("WRITE_ONCE(n, Mode.ON)"),
        _MODE + in_thread("WRITE_ONCE(mode, Mode.ON)"),
    ),
    Code(
        "MC248",
        "a local has a value where it is used",
        "On every way that leads there.",
        in_thread("if READ_ONCE(n) == 0:\n    x = 1\nWRITE_ONCE(n, x)"),
        in_thread("x = 0\nif READ_ONCE(n) == 0:\n    x = 1\nWRITE_ONCE(n, x)"),
    ),
    Code(
        "MC249",
        "a shared scalar is assigned under `global`",
        "Without it the name is a local of the routine, as in Python.",
        in_thread("x = n\nn = 1"),
        in_thread("global n\nx = n\nn = 1"),
    ),
    Code(
        "MC250",
        "what is plainly `None` has no fields",
        "Where only the run can tell, it is the violation `null-dereference`.",
        _node("p: Ptr[Node] = None\nfree(None)"),
        _node("p: Ptr[Node] = h.first\nif p is not None:\n    READ_ONCE(p.key)"),
    ),
    Code(
        "MC251",
        "a `per_thread` array is indexed by a thread",
        "",
        _POINT + in_thread("READ_ONCE(mine[0].x)", "mine = per_thread(Point)\n"),
        _POINT + in_thread("READ_ONCE(mine[current()].x)", "mine = per_thread(Point)\n"),
    ),
    Code(
        "MC252",
        "an array is indexed by a number",
        "",
        _table("READ_ONCE(t.slots[None])").replace("None", "True"),
        _table("READ_ONCE(t.slots[1])"),
    ),
    Code(
        "MC253",
        "`None` has the type of what it is compared with or stored in",
        "",
        _node("p = None\np = h.first"),
        _node("p: Ptr[Node] = None\np = h.first"),
    ),
    Code(
        "MC254",
        "a thread with several copies is named with a number",
        "",
        "n = shared(U8)\n\n@thread(count=2)\ndef work(me):\n    READ_ONCE(n)\n\n\n"
        "@thread\ndef wait():\n    wait_until(finished(work))\n",
        "n = shared(U8)\n\n@thread(count=2)\ndef work(me):\n    READ_ONCE(n)\n\n\n"
        "@thread\ndef wait():\n    wait_until(finished(work[0]))\n",
    ),
    Code(
        "MC255",
        "types, routines and arrays are no values",
        "",
        _POINT + in_thread("WRITE_ONCE(n, Point)"),
        in_thread("WRITE_ONCE(n, 1)"),
    ),
    Code(
        "MC256",
        "arithmetic is for numbers",
        "Enum members, pointers and ThreadIds are symbols.",
        _MODE + in_thread("x = Mode.OFF + 1\nREAD_ONCE(n)"),
        in_thread("x = 0 + 1\nREAD_ONCE(n)"),
    ),
    Code(
        "MC257",
        "a condition is a Bool",
        "Nothing else has truth: say what of a number or pointer is asked.",
        _node("if h.first:\n    pass"),
        _node("if h.first is not None:\n    pass"),
    ),
    Code(
        "MC258",
        "what is compared or chosen has one type",
        "",
        _node("if h.first == 1:\n    pass"),
        _node("if h.first == h.last:\n    pass"),
    ),
    Code(
        "MC259",
        "only numbers have an order",
        "",
        _MODE + in_thread("if READ_ONCE(mode) < Mode.ON:\n    pass", ""),
        _MODE + in_thread("if READ_ONCE(mode) != Mode.ON:\n    pass", ""),
    ),
    Code(
        "MC260",
        "a chain compares at most three values",
        "",
        in_thread("if 0 < READ_ONCE(n) < 3 < 4:\n    pass"),
        in_thread("if 0 < READ_ONCE(n) < 3:\n    pass"),
    ),
    Code(
        "MC261",
        "`in` asks queues, sets and written tuples",
        "",
        in_thread("if 1 in n:\n    pass"),
        _table("if 1 in t.seen:\n    pass"),
    ),
    Code(
        "MC262",
        "the type of a set is known where it is written",
        "",
        _table("t.seen = set()")
        .replace("t.seen = set()", "x = set()\nREAD_ONCE(t.slots[0])")
        .replace("\nREAD_ONCE", "\n    READ_ONCE"),
        _table("t.seen.clear()"),
    ),
    Code(
        "MC263",
        "`for` runs over constant ranges and arrays",
        "Over a queue or a set only in one step: `atomic`, properties, observers.",
        _POINT + in_thread("for p in Point:\n    READ_ONCE(n)"),
        _table("for x in t.slots:\n    pass"),
    ),
)
