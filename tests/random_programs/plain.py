"""Random code that is a spec and plain Python at once.

The same text is run by Python, with stand-ins for memory that wrap what is stored, and compared
with what the checker makes of it: the one check of the front end that does not rest on it.  The
code stands in a thread, in two that take a lock first, in one `atomic`, in an observer over
ghosts, or in `@initial`.
Nothing fails on the way: numbers are brought into bounds where they are used as indices, divisors
or shifts, and locals that change stay below 256.
"""

from __future__ import annotations

from collections.abc import Callable

from modelcheck.explore.options import Options
from random_programs.plain_memory import (
    CAPACITY,
    FILL,
    SIZE,
    declare_memory,
    list_claims,
    run_plain,
)
from random_programs.plain_values import MODES, Values
from tests.checking import check_text, violated

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


class Plain(Values):
    """One program: the lines of its routines, from a seed."""

    def program(self) -> str:
        """Routines, at their end `work`, and `rest` where there is another thread."""
        lines = []
        for number in range(self.rng.randrange(3)):
            name = f"own{number}"
            lines += ["", *self.routine(name)]
            self.routines.append(name)
        if self.form == "observer":
            lines += ["", "@observer"]
        lines += ["", "def work():", "    global total"]
        lines += self.block(3, self.rng.randrange(4, 9), in_loop=False)
        if self.form == "threads":
            lines += ["", "def rest():", "    global total"]
            lines += self.block(2, self.rng.randrange(2, 5), in_loop=False)
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
        if self.form == "thread" and not self.one_step:
            simple.append(self.choice)
        return rng.choice(simple)()

    def nested(self) -> list[Callable[[int, bool], list[str]]]:
        """The statements that have others in them."""
        kinds = [self.branch, self.over_range, self.over_cells, self.repeat, self.cases]
        if self.one_step:
            return [*kinds, self.over_some]
        if self.form == "initial":  # there each order is a way of its own to the end
            return kinds
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

    def choice(self) -> list[str]:
        """The one number that a filter lets through; where it lets none, the thread ends here."""
        name, number = self.fresh("n"), self.fresh("g")
        wanted = self.rng.choice(
            (f"({self.number(0)}) % 5", f"{self.number(0)} // {self.row()}.low")
        )
        self.names.append(name)
        found = (
            f"({number} for {number} in range({self.rng.randrange(4, 7)}) if {number} == {wanted})"
        )
        return [f"{name} = choose({found}, idle=True)"]

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


LOCKED = """
gate = shared(Bool)

def alone(routine):
    global gate, done
    with atomic(because="test-and-set"):
        wait_until(not gate)
        gate = True
    routine()
    done += 1
    WRITE_ONCE(gate, False)

@thread
def works():
    alone(work)

@thread
def rests():
    alone(rest)
"""
BODIES = {
    "thread": "    work()",
    "observer": "    work()",
    "atomic": '    with atomic(because="one"):\n        work()',
    "initial": "    pass",
}


def make_spec(seed: int) -> tuple[str, set[str]]:
    """The spec that claims what Python makes of the program of a seed, and what it violates: the
    claims that memory is not as it is after one order of the threads.
    """
    plain = Plain(seed)
    text = plain.program()
    orders = [("work",)]
    threads = f"@thread\ndef runs():\n    global done\n{BODIES.get(plain.form)}\n    done = 1\n"
    if plain.form == "threads":
        orders, threads = [("work", "rest"), ("rest", "work")], LOCKED
    ends = [" and ".join(list_claims(*run_plain(text, *order))) for order in orders]
    initial = "    work()" if plain.form == "initial" else ""
    finals = f"@final\ndef same():\n    return {' or '.join(f'({end})' for end in ends)}\n"
    for number, end in enumerate(ends):
        finals += f"\n@final\ndef not{number}():\n    return not ({end})\n"
    memory = declare_memory(ghosts=plain.form == "observer")
    spec = f"{memory}\n{EXCHANGE}{text}\n\n@initial\ndef fill():\n{FILL}{initial}\n\n"
    return f"{spec}{threads}\n{finals}", {f"not{number}" for number in range(len(ends))}


def find_difference(seed: int, options: Options | None = None) -> str:
    """What the checker makes of the program of a seed that Python does not; empty if nothing."""
    text, expected = make_spec(seed)
    result = check_text(text, options)
    if not result.exhausted:
        return f"{text}\n\nseed {seed}: not explored whole"
    found = violated(result)
    return "" if found == expected else f"{text}\n\nseed {seed}: violates {sorted(found)}"
