"""MC23x to MC29x: types, values and calls."""

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
_GET = "n = shared(U8)\n\ndef get(a):\n    return a\n\n"
_WORKER = """n = shared(U8)

@thread(spawned=1)
def worker(size: U8):
    WRITE_ONCE(n, size)


"""


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
        _TABLE + "def get(a: Array[U8]):\n    return a\n\n\n@thread\ndef work():\n    get(3)\n",
        _TABLE + "def get(a: U8):\n    return a\n\n\n@thread\ndef work():\n    get(3)\n",
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
    Code(
        "MC264",
        "recursion ends by constant arguments",
        "Calls are inlined. Where the depth depends on the run, write a loop or defer the rest.",
        "n = shared(U8)\n\ndef down(depth):\n    if READ_ONCE(n) == 0:\n"
        "        down(depth + 1)\n\n\n@thread\ndef work():\n    down(0)\n",
        "n = shared(U8)\n\ndef down(depth):\n    READ_ONCE(n)\n    if depth > 0:\n"
        "        down(depth - 1)\n\n\n@thread\ndef work():\n    down(2)\n",
    ),
    Code(
        "MC265",
        "a `lambda` is called without arguments",
        "",
        "n = shared(U8)\n\ndef ask(condition):\n    return condition(1)\n\n\n"
        "@thread\ndef work():\n    ask(lambda: READ_ONCE(n) == 0)\n",
        "n = shared(U8)\n\ndef ask(condition):\n    return condition()\n\n\n"
        "@thread\ndef work():\n    ask(lambda: READ_ONCE(n) == 0)\n",
    ),
    Code(
        "MC266",
        "what is called is a routine, a lambda or an `Fn`",
        "",
        in_thread("n()"),
        _GET + in_thread("get(1)", ""),
    ),
    Code(
        "MC267",
        "a call gives the arguments the routine takes",
        "",
        _GET + in_thread("get(1, 2)", ""),
        _GET + in_thread("get(1)", ""),
    ),
    Code(
        "MC268",
        "a named argument is a parameter of the routine",
        "",
        _GET + in_thread("get(b=1)", ""),
        _GET + in_thread("get(a=1)", ""),
    ),
    Code(
        "MC269",
        "a `Ref` parameter takes a place",
        "It is stored to, so it has to be a variable, a field or an element.",
        "n = shared(U8)\n\ndef bump(place: Ref[U8]):\n    place += 1\n\n\n"
        "@thread\ndef work():\n    bump(3)\n",
        "n = shared(U8)\n\ndef bump(place: Ref[U8]):\n    place += 1\n\n\n"
        "@thread\ndef work():\n    bump(n)\n",
    ),
    Code(
        "MC270",
        "a routine returns a value on every way or on none",
        "",
        "n = shared(U8)\n\ndef get():\n    if READ_ONCE(n) == 0:\n        return 1\n\n\n"
        "@thread\ndef work():\n    get()\n",
        "n = shared(U8)\n\ndef get():\n    if READ_ONCE(n) == 0:\n        return 1\n"
        "    return 0\n\n\n@thread\ndef work():\n    get()\n",
    ),
    Code(
        "MC271",
        "a routine returns equally many values on every way",
        "",
        "n = shared(U8)\n\ndef get():\n    if READ_ONCE(n) == 0:\n        return 1, 2\n"
        "    return 0\n\n\n@thread\ndef work():\n    get()\n",
        "n = shared(U8)\n\ndef get():\n    if READ_ONCE(n) == 0:\n        return 1, 2\n"
        "    return 0, 0\n\n\n@thread\ndef work():\n    get()\n",
    ),
    Code(
        "MC272",
        "names are given as strings",
        "",
        in_thread("label(n)"),
        in_thread('label("first")\nREAD_ONCE(n)'),
    ),
    Code(
        "MC273",
        "there are no conversions",
        "A condition is a Bool already; a number from a Bool is `1 if c else 0`.",
        in_thread("x = int(READ_ONCE(n) == 0)"),
        in_thread("x = 1 if READ_ONCE(n) == 0 else 0"),
    ),
    Code(
        "MC274",
        "`atomic()` opens a block",
        "",
        in_thread("atomic()\nREAD_ONCE(n)"),
        in_thread("with atomic():\n    READ_ONCE(n)"),
    ),
    Code(
        "MC275",
        "declarations stand at the top level",
        "Nothing is declared while a program runs; `new` and `local` make objects then.",
        in_thread("m = shared(U8)"),
        in_thread("READ_ONCE(n)"),
    ),
    Code(
        "MC276",
        "`new`, `local`, `objects` and `container_of` take a struct",
        "",
        in_thread("p = new(U8)"),
        _POINT + in_thread("p = new(Point, x=1)", "points = pool(Point, count=1)\n"),
    ),
    Code(
        "MC277",
        "`free`, `discard` and `alive` take a pointer",
        "",
        in_thread("free(3)"),
        _POINT + in_thread("p = new(Point)\nfree(p)", "points = pool(Point, count=1)\n"),
    ),
    Code(
        "MC278",
        "`choose` has something to choose from",
        "",
        in_thread("x = choose(range(0))"),
        in_thread("x = choose(range(2))"),
    ),
    Code(
        "MC279",
        "`new(T)` draws from the one pool of T",
        "",
        _POINT + in_thread("p = new(Point)"),
        _POINT + in_thread("p = new(Point)", "points = pool(Point, count=1)\n"),
    ),
    Code(
        "MC280",
        "`any_order` takes an array",
        "",
        _table("with atomic():\n    for x in any_order(t.waiting):\n        pass"),
        _table("for x in any_order(t.slots):\n    pass"),
    ),
    Code(
        "MC281",
        "`container_of` names a field of the pointer's type",
        "",
        _POINT
        + "@struct\nclass Box:\n    corner: Point\n    lid: Point\n    key: U8\n\n\n"
        + in_thread('b = container_of(box.corner, Box, "key")', "box = shared(Box)\n"),
        _POINT
        + "@struct\nclass Box:\n    corner: Point\n    key: U8\n\n\n"
        + in_thread('b = container_of(box.corner, Box, "corner")', "box = shared(Box)\n"),
    ),
    Code(
        "MC282",
        "`spawn` starts a thread declared with `spawned=`",
        "",
        "n = shared(U8)\n\n@thread\ndef worker():\n    READ_ONCE(n)\n\n\n"
        "@thread\ndef work():\n    spawn(worker)\n",
        _WORKER + "@thread\ndef work():\n    spawn(worker, 1)\n",
    ),
    Code(
        "MC283",
        "the parameters of a spawned thread have types",
        "Their values are part of the state.",
        "n = shared(U8)\n\n@thread(spawned=1)\ndef worker(size):\n    WRITE_ONCE(n, size)\n\n\n"
        "@thread\ndef work():\n    spawn(worker, 1)\n",
        _WORKER + "@thread\ndef work():\n    spawn(worker, 1)\n",
    ),
    Code(
        "MC284",
        "`finished` takes a thread",
        "",
        in_thread("wait_until(finished(3))"),
        in_thread("READ_ONCE(n)") + "\n\n@thread\ndef wait():\n    wait_until(finished(work))\n",
    ),
    Code(
        "MC285",
        "the bounds of `range` are constants",
        "Such loops are unrolled before the program runs.",
        in_thread("x = READ_ONCE(n)\nfor i in range(x):\n    READ_ONCE(n)"),
        in_thread("for i in range(3):\n    READ_ONCE(n)"),
    ),
    Code(
        "MC286",
        "arrays, queues and sets have a length",
        "",
        in_thread("x = len(n)"),
        _table("x = len(t.waiting)"),
    ),
    Code(
        "MC287",
        "`any`, `all` and `sum` run over a generator",
        "",
        _table("wait_until(any(t.slots))"),
        _table("wait_until(any(x == 0 for x in t.slots))"),
    ),
    Code(
        "MC288",
        "`min` and `max` have something to compare",
        "",
        _table('assert max(x for x in range(0)) == 0, "zero"'),
        _table('assert max(x for x in t.slots) == 0, "zero"'),
    ),
    Code(
        "MC289",
        "queues and sets have the methods of the language",
        "Queues: append, appendleft, popleft, remove, clear. Sets: add, discard, clear.",
        _table("t.waiting.push(1)"),
        _table("t.waiting.append(1)"),
    ),
    Code(
        "MC290",
        "a set that is changed is a variable or a field",
        "",
        _table("{1, 2}.add(2)"),
        _table("t.seen.add(3)"),
    ),
    Code(
        "MC291",
        "as many names as values",
        "",
        _GET + in_thread("a, b = get(1)", ""),
        "n = shared(U8)\n\ndef both():\n    return 1, 2\n\n\n"
        "@thread\ndef work():\n    a, b = both()\n",
    ),
    Code(
        "MC292",
        "only variables, fields and elements are assigned",
        "",
        _MODE + in_thread("Mode.OFF = 1", ""),
        _MODE + in_thread("WRITE_ONCE(mode, Mode.ON)", ""),
    ),
    Code(
        "MC293",
        "loop variables and thread numbers are not assigned",
        "",
        in_thread("for i in range(2):\n    i = 0\n    READ_ONCE(n)"),
        in_thread("for i in range(2):\n    READ_ONCE(n)"),
    ),
    Code(
        "MC294",
        "a local that counts has a type",
        "Its range would grow with every round.",
        in_thread("tries = 0\nwhile READ_ONCE(n) == 0:\n    tries += 1"),
        in_thread("tries: U8 = 0\nwhile READ_ONCE(n) == 0:\n    tries += 1"),
    ),
    Code(
        "MC295",
        "locals are single values of one type",
        "",
        _table("t.slots[0]: U8 = 3"),
        _table("x: U8 = 3\nt.slots[0] = x"),
    ),
    Code(
        "MC296",
        "`rmw=` is relaxed, acquire, release or full",
        "",
        "n = shared(U8)\n\n@thread\ndef work():\n    global n\n"
        '    with atomic(rmw="strong"):\n        n += 1\n',
        "n = shared(U8)\n\n@thread\ndef work():\n    global n\n"
        '    with atomic(rmw="acquire"):\n        n += 1\n',
    ),
    Code(
        "MC297",
        "a thread returns nothing",
        "",
        in_thread("return READ_ONCE(n)"),
        in_thread("READ_ONCE(n)\nreturn"),
    ),
    Code(
        "MC298",
        "a thread takes at most its number",
        "Or, with `each=`, its place.",
        "n = shared(U8)\n\n@thread(count=2)\ndef work(me, other):\n    READ_ONCE(n)\n",
        "n = shared(U8)\n\n@thread(count=2)\ndef work(me):\n    READ_ONCE(n)\n",
    ),
)
