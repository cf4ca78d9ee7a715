"""Values that exist at run time, and the elements of what can be run over."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelcheck.frontend.constants import bool_value
from modelcheck.frontend.kinds import is_number, literal
from modelcheck.frontend.lowering.places import Places
from modelcheck.frontend.lowering.terms import (
    both,
    compare,
    constant,
    interval,
    show_value,
)
from modelcheck.frontend.values import (
    Items,
    NoneValue,
    ObjectArray,
    Routine,
    Scalar,
    Storage,
    Text,
    ThreadName,
    TypeName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    FnType,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    ValueType,
)


class Elements(Places):
    """Settling values; elements of arrays, queues, sets, structs."""

    def settled(self, node: ast.expr) -> Value:
        """A value that does not depend on later changes: places are loaded."""
        return self.settle(self.value(node), node)

    def settle(self, value: Value, node: ast.AST) -> Value:
        """Load a place; anything else as it is."""
        if isinstance(value, Storage) and not isinstance(value.type, (ArrayOf, QueueOf)):
            return self.load(value, node)
        return value

    def scalar(self, node: ast.expr, expected: ScalarType | None = None) -> Scalar:
        """The run-time value of an expression; None takes the expected type."""
        return self.as_scalar(self.settled(node), node, expected)

    def as_scalar(self, value: Value, node: ast.AST, expected: ScalarType | None = None) -> Scalar:
        """A value that exists at run time."""
        match value:
            case Scalar():
                return value
            case NoneValue() if isinstance(expected, (PtrType, ThreadIdType, FnType)):
                return Scalar(constant(0, expected), expected)
            case NoneValue():
                raise self.fail(
                    "MC253",
                    "None of what? The type is not known here",
                    node,
                    help="annotate the variable: `p: Ptr[…] = None`",
                )
            case Routine() as routine if expected is None or isinstance(expected, FnType):
                return self.convert(routine, FnType(), node, None)
            case ThreadName():
                return self.thread_value(value, node)
            case Text():
                raise self.fail("MC141", "a string is no value here", node)
            case _:
                raise self.fail("MC255", f"{show_value(value)} is no value here", node)

    def index(self, node: ast.expr) -> Scalar:
        """An element number."""
        number = self.scalar(node)
        if not is_number(number.type):
            raise self.fail(
                "MC252",
                f"an element number is needed, not {show_value(number)}",
                node,
            )
        if number.constant is not None and number.constant < 0:
            raise self.fail(
                "MC225",
                f"there is no element {number.constant}",
                node,
                note="elements are numbered from 0; -1 is none",
            )
        return number

    def within_step(self, expr: ir.Expr, type: ScalarType, node: ast.AST) -> Scalar:
        """Keep what was seen in this step: in pure contexts the expression itself."""
        if self.mode.pure:
            return self.as_read(Scalar(expr, type), node)
        return Scalar(self.temporary(expr, type, node), type)

    def read_queue(self, queue: Storage, node: ast.AST) -> ir.Kind:
        """Looking at a queue is one access: an instruction here, or in a condition that is
        evaluated at once the kind of the expression, which is returned.
        """
        if queue.ghost and not self.mode.ghosts:
            raise self.fail(
                "MC302", f"`{queue.shown}` is a ghost: only properties may read it", node
            )
        if self.mode.pure or queue.ghost:
            self.check_access(queue, node)
            return ir.Kind.SILENT if queue.ghost else self.mode.reads
        self.begin_step(node)
        self.check_access(queue, node)
        kind = self.kind_of(queue, None)
        self.builder.emit(ir.QueueOp("read", queue.place, kind, span=self.span(node)))
        return ir.Kind.SILENT

    def need_one_step(self, node: ast.AST, what: str) -> None:
        """Looking at many places at once needs a context that is one step."""
        if not self.mode.one_step:
            raise self.fail(
                "MC130",
                f"{what} looks at many places at once",
                node,
                note="outside one step other threads run in between",
                help="write the loop, or put it into `with atomic():` if the kernel has it so",
            )

    def items(self, node: ast.expr) -> Items:
        """What `for` and generators run over."""
        value = self.value(node)
        return self.items_of(value, node)

    def items_of(self, value: Value, node: ast.expr) -> Items:
        """The elements of an array, queue, set, range, …, each with when it takes part."""
        match value:
            case Items():
                return value
            case ObjectArray(name, of, count, per_thread, ghost):
                if per_thread:
                    return Items(
                        tuple(
                            (
                                Storage(
                                    ir.Place(ir.ObjectRoot(name, self.thread_index(thread.expr))),
                                    of,
                                    ghost=ghost,
                                ),
                                None,
                            )
                            for thread in self.all_threads()
                        )
                    )
                return Items(
                    tuple(
                        (
                            Storage(
                                ir.Place(ir.ObjectRoot(name, literal(i).expr)),
                                of,
                                ghost=ghost,
                                shown=f"{name}[{i}]",
                            ),
                            None,
                        )
                        for i in range(count)
                    )
                )
            case Storage(place, ArrayOf(element, count)):
                return Items(
                    tuple(
                        (
                            Storage(
                                ir.Place(place.root, (*place.path, literal(i).expr)),
                                element,
                                ghost=value.ghost,
                                marked=value.marked,
                                shown=f"{value.shown}[{i}]",
                            ),
                            None,
                        )
                        for i in range(count)
                    )
                )
            case Storage(place, QueueOf(element, capacity)):
                self.need_one_step(node, "a loop over a queue")
                kind = self.read_queue(value, node)
                length = Scalar(ir.QueueLength(place, kind), RangeType(0, capacity))
                length = self.as_read(length, node)
                return Items(
                    tuple(
                        (
                            Storage(
                                ir.Place(place.root, (*place.path, literal(i).expr)),
                                element,
                                ghost=value.ghost,
                                marked=value.marked,
                            ),
                            compare("<", literal(i).expr, length.expr),
                        )
                        for i in range(capacity)
                    )
                )
            case Storage(type=SetType()) | Scalar(type=SetType()):
                self.need_one_step(node, "a loop over a set")
                mask = self.as_scalar(self.settle(value, node), node)
                assert isinstance(mask.type, SetType)
                return Items(
                    tuple(
                        (member, self.set_has(mask, member, mask.type.element))
                        for member in self.domain(mask.type.element)
                    )
                )
            case TypeName():
                raise self.fail("MC263", "a type has no elements", node, help="write `objects(T)`")
            case _:
                raise self.fail(
                    "MC263",
                    f"`for` cannot run over {show_value(value)}",
                    node,
                    help="it runs over `range(…)` of constants, arrays and `any_order(…)`",
                )

    def thread_index(self, thread: ir.Expr) -> ir.Expr:
        """The element of a per-thread array that belongs to a ThreadId."""
        of = RangeType(0, max(self.world.thread_count - 1, 0))
        return ir.Apply("-", (thread, constant(1, RangeType(1, 1))), of)

    def all_threads(self) -> list[Scalar]:
        """Every thread of the program as a value."""
        return [
            Scalar(ir.ThreadOf(t.name, literal(i).expr), THREAD_ID)
            for t in self.world.threads.values()
            for i in range(t.count)
        ]

    def domain(self, element: ScalarType) -> list[Scalar]:
        """All values that can be elements of a set."""
        match element:
            case BoolType():
                return [bool_value(False), bool_value(True)]
            case EnumType(members=members):
                return [Scalar(ir.Const(i, element), element) for i in range(len(members))]
            case RangeType(lo, hi):
                return [literal(i) for i in range(lo, hi + 1)]
            case ThreadIdType():
                return self.all_threads()
            case PtrType(struct):
                return [Scalar(ir.AddressOf(place), element) for place in self.places_of(struct)]
            case _:
                return []

    def places_of(self, struct: str) -> list[ir.Place]:
        """Every place of a struct in the declared objects."""
        found: list[ir.Place] = []
        for obj in self.world.objects.values():
            paths = self.paths_to(obj.type, struct)
            if not paths:
                continue
            if obj.kind == "per_thread":
                roots = [
                    ir.ObjectRoot(obj.name, self.thread_index(t.expr)) for t in self.all_threads()
                ]
            elif obj.kind == "local":
                copies = self.world.threads[obj.template].count
                roots = [ir.ObjectRoot(obj.name, literal(i).expr) for i in range(copies)]
            elif obj.count is None:
                roots = [ir.ObjectRoot(obj.name)]
            else:
                roots = [ir.ObjectRoot(obj.name, literal(i).expr) for i in range(obj.count)]
            for root in roots:
                found += [ir.Place(root, path) for path in paths]
        return found

    def paths_to(self, of: ValueType, struct: str) -> Sequence[tuple[str | ir.Expr, ...]]:
        """Where structs of a name lie inside a value of a type, outermost first."""
        match of:
            case Embedded(name):
                known = self.world.paths.get((name, struct))
                if known is None:
                    found: list[tuple[str | ir.Expr, ...]] = [()] if name == struct else []
                    for field in self.world.structs[name].fields:
                        found += [(field.name, *rest) for rest in self.paths_to(field.type, struct)]
                    known = self.world.paths[name, struct] = tuple(found)
                return known
            case ArrayOf(element, count):
                paths = self.paths_to(element, struct)
                return [(literal(i).expr, *rest) for i in range(count) for rest in paths]
            case _:
                return ()

    def set_has(self, mask: Scalar, value: Scalar, element: ScalarType) -> ir.Expr:
        """Whether a set holds a value; None and numbers outside are never elements."""
        first = element.lo if isinstance(element, RangeType) else 0
        inside: ir.Expr = constant(1, BOOL)
        if isinstance(element, (PtrType, ThreadIdType)):
            first = 1
            inside = compare("!=", value.expr, constant(0, element))
        if isinstance(element, RangeType):
            lo, hi = interval(value)
            if lo < element.lo:
                inside = both(inside, compare("<=", literal(element.lo).expr, value.expr))
            if hi > element.hi:
                inside = both(inside, compare("<=", value.expr, literal(element.hi).expr))
        of = RangeType(-(1 << 32), 1 << 32)
        if value.constant is not None:
            bit: ir.Expr = ir.Const(value.constant - first, of)
        elif first:
            bit = ir.Apply("-", (value.expr, ir.Const(first, of)), of)
        else:
            bit = value.expr
        return both(inside, ir.Apply("bit-test", (mask.expr, bit), BOOL))
