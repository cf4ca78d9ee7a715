"""MC264 to MC298: calls, intrinsics and locals."""

from __future__ import annotations

from modelcheck.codes.row import Code, in_thread

_POINT = """@struct
class Point:
    x: U8


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


def _table(body: str) -> str:
    return in_thread(body, _TABLE)


ROWS: tuple[Code, ...] = (
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
