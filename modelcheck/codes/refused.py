"""MC1xx: Python that the language leaves out."""

from __future__ import annotations

from modelcheck.codes.row import Code, in_thread

_GET = """n = shared(U8)

def get():
    return READ_ONCE(n)


@thread
def work():
    get()
"""
_WAIT = """n = shared(U8)

def wait_event(condition):
    while not condition():
        pass


"""
_POINTS = """@struct
class Point:
    x: U8
    y: U8


@struct
class Window:
    at: Point


p = shared(Window, count=2)

"""
_SOME = "n = shared(U8)\n\n@thread\ndef work():\n    global n\n    n = 1\n"

ROWS = (
    Code(
        "MC101",
        "modules are not imported whole",
        "A spec is read and never run, so there is no module object.",
        "import modelcheck.kernel\n\n" + _SOME,
        "from modelcheck.kernel import Mutex\n\n" + _SOME,
    ),
    Code(
        "MC102",
        "only modelcheck's own modules and relative ones are imported",
        "What a spec means depends on its text and the libraries alone, on every machine.",
        "from random import randint\n\n" + _SOME,
        "from modelcheck.kernel import Mutex\n\n" + _SOME,
    ),
    Code(
        "MC103",
        "imports name what they bring",
        "With `*` a reader cannot tell where a name comes from.",
        "from modelcheck.kernel import *\n\n" + _SOME,
        "from modelcheck.kernel import Mutex\n\n" + _SOME,
    ),
    Code(
        "MC104",
        "imports stand at the top level",
        "Names mean the same in the whole file.",
        in_thread("from modelcheck.kernel import Mutex\nREAD_ONCE(n)"),
        "from modelcheck.kernel import Mutex\n\n" + _SOME,
    ),
    Code(
        "MC105",
        "a file holds declarations only",
        "Nothing runs when a file is read. What happens before the first state belongs into an "
        "`@initial` routine, everything else into threads.",
        "n = shared(U8)\n\nfor i in range(3):\n    n = i\n",
        "n = shared(U8)\n\n@initial\ndef start():\n    global n\n    n = 3\n\n\n"
        "@thread\ndef work():\n    READ_ONCE(n)\n",
    ),
    Code(
        "MC106",
        "names are ASCII",
        "Letters that look alike would be different names, and generated C has the names too.",
        "größe = shared(U8)\n\n@thread\ndef work():\n    READ_ONCE(größe)\n",
        "size = shared(U8)\n\n@thread\ndef work():\n    READ_ONCE(size)\n",
    ),
    Code(
        "MC110",
        "structs have no methods",
        "They are data, as in C; a routine takes the struct it works on.",
        "@struct\nclass Point:\n    x: U8\n\n    def move(self):\n        self.x += 1\n\n\n"
        "p = shared(Point)\n",
        "@struct\nclass Point:\n    x: U8\n\n\np = shared(Point)\n\n\n"
        "def move(this: Ptr[Point]):\n    this.x += 1\n\n\n@thread\ndef work():\n    move(p)\n",
    ),
    Code(
        "MC111",
        "routines are not nested",
        "There are no closures: a routine knows its parameters and what the file declares.",
        in_thread("def get():\n    return READ_ONCE(n)\nget()"),
        _GET,
    ),
    Code(
        "MC112",
        "a class is a struct or an enum",
        "A struct has fields and no ancestors; an enum is `class Name(Enum):` and nothing more.",
        "class Point:\n    x: U8\n\n\n" + _SOME,
        "@struct\nclass Point:\n    x: U8\n\n\n" + _SOME,
    ),
    Code(
        "MC113",
        "decorators are those of the language, with constant arguments",
        "A decorator says what a declaration is for. It is not called: a spec's code never runs.",
        "n = shared(U8)\n\n@thread(count=count_cpus())\ndef work():\n    READ_ONCE(n)\n",
        "n = shared(U8)\ncpus = param(2, min=1, max=4)\n\n"
        "@thread(count=cpus)\ndef work():\n    READ_ONCE(n)\n",
    ),
    Code(
        "MC114",
        "a struct has fields, an enum has members, and nothing else",
        "",
        "@struct\nclass Point:\n    x = 3\n\n\n" + _SOME,
        "@struct\nclass Point:\n    x: U8 = 3\n\n\n" + _SOME,
    ),
    Code(
        "MC115",
        "classes stand at the top level",
        "Types are known in the whole file.",
        in_thread("class Mode(Enum):\n    OFF = 0\nREAD_ONCE(n)"),
        "class Mode(Enum):\n    OFF = 0\n\n\n" + _SOME,
    ),
    Code(
        "MC116",
        "there is no `async`",
        "A thread's interleaving points are its steps: every access to shared memory is one.",
        "n = shared(U8)\n\n@thread\nasync def work():\n    READ_ONCE(n)\n",
        in_thread("READ_ONCE(n)"),
    ),
    Code(
        "MC117",
        "routines do not yield",
        "A thread stops between its steps by itself.",
        in_thread("yield READ_ONCE(n)"),
        in_thread("READ_ONCE(n)"),
    ),
    Code(
        "MC118",
        "a routine has a fixed list of parameters",
        "As in C: no `*args`, no `**options`, none that goes by name or by position only.",
        "n = shared(U8)\n\ndef store(*values):\n    WRITE_ONCE(n, 1)\n\n\n"
        "@thread\ndef work():\n    store(1)\n",
        "n = shared(U8)\n\ndef store(value: U8):\n    WRITE_ONCE(n, value)\n\n\n"
        "@thread\ndef work():\n    store(1)\n",
    ),
    Code(
        "MC119",
        "the default of a parameter is a constant",
        "Python would evaluate it once, when the routine is declared, and share the result.",
        "n = shared(U8)\n\ndef store(value=[]):\n    WRITE_ONCE(n, 1)\n\n\n"
        "@thread\ndef work():\n    store()\n",
        "n = shared(U8)\n\ndef store(value=1):\n    WRITE_ONCE(n, value)\n\n\n"
        "@thread\ndef work():\n    store()\n",
    ),
    Code(
        "MC121",
        "structs are not copied as a whole",
        "One step is one access to shared memory; a struct has many.",
        _POINTS + "@thread\ndef work():\n    p[0].at = p[1].at\n",
        _POINTS + "@thread\ndef work():\n    p[0].at.x = p[1].at.x\n    p[0].at.y = p[1].at.y\n",
    ),
    Code(
        "MC122",
        "there are no exceptions to catch",
        "What goes wrong in a step is a violation, and the trace ends there.",
        in_thread("try:\n    READ_ONCE(n)\nexcept ValueError:\n    pass"),
        in_thread('assert READ_ONCE(n) == 0, "starts_at_zero"'),
    ),
    Code(
        "MC123",
        "`with` is for `atomic(…)` alone",
        "On anything else it would hide the steps at its beginning and end.",
        "n = shared(U8)\n\n@thread\ndef work():\n    with open(n):\n        READ_ONCE(n)\n",
        in_thread("with atomic():\n    READ_ONCE(n)"),
    ),
    Code(
        "MC124",
        "loops have no `else`",
        "It means: no `break` happened. Few readers know.",
        in_thread("for i in range(2):\n    READ_ONCE(n)\nelse:\n    READ_ONCE(n)"),
        in_thread("for i in range(2):\n    READ_ONCE(n)\nREAD_ONCE(n)"),
    ),
    Code(
        "MC125",
        "there is no `del`",
        "Objects are freed with `free(p)`; queues and sets have `remove`, `clear` and `discard`.",
        in_thread("x = READ_ONCE(n)\ndel x"),
        in_thread("x = READ_ONCE(n)"),
    ),
    Code(
        "MC126",
        "there is no `raise`",
        "What must hold is asserted; a routine that fails returns a result, as in the kernel.",
        in_thread("if READ_ONCE(n) > 0:\n    raise ValueError"),
        in_thread('assert READ_ONCE(n) == 0, "starts_at_zero"'),
    ),
    Code(
        "MC127",
        "statements are those of the language",
        "`if for while break continue return match assert pass global with`, assignments, calls.",
        in_thread("nonlocal n\nn = 1"),
        in_thread("global n\nn = 1"),
    ),
    Code(
        "MC128",
        "a computed value is used",
        "A lone comparison is nearly always a mistyped assignment. A lone load or call is fine.",
        in_thread("global n\nn == 1"),
        in_thread("global n\nn = 1"),
    ),
    Code(
        "MC129",
        "a `case` is a value, `_`, or several values with `|`",
        "Values have no parts to look into; a bare name would match everything and be assigned.",
        "LIMIT = 3\nn = shared(U8)\n\n@thread\ndef work():\n    match READ_ONCE(n):\n"
        "        case LIMIT:\n            pass\n",
        "n = shared(U8)\n\n@thread\ndef work():\n    match READ_ONCE(n):\n"
        "        case 3 | 4:\n            pass\n        case _:\n            pass\n",
    ),
    Code(
        "MC130",
        "many places are looked at in one step only",
        "`all any sum min max` over a generator, set comprehensions, `objects`, and `for` over a "
        "queue or set stand in `atomic`, `wait_until`, `choose`, `assert`, observers and "
        "properties. Elsewhere other threads would run in between.",
        "n = shared(U8, count=2)\n\n@thread\ndef work():\n"
        "    if any(x == 1 for x in n):\n        pass\n",
        "n = shared(U8, count=2)\n\n@thread\ndef work():\n    wait_until(any(x == 0 for x in n))\n",
    ),
    Code(
        "MC131",
        "names, fields and elements are assigned, one level deep",
        "Values do not nest, so there is nothing to take apart.",
        in_thread("for a, b in range(3):\n    READ_ONCE(n)"),
        in_thread("for a in range(3):\n    READ_ONCE(n)"),
    ),
    Code(
        "MC132",
        "`:=` is not used",
        "Steps are easier to see one below the other.",
        in_thread("if (x := READ_ONCE(n)) > 0:\n    WRITE_ONCE(n, x)"),
        in_thread("x = READ_ONCE(n)\nif x > 0:\n    WRITE_ONCE(n, x)"),
    ),
    Code(
        "MC133",
        "values are not spread with `*`",
        "How many arguments a call has must be plain from the text.",
        in_thread("x = 1\nWRITE_ONCE(n, *x)"),
        in_thread("x = 1\nWRITE_ONCE(n, x)"),
    ),
    Code(
        "MC134",
        "a `lambda` has no parameters",
        "It stands for an expression that is evaluated later, as a macro's argument is.",
        _WAIT + "@thread\ndef work():\n    wait_event(lambda x: READ_ONCE(n) == 0)\n",
        _WAIT + "@thread\ndef work():\n    wait_event(lambda: READ_ONCE(n) == 0)\n",
    ),
    Code(
        "MC135",
        "a `lambda` is an argument of a call",
        "Anything else that runs has a name.",
        in_thread("get = lambda: READ_ONCE(n)\nget()"),
        _GET,
    ),
    Code(
        "MC136",
        "there are no list and dict comprehensions",
        "Memory is declared, with its size.",
        "n = shared(U8, count=2)\n\n@final\ndef done():\n    return all([x == 0 for x in n])\n",
        "n = shared(U8, count=2)\n\n@thread\ndef work():\n    READ_ONCE(n[0])\n\n\n"
        "@final\ndef done():\n    return all(x == 0 for x in n)\n",
    ),
    Code(
        "MC137",
        "a generator stands inside `all any sum min max choose`",
        "It is evaluated at once, as part of one step, and never kept.",
        in_thread("x = (i for i in range(3))"),
        in_thread("x = choose(i for i in range(3))"),
    ),
    Code(
        "MC138",
        "numbers are integers",
        "The kernel does not compute in floating point.",
        in_thread("WRITE_ONCE(n, 1.5)"),
        in_thread("WRITE_ONCE(n, 1)"),
    ),
    Code(
        "MC139",
        "bytes are no values",
        "",
        in_thread('x = b"abc"'),
        in_thread("x = 97"),
    ),
    Code(
        "MC140",
        "texts are not put together",
        "A spec prints nothing; a trace shows the values anyway.",
        in_thread('x = READ_ONCE(n)\nlabel(f"read {x}")'),
        in_thread('label("read n")\nx = READ_ONCE(n)'),
    ),
    Code(
        "MC141",
        "strings are no values",
        "They name things (`spec`, `variant`, `label`, `assert`, `because=`) and document them. "
        "A choice of names is an enum.",
        in_thread('x = "idle"\nREAD_ONCE(n)'),
        "class Mode(Enum):\n    IDLE = 0\n    BUSY = 1\n\n\n"
        "mode = shared(Mode)\n\n@thread\ndef work():\n    WRITE_ONCE(mode, Mode.BUSY)\n",
    ),
    Code(
        "MC142",
        "`...` is no value",
        "",
        "n = shared(U8)\n\n@thread\ndef work():\n    ...\n",
        "n = shared(U8)\n\ndef nothing():\n    pass\n\n\n"
        "@thread\ndef work():\n    nothing()\n    READ_ONCE(n)\n",
    ),
    Code(
        "MC143",
        "`is` compares pointers and `None`",
        "It asks whether two pointers name one object, or none.",
        in_thread("if READ_ONCE(n) is 0:\n    pass"),
        in_thread("if READ_ONCE(n) == 0:\n    pass"),
    ),
    Code(
        "MC144",
        "there are no slices",
        "One step touches one element.",
        "n = shared(U8, count=4)\n\n@thread\ndef work():\n    for x in n[1:]:\n        pass\n",
        "n = shared(U8, count=4)\n\n@thread\ndef work():\n    for i in range(1, 4):\n"
        "        READ_ONCE(n[i])\n",
    ),
    Code(
        "MC145",
        "there are no lists and dicts",
        "Memory is declared, with its size.",
        in_thread("x = [1, 2]"),
        "@struct\nclass Line:\n    waiting: Queue[U8] = queue(2)\n\n\n"
        "line = shared(Line)\n\n@thread\ndef work():\n    line.waiting.append(1)\n",
    ),
    Code(
        "MC146",
        "a tuple is no value",
        "It stands after `return`, in `a, b = …`, in `x in (A, B)`, and in `stable=`, `violates=` "
        "and `also=`.",
        in_thread("x = (1, 2)\nREAD_ONCE(n)"),
        "n = shared(U8)\n\ndef both():\n    return READ_ONCE(n), 1\n\n\n"
        "@thread\ndef work():\n    a, b = both()\n",
    ),
    Code(
        "MC147",
        "there is no matrix product",
        "",
        in_thread("WRITE_ONCE(n, 2 @ 3)"),
        in_thread("WRITE_ONCE(n, 2 * 3)"),
    ),
    Code(
        "MC148",
        "division is `//`",
        "`/` gives a fraction, and all numbers are integers. `//` rounds down, also below zero.",
        in_thread("x: U8 = READ_ONCE(n)\nWRITE_ONCE(n, x / 2)"),
        in_thread("x: U8 = READ_ONCE(n)\nWRITE_ONCE(n, x // 2)"),
    ),
    Code(
        "MC149",
        "`**` is for constants",
        "The result of a variable power could not be bounded.",
        in_thread("x: U8 = READ_ONCE(n)\nWRITE_ONCE(n, 2**x)"),
        in_thread("WRITE_ONCE(n, 2**3)"),
    ),
    Code(
        "MC150",
        "what is called has a name",
        "A call is inlined, so it must be plain which routine it runs.",
        in_thread("(lambda: READ_ONCE(n))()"),
        _GET,
    ),
    Code(
        "MC151",
        "a type is a name, or a name with types in brackets",
        "Types stand left of `=`, numbers and start values right of it.",
        "@struct\nclass Table:\n    slots: Array[U8, 4]\n    n: between(0, 9)\n\n\n" + _SOME,
        "@struct\nclass Table:\n    slots: Array[U8] = array(4)\n    n: Int = between(0, 9)\n\n\n"
        + _SOME,
    ),
    Code(
        "MC152",
        "one assignment has one target",
        "Each store to shared memory is a step of its own; their order should be seen.",
        in_thread("a = b = READ_ONCE(n)"),
        in_thread("a = READ_ONCE(n)\nb = a"),
    ),
)
