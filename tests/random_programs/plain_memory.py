"""The memory of `plain`: as declarations of a spec, and as objects of Python that wrap."""

from __future__ import annotations

import ast
from contextlib import contextmanager, suppress
from enum import Enum

SIZE = 3  # of arrays
CAPACITY = 2  # of queues
WIDTHS = {"a": 8, "b": 8, "w": 16, "x": 8}
NUMBERS = ("a", "b", "w", "level", "low")  # of a row

_FIELDS = (  # name, type, right side
    ("a", "U8", ""),
    ("b", "U8", ""),
    ("w", "U16", ""),
    ("level", "Int", "between(-50, 50)"),
    ("low", "Int", "between(3, 7)"),
    ("on", "Bool", ""),
    ("mode", "Mode", ""),
    ("cells", "Array[U8]", f"array({SIZE})"),
    ("line", "Queue[U8]", f"queue({CAPACITY})"),
    ("some", "Set[Int]", "between(0, 3)"),
    ("modes", "Set[Mode]", ""),
    ("next", 'Ptr["Row"]', ""),
    ("call", "Fn", ""),
)
_INNER = (("x", "U8", ""), ("cells", "Array[U8]", f"array({SIZE})"))

# Different everywhere, so that it matters what is read.
FILL = "\n".join(
    f"    rows[{n}].{place} = {value}"
    for n, values in enumerate(((7, 44, 300, 1, 2, 3, 9), (5, 2, 299, 10, 20, 30, 8)))
    for place, value in zip(
        ("a", "b", "w", *(f"cells[{i}]" for i in range(SIZE)), "inner.x"), values, strict=True
    )
)
FILL += """
    rows[0].line.append(44)
    rows[1].on = True
    rows[1].some.add(2)
    rows[1].mode = Mode.WRITE
    rows[0].level = -7
    rows[0].next = rows[1]
    rows[1].next = rows[0]
    rows[0].call = bump
    rows[1].call = drop
"""


def declare_memory(*, ghosts: bool) -> str:
    """The structs and objects; with `ghosts` every field is one."""
    lines = ["class Mode(Enum):", "    READ = 0", "    WRITE = 1", "    BOTH = 2", "", "@struct"]
    lines += ["class Inner:", *_list_fields(_INNER, ghosts), "", "@struct", "class Row:"]
    lines += [*_list_fields(_FIELDS, ghosts), "    inner: Inner", "", "rows = shared(Row, count=2)"]
    total = "total: U8 = ghost(0)" if ghosts else "total = shared(U8)"
    return "\n".join([*lines, total, "done = shared(U8)", ""])


def _list_fields(fields, ghosts: bool) -> list[str]:
    lines = []
    for name, kind, start in fields:
        right = f"ghost({start})" if ghosts else start
        lines.append(f"    {name}: {kind}" + (f" = {right}" if right else ""))
    return lines


class Mode(Enum):
    """The enum."""

    READ = 0
    WRITE = 1
    BOTH = 2


class Cells(list):
    """An array of U8."""

    def __setitem__(self, index, value):
        assert 0 <= index < SIZE
        super().__setitem__(index, value % 256)

    def __getitem__(self, index):
        assert 0 <= index < SIZE
        return super().__getitem__(index)


class Line(list):
    """A queue of U8; a loop sees a snapshot of it."""

    def append(self, value):
        super().append(value % 256)

    def appendleft(self, value):
        self.insert(0, value % 256)

    def popleft(self):
        return self.pop(0)

    def __iter__(self):
        return iter(list(super().__iter__()))


class Some(set):
    """A set; a loop sees a snapshot, in order."""

    def __iter__(self):
        return iter(sorted(super().__iter__()))


class _Wraps:
    def __setattr__(self, name, value):
        if name in WIDTHS:
            value %= 1 << WIDTHS[name]
        elif isinstance(value, Some):
            value = Some(value)
        self.__dict__[name] = value


class Inner(_Wraps):
    """The struct that is embedded."""

    def __init__(self):
        self.x = 0
        self.cells = Cells([0] * SIZE)


class Row(_Wraps):
    """The struct whose numbers wrap."""

    def __init__(self):
        self.a = self.b = self.w = self.level = 0
        self.low, self.on, self.mode = 3, False, Mode.READ
        self.cells, self.line = Cells([0] * SIZE), Line()
        self.some, self.modes, self.inner = Some(), set(), Inner()


class Place:
    """What a `Ref` names."""

    def __init__(self, holder, name):
        self.holder, self.name = holder, name

    def load(self):
        if isinstance(self.name, str):
            return getattr(self.holder, self.name)
        return self.holder[self.name]

    def store(self, value):
        if isinstance(self.name, str):
            setattr(self.holder, self.name, value)
        else:
            self.holder[self.name] = value


class _Places(ast.NodeTransformer):
    """The first argument of `exchange` is a place."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "exchange":
            match node.args[0]:
                case ast.Attribute(value=holder, attr=name):
                    args = [holder, ast.Constant(name)]
                case ast.Subscript(value=holder, slice=index):
                    args = [holder, index]
            place = ast.Call(ast.Name("Place", ast.Load()), args, [])
            node.args[0] = place
        return node


def _exchange(place, value):
    old = place.load()
    place.store(value)
    return old


class _NothingLeftError(Exception):
    """There was nothing to choose from."""


def _choose(found, idle):
    del idle
    for only in found:
        return only
    raise _NothingLeftError


@contextmanager
def _atomic(because):
    del because
    yield


def run_plain(text: str, *routines: str) -> tuple[list[Row], int, int]:
    """What Python leaves in the rows and in `total` when it runs some routines of a text, and how
    many of them came to their end.

    `exchange` is the only one with a `Ref`, and comes from here.
    """
    rows = [Row(), Row()]
    words = {
        "rows": rows, "total": 0, "U8": int, "Row": Row, "Mode": Mode, "Ptr": list, "Place": Place,
        "any_order": list, "atomic": _atomic, "choose": _choose,
        "observer": lambda routine: routine,
    }  # fmt: skip
    tree = _Places().visit(ast.parse(f"{text}\ndef fill():\n{FILL}\n"))
    exec(compile(ast.fix_missing_locations(tree), "plain", "exec"), words)
    words["exchange"] = _exchange
    words["fill"]()
    done = 0
    with suppress(_NothingLeftError):
        for routine in routines:
            words[routine]()
            done += 1
    return rows, words["total"], done


def list_claims(rows: list[Row], total: int, done: int) -> list[str]:
    """That memory is as Python left it, as conditions of a spec."""
    claims = [f"done == {done}", f"total == {total}"]
    for number, row in enumerate(rows):
        name = f"rows[{number}]"
        words = (*NUMBERS, "on", "mode")
        claims += [f"{name}.{field} == {getattr(row, field)}" for field in words]
        claims += [f"{name}.cells[{i}] == {value}" for i, value in enumerate(row.cells)]
        claims += [f"{name}.inner.x == {row.inner.x}"]
        claims += [f"{name}.inner.cells[{i}] == {value}" for i, value in enumerate(row.inner.cells)]
        claims += [f"len({name}.line) == {len(row.line)}"]
        claims += [f"{name}.line[{i}] == {value}" for i, value in enumerate(row.line)]
        claims += [f"len({name}.some) == {len(row.some)}"]
        claims += [f"{value} in {name}.some" for value in row.some]
        claims += [f"len({name}.modes) == {len(row.modes)}"]
        claims += [f"{value} in {name}.modes" for value in row.modes]
        claims += [f"{name}.next is rows[{rows.index(row.next)}]"]
        claims += [f"{name}.call is {row.call.__name__}"]
    return claims
