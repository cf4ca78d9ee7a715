"""Blocks, one instruction after the other, as the front end would make them."""

from __future__ import annotations

from modelcheck.diagnostics import Span
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Block,
    Body,
    Branch,
    Check,
    Const,
    Current,
    Expr,
    Instr,
    IsInitialised,
    Jump,
    Local,
    LocalVar,
    Place,
    PointerRoot,
    StepInfo,
    Terminator,
)
from modelcheck.ir.types import BOOL, THREAD_ID, U8, PtrType, RangeType, ScalarType, WordType

SMALL = RangeType(0, 2)
TRUE = Const(1, BOOL)
NODE, PART = PtrType("Node"), PtrType("Part")


def number(value: int) -> Const:
    return Const(value, RangeType(value, value))


def null(of: ScalarType) -> Const:
    return Const(0, of)


def equal(left: Expr, right: Expr) -> Apply:
    return Apply("==", (left, right), BOOL)


def differs(left: Expr, right: Expr) -> Apply:
    return Apply("!=", (left, right), BOOL)


def less(left: Expr, right: Expr) -> Apply:
    return Apply("<", (left, right), BOOL)


def negate(condition: Expr) -> Apply:
    return Apply("not", (condition,), BOOL)


def plus(left: Expr, right: Expr, of: ScalarType = U8) -> Apply:
    return Apply("+", (left, right), of)


def incremented(value: Expr, of: ScalarType) -> Apply:
    """One more than a value of a number type, not yet wrapped."""
    largest = (1 << of.bits) - 1 if isinstance(of, WordType) else 255
    return plus(value, number(1), RangeType(1, largest + 1))


def wrapped(value: Expr, of: WordType) -> Apply:
    return Apply(f"wrap{of.bits}", (value,), of)


def own_index() -> Apply:
    """The running thread's element of a per-thread object."""
    return Apply("-", (Current(), number(1)), RangeType(0, 62))


def address(place: Place) -> AddressOf:
    return AddressOf(place)


class Code:
    """Builds one body.  `step` begins a step, `fork` goes two ways and comes together again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.blocks: list[Block] = []
        self.locals: dict[str, ScalarType] = {}
        self.hidden: set[str] = set()
        self.labels = 0
        self.lines = 0
        self.in_atomic = False  # inside a `with atomic()`
        self.inner = False  # the blocks that follow continue a step
        self.start_block(self.new_label())

    # ------------------------------------------------------------------ blocks

    def new_label(self) -> str:
        self.labels += 1
        return f"b{self.labels}"

    def start_block(self, label: str, step: StepInfo | None = None) -> None:
        self.label = label
        self.instrs: list[Instr] = []
        self.step_info = step
        self.is_inner = self.inner and step is None
        self.is_atomic = self.in_atomic

    def close(self, end: Terminator) -> None:
        self.blocks.append(
            Block(
                self.label,
                tuple(self.instrs),
                end,
                step=self.step_info,
                atomic=self.is_atomic,
                inner=self.is_inner,
            )
        )

    def emit(self, *instrs: Instr) -> None:
        self.instrs += instrs

    def jump_to(self, label: str) -> None:
        """End this block and go on in a new one with that label."""
        self.close(Jump(label))
        self.start_block(label)

    def step(self, text: str) -> None:
        """A step begins (inside an atomic or a wait: nothing, it is under way)."""
        if self.in_atomic or self.inner:
            return
        self.lines += 1
        label = self.new_label()
        self.close(Jump(label))
        self.start_block(label, StepInfo(span=Span(f"{self.name}.py", self.lines, 1), text=text))

    def begin_atomic(self) -> None:
        self.step("atomic")
        self.in_atomic = self.inner = True
        self.is_atomic = True

    def end_atomic(self) -> None:
        self.in_atomic = self.inner = False
        self.jump_to(self.new_label())

    def end_inner(self) -> None:
        """A wait or choice with several blocks is over."""
        if not self.in_atomic:
            self.inner = False
        self.jump_to(self.new_label())

    def fork(self, condition: Expr, then, other=None) -> None:
        yes, no, after = self.new_label(), self.new_label(), self.new_label()
        self.close(Branch(condition, yes, no))
        for label, fill in ((yes, then), (no, other)):
            self.start_block(label)
            if fill is not None:
                fill()
            self.close(Jump(after))
        self.start_block(after)

    def finish(self, end: Terminator) -> Body:
        self.close(end)
        return Body(
            self.blocks[0].label,
            tuple(self.blocks),
            tuple(
                LocalVar(name, of, shown="" if name in self.hidden else name)
                for name, of in self.locals.items()
            ),
        )

    # ------------------------------------------------------------------ locals and checks

    def local(self, of: ScalarType, *, hidden: bool = False) -> str:
        name = f"{'t' if hidden else 'v'}{len(self.locals)}"
        self.locals[name] = of
        if hidden:
            self.hidden.add(name)
        return name

    def locals_of(self, *types: ScalarType) -> list[str]:
        return [n for n, of in self.locals.items() if of in types and n not in self.hidden]

    def check_pointer(self, pointer: Expr, struct: str) -> None:
        place = Place(PointerRoot(pointer, struct))
        self.emit(Check(differs(pointer, null(PtrType(struct))), "null-dereference", place))

    def check_alive(self, place: Place, *, stable: bool = False) -> None:
        self.emit(Check(Alive(place, stable), "use-after-free", place))

    def check_initialised(self, place: Place) -> None:
        self.emit(Check(IsInitialised(place), "uninitialised", place))

    def check_thread(self, thread: Expr) -> None:
        self.emit(Check(differs(thread, null(THREAD_ID)), "null-dereference", None))


def local(name: str) -> Local:
    return Local(name)
