"""Random code of one thread that is a spec and plain Python at once.

The same text is run by Python, with stand-ins for memory that wrap what is stored, and compared
with what the checker makes of it: the one check of the front end that does not rest on it.  The
code stands in a thread, in one `atomic`, in an observer over ghosts, or in `@initial`.
Nothing fails on the way: numbers are brought into bounds where they are used as indices, divisors
or shifts, and locals that change stay below 256.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from random_programs.plain_memory import (
    CAPACITY, FILL, NUMBERS, SIZE, declare_memory, list_claims, run_plain,
)  # fmt: skip

FORMS = ("thread", "thread", "atomic", "observer", "initial")
MODES = ("READ", "WRITE", "BOTH")

# Routines of every program.  Where they are called in the middle of an expression, it matters what
# was read before.
ROUTINES = """
def pick(low, high):
    if low < high:
        return high
    if low == 7:
        return 3
    return low

def bump(row: Ptr[Row], amount):
    row.a += amount
    row.on = not row.on
    return row.b

def drop(row: Ptr[Row], amount):
    global total
    row.inner.x = total
    total = (total + amount) % 256
    return total

def both(row: Ptr[Row], amount):
    row.b = amount
    return row.a, row.inner.x

def when(condition):
    return 1 if condition() else 2
"""
EXCHANGE = """
def exchange(place: Ref[U8], value):
    old = place
    place = value
    return old
