"""Constants and types as a spec writes them at its top level: `2 * closers`, `Ptr[OpenFile]`.

Everything here is known before a program runs.  `World` adds the declarations themselves.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from modelcheck.diagnostics import NOWHERE, REPORTED, Span, SpecError, did_you_mean
from modelcheck.frontend.kinds import set_element
from modelcheck.frontend.modules import Module
from modelcheck.frontend.values import (
    Builtin,
    EnumClass,
    FieldName,
    NoneValue,
    ObjectArray,
    Scalar,
    Storage,
    TypeName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.ops import OPS
from modelcheck.ir.types import (
    BOOL,
    ArrayOf,
    BoolType,
    Embedded,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ValueType,
    WordType,
)

if TYPE_CHECKING:
    from modelcheck.frontend.declarations import FieldSpec

BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
COMPARE = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "==",
    ast.IsNot: "!=",
}


class ConstantReader(ABC):
    """Evaluates constant expressions and types; subclasses know what names mean."""

    @abstractmethod
    def resolve(self, module: Module, name: str, span: Span) -> Value | None:
        """What a name of a file means; None where that was reported as an error."""

    @abstractmethod
    def count_places(self, struct: str) -> int:
        """How many places of a struct there are."""

    @abstractmethod
    def field_of(self, struct: str, name: str, span: Span) -> ir.Field:
        """A field of a struct; raises SpecError where it has none of that name."""

    # -- values

    def constant(self, module: Module, node: ast.expr) -> Value:
        """The value of a constant expression; raises SpecError where it is none."""
        span = module.span(node)
        match node:
            case ast.Constant(value=None):
                return NoneValue()
            case ast.Constant(value=bool(value)):
                return Scalar(ir.Const(int(value), BOOL), BOOL)
            case ast.Constant(value=int(value)):
                return self.number_value(value, span)
            case ast.Name(id=name):
                found = self.resolve(module, name, span)
                if found is None:
                    raise Reported
                return found
            case ast.Attribute(value=base, attr=attr):
                return self.constant_attribute(module, base, attr, span)
            case ast.Subscript(value=base, slice=index):
                array = self.constant(module, base)
                number = self.number(module, index)
                if isinstance(array, ObjectArray) and not array.per_thread:
                    if not 0 <= number < array.count:
                        raise SpecError("MC225", f"`{array.name}` has no element {number}", span)
                    root = ir.ObjectRoot(array.name, literal_int(number))
                    return Storage(ir.Place(root), array.type, ghost=array.ghost)
                raise SpecError("MC226", "only a shared array has elements here", span)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.number_value(-self.number(module, operand), span)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return self.number_value(~self.number(module, operand), span)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return bool_value(not self.truth(module, operand))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                number, exponent = self.number(module, left), self.number(module, right, least=0)
                if exponent > 63 and abs(number) > 1:
                    raise SpecError("MC404", "this does not fit in 64 bits", span)
                return self.number_value(number**exponent, span)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return self.arithmetic(module, BINARY[type(op)], left, right, span)
            case ast.BoolOp(op=op, values=values):
                truths = [self.truth(module, v) for v in values]
                return bool_value(all(truths) if isinstance(op, ast.And) else any(truths))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARE:
                one, two = self.constant(module, left), self.constant(module, right)
                if isinstance(one, Scalar) and isinstance(two, Scalar):
                    a, b = one.constant, two.constant
                    if a is not None and b is not None:
                        return bool_value(bool(OPS[COMPARE[type(op)]].meaning(a, b)))
                raise SpecError("MC227", "this cannot be compared before the program runs", span)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.constant(module, body if self.truth(module, test) else orelse)
            case ast.Call():
                return self.constant_call(module, node, span)
            case _:
                raise SpecError(
                    "MC228",
                    "this is not known before the program runs",
                    span,
                    note="sizes and start values are constants, parameters and flags",
                )

    def number_value(self, value: int, span: Span) -> Scalar:
        """A number as a literal; raises MC404 where it leaves 64 bits."""
        if not -(1 << 63) <= value < 1 << 63:
            raise SpecError("MC404", f"{value} does not fit in 64 bits", span)
        return Scalar(literal_int(value), RangeType(value, value), literal=True)

    def constant_attribute(self, module: Module, base: ast.expr, attr: str, span: Span) -> Value:
        """`Mode.READ`, `File.f_pos`, or a field of a shared object (as a place)."""
        value = self.constant(module, base)
        match value:
            case EnumClass(of):
                if attr not in of.members:
                    raise SpecError(
                        "MC229",
                        f"`{of.name}` has no member `{attr}`",
                        span,
                        help=did_you_mean(attr, of.members),
                    )
                return Scalar(ir.Const(of.members.index(attr), of), of)
            case TypeName(Embedded(struct)):
                self.field_of(struct, attr, span)
                return FieldName(struct, attr)
            case Storage(place, Embedded(struct)):
                field = self.field_of(struct, attr, span)
                return Storage(ir.Place(place.root, (*place.path, attr)), field.type)
            case _:
                raise SpecError("MC230", f"this has no `{attr}`", span)

    def constant_call(self, module: Module, node: ast.Call, span: Span) -> Value:
        """`places(T)`, `len(files)`, `min(a, b)`, `max(a, b)`."""
        name = self.called(module, node)
        if name == "places" and len(node.args) == 1:
            of = self.object_type(module, node.args[0])
            if isinstance(of, Embedded):
                return self.number_value(self.count_places(of.struct), span)
        if name == "len" and len(node.args) == 1:
            array = self.constant(module, node.args[0])
            if isinstance(array, ObjectArray) and not array.per_thread:
                return self.number_value(array.count, span)
        if name in ("min", "max") and node.args:
            numbers = [self.number(module, a) for a in node.args]
            return self.number_value(min(numbers) if name == "min" else max(numbers), span)
        raise SpecError(
            "MC228",
            "this is not known before the program runs",
            span,
            note="sizes and start values are constants, parameters and flags",
        )

    def arithmetic(
        self, module: Module, op: str, left: ast.expr, right: ast.expr, span: Span
    ) -> Scalar:
        """An operation on two constants."""
        a, b = self.number(module, left), self.number(module, right)
        if op in ("//", "%") and b == 0:
            raise SpecError("MC231", "this divides by zero", span)
        if op in ("<<", ">>") and not 0 <= b <= 63:
            raise SpecError("MC231", f"a shift by {b} is outside 0 … 63", span)
        return self.number_value(OPS[op].meaning(a, b), span)

    def number(self, module: Module, node: ast.expr, *, least: int | None = None) -> int:
        """A constant number (True is 1), at least `least`."""
        value = self.constant(module, node)
        if not isinstance(value, Scalar) or value.constant is None:
            raise SpecError("MC232", "a constant number is needed here", module.span(node))
        if not isinstance(value.type, (RangeType, WordType, BoolType)):
            raise SpecError("MC232", "a constant number is needed here", module.span(node))
        if least is not None and value.constant < least:
            raise SpecError("MC233", f"{value.constant} is less than {least}", module.span(node))
        return value.constant

    def truth(self, module: Module, node: ast.expr) -> bool:
        """A constant condition."""
        value = self.constant(module, node)
        if isinstance(value, Scalar) and isinstance(value.type, BoolType):
            return bool(value.constant)
        raise SpecError("MC234", "a condition is a Bool", module.span(node))

    def called(self, module: Module, node: ast.Call) -> str:
        """The language's name of what is called, or "" where it is something else."""
        if not isinstance(node.func, ast.Name):
            return ""
        found = self.resolve(module, node.func.id, module.span(node.func))
        return found.name if isinstance(found, Builtin) else ""

    # -- types

    def type_of(self, module: Module, node: ast.expr) -> TypeName:
        """A type as an annotation writes it; `Int` alone is unbounded."""
        span = module.span(node)
        match node:
            case ast.Constant(value=str(text)):
                try:
                    quoted = ast.parse(text, mode="eval").body
                except SyntaxError:
                    raise SpecError("MC235", f"`{text}` is not a type", span) from None
                for part in ast.walk(quoted):
                    if isinstance(part, ast.expr):
                        ast.copy_location(part, node)
                return self.type_of(module, quoted)
            case ast.Name(id="int"):
                return TypeName(RangeType(-(1 << 63), (1 << 63) - 1), bounded=False)
            case ast.Name(id="bool"):
                return TypeName(BOOL)
            case ast.Name():
                found = self.constant(module, node)
                match found:
                    case TypeName():
                        return found
                    case EnumClass(of):
                        return TypeName(of)
                    case Builtin(name) if name in ("Array", "Queue", "Set", "Ptr", "Ref"):
                        raise SpecError(
                            "MC236",
                            f"`{name}` needs the type of its elements",
                            span,
                            help=f"write `{name}[U8]`, say",
                        )
                    case _:
                        raise SpecError("MC235", f"`{node.id}` is not a type", span)
            case ast.Subscript(value=ast.Name(id=outer) as head, slice=inner_node):
                builtin = self.constant(module, head)
                if not isinstance(builtin, Builtin):
                    raise SpecError("MC235", f"`{outer}` takes no element type", span)
                inner = self.type_of(module, inner_node)
                match builtin.name:
                    case "Ptr":
                        if not isinstance(inner.type, Embedded):
                            raise SpecError(
                                "MC237",
                                "a pointer points to a struct",
                                span,
                                help="put the value into a struct, or take the place: `Ref[…]`",
                            )
                        return TypeName(PtrType(inner.type.struct))
                    case "Array":
                        return TypeName(ArrayOf(inner.type, 0), inner.bounded)
                    case "Queue":
                        return TypeName(QueueOf(self.scalar(inner, span), 0), inner.bounded)
                    case "Set":
                        element = self.scalar(inner, span)
                        if not inner.bounded:
                            return TypeName(element, bounded=False)
                        return TypeName(SetType(set_element(element, span)))
                    case "Ref":
                        return inner
                    case _:
                        raise SpecError("MC235", f"`{outer}` takes no element type", span)
            case _:
                raise SpecError("MC235", "this is not a type", span)

    def scalar(self, of: TypeName, span: Span) -> ScalarType:
        """A type of single values."""
        if isinstance(of.type, (Embedded, ArrayOf, QueueOf)):
            raise SpecError(
                "MC238",
                "elements here are single values",
                span,
                help="a struct's elements are pointers: `Ptr[…]`",
            )
        return of.type

    def object_type(self, module: Module, node: ast.expr) -> ScalarType | Embedded:
        """The first argument of `shared`, `pool`, `local`, `new`, `objects`, …."""
        span = module.span(node)
        if isinstance(node, ast.Call) and self.called(module, node) == "between":
            return self.between(module, node)
        of = self.type_of(module, node)
        if not of.bounded:
            raise SpecError(
                "MC239",
                "an `Int` needs its bounds",
                span,
                note="every value of a program has a known range",
                help="write `shared(between(0, 5))`, or use U8, U16, U32",
            )
        if isinstance(of.type, (ArrayOf, QueueOf, PtrType, SetType)):
            raise SpecError(
                "MC214",
                "a pointer, array, queue or set lives in a struct",
                span,
                help="put it into a struct and share that",
            )
        return of.type

    def between(self, module: Module, node: ast.Call) -> RangeType:
        """`between(lo, hi)` where nothing starts."""
        bounds, start = self._between(module, node)
        if start is not None:
            raise SpecError(
                "MC210", "`between()` has a start value in a field only", module.span(node)
            )
        return bounds

    def _between(self, module: Module, node: ast.Call) -> tuple[RangeType, int | None]:
        """`between(lo, hi)` or `between(lo, hi, start)`."""
        start = None
        for keyword in node.keywords:
            if keyword.arg != "start":
                raise SpecError("MC210", f"`between()` has no `{keyword.arg}=`", module.span(node))
            start = self.number(module, keyword.value)
        if len(node.args) > 2:
            start = self.number(module, node.args[2])
        if len(node.args) < 2:
            raise SpecError(
                "MC240", "`between` takes the least and the greatest value", module.span(node)
            )
        lo, hi = (self.number(module, a) for a in node.args[:2])
        if min(lo, -hi) <= -(1 << 62):
            raise SpecError(
                "MC404",
                f"{lo} … {hi} is too wide",
                module.span(node),
                help="bounds lie between -2**62 and 2**62",
            )
        if lo > hi:
            raise SpecError("MC240", f"nothing is between {lo} and {hi}", module.span(node))
        return RangeType(lo, hi), start

    def field_spec(
        self, module: Module, annotation: ast.expr, value: ast.expr | None, span: Span
    ) -> FieldSpec:
        """A field or ghost variable: its type from the left, size and start from the right."""
        from modelcheck.frontend.declarations import FieldSpec
        from modelcheck.frontend.kinds import show_type, strip_array

        of = self.type_of(module, annotation)
        ghost = durable = False
        start_node: ast.expr | None = value
        while isinstance(start_node, ast.Call):
            wrapper = self.called(module, start_node)
            if wrapper not in ("ghost", "durable"):
                break
            ghost, durable = ghost or wrapper == "ghost", durable or wrapper == "durable"
            start_node = start_node.args[0] if start_node.args else None
        found: ValueType = of.type
        bounded = of.bounded
        given: int | None = None
        sized = False
        if isinstance(start_node, ast.Call):
            name = self.called(module, start_node)
            where = module.span(start_node)
            if name == "between":
                found, given = self._bounded(module, start_node, annotation, found)
                bounded = True
            elif name in ("array", "queue"):
                size = self.number(module, start_node.args[0], least=1) if start_node.args else 0
                if not size:
                    raise SpecError("MC241", f"`{name}` needs its size", where)
                bounds = start_node.args[1] if len(start_node.args) > 1 else None
                element: ValueType
                if (isinstance(found, ArrayOf) and name == "array") or (
                    isinstance(found, QueueOf) and name == "queue"
                ):
                    element = found.element
                else:
                    raise SpecError("MC242", f"{show_type(found)} has no `= {name}(…)`", where)
                if isinstance(bounds, ast.Call) and self.called(module, bounds) == "between":
                    element, given = self._between(module, bounds)
                    bounded = True
                if isinstance(found, ArrayOf):
                    found = ArrayOf(element, size)
                elif given is not None:
                    raise SpecError("MC210", "a queue starts empty", where)
                else:
                    assert not isinstance(element, (Embedded, ArrayOf, QueueOf))
                    found = QueueOf(element, size)
                sized = True
            elif name == "set" and isinstance(found, SetType):
                pass
            else:
                given = self._start(module, start_node, found)
        elif start_node is not None:
            given = self._start(module, start_node, found)
        if not bounded:
            raise SpecError(
                "MC239",
                "an `Int` needs its bounds",
                span,
                note="every value of a program has a known range",
                help="write `= between(0, 5)`, or use U8, U16, U32",
            )
        if isinstance(found, (ArrayOf, QueueOf)) and not sized:
            word = "array" if isinstance(found, ArrayOf) else "queue"
            raise SpecError(
                "MC241",
                f"{show_type(found)} needs its size",
                span,
                help=f"write `= {word}(4)`, say",
            )
        single = strip_array(found)
        start = given or 0
        if isinstance(single, RangeType) and not single.lo <= start <= single.hi:
            if given is not None:
                raise SpecError("MC223", f"{given} is outside {single.lo} … {single.hi}", span)
            start = single.lo
        return FieldSpec(found, start, ghost, durable)

    def _bounded(
        self, module: Module, call: ast.Call, annotation: ast.expr, found: ValueType
    ) -> tuple[ValueType, int | None]:
        bounds, start = self._between(module, call)
        match found:
            case RangeType():
                if isinstance(annotation, ast.Subscript):  # Set[Int] = between(0, 3)
                    if start is not None:
                        raise SpecError("MC210", "a set starts empty", module.span(call))
                    return SetType(set_element(bounds, module.span(call))), None
                return bounds, start
            case _:
                raise SpecError("MC242", "only `Int` and `Set[Int]` take bounds", module.span(call))

    def _start(self, module: Module, node: ast.expr, of: ValueType) -> int:
        value = self.start_value(module, node, of)
        if isinstance(value, ir.Const):
            return value.value
        raise SpecError(
            "MC224",
            "a field cannot start as a pointer to an object",
            module.span(node),
            help="give it where the object is declared, or in an @initial routine",
        )

    @abstractmethod
    def start_value(self, module: Module, node: ast.expr, of: ValueType) -> ir.Expr:
        """A start value as a constant or an address."""

    def field_names(
        self, module: Module, node: ast.expr, of: ScalarType | Embedded
    ) -> tuple[str, ...]:
        """`stable=(T.a, T.b)`."""
        items = node.elts if isinstance(node, ast.Tuple) else [node]
        names = []
        for item in items:
            value = self.constant(module, item)
            if not isinstance(value, FieldName) or of != Embedded(value.struct):
                raise SpecError(
                    "MC243", "`stable=` names fields of the pool's struct", module.span(item)
                )
            names.append(value.field)
        return tuple(names)


class Reported(SpecError):  # noqa: N818  not an error: it was one
    """Stops an evaluation whose error was reported already."""

    def __init__(self) -> None:
        super().__init__(REPORTED, "", NOWHERE)


def literal_int(value: int) -> ir.Const:
    """A number as a node."""
    return ir.Const(value, RangeType(value, value))


def bool_value(value: bool) -> Scalar:
    """A truth value as a constant."""
    return Scalar(ir.Const(int(value), BOOL), BOOL)
