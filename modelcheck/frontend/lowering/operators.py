"""Arithmetic and comparisons."""

from __future__ import annotations

import ast

from modelcheck.frontend.constants import COMPARE, bool_value
from modelcheck.frontend.kinds import is_number, literal, same_family
from modelcheck.frontend.lowering.sets import Sets
from modelcheck.frontend.lowering.terms import (
    compare,
    either_of,
    interval,
    negated,
    show_value,
)
from modelcheck.frontend.values import (
    NoneValue,
    Routine,
    Scalar,
    Storage,
    ThreadName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    BoolType,
    FnType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    WordType,
)

FAULTY = {"//": "arithmetic", "%": "arithmetic", "<<": "arithmetic", ">>": "arithmetic"}


class Operators(Sets):
    """Operators on numbers, sets, pointers, symbols."""

    def unary(self, op: ast.unaryop, operand: ast.expr, node: ast.expr) -> Value:
        """`not c`, `-n`, `~n`."""
        if isinstance(op, ast.Not):
            return self.truth(node)
        number = self.scalar(operand)
        if not is_number(number.type):
            raise self.fail("MC256", f"{show_value(number)} is no number", operand)
        symbol = {ast.USub: "neg", ast.Invert: "~"}.get(type(op))
        if symbol is None:
            return number
        return self.apply(symbol, (number,), node)

    def binary(self, op: str, left: ast.expr, right: ast.expr, node: ast.expr) -> Scalar:
        """Arithmetic, left operand first."""
        one, two = self.scalar(left), self.scalar(right)
        return self.operate(op, one, two, node, left, right)

    def operate(  # noqa: PLR0917  an operator, its values, where all of it stands
        self, op: str, one: Scalar, two: Scalar, node: ast.AST, left: ast.AST, right: ast.AST
    ) -> Scalar:
        """Arithmetic on values; sets know `|`, `&`, `-` and `^`."""
        if isinstance(one.type, SetType) and one.type == two.type and op in ("|", "&", "-", "^"):
            return self.set_arithmetic(op, one, two)
        for value, where in ((one, left), (two, right)):
            if not is_number(value.type):
                raise self.fail(
                    "MC256",
                    f"{show_value(value)} is no number",
                    where,
                    note="enum members, pointers and ThreadIds have no arithmetic"
                    if not isinstance(value.type, BoolType)
                    else "a Bool is no number",
                )
        self.check_operands(op, two, node)
        return self.apply(op, (one, two), node)

    def check_operands(self, op: str, right: Scalar, node: ast.AST) -> None:
        """Division by zero and shifts outside 0 … 63 are `arithmetic`."""
        if op not in FAULTY:
            return
        lo, hi = interval(right)
        if right.constant is not None:
            if op in ("//", "%") and right.constant == 0:
                raise self.fail("MC231", "this divides by zero", node)
            if op in ("<<", ">>") and not 0 <= right.constant <= 63:
                raise self.fail("MC231", f"a shift by {right.constant} is outside 0 … 63", node)
            return
        if op in ("//", "%"):
            if lo <= 0 <= hi:
                self.check(compare("!=", right.expr, literal(0).expr), "arithmetic", None, node)
        else:
            if lo < 0:
                self.check(compare("<=", literal(0).expr, right.expr), "arithmetic", None, node)
            if hi > 63:
                self.check(compare("<=", right.expr, literal(63).expr), "arithmetic", None, node)

    def comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr, node: ast.expr) -> Scalar:
        """One comparison."""
        if isinstance(op, (ast.In, ast.NotIn)):
            found = self.membership(left, right, node)
            return Scalar(negated(found.expr), BOOL) if isinstance(op, ast.NotIn) else found
        one, two = self.settled(left), self.settled(right)
        return self.compared(COMPARE[type(op)], one, two, node, left, right)

    def compared(  # noqa: PLR0917  likewise
        self, op: str, one: Value, two: Value, node: ast.AST, left: ast.AST, right: ast.AST
    ) -> Scalar:
        """Compare two values of one kind."""
        if isinstance(one, NoneValue) and isinstance(two, NoneValue):
            return bool_value(op == "==")
        expected = next((v.type for v in (one, two) if isinstance(v, Scalar)), None)
        if isinstance(one, Routine) or isinstance(two, Routine):
            expected = FnType()
        if isinstance(one, (ThreadName,)) or isinstance(two, ThreadName):
            expected = THREAD_ID
        a = self.as_scalar(one, left, expected)
        b = self.as_scalar(two, right, expected)
        if isinstance(a.type, SetType) and isinstance(b.type, SetType):
            # `set()` is the empty set of whatever stands beside it.
            a, b = fit_empty(a, b.type), fit_empty(b, a.type)
        if not same_family(a.type, b.type):
            raise self.fail(
                "MC258",
                f"{show_value(a)} and {show_value(b)} cannot be compared",
                node,
            )
        if op not in ("==", "!=") and not is_number(a.type):
            raise self.fail(
                "MC259",
                f"{show_value(a)} has no order",
                node,
                note="only numbers are more or less than others",
            )
        if isinstance(a.expr, ir.AddressOf) and b.constant == 0:
            return bool_value(op == "!=")
        if isinstance(b.expr, ir.AddressOf) and a.constant == 0:
            return bool_value(op == "!=")
        if is_number(a.type):
            decided = decide(op, interval(a), interval(b))
            if decided is not None:
                return bool_value(decided)
        return Scalar(compare(op, a.expr, b.expr), BOOL)

    def membership(self, left: ast.expr, right: ast.expr, node: ast.expr) -> Scalar:
        """`x in q`, `x in s`, `m in (A, B)`."""
        if isinstance(right, (ast.Tuple, ast.Set)):
            one = self.settled(left)
            result: Scalar = bool_value(False)
            for item in right.elts:
                same = self.compared("==", one, self.settled(item), node, left, item)
                result = Scalar(either_of(result.expr, same.expr), BOOL)
            return result
        holder = self.value(right)
        of = holder.type if isinstance(holder, (Storage, Scalar)) else None
        match of:
            case QueueOf(element):
                assert isinstance(holder, Storage)
                value = self.sought(self.settled(left), element, left)
                kind = self.read_queue(holder, node)
                found = ir.QueueContains(holder.place, value.expr, kind)
                return self.within_step(found, BOOL, node)
            case SetType(element):
                value = self.settled_element(left, element)
                mask = self.as_scalar(self.settle(holder, node), node)
                return Scalar(self.set_has(mask, value, element), BOOL)
            case _:
                raise self.fail(
                    "MC261",
                    f"{show_value(holder)} holds no elements",
                    right,
                    note="`in` asks queues, sets and written tuples",
                )

    def joined(self, one: Value, two: Value, node: ast.AST) -> ScalarType:
        """The type that both values fit."""
        scalars = [v for v in (one, two) if isinstance(v, Scalar)]
        routines = [v for v in (one, two) if isinstance(v, Routine)]
        if routines:
            return FnType()
        if not scalars:
            raise self.fail("MC253", "the type is not known here", node)
        if len(scalars) == 1:
            return scalars[0].type
        joined = join_types(scalars[0], scalars[1])
        if joined is None:
            raise self.fail(
                "MC258", f"{show_value(scalars[0])} or {show_value(scalars[1])}: which type?", node
            )
        return joined