"""


@dataclass
class Plain:
    """One program: the lines of its routines, from a seed."""

    seed: int
    form: str = field(init=False)
    rng: random.Random = field(init=False)
    one_step: bool = False  # what stands here is one step
    names: list[str] = field(default_factory=list)  # numbers that can be read
    counts: list[str] = field(default_factory=list)  # of these those that can be assigned
    rows: list[str] = field(default_factory=lambda: ["rows[0]", "rows[1]"])
    pointers: list[str] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)  # locals that are arrays
    routines: list[str] = field(default_factory=list)  # (row, number) -> number
    orders: int = 0  # loops in any order; every one has six
    returns: bool = False  # a number is to be returned
    next: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.form = FORMS[self.seed % len(FORMS)]
        self.one_step = self.form in ("atomic", "observer")

    def fresh(self, stem: str) -> str:
        """A name that is not used yet."""
        self.next += 1
        return f"{stem}{self.next}"

    def program(self) -> str:
        """Routines, and `work` as the last of them."""
        lines = []
        for number in range(self.rng.randrange(3)):
            name = f"own{number}"
            lines += ["", *self.routine(name)]
            self.routines.append(name)
        if self.form == "observer":
            lines += ["", "@observer"]
        lines += ["", "def work():", "    global total"]
        lines += self.block(3, self.rng.randrange(4, 9), in_loop=False)
        return ROUTINES + "\n".join(lines) + "\n"

    def routine(self, name: str) -> list[str]:
        """A routine that takes a row and a number, and returns a number."""
        row, number = self.fresh("r"), self.fresh("k")
        kept = self.names, self.pointers, self.rows
        self.names, self.pointers, self.rows, self.returns = [number], [], [row, "rows[1]"], True
        head = [f"def {name}({row}: Ptr[Row], {number}):", "    global total"]
        lines = [*head, *self.block(2, self.rng.randrange(1, 4), in_loop=False)]
        lines.append(f"    return ({self.number()}) % 256")
        self.names, self.pointers, self.rows = kept
        self.returns = False
        return lines

    # ------------------------------------------------------------------------ expressions

    def row(self) -> str:
        """A row."""
        by_name = [f"rows[{name} % 2]" for name in self.names[-2:]]
        far = [f"{row}.next" for row in (*self.rows, *self.pointers)]
        row = self.rng.choice((*self.rows, *self.pointers, *self.pointers, *by_name, *far))
        return f"{row}.next" if self.rng.random() < 0.1 else row

    def small(self, limit: int) -> str:
        """A number below a limit."""
        if self.rng.random() < 0.5:
            return str(self.rng.randrange(limit))
        return f"({self.number(1)}) % {limit}"

    def byte(self) -> str:
        """A place of type U8."""
        row = self.row()
        at = self.rng.choice((".a", ".b", ".inner.x", ".cells[1]", f".inner.cells[{self.small(3)}]"))
        return row + at

    def cells(self) -> str:
        """An array."""
        row = self.row()
        return self.rng.choice((f"{row}.cells", f"{row}.cells", f"{row}.inner.cells", *self.arrays))

    def call(self) -> str:
        """A call that changes something."""
        rng, row = self.rng, self.row()
        match rng.randrange(5):
            case 0:
                return f"exchange({self.byte()}, {self.number(1)})"
            case 1:
                return f"{self.row()}.call({row}, ({self.number(1)}) % 256)"
            case 2 if self.routines:
                return f"{rng.choice(self.routines)}({row}, {self.number(1)} % 256)"
            case 3:
                order = [f"row={row}", f"amount={self.number(1)} % 256"]
                rng.shuffle(order)
                return f"{rng.choice(('bump', 'drop'))}({', '.join(order)})"
            case _:
                return f"bump({row}, {self.number(0)} % 256)"

    def number(self, depth: int = 2) -> str:
        """A number."""
        rng = self.rng
        if depth == 0 or rng.random() < 0.25:
            atoms = [str(rng.choice((0, 1, 2, 7, 255, 300))), f"{self.row()}.inner.x", "total"]
            atoms += [f"{self.row()}.{rng.choice(NUMBERS)}", *self.names, *self.names]
            return rng.choice(atoms)
        one, two = self.number(depth - 1), self.number(depth - 1)
        match rng.randrange(13 if self.one_step else 12):
            case 0:
                return f"{rng.choice(('min', 'max'))}({one}, {two})"
            case 1:
                return f"({one} if {self.truth(depth - 1)} else {two})"
            case 2:
                return f"{self.cells()}[{self.small(SIZE)}]"
            case 3:
                return f"({one} {rng.choice(('//', '%'))} ({two} % 5 + 1))"
            case 4:
                return f"({one} >> {self.small(4)})"
            case 5:
                return f"len({self.row()}.{rng.choice(('line', 'some', 'modes'))})"
            case 6:
                order = [f"high={one} % 256", f"low={two} % 256"]
                rng.shuffle(order)
                return f"pick({', '.join(order)})"
            case 7 | 8:
                return self.call()
            case 9:
                return f"({one} % 64 * {two})"
            case 10:
                return f"when(lambda: {self.truth(0)})"
            case 11:
                return f"({one} {rng.choice('+-&|^')} {two})"
            case _:
                name = self.fresh("g")
                over = rng.choice((self.cells(), f"{self.row()}.line", f"{self.row()}.some"))
                return f"sum({name} + 1 for {name} in {over} if {name} != {self.number(0)})"

    def truth(self, depth: int = 2) -> str:
        """A condition."""
        rng = self.rng
        one, two = self.number(min(depth, 1)), self.number(min(depth, 1))
        if depth == 0:
            return rng.choice((f"{self.row()}.on", f"{one} < {two}"))
        match rng.randrange(10 if self.one_step else 9):
            case 0:
                return f"not ({self.truth(depth - 1)})"
            case 1:
                word = rng.choice(("and", "or"))
                return f"({self.truth(depth - 1)} {word} {self.truth(depth - 1)})"
            case 2:
                return f"({one} {rng.choice(('<', '<='))} {two} < {self.number(1)})"
            case 3:
                word = rng.choice(("in", "not in"))
                return f"({one} {word} {self.row()}.{rng.choice(('line', 'some'))})"
            case 4:
                return f"{self.row()}.on"
            case 5:
                return f"({self.mode()} {rng.choice(('==', '!='))} {self.mode()})"
            case 6:
                return f"({self.row()} {rng.choice(('is', 'is not', '=='))} {self.row()})"
            case 7:
                return f"({self.mode()} in {self.row()}.modes)"
            case 8:
                return f"({one} {rng.choice(('<', '<=', '==', '!=', '>'))} {two})"
            case _:
                name = self.fresh("g")
                word = rng.choice(("all", "any"))
                return f"{word}({name} < {self.number(0)} for {name} in {self.cells()})"

    def mode(self) -> str:
        """A member of the enum."""
        known = f"Mode.{self.rng.choice(MODES)}"
        return self.rng.choice((known, f"{self.row()}.mode", f"{self.row()}.mode"))

    # ------------------------------------------------------------------------ statements

    def block(self, depth: int, count: int, *, in_loop: bool) -> list[str]:
        """Some statements, whose names end with them."""
        kept = self.names[:], self.counts[:], self.pointers[:], self.arrays[:]
        lines = [line for _ in range(count) for line in self.statement(depth, in_loop=in_loop)]
        self.names, self.counts, self.pointers, self.arrays = kept
        return [f"    {line}" for line in lines]

    def statement(self, depth: int, *, in_loop: bool) -> list[str]:
        """One statement."""
        rng = self.rng
        if in_loop and rng.random() < 0.2:
            return [f"if {self.truth()}:", f"    {rng.choice(('continue', 'continue', 'break'))}"]
        if self.returns and rng.random() < 0.1:
            return [f"if {self.truth()}:", f"    return {self.number(1)} % 256"]
        if depth and rng.random() < 0.4:
            return self.rng.choice(self.nested())(depth - 1, in_loop)
        simple = [self.store, self.store, self.element, self.queue, self.set, self.local]
        simple += [self.pointer, self.change, self.change, self.swap, self.array, self.word]
        simple += [self.several, self.call_alone]
        return rng.choice(simple)()

    def nested(self) -> list[Callable[[int, bool], list[str]]]:
        """The statements that have others in them."""
        kinds = [self.branch, self.over_range, self.over_cells, self.repeat, self.cases]
        if self.one_step:
            return [*kinds, self.over_some]
        if self.form != "initial":
            kinds.append(self.atomically)
        return [*kinds, self.over_any] if self.orders < 1 else kinds

    def store(self) -> list[str]:
        row, sign = self.row(), self.rng.choice(("=", "=", "+=", "^=", "-="))
        match self.rng.randrange(6):
            case 0:
                return [f"{row}.on = {self.truth()}"]
            case 1:
                return [f"{row}.level = max(-50, min(50, {self.number()}))"]
            case 2:
                return [f"{row}.low = {self.small(5)} + 3"]
            case 3:
                return [f"{row}.inner.x {sign} {self.number()}"]
            case _:
                return [f"{row}.{self.rng.choice('abw')} {sign} {self.number()}"]

    def word(self) -> list[str]:
        """A store of what is no number."""
        row = self.row()
        match self.rng.randrange(4):
            case 0:
                return [f"{row}.mode = {self.mode()} if {self.truth(1)} else {self.mode()}"]
            case 1:
                return [f"{row}.next = {self.row()}"]
            case 2:
                return [f"{row}.call = {self.rng.choice(('bump', 'drop'))}"]
            case _:
                return [f"total = ({self.number()}) % 256"]

    def several(self) -> list[str]:
        """Two targets."""
        row = self.row()
        if self.rng.random() < 0.5:
            return [f"{row}.a, {row}.b = {self.number(1)}, {self.number(1)}"]
        if len(self.counts) < 2:
            return [f"{row}.a, total = both({self.row()}, {self.number(1)})"]
        one, two = self.rng.sample(self.counts, 2)
        return [f"{one}, {two} = both({row}, {self.number(1)})"]

    def call_alone(self) -> list[str]:
        return [self.call()]

    def element(self) -> list[str]:
        sign = self.rng.choice(("=", "+="))
        return [f"{self.cells()}[{self.small(SIZE)}] {sign} {self.number()}"]

    def queue(self) -> list[str]:
        row, rng = self.rng.choice(self.rows), self.rng
        match rng.randrange(5):
            case 0 | 1:
                put = rng.choice(("append", "appendleft"))
                line = f"{row}.line.{put}({self.number(0)})"
                return [f"if len({row}.line) < {CAPACITY}:", f"    {line}"]
            case 2:
                name = self.fresh("n")
                return [
                    f"{name}: U8 = ({self.number()}) % 256",
                    f"if {name} in {row}.line:",
                    f"    {row}.line.remove({name})",
                ]
            case 3:
                return [f"if {self.truth(1)}:", f"    {row}.line.clear()"]
            case _:
                take = rng.choice((".popleft()", ".pop()", "[0]"))
                return [f"if len({row}.line) > 0:", f"    {row}.b = {row}.line{take}"]

    def set(self) -> list[str]:
        word = self.rng.choice(("add", "discard"))
        match self.rng.randrange(4):
            case 0:
                return [f"{self.row()}.modes.{word}({self.mode()})"]
            case 1:
                return [f"{self.row()}.some = {self.row()}.some"]
            case _:
                return [f"{self.row()}.some.{word}({self.small(4)})"]

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

    def array(self) -> list[str]:
        """Names of arrays, one or two at once."""
        one, two = self.fresh("c"), self.fresh("c")
        if self.rng.random() < 0.5:
            line = f"{one}, {two} = {self.cells()}, {self.cells()}"
            self.arrays += [one, two]
        else:
            line = f"{one} = {self.cells()}"
            self.arrays.append(one)
        return [line]

    def atomically(self, depth: int, in_loop: bool) -> list[str]:
        self.one_step = True
        lines = self.block(depth, 2, in_loop=in_loop)
        self.one_step = False
        return ['with atomic(because="one"):', *lines]

    def branch(self, depth: int, in_loop: bool) -> list[str]:
        lines = [f"if {self.truth()}:", *self.block(depth, 2, in_loop=in_loop)]
        if self.rng.random() < 0.3:
            lines += [f"elif {self.truth()}:", *self.block(depth, 1, in_loop=in_loop)]
        if self.rng.random() < 0.5:
            lines += ["else:", *self.block(depth, 1, in_loop=in_loop)]
        return lines

    def cases(self, depth: int, in_loop: bool) -> list[str]:
        rng = self.rng
        if rng.random() < 0.4:
            lines, labels = [f"match {self.mode()}:"], [f"Mode.{mode}" for mode in MODES[:2]]
            labels.append("Mode.READ | Mode.BOTH")
        else:
            lines, labels = [f"match {self.small(4)}:"], ["0", "1", "2", "1 | 2"]
        for label in rng.sample(labels, 2):
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
        head = f"for {name} in {f'{pointer}.cells' if pointer else self.cells()}:"
        self.names.append(name)
        body = self.block(depth, 2, in_loop=True)
        self.names.remove(name)
        if pointer and self.rng.random() < 0.5:
            body.append(f"    {pointer} = {self.row()}")
        return [head, *body]

    def over_some(self, depth: int, _: bool) -> list[str]:
        """What is there when the loop begins."""
        name = self.fresh("v")
        head = f"for {name} in {self.row()}.{self.rng.choice(('line', 'some'))}:"
        self.names.append(name)
        body = self.block(depth, 2, in_loop=True)
        self.names.remove(name)
        return [head, *body]

    def over_any(self, _: int, __: bool) -> list[str]:
        """Elements in every order: their sum is the same in each."""
        self.orders += 1
        name, total = self.fresh("v"), self.fresh("n")
        head = [f"{total}: U8 = 0", f"for {name} in any_order({self.cells()}):"]
        self.names.append(total)
        return [*head, f"    {total} = ({total} + {name}) % 256"]

    def repeat(self, depth: int, _: bool) -> list[str]:
        """A loop whose rounds nobody knows, except where that is refused."""
        name = self.fresh("n")
        loop = f"while {name} < 3 and {self.truth()}:"
        if self.one_step or self.form == "initial":
            loop = f"for _ in range({self.rng.randrange(1, 4)}):"
        head = [f"{name}: U8 = 0", loop, f"    {name} += 1"]
        self.names.append(name)
        return [*head, *self.block(depth, 2, in_loop=True)]


def make_plain(seed: int) -> str:
    """The routines of a seed, `work` the last of them: text that is both."""
    return Plain(seed).program()


def make_spec(seed: int) -> str:
    """The spec that claims what Python makes of the program of a seed, and that it does not."""
    plain = Plain(seed)
    text = plain.program()
    same = " and ".join(list_claims(*run_plain(text)))
    body = {
        "atomic": '    with atomic(because="one"):\n        work()\n',
        "initial": "",
    }.get(plain.form, "    work()\n")
    return (
        f"{declare_memory(ghosts=plain.form == 'observer')}\n{EXCHANGE}{text}\n\n"
        f"@initial\ndef fill():\n{FILL}{'    work()' if plain.form == 'initial' else ''}\n\n"
        f"@thread\ndef runs():\n    global done\n{body}    done = True\n\n"
        f"@final\ndef same():\n    return done and {same}\n\n"
        f"@final\ndef other():\n    return not (done and {same})\n"
    )
