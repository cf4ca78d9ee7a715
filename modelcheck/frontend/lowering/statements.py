"""Statements: assignments, branches, loops, `atomic`, asserts, returns."""

from __future__ import annotations

import ast

from modelcheck.checks import BUILT_IN
from modelcheck.diagnostics import InternalError, Related, SpecError
from modelcheck.frontend.constants import BINARY, Reported
from modelcheck.frontend.lowering.arguments import reads_memory
from modelcheck.frontend.lowering.calls import is_rigid
from modelcheck.frontend.lowering.context import ATOMIC, Loop, Mode, Variable
from modelcheck.frontend.lowering.expressions import UNKNOWN
from modelcheck.frontend.lowering.intrinsics import Intrinsics
from modelcheck.frontend.lowering.places import compare, constant, interval, show_value
from modelcheck.frontend.values import (
    Items,
    NoneValue,
    ObjectArray,
    Scalar,
    Storage,
    TupleValue,
    TypeName,
    Value,
)
from modelcheck.frontend.world import is_number, show_type
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


class Statements(Intrinsics):
    """Everything a routine's body can contain."""

    def statements(self, body: list[ast.stmt]) -> None:
        """Lower statements in order; an error in one does not hide those in others."""
        for statement in body:
            if not self.builder.reachable:
                return
            outer, self.frame.statement = self.frame.statement, statement
            try:
                self.statement(statement)
            except Reported:
                self.recover(statement)
            except SpecError as error:
                self.report.add(error)
                self.recover(statement)
            self.frame.statement = outer

    def recover(self, statement: ast.stmt) -> None:
        """After an error: names it would have bound count as assigned, to say it once."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.frame.assigned.add(node.id)
                self.frame.names.setdefault(node.id, UNKNOWN)
        if isinstance(statement, ast.Return):
            self.builder.current = None
        elif not self.builder.reachable:
            self.builder.open(self.builder.fresh_label())

    def statement(self, node: ast.stmt) -> None:
        """Lower one statement."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(target, value, node)
            case ast.Assign(targets=targets, value=value):
                kept = self.materialised(self.settled(value), node)
                for target in targets:
                    self.assign_value(target, kept, node)
            case ast.AugAssign():
                self.augmented(node)
            case ast.AnnAssign():
                self.annotated_assign(node)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call() as value):
                self.settle(self.call(value, result_used=False), value)
            case ast.Expr(value=value):
                self.settled(value)
            case ast.If():
                self.if_statement(node)
            case ast.While():
                self.while_statement(node)
            case ast.For():
                self.for_statement(node)
            case ast.Match():
                self.match_statement(node)
            case ast.With():
                self.with_statement(node)
            case ast.Return(value=value):
                self.return_statement(value, node)
            case ast.Break() | ast.Continue():
                self.leave_loop(node)
            case ast.Assert():
                self.assert_statement(node)
            case ast.Global(names=names):
                self.frame.globals.update(names)
            case _:
                raise InternalError(f"{self.span(node)}: `restrict` let this statement through")

    # -- assignments

    def assign(self, target: ast.expr, value: ast.expr, node: ast.stmt) -> None:
        """`target = value`: right side first, then the target's parts."""
        if isinstance(target, ast.Tuple):
            self.unpack(target, self.settled(value), node)
            return
        if self.is_local_name(target):
            assert isinstance(target, ast.Name)
            self.refuse_shadow(target.id, node)
            found = self.value(value)
            if isinstance(found, Storage) and isinstance(found.type, (ArrayOf, QueueOf)):
                found = self.pinned(found, node, for_good=True)
            self.bind_local(target.id, self.settle(found, value), node)
            return
        if self.target_is_ghost(target):
            with self.in_mode(self.ghost_mode()):
                settled = self.settled(value)
                self.assign_value(target, settled, node)
            return
        self.assign_value(target, self.settled(value), node)

    def assign_value(self, target: ast.expr, value: Value, node: ast.stmt) -> None:
        """Store a value that was evaluated already."""
        if isinstance(target, ast.Tuple):
            self.unpack(target, value, node)
        elif self.is_local_name(target):
            assert isinstance(target, ast.Name)
            self.bind_local(target.id, value, node)
        elif self.target_is_ghost(target) and not self.mode.observer:
            with self.in_mode(self.ghost_mode()):
                self.write(self.target_place(target), value, node, None)
        else:
            self.write(self.target_place(target), value, node, None)

    def unpack(self, target: ast.Tuple, value: Value, node: ast.stmt) -> None:
        """`a, b = f()`."""
        if not isinstance(value, TupleValue) or len(value.items) != len(target.elts):
            found = len(value.items) if isinstance(value, TupleValue) else 1
            raise self.fail(
                "MC291",
                f"{len(target.elts)} names for {found} value{'' if found == 1 else 's'}",
                node,
            )
        items: list[Value] = []
        for item in value.items:
            # All right sides are evaluated before the first name changes.
            if isinstance(item, Scalar) and not isinstance(item.expr, (ir.Const, ir.Me)):
                item = Scalar(self.temporary(item.expr, item.type, node), item.type)  # noqa: PLW2901
            items.append(item)
        for inner, item in zip(target.elts, items, strict=True):
            self.assign_value(inner, item, node)

    def is_local_name(self, target: ast.expr) -> bool:
        """Whether a target is a local of the routine."""
        if not isinstance(target, ast.Name):
            return False
        return target.id not in self.frame.globals and target.id not in self.frame.refs

    def ghost_mode(self) -> Mode:
        """How a store to a ghost is evaluated: it looks at the state as it is."""
        return Mode("pure", ir.Kind.SILENT, ghosts=True, observer=True, where="a ghost's value")

    def target_is_ghost(self, target: ast.expr) -> bool:
        """Whether a target is a ghost field or variable."""
        with self.trying(), self.in_mode(self.ghost_mode()):
            place = self.value(target)
            return isinstance(place, Storage) and place.ghost

    def target_place(self, target: ast.expr) -> Storage:
        """What is assigned."""
        place = self.value(target)
        if isinstance(place, ObjectArray):
            raise self.fail("MC246", f"the array `{place.name}` cannot be assigned", target)
        if not isinstance(place, Storage):
            raise self.fail("MC292", f"{show_value(place)} cannot be assigned", target)
        return place

    def bind_local(self, name: str, value: Value, node: ast.stmt) -> None:
        """Assign a local: its first assignment gives its type."""
        frame = self.frame
        bound = frame.names.get(name)
        if isinstance(bound, Variable):
            self.assign_variable(name, bound, value, node)
            return
        if name not in frame.counts and name in frame.assigned:
            raise self.fail("MC293", f"the loop variable `{name}` cannot be assigned", node)
        self.refuse_shadow(name, node)
        once = len(frame.counts.get(name, ())) <= 1 and name not in frame.ambiguous
        if once and (not isinstance(value, (Scalar, NoneValue)) or self.is_static(value)):
            self.bind_known(name, value)
            return
        if not isinstance(value, Scalar):
            if isinstance(value, NoneValue):
                raise self.fail(
                    "MC253",
                    f"None of what? `{name}` needs a type",
                    node,
                    help=f"write `{name}: Ptr[…] = None`",
                )
            value = self.as_scalar(value, node)
        type = value.type
        if value.literal or (value.constant is not None and is_number(type)):
            type = self.literal_type(name, value, node)
        local = self.builder.variable(name, type)
        frame.names[name] = Variable(local, type)
        frame.assigned.add(name)
        self.set_local(local, self.convert(value, type, node, None), node)

    def refuse_shadow(self, name: str, node: ast.stmt) -> None:
        """A local called like a shared variable is nearly always a forgotten `global`."""
        decl = self.frame.module.names.get(name)
        if decl is None or decl.kind != "call":
            return
        if isinstance(self.world.value_of(self.frame.module, decl), (Storage, ObjectArray)):
            raise self.fail(
                "MC249",
                f"`{name}` is assigned in this routine without `global`",
                node,
                note="as in Python, that makes it a local of the routine",
                help=f"say `global {name}`, or use another name",
                related=(Related(decl.span, f"the shared `{name}` is declared here"),),
            )

    def is_static(self, value: Value) -> bool:
        """Whether a value is the same whenever the routine asks: no run-time local in it."""
        if not isinstance(value, Scalar):
            return False
        return is_rigid(value.expr) and not mentions_locals(value.expr)

    def bind_known(self, name: str, value: Value) -> None:
        """A name for something known to the front end."""
        self.frame.names[name] = value
        self.frame.assigned.add(name)

    def literal_type(self, name: str, value: Scalar, node: ast.stmt) -> ScalarType:
        """The type of a local that starts as a number: the range of all numbers it is assigned,
        where they are all known; else it needs an annotation.

        Soundness: comparisons with the local are folded by this range, so it must hold every
        number the local is ever given, also in rounds of a loop that are not lowered yet.
        """
        numbers = [value.constant or 0]
        for other in self.frame.counts.get(name, ()):
            written = written_for(other, name)
            found = None if written is None else self.constants_of(written)
            if found is not None:
                numbers += found
            elif other is not node or name in self.frame.ambiguous:
                raise self.fail(
                    "MC294",
                    f"`{name}` counts: it needs a type",
                    node,
                    note="its first value is a number, another is computed",
                    help=f"write `{name}: Int = between(…, …)` first, or `{name}: U8 = "
                    f"{value.constant}`",
                )
        return RangeType(min(numbers), max(numbers))

    def constants_of(self, node: ast.expr) -> list[int] | None:
        """The numbers that an expression of constants and variables of unrolled loops can be."""
        frame = self.frame
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        loops = [loop for loop in frame.unrolled if loop[0] in names]
        known = {name for name, _ in loops}
        if any(n in frame.names or n in frame.counts for n in names - known):
            return None
        if any(n not in frame.module.names for n in names - known) or len(loops) > 1:
            return None
        saved = dict(frame.names)
        found: list[int] = []
        try:
            for item in loops[0][1] if loops else (None,):
                if item is not None:
                    frame.names[loops[0][0]] = item
                with self.trying():
                    value = self.value(node)
                if not (
                    isinstance(value, Scalar)
                    and value.constant is not None
                    and is_number(value.type)
                ):
                    return None
                found.append(value.constant)
        except SpecError:
            return None
        finally:
            frame.names = saved
        return found

    def assign_variable(self, name: str, variable: Variable, value: Value, node: ast.stmt) -> None:
        """A later assignment of a local."""
        if isinstance(variable.type, SetType) and isinstance(value, Scalar):
            if value.type != variable.type and isinstance(value.type, SetType):
                value = self.fit_set(value, variable.type, node)
        if (
            isinstance(variable.type, RangeType)
            and not variable.annotated
            and isinstance(value, Scalar)
            and is_number(value.type)
        ):
            lo, hi = interval(value)
            if (lo < variable.type.lo or hi > variable.type.hi) and mentions(node, name):
                raise self.fail(
                    "MC294",
                    f"`{name}` counts: it needs a type",
                    node,
                    note="its range would grow with every round",
                    help=f"write `{name}: Int = between(…, …)`, or `{name}: U8 = …`",
                )
        fitted = self.convert(value, variable.type, node, None)
        self.frame.assigned.add(name)
        self.set_local(variable.local, fitted, node)

    def set_local(self, local: str, value: Scalar, node: ast.AST) -> None:
        """Local := value."""
        self.builder.emit(ir.Assign(local, value.expr, span=self.span(node)))

    def annotated_assign(self, node: ast.AnnAssign) -> None:
        """`n: Int = between(0, 5)`, `p: Ptr[T] = None`, `k: U8 = x.n`."""
        if not isinstance(node.target, ast.Name):
            raise self.fail("MC295", "only a local takes a type here", node)
        name = node.target.id
        of = self.world.type_of(self.frame.module, node.annotation)
        value: Value | None = None
        type: ScalarType
        called = (
            self.world.called(self.frame.module, node.value)
            if isinstance(node.value, ast.Call)
            else ""
        )
        if called in ("between", "set", "array", "queue", "ghost", "durable"):
            spec = self.world.field_spec(
                self.frame.module, node.annotation, node.value, self.span(node)
            )
            if isinstance(spec.type, (Embedded, ArrayOf, QueueOf)) or spec.ghost:
                raise self.fail(
                    "MC295",
                    f"a local is a single value, not {show_type(spec.type)}",
                    node,
                    help="put it into a struct: `local(T)`",
                )
            type = spec.type
            value = Scalar(constant(spec.start, type), type)
        else:
            if isinstance(of.type, (Embedded, ArrayOf, QueueOf)):
                raise self.fail(
                    "MC295",
                    f"a local is a single value, not {show_type(of.type)}",
                    node,
                    help="annotate a pointer: `Ptr[…]`",
                )
            if not of.bounded:
                raise self.fail(
                    "MC239",
                    "an `Int` needs its bounds",
                    node,
                    help=f"write `{name}: Int = between(0, 5)`, then assign",
                )
            type = of.type
            if node.value is not None:
                value = self.settled(node.value)
        frame = self.frame
        bound = frame.names.get(name)
        if isinstance(bound, Variable):
            if bound.type != type:
                raise self.fail("MC295", f"`{name}` has another type already", node)
            variable = bound
        else:
            variable = Variable(self.builder.variable(name, type), type, annotated=True)
            frame.names[name] = variable
        if value is not None:
            self.assign_variable(name, variable, value, node)

    def augmented(self, node: ast.AugAssign) -> None:
        """`x.n += 1`: the target's parts first, a load, then a store."""
        op = BINARY.get(type(node.op))
        if op is None:
            raise self.fail("MC127", "this operator is not part of the language", node)
        if self.is_local_name(node.target):
            assert isinstance(node.target, ast.Name)
            old = self.scalar(node.target)
            new = self.operate(op, old, self.scalar(node.value), node, node.target, node.value)
            self.bind_local(node.target.id, new, node)
            return
        ghost = self.target_is_ghost(node.target)
        mode = self.ghost_mode() if ghost and not self.mode.observer else self.mode
        with self.in_mode(mode):
            place = self.pinned(self.target_place(node.target), node)
            old = self.load(place, node.target)
            right = self.scalar(node.value)
            new = self.operate(op, old, right, node, node.target, node.value)
            self.write(place, new, node, None)

    # -- branches

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
                result: Scalar = Scalar(constant(0, BOOL), BOOL)
                for inner in patterns:
                    fits = self.pattern(inner, subject)
                    expr = ir.Apply("or", (result.expr, fits.expr), BOOL)
                    if result.constant == 0:
                        expr = fits.expr  # type: ignore[assignment]  # an expression either way
                    result = Scalar(expr, BOOL)
                return result
            case _:
                raise self.fail(
                    "MC129", "a case names constants, `_`, or several with `|`", pattern
                )

    # -- loops

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
        items = self.items_of(iterable, node.iter)
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
            self.builder.resume(again, span)
        frame.unrolled.pop()
        if self.builder.reachable:
            exits.append(frame.assigned)
        frame.assigned = set.intersection(*exits) if exits else frame.assigned
        frame.assigned.discard(name)
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

    # -- steps and asserts

    def with_statement(self, node: ast.With) -> None:
        """`with atomic():`: the body is one step."""
        call = node.items[0].context_expr
        assert isinstance(call, ast.Call)
        if self.world.called(self.frame.module, call) != "atomic":
            raise self.fail("MC123", "only `with atomic():` opens a block", node)
        if self.mode.pure:
            raise self.fail("MC303", f"`atomic` has no meaning in {self.mode.where}", node)
        because = rmw = ""
        for keyword in call.keywords:
            text = self.text_argument(keyword.value)
            if keyword.arg == "because":
                because = text
            elif keyword.arg == "rmw":
                if text not in ("relaxed", "acquire", "release", "full"):
                    raise self.fail("MC296", "`rmw=` is relaxed, acquire, release or full", keyword)
                rmw = text
            else:
                raise self.fail("MC268", f"`atomic` has no parameter `{keyword.arg}`", call)
        if self.builder.inner:
            self.statements(node.body)
            return
        builder = self.builder
        saved = (builder.atomic, builder.rmw, self.because)
        builder.atomic, builder.rmw, self.because = True, rmw, because
        self.begin_step(node)
        with (
            builder.inside_step(atomic=True, rmw=rmw),
            self.in_mode(ATOMIC if self.mode.name == "thread" else self.mode),
        ):
            self.statements(node.body)
        builder.atomic, builder.rmw, self.because = saved
        builder.leave_step(self.span(node))

    def assert_statement(self, node: ast.Assert) -> None:
        """`assert c, "name: detail"`: one step of its own where it looks at shared memory."""
        name, detail = self.assert_name(node)
        span = self.span(node)
        mode = Mode("pure", ir.Kind.SILENT, ghosts=True, where="an assert")
        if self.mode.name == "thread":
            with self.trying(), self.in_mode(mode), self.builder.inside_step():
                mark = self.builder.mark()
                value = self.truth(node.test)
                touched = reads_memory(value.expr) or self.builder.touched_since(mark, reads_memory)
            if touched:
                self.begin_step(node)
                with self.in_mode(mode), self.builder.inside_step():
                    self.emit_assert(node, name, detail)
                self.builder.leave_step(span)
                return
        with self.in_mode(mode):
            self.emit_assert(node, name, detail)

    def emit_assert(self, node: ast.Assert, name: str, detail: str) -> None:
        """The check itself, in whatever step is open."""
        if self.in_property:
            raise self.fail(
                "MC303",
                f"an assert must not stand in {self.mode.where}",
                node,
                note="a property is what holds; it returns a condition",
            )
        value = self.truth(node.test)
        if value.constant == 1:
            return
        self.builder.emit(
            ir.Assert(value.expr, name, detail, self.subject_of(node.test), span=self.span(node))
        )

    def subject_of(self, test: ast.expr) -> ir.Place | None:
        """What an assert is about: the first struct that its condition names."""
        for node in ast.walk(test):
            if isinstance(node, ast.Attribute):
                with self.trying(), self.in_mode(self.ghost_mode()):
                    try:
                        value = self.value(node)
                    except SpecError:
                        return None
                    if isinstance(value, Storage):
                        return ir.Place(value.place.root)
        return None

    def assert_name(self, node: ast.Assert) -> tuple[str, str]:
        """The property an assert belongs to, and the detail."""
        if node.msg is None:
            raise self.fail(
                "MC307",
                "an assert needs the name of its property",
                node,
                help='write `assert …, "name"` or `"name: detail"`',
            )
        text = self.text_argument(node.msg)
        name, _, detail = (part.strip() for part in text.partition(":"))
        if name in BUILT_IN:
            if not self.frame.module.library:
                raise self.fail(
                    "MC308",
                    f"`{name}` is the name of a built-in check",
                    node.msg,
                    help="name the property of your spec",
                )
        elif not name.isidentifier():
            raise self.fail(
                "MC309",
                f"`{name}` is no name for a property",
                node.msg,
                note="it is written in `violates=` and in reports",
                help="use letters, digits and underscores, then a colon and the detail",
            )
        return name, detail

    # -- returning

    def return_statement(self, value: ast.expr | None, node: ast.Return) -> None:
        """`return`: of a thread its end, of a property its value, else the routine's result."""
        frame = self.frame
        if frame.return_label == "end":
            if value is not None:
                raise self.fail("MC297", "a thread returns nothing", node)
            self.end_thread(node)
            return
        if frame.return_label == "property":
            if value is None:
                raise self.fail("MC310", "a property returns a condition", node)
            with self.builder.inside_step():
                result = self.truth(value)
            self.builder.close(ir.Return(result.expr, span=self.span(node)))
            return
        if value is None:
            self.give_back(None, node)
            return
        found = self.settled(value)
        annotation = frame.node.returns if frame.node else None
        if annotation is not None and isinstance(found, (Scalar, NoneValue)):
            found = self.as_annotated(found, annotation, node)
        self.give_back(found, node)

    def as_annotated(self, found: Scalar | NoneValue, annotation: ast.expr, node: ast.AST) -> Value:
        """A returned value as the routine's annotation says."""
        if isinstance(annotation, ast.Constant) and annotation.value is None:
            return found
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "tuple":
            return found
        of = self.world.type_of(self.frame.module, annotation)
        if isinstance(of.type, (Embedded, ArrayOf, QueueOf)) or not of.bounded:
            return found
        return self.convert(found, of.type, node, None)


