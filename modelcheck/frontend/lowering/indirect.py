"""Calls through `Fn`: one of the routines that the program stores there."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelcheck.checks import BUILT_IN
from modelcheck.frontend.kinds import same_family
from modelcheck.frontend.lowering.calls import Calls, count
from modelcheck.frontend.lowering.terms import (
    compare,
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
    Text,
    TupleValue,
    TypeName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    ArrayOf,
    Embedded,
    FnType,
    PtrType,
    QueueOf,
    ScalarType,
    SetType,
    ThreadIdType,
)


class IndirectCalls(Calls):
    """Which routine a call reaches."""

    def call(self, node: ast.Call, *, result_used: bool = True) -> Value:
        """What a call yields."""
        func = node.func
        if isinstance(func, ast.Attribute):
            base = self.value(func.value)
            of = base.type if isinstance(base, (Storage, Scalar)) else None
            if isinstance(of, (QueueOf, SetType)):
                return self.method(base, func.attr, node)
            if isinstance(of, ArrayOf) or isinstance(base, ObjectArray):
                raise self.fail("MC230", f"an array has no `{func.attr}`", func)
        callee = self.value(func)
        match callee:
            case Builtin(name):
                return self.intrinsic(name, node)
            case Routine():
                found = self.inline(callee, node.args, node.keywords, node, result_used=result_used)
                if callee.observer and result_used and not self.mode.ghosts:
                    raise self.fail(
                        "MC302",
                        f"what `{callee.name}` returns is a ghost: only properties may read it",
                        node,
                        note="an observer looks at anything at any time; no code can",
                        help="call it for what it stores in ghosts, or from an assert",
                    )
                return found
            case Closure():
                if node.args or node.keywords:
                    raise self.fail("MC265", "a lambda takes no arguments", node)
                return self.run_closure(callee, node)
            case Storage(type=FnType()):
                targets = self.targets_of(callee)
                return self.call_through(self.load(callee, func), targets, node, result_used)
            case Scalar(type=FnType()):
                return self.call_through(callee, None, node, result_used)
            case _:
                raise self.fail(
                    "MC266",
                    f"{show_value(callee)} cannot be called",
                    func,
                    help="only routines, lambdas and `Fn` fields can",
                )

    def targets_of(self, field: Storage) -> list[str]:
        """The routines the program stores in a field."""
        key = self.fn_field(field.place)
        return self.fn_targets.get(key, []) if key else list(self.world.routine_values)

    def fn_field(self, place: ir.Place) -> tuple[str, str] | None:
        """The struct and field that a place of type Fn is."""
        for depth in range(len(place.path) - 1, -1, -1):
            part = place.path[depth]
            if isinstance(part, str):
                holder = self.type_at(ir.Place(place.root, place.path[:depth]))
                assert isinstance(holder, Embedded)
                return holder.struct, part
        return None

    def takes(self, routine: Routine, given: Sequence[Value]) -> bool:
        """Whether a routine can be called with these arguments, as far as their types say."""
        parameters = routine.node.args.args
        return len(parameters) == len(given) and all(
            self._may_be(self.annotated(routine, parameter), value)
            for parameter, value in zip(parameters, given, strict=True)
        )

    def _may_be(self, wanted: TypeName | str | None, value: Value) -> bool:
        if wanted is None or not isinstance(value, (Scalar, Storage)):
            return wanted != "Ref"
        if isinstance(wanted, str):
            return False
        of, needed = value.type, wanted.type
        of = PtrType(of.struct) if isinstance(of, Embedded) else of
        needed = PtrType(needed.struct) if isinstance(needed, Embedded) else needed
        containers = (Embedded, ArrayOf, QueueOf)
        if isinstance(of, containers) or isinstance(needed, containers):
            return of == needed
        return same_family(of, needed)

    def call_through(
        self, pointer: Scalar, targets: list[str] | None, node: ast.Call, result_used: bool
    ) -> Value:
        """A call of whichever routine a Fn value names: one of `targets`, which are all that can
        be there; None where that is not known, and then one that takes such arguments.
        """
        span = self.span(node)
        self.check(
            compare("!=", pointer.expr, constant(0, FnType())), "null-dereference", None, node
        )
        given = tuple(self.materialised(self.settled(a), a) for a in node.args)
        known = self.world.routine_values
        others = False
        if pointer.constant:
            targets = [n for n, i in self.world.routine_numbers.items() if i == pointer.constant]
        elif targets is None:
            targets = [name for name in known if self.takes(known[name], given)]
            others = len(targets) < len(known)
        if node.keywords:
            raise self.fail("MC267", "a call through `Fn` has no named arguments", node)
        done, nothing = self.builder.fresh_label(), self.builder.fresh_label()
        silent = ""  # a routine that returns nothing
        results: list[str] | None = None
        types: list[ScalarType] = []
        for position, name in enumerate(targets):
            routine = self.world.routine_values[name]
            if len(given) != len(routine.node.args.args):
                raise self.fail(
                    "MC267",
                    f"`{name}` takes {count(len(routine.node.args.args), 'argument')}, "
                    f"not {len(given)}",
                    node,
                    note="it is stored in the field that is called here",
                )
            other = ""
            if others or position < len(targets) - 1:
                then, other = self.builder.fresh_label(), self.builder.fresh_label()
                number = constant(self.world.routine_numbers[name], FnType())
                self.builder.close(
                    ir.Branch(compare("==", pointer.expr, number), then, other, span=span)
                )
                self.builder.open(then)
            value = self.inline(routine, [], [], node, given)
            items = list(value.items) if isinstance(value, TupleValue) else [value]
            if isinstance(value, NoneValue):
                if self.builder.reachable:
                    silent = name
                self.builder.jump(nothing, span)
            else:
                scalars = [
                    self.as_scalar(v, node, types[i] if i < len(types) else None)
                    for i, v in enumerate(items)
                ]
                if results is None:
                    results = [self.builder.temporary(s.type) for s in scalars]
                    types = [s.type for s in scalars]
                elif len(scalars) != len(results):
                    raise self.fail("MC271", "the routines called here return differently", node)
                types = [
                    self._joined_result(t, s, node) for t, s in zip(types, scalars, strict=True)
                ]
                for local, scalar in zip(results, scalars, strict=True):
                    self.builder.emit(ir.Assign(local, scalar.expr, span=span))
                self.builder.jump(done, span)
            if other:
                self.builder.open(other)
        if (others or not targets) and self.builder.reachable:
            said = "what is called takes other arguments" if others else "nothing is stored here"
            self.builder.emit(
                ir.Check(constant(0, BOOL), "null-dereference", None, said, span=span)
            )
            if not targets:
                return NoneValue()
            self.builder.jump(done, span)
        if silent:
            self.builder.open(nothing)
            if results is not None and result_used:
                self._return_nothing(silent, results, types, node)
            self.builder.jump(done, span)
        self.builder.resume(done, span)
        if results is None:
            return NoneValue()
        for local, of in zip(results, types, strict=True):
            self.builder.retype(local, of)
        values = tuple(Scalar(ir.Local(n), t) for n, t in zip(results, types, strict=True))
        return values[0] if len(values) == 1 else TupleValue(values)

    def _return_nothing(
        self, routine: str, results: list[str], types: list[ScalarType], node: ast.Call
    ) -> None:
        """None where the other routines return a pointer.

        Soundness: without this the caller would have what a call before it returned.
        """
        if len(types) > 1 or not isinstance(types[0], PtrType | ThreadIdType | FnType):
            raise self.fail(
                "MC271",
                f"`{routine}` returns nothing, other routines called here return something",
                node,
                note="it is stored in the field that is called here",
                help=f"let `{routine}` return something, too",
            )
        self.builder.emit(ir.Assign(results[0], constant(0, types[0]), span=self.span(node)))

    def text_argument(self, node: ast.expr) -> str:
        """An argument that is a string."""
        value = self.value(node)
        if not isinstance(value, Text):
            raise self.fail("MC272", "a string is needed here", node)
        return value.text

    def require_property_name(self, name: str, node: ast.expr) -> None:
        """Raise SpecError unless a spec may call a property so; the library may use all names."""
        if name in BUILT_IN:
            if not self.frame.module.library:
                raise self.fail(
                    "MC308",
                    f"`{name}` is the name of a built-in check",
                    node,
                    help="name the property of your spec",
                )
        elif not name.isidentifier():
            raise self.fail(
                "MC309",
                f"`{name}` is no name for a property",
                node,
                note="it is written in `violates=` and in reports",
                help="use letters, digits and underscores",
            )
