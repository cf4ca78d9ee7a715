"""Random code of one thread that is a spec and plain Python at once.

The same text is run by Python, with stand-ins for memory that wrap what is stored, and compared
with what the checker makes of it: the one check of the front end that does not rest on it.
Nothing fails on the way: numbers are brought into bounds where they are used as indices, divisors
or shifts, and locals that change stay below 256.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SIZE = 3  # of arrays
CAPACITY = 2
WIDTHS = {"a": 8, "b": 8, "w": 16}

MEMORY = f"""
@struct
class Row:
    a: U8
    b: U8
    w: U16
    on: Bool
    cells: Array[U8] = array({SIZE})
    line: Queue[U8] = queue({CAPACITY})
    some: Set[Int] = between(0, 3)

rows = shared(Row, count=2)
done = shared(Bool)
"""

# Different everywhere, so that it matters what is read.
FILL = "\n".join(
    f"    rows[{n}].{place} = {value}"
    for n, values in enumerate(((7, 44, 300, 1, 2, 3), (5, 2, 299, 10, 20, 30)))
    for place, value in zip(
        ("a", "b", "w", *(f"cells[{i}]" for i in range(SIZE))), values, strict=True
    )
)
FILL += "\n    rows[0].line.append(44)\n    rows[1].on = True\n    rows[1].some.add(2)\n"


# ---------------------------------------------------------------------------------------------
# Stand-ins


class Cells(list):
    """An array of U8."""

    def __setitem__(self, index, value):
        super().__setitem__(index, value % 256)


class Line(list):
    """A queue of U8."""

    def append(self, value):
        super().append(value % 256)

    def popleft(self):
        return self.pop(0)


class Row:
    """A struct whose numbers wrap."""

    def __init__(self):
        self.__dict__.update(a=0, b=0, w=0, on=False)
        self.__dict__.update(cells=Cells([0] * SIZE), line=Line(), some=set())

    def __setattr__(self, name, value):
        self.__dict__[name] = value % (1 << WIDTHS[name]) if name in WIDTHS else value


# ---------------------------------------------------------------------------------------------
# Code


@dataclass
class Plain:
    """One program: `lines` of routines and of the thread's body, from a seed."""

    seed: int
    rng: random.Random = field(init=False)
    names: list[str] = field(default_factory=list)  # numbers that can be read
    counts: list[str] = field(default_factory=list)  # of these those that can be assigned
    rows: list[str] = field(default_factory=lambda: ["rows[0]", "rows[1]"])
    pointers: list[str] = field(default_factory=list)
    next: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def fresh(self, stem: str) -> str:
        """A name that is not used yet."""
        self.next += 1
        return f"{stem}{self.next}"

    # ------------------------------------------------------------------------ expressions

    def row(self) -> str:
        """A row."""
        by_name = [f"rows[{name} % 2]" for name in self.names[-2:]]
        return self.rng.choice((*self.rows, *self.pointers, *self.pointers, *by_name))

    def small(self, limit: int) -> str:
        """A number below a limit."""
        if self.rng.random() < 0.5:
            return str(self.rng.randrange(limit))
        return f"({self.number(1)}) % {limit}"

    def number(self, depth: int = 2) -> str:
        """A number; never less than 0."""
        rng = self.rng
        if depth == 0 or rng.random() < 0.3:
            atoms = [str(rng.choice((0, 1, 2, 7, 255, 300)))]
            atoms += [f"{self.row()}.{rng.choice('abw')}", *self.names, *self.names]
            return rng.choice(atoms)
        one, two = self.number(depth - 1), self.number(depth - 1)
        match rng.randrange(9):
            case 0:
                return f"{rng.choice(('min', 'max'))}({one}, {two})"
            case 1:
                return f"({one} if {self.truth(depth - 1)} else {two})"
            case 2:
                return f"{self.row()}.cells[{self.small(SIZE)}]"
            case 3:
                return f"({one} {rng.choice(('//', '%'))} ({two} % 5 + 1))"
            case 4:
                return f"({one} >> {self.small(4)})"
            case 5:
                return f"len({self.row()}.{rng.choice(('line', 'some'))})"
            case 6:
                order = [f"high={one} % 256", f"low={two} % 256"]
                rng.shuffle(order)
                return f"pick({', '.join(order)})"
            case _:
                return f"({one} {rng.choice('+*&|^')} {two})"

    def truth(self, depth: int = 2) -> str:
        """A condition."""
        rng = self.rng
        one, two = self.number(min(depth, 1)), self.number(min(depth, 1))
        if depth == 0:
            return rng.choice((f"{self.row()}.on", f"{one} < {two}"))
        match rng.randrange(6):
            case 0:
                return f"not ({self.truth(depth - 1)})"
            case 1:
                word = rng.choice(("and", "or"))
                return f"({self.truth(depth - 1)} {word} {self.truth(depth - 1)})"
            case 2:
                return f"({one} {rng.choice(('<', '<='))} {two} < {self.number(1)})"
            case 3:
                return f"({one} in {self.row()}.{rng.choice(('line', 'some'))})"
            case 4:
                return f"{self.row()}.on"
            case _:
                return f"({one} {rng.choice(('<', '<=', '==', '!=', '>'))} {two})"

    # ------------------------------------------------------------------------ statements

    def block(self, depth: int, count: int, *, in_loop: bool) -> list[str]:
        """Some statements, whose names end with them."""
        kept = self.names[:], self.counts[:], self.pointers[:]
        lines = [line for _ in range(count) for line in self.statement(depth, in_loop=in_loop)]
        self.names, self.counts, self.pointers = kept
        return [f"    {line}" for line in lines]

    def statement(self, depth: int, *, in_loop: bool) -> list[str]:
        """One statement."""
        rng = self.rng
        simple = [self.store, self.store, self.element, self.queue, self.set, self.local]
        simple += [self.pointer, self.change, self.change, self.swap]
        nested = [self.branch, self.over_range, self.over_cells, self.over_any, self.repeat]
        nested += [self.cases]
        if in_loop and rng.random() < 0.25:
            return [f"if {self.truth()}:", f"    {rng.choice(('continue', 'continue', 'break'))}"]
        if depth and rng.random() < 0.45:
            return rng.choice(nested)(depth - 1, in_loop)
        return rng.choice(simple)()

    def store(self) -> list[str]:
        row, name = self.row(), self.rng.choice(("a", "b", "w", "on"))
        if name == "on":
            return [f"{row}.on = {self.truth()}"]
        return [f"{row}.{name} {self.rng.choice(('=', '=', '+=', '^='))} {self.number()}"]

    def element(self) -> list[str]:
        sign = self.rng.choice(("=", "+="))
        return [f"{self.row()}.cells[{self.small(SIZE)}] {sign} {self.number()}"]

    def queue(self) -> list[str]:
        row = self.row()
        if self.rng.random() < 0.5:
            return [f"if len({row}.line) < {CAPACITY}:", f"    {row}.line.append({self.number()})"]
        return [f"if len({row}.line) > 0:", f"    {row}.b = {row}.line.popleft()"]

    def set(self) -> list[str]:
        return [f"{self.row()}.some.{self.rng.choice(('add', 'discard'))}({self.small(4)})"]

    def local(self) -> list[str]:
        name = self.fresh("n")
        line = f"{name}: U8 = ({self.number()}) % 256"
        self.names.append(name)
        self.counts.append(name)
        return [line]

    def change(self) -> list[str]:
        if not self.counts:
            return self.local()
        return [f"{self.rng.choice(self.counts)} = ({self.number()}) % 256"]

    def swap(self) -> list[str]:
        if len(self.counts) < 2:
            return self.local()
        one, two = self.rng.sample(self.counts, 2)
        return [f"{one}, {two} = {two}, {self.rng.choice((one, f'({self.number(1)}) % 256'))}"]

    def pointer(self) -> list[str]:
        if self.pointers and self.rng.random() < 0.6:
            return [f"{self.rng.choice(self.pointers)} = {self.row()}"]
        name = self.fresh("p")
        line = f"{name}: Ptr[Row] = {self.row()}"
        self.pointers.append(name)
        return [line]

    def branch(self, depth: int, in_loop: bool) -> list[str]:
        lines = [f"if {self.truth()}:", *self.block(depth, 2, in_loop=in_loop)]
        if self.rng.random() < 0.5:
            lines += ["else:", *self.block(depth, 1, in_loop=in_loop)]
        return lines

    def cases(self, depth: int, in_loop: bool) -> list[str]:
        lines = [f"match {self.small(4)}:"]
        for label in self.rng.sample(("0", "1", "2", "1 | 2"), 2):
            lines += [f"    case {label}:"]
            lines += [f"    {line}" for line in self.block(depth, 1, in_loop=in_loop)]
        return [*lines, "    case _:", f"        {self.store()[0]}"]

    def over_range(self, depth: int, _: bool) -> list[str]:
        """A loop, and what is known of its last round behind it, which may have been left early."""
        name, last = self.fresh("i"), self.fresh("n")
        self.names.append(name)
        body = [f"    if {name} > 0 and {self.truth()}:"]
        body += [f"        {self.rng.choice(('continue', 'break'))}"]
        body += [f"    {last} = {name}", *self.block(depth, 2, in_loop=True)]
        self.names.remove(name)
        self.names.append(last)
        return [f"for {name} in range(3):", *body]

    def over_cells(self, depth: int, _: bool) -> list[str]:
        name = self.fresh("v")
        pointer = self.rng.choice(self.pointers) if self.pointers else ""
        head = f"for {name} in {pointer or self.row()}.cells:"
        self.names.append(name)
        body = self.block(depth, 2, in_loop=True)
        self.names.remove(name)
        if pointer and self.rng.random() < 0.5:
            body.append(f"    {pointer} = {self.row()}")
        return [head, *body]

    def over_any(self, _: int, __: bool) -> list[str]:
        """Elements in every order: their sum is the same in each."""
        name, total = self.fresh("v"), self.fresh("n")
        head = [f"{total}: U8 = 0", f"for {name} in any_order({self.row()}.cells):"]
        self.names.append(total)
        return [*head, f"    {total} = ({total} + {name}) % 256"]

    def repeat(self, depth: int, _: bool) -> list[str]:
        name = self.fresh("n")
        head = [f"{name}: U8 = 0", f"while {name} < 3 and {self.truth()}:", f"    {name} += 1"]
        self.names.append(name)
        body = self.block(depth, 2, in_loop=True)
        return [*head, *body]


