"""Small expressions of a program, folded where they are constant; values in words."""

from __future__ import annotations

from modelcheck.frontend.kinds import show_type
from modelcheck.frontend.values import (
    NoneValue,
    ObjectArray,
    Routine,
    Scalar,
    Storage,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.ops import OPS
from modelcheck.ir.types import (
    BOOL,
    BoolType,
    EnumType,
    RangeType,
    ScalarType,
    WordType,
)

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1


def constant(value: int, type: ScalarType) -> ir.Const:
    """A constant of a type."""
    return ir.Const(value, type)


def interval(value: Scalar) -> tuple[int, int]:
    """The range of a number or truth value."""
    if value.constant is not None:
        return value.constant, value.constant
    match value.type:
        case RangeType(lo, hi):
            return lo, hi
        case WordType(bits):
            return 0, (1 << bits) - 1
        case BoolType():
            return 0, 1
        case EnumType(members=members):
            return 0, len(members) - 1
        case _:
            return 0, INT64_MAX


def retyped(expr: ir.Expr, to: ScalarType) -> ir.Expr:
    """A constant under another type; other expressions as they are."""
    return ir.Const(expr.value, to) if isinstance(expr, ir.Const) else expr


def compare(op: str, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """A comparison, folded where both sides are constant."""
    if isinstance(left, ir.Const) and isinstance(right, ir.Const):
        return ir.Const(int(OPS[op].meaning(left.value, right.value)), BOOL)
    if isinstance(left, ir.AddressOf) and isinstance(right, ir.Const) and right.value == 0:
        return ir.Const(int(op == "!="), BOOL)
    return ir.Apply(op, (left, right), BOOL)


def both(left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """Conjunction, folded."""
    if isinstance(left, ir.Const):
        return right if left.value else left
    if isinstance(right, ir.Const):
        return left if right.value else right
    return ir.Apply("and", (left, right), BOOL)


def either_of(left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """Disjunction, folded."""
    if isinstance(left, ir.Const):
        return left if left.value else right
    if isinstance(right, ir.Const):
        return right if right.value else left
    return ir.Apply("or", (left, right), BOOL)


def negated(expr: ir.Expr) -> ir.Expr:
    """Negation, folded."""
    match expr:
        case ir.Const(value):
            return ir.Const(int(not value), BOOL)
        case ir.Apply("not", (inner,)):
            return inner
        case _:
            return ir.Apply("not", (expr,), BOOL)


def show_value(value: Value) -> str:
    """What kind of thing a value is, in the user's words."""
    match value:
        case Scalar(literal=True, expr=ir.Const(number)):
            return f"{number}"
        case Scalar(type=type):
            return f"a value of type {show_type(type)}"
        case NoneValue():
            return "None"
        case Storage(type=type):
            return show_type(type)
        case ObjectArray(name=name):
            return f"the array `{name}`"
        case Routine(name=name):
            return f"the routine `{name}`"
        case _:
            return "this"
