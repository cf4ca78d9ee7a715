"""Calls of routines: inlined, with constant arguments known inside."""

from __future__ import annotations

import ast
from abc import abstractmethod
from dataclasses import replace

from modelcheck.diagnostics import Related, SpecError, did_you_mean
from modelcheck.frontend.kinds import show_type
from modelcheck.frontend.lowering.context import (
    GHOST_VALUE,
    MAX_INLINE_DEPTH,
    MAX_INLINED,
    Frame,
    Mode,
    Variable,
)
from modelcheck.frontend.lowering.expressions import Expressions
from modelcheck.frontend.lowering.operators import join_types
from modelcheck.frontend.lowering.routines import make_frame
from modelcheck.frontend.lowering.terms import (
    constant,
    show_value,
)
from modelcheck.frontend.values import (
    Builtin,
    Closure,
    NoneValue,
    ObjectArray,
    Routine,
    Scalar,
    Storage,
    TupleValue,
    TypeName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.traverse import locals_in
from modelcheck.ir.types import (
    ArrayOf,
    Embedded,
    FnType,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
)


class Calls(Expressions):
    """Inlining."""

    @abstractmethod
    def intrinsic(self, name: str, node: ast.Call) -> Value:
        """A call of something `modelcheck.lang` offers."""

    @abstractmethod
    def method(self, holder: Value, name: str, node: ast.Call) -> Value:
        """An operation on a queue or set."""

    def inline(
        self,
        routine: Routine,
        args: list[ast.expr],
        keywords: list[ast.keyword],
        node: ast.AST,
        given: tuple[Value, ...] | None = None,
        *,
        result_used: bool = True,
    ) -> Value:
        """The routine's body in place of the call."""
        self.inlined += 1
        if self.inlined > MAX_INLINED:
            raise self.fail(
                "MC403",
                "this thread has too many steps",
                node,
                note=f"more than {MAX_INLINED:,} calls are inlined into it",
                help="use smaller sizes, or a `while` loop",
            )
        if len(self.frames) >= MAX_INLINE_DEPTH:
            raise self.fail(
                "MC264",
                f"`{routine.name}` calls itself without end",
                node,
                note="calls are inlined; recursion must end by constant arguments",
                help="write a loop, or defer the rest to another thread",
            )
        if routine.observer and self.is_survey and not result_used:
            return NoneValue()
        bound = self.bind(routine, args, keywords, node, given)
        for_ghost = self.mode.where == GHOST_VALUE
        if routine.observer and (for_ghost or not self.mode.observer):
            mode = Mode(
                "pure", ir.Kind.SILENT, ghosts=True, observer=True, where=f"`{routine.name}`"
            )
            with self.in_mode(mode):
                return self.run_routine(routine, bound, node)
        if for_ghost and not self.mode.called:
            with self.in_mode(replace(self.mode, called=routine.name)):
                return self.run_routine(routine, bound, node)
        return self.run_routine(routine, bound, node)

    def bind(
        self,
        routine: Routine,
        args: list[ast.expr],
        keywords: list[ast.keyword],
        node: ast.AST,
        given: tuple[Value, ...] | None,
    ) -> dict[str, Value]:
        """Arguments by parameter name, each evaluated once, in the order they are written."""
        parameters = routine.node.args.args
        defaults = routine.node.args.defaults
        names = [p.arg for p in parameters]
        bound: dict[str, Value] = {}
        if given is not None:
            for parameter, value in zip(parameters, given, strict=True):
                bound[parameter.arg] = self.fitted(routine, parameter, value, node)
            return bound
        if len(args) > len(parameters):
            raise self.fail(
                "MC267",
                f"`{routine.name}` takes {count(len(parameters), 'argument')}, not {len(args)}",
                node,
            )
        by_name = {k.arg: k.value for k in keywords if k.arg}
        for name in by_name:
            if name not in names:
                raise self.fail(
                    "MC268",
                    f"`{routine.name}` has no parameter `{name}`",
                    node,
                    help=did_you_mean(name, names),
                )
            if name in names[: len(args)]:
                raise self.fail("MC267", f"`{name}` is given twice", node)
        written = [*zip(names, args, strict=False), *by_name.items()]
        known = dict(zip(names, parameters, strict=True))
        found = {name: self.argument(routine, known[name], arg) for name, arg in written}
        for position, parameter in enumerate(parameters):
            if parameter.arg in found:
                bound[parameter.arg] = found[parameter.arg]
            elif position >= len(parameters) - len(defaults):
                default = defaults[position - len(parameters) + len(defaults)]
                value = self.world.constant(routine.module, default)
                bound[parameter.arg] = self.fitted(routine, parameter, value, node)
            else:
                raise self.fail(
                    "MC267",
                    f"`{routine.name}` needs `{parameter.arg}`",
                    node,
                    note=f"it takes {count(len(parameters), 'argument')}",
                )
        return bound

    def argument(self, routine: Routine, parameter: ast.arg, node: ast.expr) -> Value:
        """One argument: a place for `Ref`, else a value that fits the annotation."""
        kind = self.annotated(routine, parameter)
        if kind == "Ref":
            place = self.value(node)
            if not isinstance(place, Storage):
                raise self.fail(
                    "MC269",
                    f"`{parameter.arg}` takes a place, not {show_value(place)}",
                    node,
                    help="name a shared variable, a field or an element",
                )
            return self.pinned(place, node)
        return self.fitted(routine, parameter, self.settled(node), node)

    def fitted(self, routine: Routine, parameter: ast.arg, value: Value, node: ast.AST) -> Value:
        """An evaluated argument as the parameter's annotation says."""
        kind = self.annotated(routine, parameter)
        if isinstance(kind, str):
            raise self.fail(
                "MC269",
                f"`{parameter.arg}` takes a place, not {show_value(value)}",
                node,
                note="a default, or a call through `Fn`, gives values only",
            )
        if kind is None:
            return self.materialised(value, node)
        if isinstance(kind.type, (ArrayOf, QueueOf)):
            given = value.type if isinstance(value, (Storage, ObjectArray)) else None
            if not isinstance(value, ObjectArray) and type(given) is not type(kind.type):
                raise self.fail(
                    "MC247", f"{show_value(value)} does not fit {show_type(kind.type)}", node
                )
            return value
        if isinstance(kind.type, Embedded):
            return self.convert(value, PtrType(kind.type.struct), node, None)
        if kind.bounded:
            return self.materialised(self.convert(value, kind.type, node, None), node)
        return self.materialised(self.as_scalar(value, node), node)

    def annotated(self, routine: Routine, parameter: ast.arg) -> TypeName | str | None:
        """What a parameter's annotation says: "Ref", a type, or None without one."""
        known = self.world.annotations.get(id(parameter))
        if known is None:
            known = parameter, self._read_annotation(routine, parameter)
            self.world.annotations[id(parameter)] = known
        return known[1]

    def _read_annotation(self, routine: Routine, parameter: ast.arg) -> TypeName | str | None:
        annotation = parameter.annotation
        if annotation is None:
            return None
        head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        if isinstance(head, ast.Name):
            found = self.world.resolve(routine.module, head.id, routine.module.span(head))
            if isinstance(found, Builtin) and found.name == "Ref":
                return "Ref"
            if isinstance(found, Builtin) and found.name not in ("Ptr", "Array", "Queue", "Set"):
                return None
        return self.world.type_of(routine.module, annotation)

    def materialised(self, value: Value, node: ast.AST) -> Value:
        """A value that stays what it is while the routine runs: kept in a local where it is
        more than a constant, a local of the caller or an address known here.
        """
        if not isinstance(value, Scalar) or is_rigid(value.expr):
            return value
        return Scalar(self.temporary(value.expr, value.type, node), value.type, value.literal)

    def pinned(self, storage: Storage, node: ast.AST, *, for_good: bool = False) -> Storage:
        """A place whose parts are evaluated once.

        Locals count as evaluated, since those of the caller stand still while a routine runs;
        `for_good` copies them too.
        """

        def keep(expr: ir.Expr, of: ScalarType) -> ir.Expr:
            moves = for_good and bool(locals_in((expr,)))
            return expr if is_rigid(expr) and not moves else self.temporary(expr, of, node)

        def keep_number(index: ir.Expr) -> ir.Expr:
            return keep(index, RangeType(*self.expr_interval(index)))

        root = storage.place.root
        if isinstance(root, ir.PointerRoot):
            root = ir.PointerRoot(keep(root.pointer, PtrType(root.struct)), root.struct)
        elif root.index is not None:
            root = ir.ObjectRoot(root.object, keep_number(root.index))
        path = tuple(p if isinstance(p, str) else keep_number(p) for p in storage.place.path)
        return replace(storage, place=ir.Place(root, path))

    def for_good(self, value: Value, node: ast.AST) -> Value:
        """An array, queue or set as it is now: whatever leads there may be assigned later."""
        match value:
            case Storage(type=ArrayOf() | QueueOf()):
                return self.pinned(value, node, for_good=True)
            case Scalar(expr, SetType() as of) if locals_in((expr,)):
                return self.temporary_of(expr, of, node)
            case _:
                return value

    def run_routine(self, routine: Routine, bound: dict[str, Value], node: ast.AST) -> Value:
        """Lower the body in a frame of its own; yields what it returns."""
        frame = make_frame(routine, (*self.frame.calls, self.span(node)))
        for parameter in routine.node.args.args:
            if self.annotated(routine, parameter) == "Ref":
                frame.refs.add(parameter.arg)
        for name, value in bound.items():
            self.bind_parameter(frame, name, value, node)
        frame.return_label = self.builder.fresh_label()
        self.frames.append(frame)
        try:
            self.statements(routine.node.body)
        finally:
            self.frames.pop()
        return self.leave_frame(frame, node)

    def bind_parameter(self, frame: Frame, name: str, value: Value, node: ast.AST) -> None:
        """A parameter that the routine assigns becomes a local; any other is its argument."""
        frame.assigned.add(name)
        if name not in frame.counts or name in frame.refs:
            frame.names[name] = value
            return
        scalar = self.as_scalar(value, node)
        local = self.builder.variable(name, scalar.type)
        self.builder.emit(ir.Assign(local, scalar.expr, span=self.span(node)))
        frame.names[name] = Variable(local, scalar.type)

    def leave_frame(self, frame: Frame, node: ast.AST) -> Value:
        """The end of an inlined routine: returns meet, locals on its stack die."""
        span = self.span(node)
        if frame.failed_return:
            raise self.reported()
        if frame.result is not None and self.builder.reachable and not frame.single_return:
            place = frame.module.span(frame.node or node)
            raise self.fail(
                "MC270",
                f"`{frame.routine}` may end without `return`",
                node,
                note="some way through it returns a value",
                related=(Related(place, f"`{frame.routine}` is declared here"),),
            )
        self.settle_none(frame)
        if frame.returned and not frame.single_return:
            self.builder.resume(frame.return_label, span)
        for name in frame.local_objects:
            self.leave_local(name, node)
        if frame.result_value is not None:
            return frame.result_value
        if frame.result is not None:
            for local, of in zip(frame.result, frame.result_types, strict=True):
                self.builder.retype(local, of)
            values = tuple(
                Scalar(ir.Local(local), of)
                for local, of in zip(frame.result, frame.result_types, strict=True)
            )
            return values[0] if len(values) == 1 else TupleValue(values)
        return NoneValue()

    def settle_none(self, frame: Frame) -> None:
        """Every `return` without a value, of a routine that elsewhere returns one, returns None.

        Only here the type is known of which it is None.
        """
        if frame.result is None:
            return
        of = frame.result_types[0] if len(frame.result) == 1 else None
        for none, label in frame.nones.items():
            if not isinstance(of, (PtrType, ThreadIdType, FnType)):
                raise SpecError(
                    "MC270",
                    f"`{frame.routine}` returns a value elsewhere",
                    frame.module.span(none),
                )
            assign = ir.Assign(frame.result[0], constant(0, of), span=frame.module.span(none))
            self.builder.append_to(label, assign)

    @abstractmethod
    def leave_local(self, name: str, node: ast.AST) -> None:
        """A `local` object dies."""

    def give_back(self, value: Value | None, node: ast.Return) -> None:
        """`return` in an inlined routine."""
        frame = self.frame
        span = self.span(node)
        if frame.single_return:
            frame.result_value = self.materialised_result(value, node)
            return
        frame.returned = True
        if value is None or isinstance(value, NoneValue):
            if self.builder.current is not None:
                frame.nones[node] = self.builder.current.label
            self.builder.jump(frame.return_label, span)
            return
        items = list(value.items) if isinstance(value, TupleValue) else [value]
        expected = frame.result_types if frame.result is not None else [None] * len(items)
        if len(items) != len(expected):
            raise self.fail(
                "MC271", f"`{frame.routine}` returns {len(expected)} values elsewhere", node
            )
        scalars = [
            self.as_scalar(item, node, kind) for item, kind in zip(items, expected, strict=True)
        ]
        if frame.result is None:
            frame.result = [self.builder.temporary(s.type) for s in scalars]
            frame.result_types = [s.type for s in scalars]
        else:
            frame.result_types = [
                self._joined_result(old, s, node)
                for old, s in zip(frame.result_types, scalars, strict=True)
            ]
        kept = [
            s.expr
            if is_rigid(s.expr) or len(scalars) == 1
            else self.temporary(s.expr, s.type, node)
            for s in scalars
        ]
        for local, expr in zip(frame.result, kept, strict=True):
            self.builder.emit(ir.Assign(local, expr, span=span))
        self.builder.jump(frame.return_label, span)

    def materialised_result(self, value: Value | None, node: ast.AST) -> Value:
        """The value of a routine's only return."""
        if value is None:
            return NoneValue()
        if isinstance(value, TupleValue):
            return TupleValue(tuple(self.materialised(v, node) for v in value.items))
        return self.materialised(value, node)

    def _joined_result(self, old: ScalarType, new: Scalar, node: ast.AST) -> ScalarType:
        joined = join_types(Scalar(ir.Local(""), old), new)
        if joined is None:
            raise self.fail(
                "MC258",
                f"this returns {show_value(new)}, another `return` something else",
                node,
            )
        return joined

    def run_closure(self, closure: Closure, node: ast.AST) -> Value:
        """A lambda's expression, where it stands, in the names it was written with."""
        names = dict(closure.names)
        frame = Frame(
            closure.module,
            self.frame.routine,
            None,
            names,  # type: ignore[arg-type]  # what Closure captured from a frame
            set(names),
            calls=(*self.frame.calls, self.span(node)),
            statement=next(
                (f.statement for f in reversed(self.frames) if f.module is closure.module), None
            ),
        )
        self.frames.append(frame)
        try:
            return self.settled(closure.node.body)
        finally:
            self.frames.pop()


def is_rigid(expr: ir.Expr) -> bool:
    """Whether an expression stays what it is while an inlined routine runs: no memory is read,
    and locals of the caller do not change meanwhile.
    """
    match expr:
        case ir.Const() | ir.Local() | ir.Me() | ir.Current() | ir.ThreadOf():
            return True
        case ir.AddressOf(ir.Place(root, path)):
            inside = [p for p in path if not isinstance(p, str)]
            if isinstance(root, ir.ObjectRoot):
                inside += [root.index] if root.index is not None else []
            else:
                inside.append(root.pointer)
            return all(is_rigid(e) for e in inside)
        case ir.Apply("-", (thread, ir.Const())):
            return isinstance(thread, (ir.Current, ir.ThreadOf, ir.Local))
        case _:
            return False


def count(number: int, noun: str) -> str:
    """`1 argument`, `2 arguments`, `no arguments`."""
    if number == 0:
        return f"no {noun}s"
    return f"{number} {noun}" + ("" if number == 1 else "s")