PICK = """
def pick(low, high):
    if low < high:
        return high
    if low == 7:
        return 3
    return low
"""


def make_plain(seed: int) -> str:
    """The routine `work` of a seed, after `pick`: text that is both."""
    plain = Plain(seed)
    lines = plain.block(3, plain.rng.randrange(4, 9), in_loop=False)
    return f"{PICK}\ndef work():\n" + "\n".join(lines) + "\n"


def run_plain(text: str) -> list[Row]:
    """What Python makes of it."""
    rows = [Row(), Row()]
    words = {"rows": rows, "U8": int, "Row": Row, "Ptr": list, "any_order": list}
    exec(compile(f"{text}\ndef fill():\n{FILL}\n", "plain", "exec"), words)
    words["fill"]()
    words["work"]()
    return rows


def make_spec(text: str, rows: list[Row]) -> str:
    """The spec that claims the same, and that it does not."""
    claims = [claim for number, row in enumerate(rows) for claim in _list_claims(number, row)]
    same = " and ".join(claims)
    return (
        f"{MEMORY}\n@initial\ndef fill():\n{FILL}\n{text}\n\n"
        "@thread\ndef runs():\n    global done\n    work()\n    done = True\n\n"
        f"@final\ndef same():\n    return done and {same}\n\n"
        f"@final\ndef other():\n    return not (done and {same})\n"
    )


def _list_claims(number: int, row: Row) -> list[str]:
    name = f"rows[{number}]"
    claims = [f"{name}.{field} == {getattr(row, field)}" for field in ("a", "b", "w", "on")]
    claims += [f"{name}.cells[{i}] == {value}" for i, value in enumerate(row.cells)]
    claims += [f"len({name}.line) == {len(row.line)}"]
    claims += [f"{name}.line[{i}] == {value}" for i, value in enumerate(row.line)]
    claims += [f"len({name}.some) == {len(row.some)}"]
    return claims + [f"{value} in {name}.some" for value in sorted(row.some)]