def decide(op: str, one: tuple[int, int], two: tuple[int, int]) -> bool | None:
    """A comparison of numbers whose ranges already settle it."""
    (alo, ahi), (blo, bhi) = one, two
    match op:
        case "<":
            return True if ahi < blo else False if alo >= bhi else None
        case "<=":
            return True if ahi <= blo else False if alo > bhi else None
        case ">":
            return True if alo > bhi else False if ahi <= blo else None
        case ">=":
            return True if alo >= bhi else False if ahi < blo else None
        case "==" | "!=":
            return op == "!=" if ahi < blo or bhi < alo else None
        case _:
            return None


def join_types(one: Scalar, two: Scalar) -> ScalarType | None:
    """The type both values have, or the range that holds both; None where there is none."""
    if one.type == two.type:
        return one.type
    if not (is_number(one.type) and is_number(two.type)):
        return None
    (alo, ahi), (blo, bhi) = interval(one), interval(two)
    for word, (lo, hi) in ((one.type, (blo, bhi)), (two.type, (alo, ahi))):
        if isinstance(word, WordType) and lo >= 0 and hi < 1 << word.bits:
            return word
    return RangeType(min(alo, blo), max(ahi, bhi))


def fit_empty(one: Scalar, of: ScalarType) -> Scalar:
    """A set, of the other type if it is the empty one."""
    return Scalar(ir.Const(0, of), of) if one.constant == 0 else one
