"""Conditions: short circuit, branches, conditional values."""

from __future__ import annotations

import ast
from collections.abc import Callable

from modelcheck.frontend.constants import COMPARE
from modelcheck.frontend.lowering.operators import Operators
from modelcheck.frontend.lowering.terms import (
    both,
    either_of,
    negated,
    show_value,
)
from modelcheck.frontend.values import (
    Scalar,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    BoolType,
    FnType,
    PtrType,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    WordType,
)


class Conditions(Operators):
    """What is true when, and what happens on the way."""

    def truth(self, node: ast.expr) -> Scalar:
        """A condition as a value: without branches where nothing happens on the way."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand)
                return Scalar(negated(inner.expr), BOOL)
            case ast.BoolOp(op=op, values=values):
                return self.connect(isinstance(op, ast.And), values, node)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                if len(ops) == 1:
                    return self.comparison(left, ops[0], rights[0], node)
                return self.chain(node)
            case _:
                value = self.scalar(node)
                if not isinstance(value.type, BoolType):
                    raise self.fail(
                        "MC257",
                        f"a condition is a Bool, not {show_value(value)}",
                        node,
                        note="nothing else has truth here",
                        help=truth_help(value.type, ast.unparse(node)),
                    )
                return value

    def connect(self, conjunction: bool, values: list[ast.expr], node: ast.expr) -> Scalar:
        """`and`, `or`: short circuit, as branches where the right side does something."""
        left = self.truth(values[0])
        if len(values) == 1:
            return left
        rest = ast.copy_location(ast.BoolOp(node.op, values[1:]), values[1])  # type: ignore[attr-defined]  # a BoolOp
        return self.short_circuit(
            conjunction, left, lambda: self.connect(conjunction, values[1:], rest), node
        )

    def short_circuit(
        self, conjunction: bool, left: Scalar, right: Callable[[], Scalar], node: ast.expr
    ) -> Scalar:
        """Combine two conditions, the second evaluated only where it matters."""
        if left.constant is not None:
            if bool(left.constant) != conjunction:
                return left
            return right()
        builder = self.builder
        before, position = builder.current, len(builder.blocks)
        if before is None:
            return left
        more = builder.fresh_label()
        builder.open(more)
        trial = builder.mark()
        value = right()
        if builder.unchanged_since(trial):
            builder.current = before
            combine = both if conjunction else either_of
            return Scalar(combine(left.expr, value.expr), BOOL)
        span = self.span(node)
        result, done = builder.temporary(BOOL), builder.fresh_label()
        builder.emit(ir.Assign(result, value.expr, span=span))
        builder.jump(done, span)
        before.instrs.append(ir.Assign(result, left.expr, span=span))
        then, other = (more, done) if conjunction else (done, more)
        builder.close_at(position, before, ir.Branch(ir.Local(result), then, other, span=span))
        builder.open(done)
        return Scalar(ir.Local(result), BOOL)

    def condition(self, node: ast.expr, then: str, other: str) -> None:
        """Branch on a condition; short circuits become branches, so nothing has to be kept."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.condition(operand, other, then)
            case ast.BoolOp(op=op, values=values):
                for value in values[:-1]:
                    more = self.builder.fresh_label()
                    if isinstance(op, ast.And):
                        self.condition(value, more, other)
                    else:
                        self.condition(value, then, more)
                    if not self.builder.is_target(more):
                        return
                    self.builder.open(more)
                self.condition(values[-1], then, other)
            case _:
                self.branch(self.truth(node), then, other, node)

    def branch(self, value: Scalar, then: str, other: str, node: ast.AST) -> None:
        """End the block on a value; on a constant, one way is all there is."""
        span = self.span(node)
        if value.constant is not None:
            self.builder.jump(then if value.constant else other, span)
        else:
            self.builder.close(ir.Branch(value.expr, then, other, span=span))

    def conditional(self, node: ast.IfExp) -> Value:
        """`a if c else b`."""
        test = self.truth(node.test)
        if test.constant is not None:
            return self.settled(node.body if test.constant else node.orelse)
        builder = self.builder
        before, position = builder.current, len(builder.blocks)
        if before is None:
            return self.settled(node.body)
        then, other = builder.fresh_label(), builder.fresh_label()
        builder.open(then)
        one = self.settled(node.body)
        first, middle = builder.current, len(builder.blocks)
        builder.open(other)
        two = self.settled(node.orelse)
        second = builder.current
        if first is None or second is None:
            raise self.fail("MC253", "one of the two never has a value", node)
        of = self.joined(one, two, node)
        nothing = len(builder.blocks) == position and not first.instrs and not second.instrs
        if nothing:
            builder.current = before
            a, b = self.convert(one, of, node, None), self.convert(two, of, node, None)
            return Scalar(ir.Apply("ite", (test.expr, a.expr, b.expr), of), of)
        span = self.span(node)
        result, done = builder.temporary(of), builder.fresh_label()
        for block, value, arm in ((second, two, node.orelse), (first, one, node.body)):
            builder.current = block
            fitted = self.convert(value, of, arm, None)
            block.instrs.append(ir.Assign(result, fitted.expr, span=span))
            where = len(builder.blocks) if block is second else middle
            builder.close_at(where, block, ir.Jump(done, span=span))
        builder.close_at(position, before, ir.Branch(test.expr, then, other, span=span))
        builder.open(done)
        return Scalar(ir.Local(result), of)

    def chain(self, node: ast.Compare) -> Scalar:
        """`a < b <= c`: the middle is evaluated once, the rest only where it matters."""
        if any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops) or len(node.ops) > 2:
            raise self.fail(
                "MC260",
                "a chain compares at most three values, and without `in`",
                node,
                help="join two conditions with `and`",
            )
        first = self.settled(node.left)
        middle = self.settled(node.comparators[0])
        left = self.compared(
            COMPARE[type(node.ops[0])], first, middle, node, node.left, node.comparators[0]
        )

        def rest() -> Scalar:
            right = self.settled(node.comparators[1])
            return self.compared(
                COMPARE[type(node.ops[1])],
                middle,
                right,
                node,
                node.comparators[0],
                node.comparators[1],
            )

        return self.short_circuit(True, left, rest, node)


def truth_help(of: ScalarType, text: str) -> str:
    """What to write instead of a bare value as a condition."""
    match of:
        case PtrType() | ThreadIdType() | FnType():
            return f"say `{text} is not None`"
        case WordType() | RangeType():
            return f"say `{text} != 0`"
        case SetType():
            return f"say `len({text}) > 0`"
        case _:
            return ""
