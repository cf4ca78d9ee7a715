"""Random values, conditions and places, of what a thread knows at a point of its code."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from modelcheck.ir.nodes import (
    Apply,
    Check,
    Const,
    Current,
    Expr,
    Kind,
    Local,
    Me,
    ObjectRoot,
    Place,
    PointerRoot,
    QueueLength,
    Read,
    Template,
    ThreadOf,
)
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    U8,
    U16,
    U32,
    EnumType,
    PtrType,
    RangeType,
    ScalarType,
    SetType,
    WordType,
)
from random_programs.ir_builder import (
    NODE,
    PART,
    SMALL,
    TRUE,
    Code,
    address,
    differs,
    equal,
    incremented,
    less,
    negate,
    null,
    number,
    own_index,
    wrapped,
)
from random_programs.ir_memory import Shared

NUMBERS = (SMALL, U8, U16, U32)
LOADS = (Kind.ONCE, Kind.ONCE, Kind.ACQUIRE, Kind.DEPENDENT)
STORES = (Kind.ONCE, Kind.ONCE, Kind.RELEASE)
PART_FIELDS = [("a", SMALL), ("b", BOOL)]


@dataclass
class Values:
    """What a thread may name; `spawns` are the templates it may start, `stack` its local object."""

    rng: Random
    shared: Shared
    code: Code
    copies: int
    threads: list[tuple[str, int]]  # all that are declared before the code runs: name, copies
    spawns: list[Template] = field(default_factory=list)
    stack: str = ""
    asserts: set[str] = field(default_factory=set)
    in_loop: bool = False
    depth: int = 0
    sure: set[str] = field(default_factory=set)  # pointers that are not None

    # ------------------------------------------------------------------ values

    def load_kind(self) -> Kind:
        if not self.shared.has("marked") and self.rng.random() < 0.5:
            return Kind.PLAIN
        return self.rng.choice(LOADS)

    def store_kind(self) -> Kind:
        if not self.shared.has("marked") and self.rng.random() < 0.5:
            return Kind.PLAIN
        if self.code.in_atomic and self.rng.random() < 0.5:
            return Kind.RMW
        return self.rng.choice(STORES)

    def value(self, of: ScalarType) -> Expr:
        """A value that a store of that type may take as it is."""
        rng, code = self.rng, self.code
        known = [Local(name) for name in code.locals_of(of)]
        match of:
            case RangeType() | EnumType():
                last = 2
                choices = [Const(rng.randint(0, last), of), *known]
                if of == SMALL:
                    choices += [self.modulo(n) for n in code.locals_of(*NUMBERS)]
                    choices += [
                        Apply("ite", (Local(n), number(1), number(0)), SMALL)
                        for n in code.locals_of(BOOL)
                    ]
                return rng.choice(choices)
            case WordType():
                choices = [Const(rng.randint(0, 2), of), *known]
                if not self.in_loop and rng.random() < 0.2:
                    choices.append(wrapped(Const(-1, RangeType(-1, -1)), of))
                choices += [self.computed(n, of) for n in code.locals_of(SMALL, of)]
                return rng.choice(choices)
            case _ if of == BOOL:
                return rng.choice((Const(rng.randint(0, 1), BOOL), self.condition()))
            case _ if of == THREAD_ID:
                name, copies = rng.choice(self.threads)
                other = ThreadOf(name, number(rng.randrange(copies)))
                return rng.choice((null(of), Current(), Current(), other, *known))
            case _ if of == NODE:
                fixed = [address(place) for place in self.shared.nodes]
                return rng.choice((null(of), *fixed, *known, *known))
            case _ if of == PART:
                return rng.choice((null(of), *self.parts(), *known))
            case SetType():
                return Const(rng.choice((0, 0, 1, 2)) if of.element != NODE else 0, of)
            case _:
                raise AssertionError(of)

    def modulo(self, name: str) -> Expr:
        """A small number made of a local."""
        more = incremented(Local(name), self.code.locals[name])
        return Apply("%", (more, number(3)), SMALL)

    def computed(self, name: str, of: WordType) -> Expr:
        """A word made of a local; in a loop it takes few values."""
        rng, value = self.rng, Local(name)
        more = incremented(value, self.code.locals[name])
        largest = more.type.hi
        choices: list[Expr] = [
            Apply("%", (more, number(3)), of),
            Apply(">>", (value, number(rng.choice((1, 7)))), RangeType(0, largest)),
        ]
        if not self.in_loop:
            choices += [
                wrapped(more, of),
                Apply("^", (value, number(1)), of),
                wrapped(Apply("<<", (value, number(4)), RangeType(0, largest << 4)), of),
            ]
        return rng.choice(choices)

    def parts(self) -> list[Expr]:
        """Addresses of fixed Parts, embedded ones too."""
        found: list[Expr] = [address(place) for place in self.shared.parts]
        if self.shared.has("part"):
            found += [address(Place(place.root, ("part",))) for place in self.shared.nodes]
        if self.stack:
            found += [address(Place(ObjectRoot(self.stack)))] * 2
        if self.shared.has("per_thread"):
            found.append(address(Place(ObjectRoot("tasks", own_index()), ("part",))))
        return found

    def condition(self) -> Expr:
        """Something about locals."""
        rng, code = self.rng, self.code
        choices: list[Expr] = [Local(name) for name in code.locals_of(BOOL)]
        for name in code.locals_of(*NUMBERS):
            choices.append(equal(Local(name), number(rng.randint(0, 2))))
            choices.append(less(Local(name), number(rng.randint(1, 2))))
        for name, of in code.locals.items():
            if isinstance(of, PtrType) or of == THREAD_ID:
                choices.append(differs(Local(name), null(of)))
            if isinstance(of, EnumType):
                choices.append(equal(Local(name), Const(rng.randint(0, 2), of)))
        if self.copies > 1:
            choices.append(equal(Me(), number(0)))
        if not choices:
            return TRUE
        found = rng.choice(choices)
        if rng.random() < 0.2:
            found = Apply(rng.choice(("and", "or")), (found, rng.choice(choices)), BOOL)
        return negate(found) if rng.random() < 0.2 else found

    # ------------------------------------------------------------------ places

    def place(self, *types: ScalarType, reading: bool = True) -> tuple[Place, ScalarType] | None:
        """A scalar place of one of the types; the checks before an access to it are emitted."""
        rng, shared, code = self.rng, self.shared, self.code
        choices: list = [(p, of) for p, of in shared.scalars if not types or of in types] * 2
        daring = shared.has("fault") and rng.random() < 0.1
        for name in code.locals_of(NODE):
            for f, of in shared.node_fields.items():
                if (not types or of in types) and (daring or name in self.sure):
                    choices += [("node", name, f, of)] * 3
        for name in code.locals_of(PART):
            if daring or name in self.sure:
                found = [("part", name, f, of) for f, of in PART_FIELDS]
                choices += [c for c in found if not types or c[3] in types]
        if not types or SMALL in types:
            choices += [("array", place, SMALL) for place, _ in shared.arrays]
            if shared.has("per_thread"):
                choices.append((Place(ObjectRoot("tasks", own_index()), ("n",)), SMALL))
            if self.stack:
                choices.append((Place(ObjectRoot(self.stack), ("a",)), SMALL))
        others = code.locals_of(THREAD_ID)
        if daring and others and shared.has("per_thread") and (not types or SMALL in types):
            choices.append(("task", rng.choice(others), SMALL))
        if not choices:
            return None
        match rng.choice(choices):
            case ("node", name, f, of):
                return self.through(Local(name), "Node", (f,), reading=reading), of
            case ("part", name, f, of):
                return self.through(Local(name), "Part", (f,), reading=reading), of
            case ("array", place, of):
                index: Expr = number(rng.randrange(2))
                names = code.locals_of(*NUMBERS)
                if names and (shared.has("fault") or rng.random() < 0.2):
                    index = Local(rng.choice(names))
                    code.emit(Check(less(index, number(2)), "out-of-bounds", place))
                return Place(place.root, (*place.path, index)), of
            case ("task", name, of):
                thread = Local(name)
                code.check_thread(thread)
                index = Apply("-", (thread, number(1)), RangeType(0, 62))
                place = Place(ObjectRoot("tasks", index), ("n",))
                code.check_alive(place)
                return place, of
            case (place, of):
                return place, of
        raise AssertionError

    def through(self, pointer: Expr, struct: str, path, *, reading: bool) -> Place:
        """A field of what a pointer points to, with its checks."""
        place = Place(PointerRoot(pointer, struct), path)
        self.code.check_pointer(pointer, struct)
        if self.rng.random() < 0.95 or not reading:
            self.code.check_alive(place, stable=struct == "Node" and path[0] in self.shared.stable)
        if reading:
            self.code.check_initialised(place)
        return place

    def shared_condition(self, kind: Kind = Kind.ONCE) -> Expr:
        rng = self.rng
        choices: list[Expr] = []
        for place, of in self.shared.scalars:
            read = Read(place, kind)
            if of == BOOL:
                choices += [read, negate(read)]
            elif of in NUMBERS:
                choices.append(equal(read, number(rng.randint(0, 2))))
                choices.append(less(read, number(rng.randint(1, 2))))
            elif isinstance(of, PtrType) or of == THREAD_ID:
                choices += [equal(read, null(of)), differs(read, null(of))]
            elif isinstance(of, EnumType):
                choices.append(equal(read, Const(rng.randint(0, 2), of)))
        for place, _ in self.shared.queues:
            choices.append(less(number(0), QueueLength(place)))
        found = rng.choice(choices)
        if rng.random() < 0.3:
            found = Apply(rng.choice(("and", "or")), (found, rng.choice(choices)), BOOL)
        return found
