"""Sets as bit masks."""

from __future__ import annotations

import ast

from modelcheck.frontend.kinds import is_number, set_element
from modelcheck.frontend.lowering.elements import Elements
from modelcheck.frontend.lowering.terms import (
    compare,
    constant,
    show_value,
)
from modelcheck.frontend.values import (
    Scalar,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    PtrType,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
)


class Sets(Elements):
    """Values of set types."""

    def settled_element(self, node: ast.expr, element: ScalarType) -> Scalar:
        """A value that may be an element of a set."""
        value = self.settled(node)
        if isinstance(element, RangeType):
            scalar = self.as_scalar(value, node)
            if not is_number(scalar.type):
                raise self.fail("MC256", f"{show_value(scalar)} is no number", node)
            return scalar
        return self.convert(value, element, node, None)

    def bit_of(self, value: Scalar, element: ScalarType, node: ast.AST) -> Scalar:
        """The number of the bit that stands for an element; what is none fails."""
        first = element.lo if isinstance(element, RangeType) else 0
        if isinstance(element, (PtrType, ThreadIdType)):
            first = 1
            self.check(
                compare("!=", value.expr, constant(0, element)), "null-dereference", None, node
            )
        if isinstance(element, RangeType):
            value = self.convert(value, element, node, None)
        if first == 0:
            return value
        of = RangeType(0, 62)
        if value.constant is not None:
            return Scalar(ir.Const(value.constant - first, of), of)
        return Scalar(ir.Apply("-", (value.expr, constant(first, of)), of), of)

    def set_display(self, elts: list[ast.expr], node: ast.expr) -> Scalar:
        """`{a, b}`: all elements of one type."""
        values = [self.settled(e) for e in elts]
        first = next((v for v in values if isinstance(v, Scalar)), None)
        if first is None:
            raise self.fail("MC262", "the type of this set is not known", node)
        numbers = [v.constant for v in values if isinstance(v, Scalar)]
        element: ScalarType = first.type
        if is_number(element):
            known = [n for n in numbers if n is not None]
            if len(known) != len(values):
                raise self.fail("MC262", "numbers in a written set are constants", node)
            element = RangeType(min(known), max(known))
        of = self.set_of(element, node)
        mask: ir.Expr = ir.Const(0, of)
        for value, where in zip(values, elts, strict=True):
            scalar = self.as_scalar(value, where, element)
            bit = self.bit_of(scalar, element, where)
            mask = ir.Apply("bit-set", (mask, bit.expr), of)
        return Scalar(mask, of)

    def set_of(self, element: ScalarType, node: ast.AST) -> SetType:
        """A set type, where values of that type can be elements."""
        return SetType(set_element(element, self.span(node)))

    def set_arithmetic(self, op: str, one: Scalar, two: Scalar) -> Scalar:
        """Union, intersection, difference, symmetric difference."""
        a, b, of = one.expr, two.expr, one.type
        if op == "-":
            return Scalar(ir.Apply("^", (a, ir.Apply("&", (a, b), of)), of), of)
        return Scalar(ir.Apply(op, (a, b), of), of)