def mentions(node: ast.stmt, name: str) -> bool:
    """Whether a statement's right side names a local, or updates it in place."""
    if isinstance(node, ast.AugAssign):
        return True
    value = getattr(node, "value", None)
    return value is not None and any(
        isinstance(n, ast.Name) and n.id == name for n in ast.walk(value)
    )


def written_for(node: ast.AST, name: str) -> ast.expr | None:
    """The expression that an assignment writes for one of its names, where it says it alone."""
    match node:
        case ast.Assign(targets=[ast.Name()], value=value):
            return value
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(
            names
        ) == len(values):
            for target, value in zip(names, values, strict=True):
                if isinstance(target, ast.Name) and target.id == name:
                    return value
            return None
        case _:
            return None


def mentions_locals(expr: ir.Expr) -> bool:
    """Whether an expression depends on a run-time local."""
    match expr:
        case ir.Local():
            return True
        case ir.Apply(_, args):
            return any(mentions_locals(a) for a in args)
        case ir.ThreadOf(_, copy):
            return mentions_locals(copy)
        case ir.AddressOf(ir.Place(root, path)):
            inside = [p for p in path if not isinstance(p, str)]
            if isinstance(root, ir.PointerRoot):
                inside.append(root.pointer)
            elif root.index is not None:
                inside.append(root.index)
            return any(mentions_locals(e) for e in inside)
        case _:
            return False
