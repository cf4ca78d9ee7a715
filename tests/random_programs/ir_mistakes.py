"""Mistakes that a thread makes on purpose, so that every kind of fault is frequent enough."""

from __future__ import annotations

from collections.abc import Callable

from modelcheck.ir.nodes import (
    Apply,
    Assert,
    Assign,
    Check,
    Current,
    Expr,
    HasFreeSlot,
    Kind,
    Load,
    Local,
    New,
    ObjectRoot,
    Place,
    Precedes,
    Read,
    Store,
    Wait,
)
from modelcheck.ir.types import THREAD_ID, U8, RangeType
from random_programs.ir_accesses import Accesses
from random_programs.ir_builder import (
    NODE,
    PART,
    SMALL,
    differs,
    equal,
    incremented,
    less,
    null,
    number,
)
from random_programs.ir_values import NUMBERS


class Mistakes(Accesses):
    """Makes the mistakes of `Shared.mistakes`, where the program has what they need."""

    def mistake(self) -> None:
        makers: dict[str, Callable[[], None]] = {
            "null-dereference": self.forget_the_test,
            "use-after-free": self.use_what_is_freed,
            "double-free": self.free_again,
            "uninitialised": self.read_what_is_not_set,
            "out-of-bounds": self.leave_the_array,
            "arithmetic": self.compute_nonsense,
            "lock-order": self.turn_the_order,
            "lock-misuse": self.release_what_is_not_held,
        }
        if not self.code.inner:
            makers[self.rng.choice(self.shared.mistakes)]()

    def forget_the_test(self) -> None:
        name = self.load(NODE, PART)
        if name is not None:
            self.read_through(name)

    def read_through(self, name: str) -> None:
        is_node = self.code.locals[name] == NODE
        struct, path, of = (
            ("Node", "v", self.shared.node_fields["v"]) if is_node else ("Part", "a", SMALL)
        )
        self.code.step("use")
        place = self.through(Local(name), struct, (path,), reading=True)
        self.code.emit(Load(self.code.local(of), place, self.load_kind()))

    def use_what_is_freed(self) -> None:
        self.free_and(self.read_through)

    def free_again(self) -> None:
        self.free_and(lambda name: self.release(Local(name)))

    def free_and(self, then: Callable[[str], None]) -> None:
        """Free what a shared pointer points to, and do one thing too many."""
        name = self.load(NODE)
        if name is not None and self.shared.pools:

            def act() -> None:
                self.release(Local(name))
                then(name)

            self.code.fork(differs(Local(name), null(NODE)), act)

    def allocate(self) -> str | None:
        """A node of which nothing is set, or at rest until there is one."""
        code = self.code
        if not self.shared.pools:
            return None
        pool = self.shared.pools[0]
        code.step("new")
        code.emit(Wait(HasFreeSlot(pool), idle=True))
        code.emit(Check(HasFreeSlot(pool), "capacity", Place(ObjectRoot(pool, number(0)))))
        name = code.local(NODE)
        code.emit(New(name, pool))
        return name

    def read_what_is_not_set(self) -> None:
        name = self.allocate()
        if name is not None:
            self.read_through(name)

    def leave_the_array(self) -> None:
        code = self.code
        name = self.load(SMALL, U8)
        if name is None or not self.shared.arrays:
            return
        place, of = self.rng.choice(self.shared.arrays)
        index = incremented(Local(name), code.locals[name])
        code.step("element")
        code.emit(Check(less(index, number(of.count)), "out-of-bounds", place))
        element = Place(place.root, (*place.path, index))
        code.emit(Load(code.local(SMALL), element, self.load_kind()))

    def compute_nonsense(self) -> None:
        """A division by what may be 0, or a shift by what may be too much."""
        code, rng = self.code, self.rng
        name = self.load(*NUMBERS)
        if name is None:
            return
        value: Expr
        if code.locals[name] == SMALL and rng.random() < 0.5:
            far = Apply("*", (Local(name), number(40)), RangeType(0, 80))
            code.emit(Check(less(far, number(64)), "arithmetic", None))
            value = Apply(rng.choice(("<<", ">>")), (number(1), far), RangeType(0, 1 << 62))
            value = Apply("%", (value, number(3)), SMALL)
        else:
            code.emit(Check(differs(Local(name), number(0)), "arithmetic", None))
            value = Apply("//", (number(2), Local(name)), SMALL)
        code.emit(Assign(code.local(SMALL), value))

    def turn_the_order(self) -> None:
        if len(self.shared.locks) > 1:
            name = self.rng.choice(("lock-order", "lock-order", "my_order"))
            first, second = self.rng.sample(self.shared.locks, 2)
            self.code.emit(Precedes(name, first, second))
            if self.rng.random() < 0.8:
                self.code.emit(Precedes(name, second, first))

    def release_what_is_not_held(self) -> None:
        code = self.code
        if self.shared.locks and not code.in_atomic:
            place = self.rng.choice(self.shared.locks)
            owner = Place(place.root, (*place.path, "owner"))
            code.begin_atomic()
            held = equal(Read(owner, Kind.SILENT), Current())
            code.emit(Assert(held, "lock-misuse", "not held", place))
            code.emit(Store(owner, null(THREAD_ID), Kind.RELEASE))
            code.end_atomic()
