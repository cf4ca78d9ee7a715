"""Waiting and choosing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import nullcontext

from modelcheck.frontend.kinds import literal
from modelcheck.frontend.lowering.arguments import reads_memory
from modelcheck.frontend.lowering.context import Mode
from modelcheck.frontend.lowering.terms import (
    both,
    compare,
    constant,
    either_of,
)
from modelcheck.frontend.lowering.writing import Writing
from modelcheck.frontend.values import (
    Items,
    NoneValue,
    ObjectArray,
    Scalar,
    Storage,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    ArrayOf,
    RangeType,
    ScalarType,
)


class Choices(Writing):
    """`wait_until`, `choose`, `either`."""

    def wait_until(self, node: ast.Call) -> Value:
        """A step that is disabled while its condition is false."""
        self.arguments(node, 1, names=("idle",))
        self.need_code(node)
        idle = self.flag_argument(node, "idle")
        span = self.span(node)
        self.begin_step(node)
        mode = Mode("pure", ir.Kind.ONCE, where="a wait")
        with self.builder.inside_step(), self.in_mode(mode):
            mark = self.builder.mark()
            value = self.truth(node.args[0])
            if self.builder.unchanged_since(mark):
                self.builder.emit(ir.Wait(value.expr, idle, span=span))
            else:
                self.builder.rewind(mark)
                true, false = self.builder.fresh_label(), self.builder.fresh_label()
                self.condition(node.args[0], true, false)
                self.builder.current = None
                if self.builder.is_target(false):
                    self.builder.open(false)
                    self.builder.emit(ir.Wait(constant(0, BOOL), idle, span=span))
                    self.builder.jump(true, span)
                self.builder.resume(true, span)
        if not self.builder.inner:
            self.builder.leave_step(span)
        return NoneValue()

    def choose(self, node: ast.Call) -> Value:
        """One of several values, each a transition of its own."""
        self.need_code(node)
        idle = self.flag_argument(node, "idle")
        if len(node.args) == 1:
            only = node.args[0]
            if isinstance(only, ast.GeneratorExp):
                return self.choose_generator(only, idle, node)
            value = self.value(only)
            if isinstance(value, (Items, ObjectArray)) or (
                isinstance(value, Storage) and isinstance(value.type, ArrayOf)
            ):
                items = self.items_of(value, only)
                values = [item for item, taking_part in items.items if taking_part is None]
                if len(values) == len(items.items):
                    return self.choose_listed(lambda: values, node)
            generator = ast.copy_location(
                ast.GeneratorExp(
                    ast.Name("·", ast.Load()),
                    [ast.comprehension(ast.Name("·", ast.Store()), only, [], 0)],
                ),
                only,
            )
            for inner in (generator.elt, generator.generators[0].target):
                ast.copy_location(inner, only)
            return self.choose_generator(generator, idle, node)
        self.arguments(node, 1, 64, names=("idle",))
        return self.choose_listed(lambda: [self.settled(a) for a in node.args], node)

    def either(self, node: ast.Call) -> Value:
        """True or False."""
        self.arguments(node, 0)
        self.need_code(node)
        name = self.builder.temporary(BOOL)
        self.builder.emit(ir.Choose(name, 2, span=self.span(node)))
        return Scalar(ir.Local(name), BOOL)

    def choose_listed(self, values: Callable[[], list[Value]], node: ast.Call) -> Scalar:
        """One of some values; where one of them is in shared memory, a step that sees all."""
        mode = Mode("pure", ir.Kind.ONCE, where="a choice")
        if self.mode.name != "thread":
            return self.choose_among(values(), node)
        with self.trying(), self.in_mode(mode), self.builder.inside_step():
            mark = self.builder.mark()
            found = [self.settle(v, node) for v in values()]
            shared = self.builder.touched_since(mark, reads_memory) or any(
                isinstance(v, Scalar) and reads_memory(v.expr) for v in found
            )
        if not shared:
            return self.choose_among(values(), node)
        self.begin_step(node)
        with self.in_mode(mode), self.builder.inside_step():
            chosen = self.choose_among(values(), node)
            result = self.temporary_of(chosen.expr, chosen.type, node)
        self.builder.leave_step(self.span(node))
        return result

    def choose_among(self, values: list[Value], node: ast.AST) -> Scalar:
        """One of values known to be there."""
        settled = [self.settle(v, node) for v in values]
        expected = next((v.type for v in settled if isinstance(v, Scalar)), None)
        scalars = [self.as_scalar(v, node, expected) for v in settled]
        if not scalars:
            self.builder.emit(ir.Wait(constant(0, BOOL), span=self.span(node)))
            raise self.fail("MC278", "there is nothing to choose from", node)
        of = self.common_type(scalars, node)
        number = self.builder.temporary(RangeType(0, len(scalars) - 1))
        self.builder.emit(ir.Choose(number, len(scalars), span=self.span(node)))
        return self.selected(number, scalars, of, node)

    def common_type(self, scalars: list[Scalar], node: ast.AST) -> ScalarType:
        """The type all values have."""
        of = scalars[0].type
        for scalar in scalars[1:]:
            of = self.joined(Scalar(ir.Local("·"), of), scalar, node)
        return of

    def selected(self, number: str, scalars: list[Scalar], of: ScalarType, node: ast.AST) -> Scalar:
        """The value with a number: the number itself where they are 0, 1, 2, …."""
        constants = [s.constant for s in scalars]
        if constants == list(range(len(scalars))):
            self.builder.retype(number, of)
            return Scalar(ir.Local(number), of)
        expr = scalars[-1].expr
        for index in range(len(scalars) - 2, -1, -1):
            chosen = compare("==", ir.Local(number), literal(index).expr)
            expr = ir.Apply("ite", (chosen, scalars[index].expr, expr), of)
        return Scalar(self.temporary(expr, of, node), of)

    def choose_generator(self, node: ast.GeneratorExp, idle: bool, call: ast.Call) -> Scalar:
        """`choose(x for x in … if …)`: disabled where nothing is there to choose.

        Where it reads shared memory it is a step, which sees all of it at once.
        """
        mode = Mode("pure", ir.Kind.ONCE, where="a choice")
        shared = False
        with self.trying(), self.in_mode(mode), self.builder.inside_step():
            elements = self.quantified(node)
            if elements is None:
                shared = True  # it can fail, or is empty in a way only the running of it shows
            else:
                shared = any(
                    reads_memory(given) or (isinstance(v, Scalar) and reads_memory(v.expr))
                    for _, given, v in elements
                )
        if shared:
            self.begin_step(call)
        span = self.span(call)
        with self.in_mode(mode), self.builder.inside_step() if shared else nullcontext():
            found = self.quantified(node)
            if found is None:
                result = self._choose_branching(node, idle, call)
            else:
                values = [self.settle(v, call) for _, _, v in found]
                scalars = [self.as_scalar(v, call) for v in values]
                if not scalars:
                    raise self.fail("MC278", "there is nothing to choose from", call)
                of = self.common_type(scalars, call)
                if not shared:
                    self.block_if_empty([given for _, given, _ in found], idle, call)
                number = self.builder.temporary(RangeType(0, len(scalars) - 1))
                self.builder.emit(ir.Choose(number, len(scalars), span=span))
                allowed: ir.Expr = constant(0, BOOL)
                for index, (_, given, _) in enumerate(found):
                    chosen = compare("==", ir.Local(number), literal(index).expr)
                    allowed = either_of(allowed, both(chosen, given))
                if any(given != constant(1, BOOL) for _, given, _ in found):
                    self.builder.emit(ir.Wait(allowed, idle, span=span))
                result = self.selected(number, scalars, of, call)
        if shared and not self.builder.inner:
            self.builder.leave_step(span)
        return result

    def block_if_empty(self, given: list[ir.Expr], idle: bool, node: ast.Call) -> None:
        """In thread code, wait for ever where a choice on locals has nothing to choose.

        Soundness: the choice belongs to the step before it, which must happen all the same.
        """
        some: ir.Expr = constant(0, BOOL)
        for condition in given:
            some = either_of(some, condition)
        if self.mode.name == "atomic" or self.builder.inner or some == constant(1, BOOL):
            return
        span = self.span(node)
        go_on, stop = self.builder.fresh_label(), self.builder.fresh_label()
        self.builder.close(ir.Branch(some, go_on, stop, span=span))
        self.builder.open(stop)
        self.builder.begin_step(self.step_info(node))
        self.builder.emit(ir.Wait(constant(0, BOOL), idle, span=span))
        self.builder.place(go_on, span)

    def _choose_branching(self, node: ast.GeneratorExp, idle: bool, call: ast.Call) -> Scalar:
        """A choice whose elements need checks: look at each in turn, remember the chosen one."""
        span = self.span(call)
        total = 0
        of: ScalarType | None = None
        with self.trying():
            for _ in self.generate(node.generators, 0):
                value = self.scalar(node.elt)
                of = (
                    value.type
                    if of is None
                    else self.joined(Scalar(ir.Local("·"), of), value, call)
                )
                total += 1
        if of is None:
            raise self.fail("MC278", "there is nothing to choose from", call)
        number = self.builder.temporary(RangeType(0, total - 1))
        result, found = self.builder.temporary(of), self.builder.temporary(BOOL)
        self.builder.emit(ir.Choose(number, total, span=span))
        self.builder.emit(ir.Assign(result, constant(0, of), span=span))
        self.builder.emit(ir.Assign(found, constant(0, BOOL), span=span))
        for index, _ in enumerate(self.generate(node.generators, 0)):
            then, other = self.builder.fresh_label(), self.builder.fresh_label()
            chosen = compare("==", ir.Local(number), literal(index).expr)
            self.builder.close(ir.Branch(chosen, then, other, span=span))
            self.builder.open(then)
            value = self.convert(self.settled(node.elt), of, call, None)
            self.builder.emit(ir.Assign(result, value.expr, span=span))
            self.builder.emit(ir.Assign(found, constant(1, BOOL), span=span))
            self.builder.place(other, span)
        self.builder.emit(ir.Wait(ir.Local(found), idle, span=span))
        return Scalar(ir.Local(result), of)
