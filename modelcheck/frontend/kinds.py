"""Types: which go together, and how a spec writes them."""

from __future__ import annotations

import functools

from modelcheck.diagnostics import Span, SpecError
from modelcheck.frontend.names import TYPE_NAMES
from modelcheck.frontend.spec import SettingValue
from modelcheck.frontend.values import (
    Scalar,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
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
    WordType,
)

INT64 = RangeType(-(1 << 63), (1 << 63) - 1)


def strip_array(of: ValueType) -> ValueType:
    """The element type of an array, of an array of arrays, …"""
    while isinstance(of, ArrayOf):
        of = of.element
    return of


def is_number(of: ValueType) -> bool:
    """Whether arithmetic is defined on a type."""
    return isinstance(of, (WordType, RangeType))


def same_family(one: ScalarType, other: ScalarType) -> bool:
    """Whether values of two types can be compared and assigned."""
    return (is_number(one) and is_number(other)) or one == other


def show_type(of: ValueType) -> str:
    """A type as a spec writes it."""
    match of:
        case BoolType():
            return "Bool"
        case WordType(bits):
            return f"U{bits}"
        case RangeType(lo, hi):
            return "Int" if (lo, hi) == (INT64.lo, INT64.hi) else f"Int between {lo} and {hi}"
        case EnumType(name):
            return f"`{name}`"
        case ThreadIdType():
            return "ThreadId"
        case PtrType(struct):
            return f"Ptr[{struct}]"
        case FnType():
            return "Fn"
        case SetType(element):
            return f"Set[{show_type(element)}]"
        case Embedded(struct):
            return f"`{struct}`"
        case ArrayOf(element):
            return f"Array[{show_type(element)}]"
        case QueueOf(element):
            return f"Queue[{show_type(element)}]"


def show_setting(value: Scalar) -> SettingValue:
    """A setting's value in the spec's words."""
    number = value.constant or 0
    match value.type:
        case BoolType():
            return bool(number)
        case EnumType(members=members):
            return members[number]
        case _:
            return number


def import_hint(name: str) -> str:
    """Where a known name would be imported from."""
    from modelcheck.frontend.names import LANG_NAMES

    if name in LANG_NAMES or name in TYPE_NAMES:
        return f"import it: `from modelcheck.lang import {name}`"
    return ""


@functools.lru_cache(maxsize=1024, typed=True)  # the elements of arrays, again and again
def literal(value: int) -> Scalar:
    """A number written in the spec."""
    return Scalar(ir.Const(value, RangeType(value, value)), RangeType(value, value), literal=True)


def set_element(
    of: ScalarType, span: Span
) -> BoolType | RangeType | EnumType | ThreadIdType | PtrType:
    """The element type of a set; raises MC244 where a set cannot hold it."""
    match of:
        case RangeType(lo, hi) if hi - lo > 62:
            raise SpecError(
                "MC405",
                f"a set of {hi - lo + 1} numbers is too large",
                span,
                note="a set has at most 63 possible elements",
            )
        case BoolType() | RangeType() | EnumType() | ThreadIdType() | PtrType():
            return of
        case WordType() | FnType() | SetType():
            raise SpecError(
                "MC244",
                "a set holds ThreadIds, pointers, enum members or bounded numbers",
                span,
                help="`Set[Int] = between(0, 7)`",
            )
