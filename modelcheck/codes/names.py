"""MC20x to MC22x: names and declarations."""

from __future__ import annotations

from modelcheck.codes.row import Code, in_thread

_SOME = in_thread("READ_ONCE(n)")
_POINT = """@struct
class Point:
    x: U8


"""

ROWS: tuple[Code, ...] = (
    Code(
        "MC201",
        "every name is declared or imported",
        "",
        in_thread("READ_ONCE(m)"),
        in_thread("READ_ONCE(n)"),
    ),
    Code(
        "MC202",
        "a name is declared once",
        "A name means one thing in a file.",
        "n = shared(U8)\nn = shared(U16)\n",
        "n = shared(U8)\nm = shared(U16)\n",
    ),
    Code(
        "MC203",
        "what is imported exists",
        "",
        "from modelcheck.kernel import Mutx\n\nlock = shared(Mutx)\n\n" + _SOME,
        "from modelcheck.kernel import Mutex\n\nlock = shared(Mutex)\n\n" + _SOME,
    ),
    Code(
        "MC204",
        "an imported module is a file",
        "",
        "from modelcheck.kernel.nothing import Mutex\n\nlock = shared(Mutex)\n\n" + _SOME,
        "from modelcheck.kernel.mutex import Mutex\n\nlock = shared(Mutex)\n\n" + _SOME,
    ),
    Code(
        "MC205",
        "files do not import each other in a circle",
        "",
        "a.py with `from .b import x`, and b.py with `from .a import y`",
        "what both need in a third file",
        described=True,
    ),
    Code(
        "MC206",
        "no declaration needs itself",
        "",
        "a = b + 1\nb = a + 1\n\nn = shared(U8, count=a)\n",
        "a = 2\nb = a + 1\n\nn = shared(U8, count=b)\n",
    ),
    Code(
        "MC207",
        "a declaration says what it declares",
        "`shared`, `pool`, `per_thread`, `param`, `flag`, a constant, or a `ghost` with its type.",
        "n = ghost(0)\n\n@final\ndef done():\n    return n == 0\n",
        "n: U8 = ghost(0)\n\n@final\ndef done():\n    return n == 0\n",
    ),
    Code("MC208", "an object has a type", "", "n = shared()\n", "n = shared(U8)\n"),
    Code(
        "MC209",
        "an object takes its type and named values",
        "",
        _POINT + "p = shared(Point, 3)\n",
        _POINT + "p = shared(Point, x=3)\n",
    ),
    Code(
        "MC210",
        "declarations take the named values they know",
        "",
        "n = pool(U8, size=2)\n".replace("pool", "shared"),
        "n = shared(U8, count=2)\n",
    ),
    Code(
        "MC211",
        "a pool holds structs",
        "What is allocated is reached through pointers, and they point to structs.",
        "n = pool(U8, count=2)\n",
        _POINT + "p = pool(Point, count=2)\n",
    ),
    Code(
        "MC212",
        "a pool says how many slots it has",
        "The number of allocations is bounded; one more is `capacity`.",
        _POINT + "p = pool(Point)\n",
        _POINT + "p = pool(Point, count=2)\n",
    ),
    Code(
        "MC213",
        "a variable of its own is shared or a ghost",
        "",
        "n: Int = between(0, 3)\n",
        "n = shared(between(0, 3))\n",
    ),
    Code(
        "MC214",
        "pointers, arrays, queues and sets live in structs",
        "",
        _POINT + "p = shared(Ptr[Point])\n",
        _POINT + "@struct\nclass Head:\n    first: Ptr[Point]\n\n\nh = shared(Head)\n",
    ),
    Code(
        "MC215",
        "a struct does not contain itself",
        "",
        "@struct\nclass Node:\n    next: Node\n\n\nhead = shared(Node)\n",
        "@struct\nclass Node:\n    next: Ptr[Node]\n\n\nhead = shared(Node)\n",
    ),
    Code(
        "MC216",
        "an enum has members",
        "",
        "class Mode(Enum):\n    pass\n\n\nmode = shared(Mode)\n",
        "class Mode(Enum):\n    OFF = 0\n\n\nmode = shared(Mode)\n",
    ),
    Code(
        "MC217",
        "`each=` takes a struct",
        "There is one thread per place of it.",
        "n = shared(U8)\n\n@thread(each=U8)\ndef work(place):\n    READ_ONCE(n)\n",
        _POINT + "p = shared(Point, count=2)\n\n@thread(each=Point)\ndef work(place):\n"
        "    READ_ONCE(place.x)\n",
    ),
    Code(
        "MC218",
        "`interrupts=` takes a thread",
        "",
        "n = shared(U8)\n\n@thread(interrupts=n)\ndef handler():\n    READ_ONCE(n)\n",
        _SOME + "\n\n@thread(interrupts=work)\ndef handler():\n    READ_ONCE(n)\n",
    ),
    Code(
        "MC219",
        "copy i of a handler interrupts copy i of its thread",
        "So both have the same number of copies, or the thread has one.",
        "n = shared(U8)\n\n@thread(count=2)\ndef work():\n    READ_ONCE(n)\n\n\n"
        "@thread(count=3, interrupts=work)\ndef handler():\n    READ_ONCE(n)\n",
        "n = shared(U8)\n\n@thread(count=2)\ndef work():\n    READ_ONCE(n)\n\n\n"
        "@thread(count=2, interrupts=work)\ndef handler():\n    READ_ONCE(n)\n",
    ),
    Code(
        "MC220",
        "a thread runs as task, kthread, softirq or hardirq",
        "",
        'n = shared(U8)\n\n@thread(context="irq")\ndef work():\n    READ_ONCE(n)\n',
        'n = shared(U8)\n\n@thread(context="hardirq")\ndef work():\n    READ_ONCE(n)\n',
    ),
    Code(
        "MC221",
        "a field that is named exists",
        "",
        _POINT + in_thread("READ_ONCE(p.y)", "p = shared(Point)\n"),
        _POINT + in_thread("READ_ONCE(p.x)", "p = shared(Point)\n"),
    ),
    Code(
        "MC222",
        "only single values are given with an object",
        "",
        "@struct\nclass Table:\n    slots: Array[U8] = array(2)\n\n\nt = shared(Table, slots=1)\n",
        "@struct\nclass Table:\n    slots: Array[U8] = array(2)\n\n\nt = shared(Table)\n\n\n"
        "@initial\ndef fill():\n    t.slots[0] = 1\n",
    ),
    Code(
        "MC223",
        "a constant lies within the bounds of its place",
        "",
        "@struct\nclass Meter:\n    level: Int = between(0, 9)\n\n\nm = shared(Meter, level=10)\n",
        "@struct\nclass Meter:\n    level: Int = between(0, 9)\n\n\nm = shared(Meter, level=9)\n",
    ),
    Code(
        "MC224",
        "a start value fits its type",
        "",
        "@struct\nclass Meter:\n    busy: Bool = 3\n\n\nm = shared(Meter)\n",
        "@struct\nclass Meter:\n    busy: Bool = True\n\n\nm = shared(Meter)\n",
    ),
    Code(
        "MC225",
        "elements are numbered from 0",
        "-1 is none, unlike in Python. A number only known when the program runs is checked then: "
        "`out-of-bounds`.",
        in_thread("READ_ONCE(n[2])", "n = shared(U8, count=2)\n"),
        in_thread("READ_ONCE(n[1])", "n = shared(U8, count=2)\n"),
    ),
    Code(
        "MC226",
        "arrays and queues have elements",
        "",
        in_thread("READ_ONCE(n[0])"),
        in_thread("READ_ONCE(n[0])", "n = shared(U8, count=2)\n"),
    ),
    Code(
        "MC227",
        "what is compared before the program runs is constant",
        "",
        "n = shared(U8)\nmany = n > 1\n\nm = shared(U8, count=2 if many else 1)\n",
        "n = param(2, min=1, max=3)\nmany = n > 1\n\nm = shared(U8, count=2 if many else 1)\n",
    ),
    Code(
        "MC228",
        "sizes and start values are known before the program runs",
        "They are constants, parameters and flags, and what is computed from these.",
        in_thread("READ_ONCE(n)", "n = shared(U8)\nm = shared(U8, count=abs(2))\n"),
        in_thread("READ_ONCE(n)", "n = shared(U8)\nm = shared(U8, count=max(2, 1))\n"),
    ),
    Code(
        "MC229",
        "a member that is named exists",
        "",
        in_thread(
            "WRITE_ONCE(mode, Mode.ON)", "class Mode(Enum):\n    OFF = 0\n\n\nmode = shared(Mode)\n"
        ),
        in_thread(
            "WRITE_ONCE(mode, Mode.OFF)",
            "class Mode(Enum):\n    OFF = 0\n\n\nmode = shared(Mode)\n",
        ),
    ),
)
