"""Numbers, lengths, and what runs over a generator within one step."""

from __future__ import annotations

import ast

from modelcheck.frontend.kinds import is_number, literal
from modelcheck.frontend.lowering.choices import Choices
from modelcheck.frontend.lowering.terms import (
    both,
    constant,
    either_of,
    interval,
    negated,
    show_value,
)
from modelcheck.frontend.values import (
    Items,
    ObjectArray,
    Scalar,
    Storage,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    ArrayOf,
    BoolType,
    QueueOf,
    RangeType,
    SetType,
)


class Folds(Choices):
    """`range`, `len`, `any`, `sum`, …."""

    def range(self, node: ast.Call) -> Value:
        """`range` of constants."""
        self.arguments(node, 1, 3)
        numbers = []
        for arg in node.args:
            value = self.settled(arg)
            if not isinstance(value, Scalar) or value.constant is None:
                raise self.fail(
                    "MC285",
                    "the bounds of `range` are constants",
                    arg,
                    note="loops are unrolled before the program runs",
                    help="use a `while` loop, or a parameter",
                )
            numbers.append(value.constant)
        if len(numbers) == 3 and numbers[2] == 0:
            raise self.fail("MC285", "the step of `range` is not 0", node)
        found = range(*numbers)
        if len(found) > 4096:
            raise self.fail("MC406", f"a loop of {len(found)} rounds is too long", node)
        return Items(tuple((literal(i), None) for i in found))

    def length(self, node: ast.Call) -> Value:
        """`len` of an array (a constant), a queue or set (one access)."""
        self.arguments(node, 1)
        value = self.value(node.args[0])
        match value:
            case ObjectArray(count=count, per_thread=False):
                return literal(count)
            case Storage(type=ArrayOf(count=count)):
                return literal(count)
            case Storage(place, QueueOf(capacity=capacity)):
                kind = self.read_queue(value, node)
                return self.within_step(ir.QueueLength(place, kind), RangeType(0, capacity), node)
            case Storage(type=SetType()) | Scalar(type=SetType()):
                mask = self.as_scalar(self.settle(value, node), node)
                of = RangeType(0, 63)
                return Scalar(ir.Apply("popcount", (mask.expr,), of), of)
            case Items(items) if all(t is None for _, t in items):
                return literal(len(items))
            case _:
                raise self.fail("MC286", f"{show_value(value)} has no length", node)

    def absolute(self, node: ast.Call) -> Value:
        """`abs(n)`."""
        self.arguments(node, 1)
        value = self.scalar(node.args[0])
        if not is_number(value.type):
            raise self.fail("MC256", f"{show_value(value)} is no number", node.args[0])
        return self.apply("abs", (value,), node)

    def quantifier(self, name: str, node: ast.Call) -> Value:
        """`any` and `all` over a generator, within one step."""
        generator = self.generator_argument(name, node)
        conjunction = name == "all"
        found = self.quantified(generator)
        if found is not None:
            result: ir.Expr = constant(int(conjunction), BOOL)
            for elt, given, value in found:
                if not isinstance(value, Scalar) or not isinstance(value.type, BoolType):
                    raise self.fail("MC257", f"a condition is a Bool, not {show_value(value)}", elt)
                if conjunction:
                    result = both(result, either_of(negated(given), value.expr))
                else:
                    result = either_of(result, both(given, value.expr))
            return Scalar(result, BOOL)
        span = self.span(node)
        kept = self.builder.temporary(BOOL)
        done = self.builder.fresh_label()
        self.builder.emit(ir.Assign(kept, constant(int(conjunction), BOOL), span=span))
        for _ in self.generate(generator.generators, 0):
            hit, go_on = self.builder.fresh_label(), self.builder.fresh_label()
            if conjunction:
                self.condition(generator.elt, go_on, hit)
            else:
                self.condition(generator.elt, hit, go_on)
            self.builder.current = None
            if self.builder.is_target(hit):
                self.builder.open(hit)
                self.builder.emit(ir.Assign(kept, constant(int(not conjunction), BOOL), span=span))
                self.builder.jump(done, span)
            self.builder.resume(go_on, span)
        self.builder.resume(done, span)
        return Scalar(ir.Local(kept), BOOL)

    def generator_argument(self, name: str, node: ast.Call) -> ast.GeneratorExp:
        """The generator that `any`, `all`, `sum`, … run over."""
        self.arguments(node, 1)
        generator = node.args[0]
        if not isinstance(generator, ast.GeneratorExp):
            raise self.fail(
                "MC287",
                f"`{name}` runs over a generator",
                node,
                help=f"write `{name}(x.done for x in …)`",
            )
        self.need_one_step(node, f"`{name}` over a generator")
        return generator

    def fold(self, name: str, node: ast.Call) -> Value:
        """`sum`, `min` and `max`: of several values, or over a generator within one step."""
        if name != "sum" and len(node.args) > 1:
            values = [self.scalar(a) for a in node.args]
            result = values[0]
            for value, arg in zip(values[1:], node.args[1:], strict=True):
                result = self.operate(name, result, value, node, node.args[0], arg)
            return result
        generator = self.generator_argument(name, node)
        found = self.quantified(generator)
        if found is None or (name != "sum" and any(g != constant(1, BOOL) for _, g, _ in found)):
            return self._fold_branching(name, generator, node)
        if not found:
            if name == "sum":
                return literal(0)
            raise self.fail("MC288", f"`{name}` of nothing", node)
        total: Scalar | None = None
        for elt, given, element in found:
            number = self.counted(element, elt)
            if given != constant(1, BOOL):
                lo, hi = interval(number)
                of = RangeType(min(lo, 0), max(hi, 0))
                number = Scalar(ir.Apply("ite", (given, number.expr, literal(0).expr), of), of)
            op = "+" if name == "sum" else name
            total = number if total is None else self.apply(op, (total, number), node)
        assert total is not None
        return total

    def counted(self, value: Value, node: ast.AST) -> Scalar:
        """A number; a Bool counts as 0 or 1 in a sum."""
        scalar = self.as_scalar(value, node)
        if isinstance(scalar.type, BoolType):
            return Scalar(scalar.expr, RangeType(0, 1))
        if not is_number(scalar.type):
            raise self.fail("MC256", f"{show_value(scalar)} is no number", node)
        return scalar

    def _fold_branching(self, name: str, generator: ast.GeneratorExp, node: ast.Call) -> Scalar:
        span = self.span(node)
        lows, highs = [], []
        with self.trying():
            for _ in self.generate(generator.generators, 0):
                lo, hi = interval(self.counted(self.settled(generator.elt), generator.elt))
                lows.append(lo)
                highs.append(hi)
        if not lows:
            if name == "sum":
                return literal(0)
            raise self.fail("MC288", f"`{name}` of nothing", node)
        if name == "sum":
            of = RangeType(sum(min(lo, 0) for lo in lows), sum(max(hi, 0) for hi in highs))
        else:
            of = RangeType(min(lows), max(highs))
        kept, seen = self.builder.temporary(of), self.builder.temporary(BOOL)
        start = 0 if name == "sum" else of.lo
        self.builder.emit(ir.Assign(kept, constant(start, of), span=span))
        self.builder.emit(ir.Assign(seen, constant(0, BOOL), span=span))
        for _ in self.generate(generator.generators, 0):
            value = self.counted(self.settled(generator.elt), generator.elt)
            if name == "sum":
                expr: ir.Expr = ir.Apply("+", (ir.Local(kept), value.expr), of)
            else:
                better = ir.Apply(name, (ir.Local(kept), value.expr), of)
                expr = ir.Apply("ite", (ir.Local(seen), better, value.expr), of)
            self.builder.emit(ir.Assign(kept, expr, span=span))
            self.builder.emit(ir.Assign(seen, constant(1, BOOL), span=span))
        if name != "sum":
            self.check(ir.Local(seen), "out-of-bounds", None, node, f"`{name}` of nothing")
        return Scalar(ir.Local(kept), of)
