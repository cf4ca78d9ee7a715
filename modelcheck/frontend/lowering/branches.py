"""Branches and loops."""

from __future__ import annotations

import ast

from modelcheck.frontend.lowering.assignments import Assignments
from modelcheck.frontend.lowering.calls import is_rigid
from modelcheck.frontend.lowering.context import Loop
from modelcheck.frontend.lowering.terms import (
    compare,
    constant,
)
from modelcheck.frontend.values import (
    Items,
    NoneValue,
    Scalar,
    Storage,
    TypeName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
)


class Branches(Assignments):
    """`if`, `match`, `while`, `for`."""

    def arms(self, arms: list[tuple[str, list[ast.stmt] | None]], done: str, node: ast.AST) -> None:
        """Lower alternatives that meet at `done`; what all of them assign is assigned after."""
        frame = self.frame
        before = set(frame.assigned)
        ends: list[set[str]] = []
        for label, body in arms:
            if not self.builder.is_target(label):
                continue
            self.builder.open(label)
            frame.assigned = set(before)
            if body:
                self.statements(body)
            if self.builder.reachable:
                ends.append(frame.assigned)
            self.builder.jump(done, self.span(node))
        frame.assigned = set.intersection(*ends) if ends else set(before)
        self.builder.resume(done, self.span(node))

    def if_statement(self, node: ast.If) -> None:
        """`if`, `elif`, `else`."""
        then, other, done = (self.builder.fresh_label() for _ in range(3))
        self.condition(node.test, then, other)
        self.builder.current = None
        self.arms([(then, node.body), (other, node.orelse)], done, node)

    def match_statement(self, node: ast.Match) -> None:
        """`match` on values: the first case that fits."""
        subject = self.scalar(node.subject)
        if not is_rigid(subject.expr):
            subject = Scalar(self.temporary(subject.expr, subject.type, node), subject.type)
        span = self.span(node)
        done = self.builder.fresh_label()
        arms: list[tuple[str, list[ast.stmt] | None]] = []
        left = self.values_to_match(subject)
        for case in node.cases:
            then, other = self.builder.fresh_label(), self.builder.fresh_label()
            fits = self.pattern(case.pattern, subject)
            if case.guard is not None:
                inner = self.builder.fresh_label()
                self.branch(fits, inner, other, node)
                if self.builder.is_target(inner):
                    self.builder.open(inner)
                    self.condition(case.guard, then, other)
                    self.builder.current = None
            else:
                self.branch(fits, then, other, node)
            arms.append((then, case.body))
            if left is not None and case.guard is None:
                left = {v for v in left if not self.surely_fits(case.pattern, v, subject.type)}
                if not left and self.builder.is_target(other):
                    # Every value has a case: the last way out cannot be taken.
                    self.builder.open(other)
                    self.builder.jump(then, span)
            if not self.builder.is_target(other) or left == set():
                break
            self.builder.open(other)
        if self.builder.reachable:
            fallen = self.builder.fresh_label()
            self.builder.jump(fallen, span)
            arms.append((fallen, None))
        self.arms(arms, done, node)

    def values_to_match(self, subject: Scalar) -> set[int] | None:
        """All values of a subject that has few."""
        match subject.type:
            case EnumType(members=members):
                return set(range(len(members)))
            case BoolType():
                return {0, 1}
            case _:
                return None

    def surely_fits(self, pattern: ast.pattern, value: int, of: ScalarType) -> bool:
        """Whether a pattern of constants fits one value."""
        with self.trying():
            return self.pattern(pattern, Scalar(constant(value, of), of)).constant == 1

    def pattern(self, pattern: ast.pattern, subject: Scalar) -> Scalar:
        """Whether a pattern of constants fits."""
        match pattern:
            case ast.MatchValue(value=value):
                other = self.settled(value)
                return self.compared("==", subject, other, pattern, pattern, pattern)
            case ast.MatchSingleton(value=None):
                return self.compared("==", subject, NoneValue(), pattern, pattern, pattern)
            case ast.MatchSingleton(value=value):
                known = Scalar(constant(int(bool(value)), BOOL), BOOL)
                return self.compared("==", subject, known, pattern, pattern, pattern)
            case ast.MatchAs(pattern=None, name=None):
                return Scalar(constant(1, BOOL), BOOL)
            case ast.MatchOr(patterns=patterns):
                every = [self.pattern(inner, subject) for inner in patterns]
                if any(fits.constant == 1 for fits in every):
                    return Scalar(constant(1, BOOL), BOOL)
                known, *others = [f for f in every if f.constant != 0] or [every[0]]
                for fits in others:
                    known = Scalar(ir.Apply("or", (known.expr, fits.expr), BOOL), BOOL)
                return known
            case _:
                raise self.fail(
                    "MC129", "a case names constants, `_`, or several with `|`", pattern
                )

    def while_statement(self, node: ast.While) -> None:
        """`while`: a loop of the graph."""
        frame, span = self.frame, self.span(node)
        head, body, leave = (self.builder.fresh_label() for _ in range(3))
        self.builder.place(head, span)
        before = set(frame.assigned)
        self.condition(node.test, body, leave)
        self.builder.current = None
        tested = self.builder.is_target(leave)
        loop = Loop(leave, head, len(frame.loops))
        frame.loops.append(loop)
        if self.builder.is_target(body):
            self.builder.open(body)
            self.statements(node.body)
            self.builder.jump(head, span)
        frame.loops.pop()
        exits = [*loop.assigned_at_exit, *([before] if tested else [])]
        frame.assigned = set.intersection(*exits) if exits else before
        self.builder.resume(leave, span)

    def for_statement(self, node: ast.For) -> None:
        """`for`: unrolled over constant ranges and arrays; `any_order` is a loop of the graph."""
        if not isinstance(node.target, ast.Name):
            raise self.fail("MC131", "a loop has one variable", node.target)
        name = node.target.id
        if name in self.frame.counts:
            raise self.fail(
                "MC293",
                f"the loop variable `{name}` cannot be assigned",
                node,
                help="use another name",
            )
        iterable = self.value(node.iter)
        if isinstance(iterable, TypeName):
            raise self.fail("MC263", "a type has no elements", node.iter)
        items = self.items_of(self.for_good(iterable, node.iter), node.iter)
        if isinstance(iterable, Storage) and isinstance(iterable.type, QueueOf):
            items = self.snapshot(items, node.iter)
        if items.ordered:
            self.unrolled(node, name, items)
        else:
            self.unordered(node, name, items)

    def snapshot(self, items: Items, node: ast.expr) -> Items:
        """The elements of a queue as they are now: the loop's body may change the queue.

        An element behind the end is read too, which is harmless: it is 0.
        """
        kept: list[tuple[Value, ir.Expr | None]] = []
        for item, taking_part in items.items:
            if isinstance(item, Storage) and not isinstance(
                item.type, (Embedded, ArrayOf, QueueOf)
            ):
                read = ir.Read(item.place, ir.Kind.GHOST if item.ghost else ir.Kind.SILENT)
                value = self.temporary_of(read, item.type, node)
                there = None if taking_part is None else self.temporary(taking_part, BOOL, node)
                kept.append((value, there))
        return Items(tuple(kept))

    def unrolled(self, node: ast.For, name: str, items: Items) -> None:
        """One copy of the body per element."""
        frame, span = self.frame, self.span(node)
        leave = self.builder.fresh_label()
        exits: list[set[str]] = []
        outer, frame.round_names = frame.round_names, set()
        frame.unrolled.append((name, tuple(item for item, _ in items.items)))
        for item, taking_part in items.items:
            if not self.builder.reachable:
                break
            again = self.builder.fresh_label()
            if taking_part is not None:
                take = self.builder.fresh_label()
                self.builder.close(ir.Branch(taking_part, take, again, span=span))
                self.builder.open(take)
            before = set(frame.assigned)
            value = item
            if isinstance(item, Storage) and not isinstance(
                item.type, (Embedded, ArrayOf, QueueOf)
            ):
                value = self.load(item, node.iter)
            frame.names[name] = value
            frame.assigned.add(name)
            loop = Loop(leave, again, len(frame.loops))
            frame.loops.append(loop)
            self.statements(node.body)
            frame.loops.pop()
            exits += loop.assigned_at_exit
            ways = [*loop.assigned_at_again, *([frame.assigned] if self.builder.reachable else [])]
            ways += [before] if taking_part is not None else []
            frame.assigned = set.intersection(*ways) if ways else before
            frame.assigned -= frame.round_names
            self.builder.resume(again, span)
        frame.unrolled.pop()
        if self.builder.reachable:
            exits.append(frame.assigned)
        frame.assigned = set.intersection(*exits) if exits else frame.assigned
        frame.assigned -= {name, *frame.round_names}
        frame.round_names = outer
        frame.names.pop(name, None)
        self.builder.resume(leave, span)

    def unordered(self, node: ast.For, name: str, items: Items) -> None:
        """Each element once, in every order: what is left stays in a set."""
        frame, span = self.frame, self.span(node)
        count = len(items.items)
        if count > 63:
            raise self.fail("MC405", f"`any_order` of {count} elements is too large", node)
        if count == 0:
            return
        of = RangeType(0, count - 1)
        seen_type = SetType(of)
        seen, number = self.builder.temporary(seen_type), self.builder.temporary(of)
        head, body, leave = (self.builder.fresh_label() for _ in range(3))
        self.builder.emit(ir.Assign(seen, constant(0, seen_type), span=span))
        self.builder.place(head, span)
        all_seen = compare("==", ir.Local(seen), constant((1 << count) - 1, seen_type))
        self.builder.close(ir.Branch(all_seen, leave, body, span=span))
        self.builder.open(body)
        self.builder.emit(ir.Choose(number, count, span=span))
        fresh = ir.Apply(
            "not", (ir.Apply("bit-test", (ir.Local(seen), ir.Local(number)), BOOL),), BOOL
        )
        self.builder.emit(ir.Wait(fresh, span=span))
        mark = ir.Apply("bit-set", (ir.Local(seen), ir.Local(number)), seen_type)
        self.builder.emit(ir.Assign(seen, mark, span=span))
        frame.names[name] = self.element(node, items, number)
        before = set(frame.assigned)
        frame.assigned.add(name)
        loop = Loop(leave, head, len(frame.loops))
        frame.loops.append(loop)
        self.statements(node.body)
        frame.loops.pop()
        self.builder.jump(head, span)
        frame.assigned = set.intersection(before, *loop.assigned_at_exit)
        frame.names.pop(name, None)
        self.builder.resume(leave, span)

    def element(self, node: ast.For, items: Items, number: str) -> Value:
        """The element with a number known at run time."""
        first = items.items[0][0]
        index = ir.Local(number)
        if isinstance(first, Storage):
            place = first.place
            if place.path and not isinstance(place.path[-1], str):
                place = ir.Place(place.root, (*place.path[:-1], index))
            elif isinstance(place.root, ir.ObjectRoot):
                place = ir.Place(ir.ObjectRoot(place.root.object, index), place.path)
            storage = Storage(place, first.type, first.ghost, first.marked)
            return self.settle(storage, node.iter)
        scalars = [self.as_scalar(item, node.iter) for item, _ in items.items]
        of = self.common_type(scalars, node.iter)
        return self.selected(number, scalars, of, node.iter)

    def leave_loop(self, node: ast.Break | ast.Continue) -> None:
        """`break`, `continue`."""
        if not self.frame.loops:
            raise self.fail("MC006", "there is no loop to leave", node)
        loop = self.frame.loops[-1]
        if isinstance(node, ast.Break):
            loop.assigned_at_exit.append(set(self.frame.assigned))
            self.builder.jump(loop.exit, self.span(node))
        else:
            loop.assigned_at_again.append(set(self.frame.assigned))
            self.builder.jump(loop.again, self.span(node))
