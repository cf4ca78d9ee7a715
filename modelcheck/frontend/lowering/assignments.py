"""Assignments: which names are locals, of what type, and what is stored."""

from __future__ import annotations

import ast
from dataclasses import replace

from modelcheck.diagnostics import Related, SpecError
from modelcheck.frontend.constants import BINARY
from modelcheck.frontend.kinds import is_number, show_type
from modelcheck.frontend.lowering.calls import is_rigid
from modelcheck.frontend.lowering.context import GHOST_VALUE, Mode, Variable
from modelcheck.frontend.lowering.intrinsics import Intrinsics
from modelcheck.frontend.lowering.routines import walk_routine
from modelcheck.frontend.lowering.terms import (
    constant,
    interval,
    show_value,
)
from modelcheck.frontend.values import (
    NoneValue,
    ObjectArray,
    Routine,
    Scalar,
    Storage,
    ThreadName,
    TupleValue,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    ArrayOf,
    Embedded,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
)


class Assignments(Intrinsics):
    """Assigning locals and places."""

    def assign(self, target: ast.expr, value: ast.expr, node: ast.stmt) -> None:
        """`target = value`: right side first, then the target's parts."""
        if isinstance(target, ast.Tuple):
            self.unpack(target, self.settled(value), node)
            return
        if self.is_local_name(target):
            assert isinstance(target, ast.Name)
            self.refuse_shadow(target.id, node)
            found = self.for_good(self.value(value), node)
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
            items.append(self.for_good(item, node))
        for inner, item in zip(target.elts, items, strict=True):
            self.assign_value(inner, item, node)

    def is_local_name(self, target: ast.expr) -> bool:
        """Whether a target is a local of the routine."""
        if not isinstance(target, ast.Name):
            return False
        return target.id not in self.frame.globals and target.id not in self.frame.refs

    def ghost_mode(self) -> Mode:
        """How a store to a ghost is evaluated: it looks at the state as it is."""
        where = self.mode.where if self.mode.observer else GHOST_VALUE
        return Mode(
            "pure", ir.Kind.SILENT, ghosts=True, observer=True, where=where, called=self.mode.called
        )

    def target_is_ghost(self, target: ast.expr) -> bool:
        """Whether a target is a ghost field or variable."""
        with self.trying(), self.in_mode(replace(self.mode, ghosts=True)):
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
        if isinstance(value, Scalar) and value.expr == ir.Const(0, SetType(BOOL)):
            raise self.fail(
                "MC262",
                f"a set of what? `{name}` needs a type",
                node,
                help=f"write `{name}: Set[…] = set()`",
            )
        once = len(frame.counts.get(name, ())) <= 1
        at_run_time: tuple[type[Value], ...] = (Scalar, NoneValue)
        if name in frame.ambiguous:
            at_run_time += (Routine, ThreadName)
        if once and not isinstance(value, at_run_time):
            if name in frame.ambiguous:
                frame.round_names.add(name)
            self.bind_known(name, value)
            return
        if once and name not in frame.ambiguous and self.is_static(value):
            self.bind_known(name, value)
            return
        if isinstance(value, (Storage, ObjectArray)):
            raise self.fail(
                "MC255",
                f"`{name}` would be one array or another",
                node,
                help="give each a name of its own, or keep a pointer to the struct it is in",
            )
        if not isinstance(value, Scalar):
            if isinstance(value, NoneValue):
                raise self.fail(
                    "MC253",
                    f"None of what? `{name}` needs a type",
                    node,
                    help=f"write `{name}: Ptr[…] = None`",
                )
            value = self.as_scalar(value, node)
        of = value.type
        if value.literal or (value.constant is not None and is_number(of)):
            of = self.literal_type(name, value, node)
        local = self.builder.variable(name, of)
        frame.names[name] = Variable(local, of)
        frame.assigned.add(name)
        self.set_local(local, self.convert(value, of, node, None), node)

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
        later = names & frame.loop_names - {name for name, _ in loops}
        known = later | {name for name, _ in loops}
        if any(n in frame.names or n in frame.counts for n in names - known):
            return None
        if any(n not in frame.module.names for n in names - known) or len(known) > 1:
            return None
        saved, assigned = dict(frame.names), set(frame.assigned)
        found: list[int] = []
        try:
            loops += [(name, self.rounds_of(name)) for name in later]
            for item in loops[0][1] if loops else (None,):
                if item is not None:
                    frame.names[loops[0][0]] = item
                    frame.assigned.add(loops[0][0])
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
            frame.names, frame.assigned = saved, assigned
        return found

    def rounds_of(self, name: str) -> tuple[Value, ...]:
        """What the variable of loops that are still to come will be."""
        found: list[Value] = []
        for node in [] if self.frame.node is None else walk_routine(self.frame.node):
            if isinstance(node, ast.For) and getattr(node.target, "id", "") == name:
                with self.trying():
                    found += [item for item, _ in self.items(node.iter).items]
        return tuple(found)

    def assign_variable(self, name: str, variable: Variable, value: Value, node: ast.stmt) -> None:
        """A later assignment of a local."""
        if (
            isinstance(variable.type, SetType)
            and isinstance(value, Scalar)
            and isinstance(value.type, SetType)
            and value.type != variable.type
        ):
            value = self.fit_set(value, variable.type, node)
        if (
            isinstance(variable.type, RangeType)
            and not variable.annotated
            and isinstance(value, Scalar)
            and is_number(value.type)
        ):
            lo, hi = interval(value)
            is_outside = lo < variable.type.lo or hi > variable.type.hi
            once = len(self.frame.counts.get(name, ())) == 1  # so this is another round
            if is_outside and (once or mentions(node, name)):
                raise self.fail(
                    "MC294",
                    f"`{name}` counts: it needs a type",
                    node,
                    note="its range would change with the rounds of a loop",
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
        written = self.world.type_of(self.frame.module, node.annotation)
        value: Value | None = None
        of: ScalarType
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
            of = spec.type
            value = Scalar(constant(spec.start, of), of)
        else:
            if isinstance(written.type, (Embedded, ArrayOf, QueueOf)):
                raise self.fail(
                    "MC295",
                    f"a local is a single value, not {show_type(written.type)}",
                    node,
                    help="annotate a pointer: `Ptr[…]`",
                )
            if not written.bounded:
                raise self.fail(
                    "MC239",
                    "an `Int` needs its bounds",
                    node,
                    help=f"write `{name}: Int = between(0, 5)`, then assign",
                )
            of = written.type
            if node.value is not None:
                value = self.settled(node.value)
        frame = self.frame
        bound = frame.names.get(name)
        if isinstance(bound, Variable):
            if bound.type != of:
                raise self.fail("MC295", f"`{name}` has another type already", node)
            variable = bound
        else:
            variable = Variable(self.builder.variable(name, of), of, annotated=True)
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
