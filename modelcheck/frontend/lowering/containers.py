"""Methods of queues and sets: one access each."""

from __future__ import annotations

import ast

from modelcheck.diagnostics import did_you_mean
from modelcheck.frontend.kinds import literal
from modelcheck.frontend.lowering.context import Variable
from modelcheck.frontend.lowering.folds import Folds
from modelcheck.frontend.lowering.terms import (
    compare,
    constant,
)
from modelcheck.frontend.values import (
    NoneValue,
    Scalar,
    Storage,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    QueueOf,
    SetType,
)


class Containers(Folds):
    """`q.append(x)`, `s.add(x)`, …."""

    def method(self, holder: Value, name: str, node: ast.Call) -> Value:
        """`q.append(x)`, `s.add(x)`, …: one access."""
        assert isinstance(holder, (Storage, Scalar))
        if node.keywords:
            raise self.fail("MC268", f"`{name}` has no named parameters", node)
        if isinstance(holder.type, QueueOf):
            assert isinstance(holder, Storage)
            return self.queue_method(holder, holder.type, name, node)
        assert isinstance(holder.type, SetType)
        return self.set_method(holder, holder.type, name, node)

    def queue_method(self, queue: Storage, of: QueueOf, name: str, node: ast.Call) -> Value:
        """An operation on a queue."""
        verbs = ("append", "appendleft", "popleft", "pop", "remove", "clear")
        if name not in verbs:
            raise self.fail(
                "MC289", f"a queue has no `{name}`", node, help=did_you_mean(name, verbs)
            )
        takes_value = name in ("append", "appendleft", "remove")
        self.arguments(node, int(takes_value))
        value: Scalar | None = None
        if takes_value:
            given = self.settled(node.args[0])
            if name == "remove":
                value = self.sought(given, of.element, node.args[0])
            else:
                value = self.convert(given, of.element, node.args[0], queue.place)
            value = self.kept(value, node)
            where = self.fn_field(queue.place)
            if where is not None:
                self.note_fn(*where, value)
        self.check_writable(queue, node)
        if not queue.ghost:
            self.begin_step(node)
        self.check_access(queue, node, write=name == "clear")
        length = ir.QueueLength(queue.place)
        kind = self.kind_of(queue, None)
        local = None
        if name in ("append", "appendleft"):
            room = compare("<", length, literal(of.capacity).expr)
            self.check(room, "capacity", queue.place, node)
        elif name in ("popleft", "pop"):
            self.check(
                compare("<", literal(0).expr, length),
                "out-of-bounds",
                queue.place,
                node,
                "the queue is empty",
            )
            local = self.builder.temporary(of.element)
        elif name == "remove":
            assert value is not None
            self.check(
                ir.QueueContains(queue.place, value.expr),
                "out-of-bounds",
                queue.place,
                node,
                "it is not in the queue",
            )
        self.builder.emit(
            ir.QueueOp(
                name,  # type: ignore[arg-type]  # one of `verbs`
                queue.place,
                kind,
                value.expr if value else None,
                local,
                span=self.span(node),
            )
        )
        return Scalar(ir.Local(local), of.element) if local else NoneValue()

    def set_method(self, holder: Storage | Scalar, of: SetType, name: str, node: ast.Call) -> Value:
        """An operation on a set."""
        verbs = ("add", "discard", "clear")
        if name not in verbs:
            raise self.fail(
                "MC289",
                f"a set has no `{name}`",
                node,
                help=did_you_mean(name, verbs) or ("write `discard`" if name == "remove" else ""),
            )
        self.arguments(node, 0 if name == "clear" else 1)
        bit: Scalar | None = None
        if name != "clear":
            value = self.settled_element(node.args[0], of.element)
            bit = self.kept(self.bit_of(value, of.element, node), node)
        op = {"add": "bit-set", "discard": "bit-clear", "clear": ""}[name]
        if isinstance(holder, Scalar):
            variable = self.variable_of(node)
            after: ir.Expr = constant(0, of)
            if bit is not None:
                after = ir.Apply(op, (ir.Local(variable.local), bit.expr), of)
            self.builder.emit(ir.Assign(variable.local, after, span=self.span(node)))
            return NoneValue()
        self.check_writable(holder, node)
        if not holder.ghost:
            self.begin_step(node)
        self.check_access(holder, node, write=name == "clear")
        kind = self.kind_of(holder, None)
        after = constant(0, of)
        if bit is not None:
            inner = ir.Kind.GHOST if holder.ghost else ir.Kind.SILENT
            after = ir.Apply(op, (ir.Read(holder.place, inner), bit.expr), of)
        self.builder.emit(ir.Store(holder.place, after, kind, span=self.span(node)))
        return NoneValue()

    def variable_of(self, node: ast.Call) -> Variable:
        """The local whose method is called."""
        func = node.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            bound = self.frame.names.get(func.value.id)
            if isinstance(bound, Variable):
                return bound
        raise self.fail(
            "MC290",
            "this set cannot be changed",
            node,
            help="keep it in a variable with an annotation: `s: Set[…]`",
        )
