"""Generators, within one step."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelcheck.frontend.kinds import is_number
from modelcheck.frontend.lowering.conditions import Conditions
from modelcheck.frontend.lowering.terms import (
    both,
    constant,
    interval,
)
from modelcheck.frontend.values import (
    Scalar,
    Storage,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    RangeType,
)


class Generators(Conditions):
    """The elements of generators and comprehensions."""

    def generate(self, generators: list[ast.comprehension], depth: int) -> Iterator[None]:
        """Lower the code around each element of a generator; the caller lowers the element's
        part while the iterator stands there.
        """
        if depth == len(generators):
            yield
            return
        clause = generators[depth]
        if not isinstance(clause.target, ast.Name):
            raise self.fail("MC131", "a generator has one variable", clause.target)
        items = self.items(clause.iter)
        frame = self.frame
        saved = frame.names.get(clause.target.id)
        was_assigned = clause.target.id in frame.assigned
        span = self.span(clause.iter)
        for item, taking_part in items.items:
            skip = ""
            if taking_part is not None:
                take, skip = self.builder.fresh_label(), self.builder.fresh_label()
                self.builder.close(ir.Branch(taking_part, take, skip, span=span))
                self.builder.open(take)
            frame.names[clause.target.id] = (
                self.settle(item, clause.iter) if not isinstance(item, Storage) else item
            )
            frame.assigned.add(clause.target.id)
            for test in clause.ifs:
                take = self.builder.fresh_label()
                skip = skip or self.builder.fresh_label()
                self.condition(test, take, skip)
                self.builder.current = None
                if self.builder.is_target(take):
                    self.builder.open(take)
            if self.builder.reachable:
                yield from self.generate(generators, depth + 1)
            if skip:
                self.builder.resume(skip, span)
        if saved is None:
            frame.names.pop(clause.target.id, None)
        else:
            frame.names[clause.target.id] = saved
        if not was_assigned:
            frame.assigned.discard(clause.target.id)

    def quantified(
        self, generator: ast.GeneratorExp
    ) -> list[tuple[ast.expr, ir.Expr, Value]] | None:
        """The elements of a generator with the conditions under which they take part, where all
        of that is without checks (so that it fits into an expression); else None.
        """
        if generator in self.branching:
            return None  # tried before: trying again at every level would take for ever
        mark = self.builder.mark()
        found: list[tuple[ast.expr, ir.Expr, Value]] = []
        if self._collect(generator, 0, constant(1, BOOL), found) and self.builder.unchanged_since(
            mark
        ):
            return found
        self.builder.rewind(mark)
        self.branching.add(generator)
        return None

    def _collect(
        self,
        generator: ast.GeneratorExp,
        depth: int,
        given: ir.Expr,
        found: list[tuple[ast.expr, ir.Expr, Value]],
    ) -> bool:
        mark = self.builder.mark()
        if depth == len(generator.generators):
            is_condition = isinstance(generator.elt, (ast.Compare, ast.BoolOp))
            value = self.truth(generator.elt) if is_condition else self.settled(generator.elt)
            found.append((generator.elt, given, value))
            return self.builder.unchanged_since(mark)
        clause = generator.generators[depth]
        if not isinstance(clause.target, ast.Name):
            raise self.fail("MC131", "a generator has one variable", clause.target)
        frame = self.frame
        saved, was = frame.names.get(clause.target.id), clause.target.id in frame.assigned
        good = True
        for item, taking_part in self.items(clause.iter).items:
            frame.names[clause.target.id] = item
            frame.assigned.add(clause.target.id)
            under = given if taking_part is None else both(given, taking_part)
            for test in clause.ifs:
                under = both(under, self.truth(test).expr)
            if under == constant(0, BOOL):
                continue
            good = self._collect(generator, depth + 1, under, found)
            if not good or not self.builder.unchanged_since(mark):
                good = False
                break
        if saved is None:
            frame.names.pop(clause.target.id, None)
        else:
            frame.names[clause.target.id] = saved
        if not was:
            frame.assigned.discard(clause.target.id)
        return good

    def set_comprehension(self, node: ast.SetComp) -> Scalar:
        """`{t for t in threads() if …}`, within one step."""
        self.need_one_step(node, "a set comprehension")
        with self.trying():
            members = [self.scalar(node.elt) for _ in self.generate(node.generators, 0)]
        if not members:
            raise self.fail("MC262", "this set can have no elements", node)
        element = members[0].type
        if all(is_number(member.type) for member in members):
            ends = [interval(member) for member in members]
            element = RangeType(min(lo for lo, _ in ends), max(hi for _, hi in ends))
        of = self.set_of(element, node)
        result = self.builder.temporary(of)
        self.builder.emit(ir.Assign(result, ir.Const(0, of), span=self.span(node)))
        for _ in self.generate(node.generators, 0):
            value = self.scalar(node.elt)
            bit = self.bit_of(value, of.element, node)
            self.builder.emit(
                ir.Assign(
                    result,
                    ir.Apply("bit-set", (ir.Local(result), bit.expr), of),
                    span=self.span(node),
                )
            )
        return Scalar(ir.Local(result), of)
