"""Expressions: names, places, and which part of the language each form belongs to."""

from __future__ import annotations

import ast

from modelcheck.diagnostics import InternalError
from modelcheck.frontend.constants import BINARY, bool_value
from modelcheck.frontend.lowering.context import Variable
from modelcheck.frontend.lowering.generators import Generators
from modelcheck.frontend.lowering.terms import (
    constant,
    show_value,
)
from modelcheck.frontend.values import (
    Closure,
    EnumClass,
    NoneValue,
    ObjectArray,
    Pool,
    Scalar,
    Storage,
    Text,
    ThreadName,
    TupleValue,
    TypeName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    THREAD_ID,
    ArrayOf,
    Embedded,
    PtrType,
    QueueOf,
    RangeType,
    ThreadIdType,
)

UNSURE = NoneValue()  # in a lambda: a name that may have no value

UNKNOWN = NoneValue()  # a name whose assignment was refused


class Expressions(Generators):
    """What expressions stand for."""

    def value(self, node: ast.expr) -> Value:
        """What an expression stands for; places are not loaded yet."""
        match node:
            case ast.Name(id=name):  # most are these
                return self.name(name, node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Constant(value=None):
                return NoneValue()
            case ast.Constant(value=bool(value)):
                return bool_value(value)
            case ast.Constant(value=int(value)):
                return self.world.number_value(value, self.span(node))
            case ast.Constant(value=str(text)):
                return Text(text, self.span(node))
            case ast.Subscript():
                return self.subscript(node)
            case ast.UnaryOp(op=op, operand=operand):
                return self.unary(op, operand, node)
            case ast.BinOp(op=ast.Pow()):
                return self.world.constant(self.frame.module, node)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return self.binary(BINARY[type(op)], left, right, node)
            case ast.BoolOp() | ast.Compare():
                return self.truth(node)
            case ast.IfExp():
                return self.conditional(node)
            case ast.Call():
                return self.call(node)
            case ast.Lambda():
                return Closure(node, self.visible_names(), self.frame.module)
            case ast.Tuple(elts=elts):
                return TupleValue(tuple(self.settled(e) for e in elts))
            case ast.Set(elts=elts):
                return self.set_display(elts, node)
            case ast.SetComp():
                return self.set_comprehension(node)
            case _:
                raise InternalError(f"{self.span(node)}: `restrict` let this expression through")

    def visible_names(self) -> dict[str, object]:
        """What a lambda written here sees: the names that surely have a value."""
        frame = self.frame
        return {
            name: bound if name in frame.assigned else UNSURE
            for name, bound in frame.names.items()
            if name not in frame.globals
        }

    def name(self, name: str, node: ast.expr) -> Value:
        """A local, or a declaration of the file."""
        frame = self.frames[-1]
        bound = None if name in frame.globals else frame.names.get(name)
        if bound is UNKNOWN:
            raise self.reported()
        if bound is not None:
            if name not in frame.assigned or bound is UNSURE:
                raise self.fail(
                    "MC248",
                    f"`{name}` may have no value here",
                    node,
                    note="some way to this place does not assign it",
                    help="assign it before the branch or loop",
                )
            if isinstance(bound, Variable):
                return Scalar(ir.Local(bound.local), bound.type)
            return bound
        if name in frame.counts and name not in frame.globals:
            if name in frame.module.names:
                raise self.fail(
                    "MC249",
                    f"`{name}` is assigned in this routine without `global`",
                    node,
                    note="as in Python, that makes it a local of the routine",
                    help=f"say `global {name}`, or use another name",
                )
            raise self.fail("MC248", f"`{name}` has no value here yet", node)
        if name in frame.loop_names and name not in frame.globals:
            raise self.fail(
                "MC248",
                f"`{name}` has a value in its loop only",
                node,
                note="it is the variable of a loop of this routine",
                help="assign what you need to a local",
            )
        found = self.world.resolve(frame.module, name, self.span(node))
        if found is None:
            raise self.reported()
        return found

    def attribute(self, node: ast.Attribute) -> Value:
        """`p.field`, `Mode.READ`."""
        base = self.value(node.value)
        if isinstance(base, (EnumClass, TypeName)):
            return self.world.constant_attribute(
                self.frame.module, node.value, node.attr, self.span(node)
            )
        storage = self.struct_behind(base, node)
        assert isinstance(storage.type, Embedded)
        struct = self.world.structs[storage.type.struct]
        field = self.world.field_of(struct.name, node.attr, self.span(node))
        return Storage(
            ir.Place(storage.place.root, (*storage.place.path, node.attr)),
            field.type,
            ghost=storage.ghost or field.ghost,
            marked=struct.marked,
            shown=self.frame.module.text(node),
        )

    def struct_behind(self, base: Value, node: ast.expr) -> Storage:
        """The struct whose field is named: follows a pointer, loading it where it is shared."""
        if isinstance(base, Storage) and isinstance(base.type, PtrType):
            base = self.load(base, node)
        match base:
            case Storage(type=Embedded()):
                return base
            case Scalar(type=PtrType(struct)):
                if base.constant == 0:
                    raise self.fail("MC250", "this is None", node)
                return Storage(self.place_behind(base), Embedded(struct), ghost=self.ghost_at(base))
            case NoneValue():
                raise self.fail("MC250", "this is None", node)
            case _:
                attr = node.attr if isinstance(node, ast.Attribute) else "…"
                raise self.fail(
                    "MC230",
                    f"{show_value(base)} has no `{attr}`",
                    node,
                    help="methods exist only on queues and sets"
                    if isinstance(base, (ObjectArray, Pool))
                    else "",
                )

    def ghost_at(self, pointer: Scalar) -> bool:
        """Whether a pointer known here points into a ghost object."""
        if isinstance(pointer.expr, ir.AddressOf):
            root = pointer.expr.place.root
            if isinstance(root, ir.ObjectRoot):
                obj = self.world.objects.get(root.object)
                return obj is not None and obj.ghost
        return False

    def subscript(self, node: ast.Subscript) -> Value:
        """`files[me]`, `t.fd[n]`, `q[0]`, `counts[current()]`."""
        base = self.value(node.value)
        match base:
            case ObjectArray(per_thread=True):
                thread = self.scalar(node.slice, THREAD_ID)
                if not isinstance(thread.type, ThreadIdType):
                    raise self.fail(
                        "MC251",
                        f"`{base.name}` has one element per thread",
                        node.slice,
                        help=f"index it with a ThreadId: `{base.name}[current()]`",
                    )
                one = constant(1, RangeType(1, 1))
                of = RangeType(0, max(self.world.thread_count - 1, 0))
                index: ir.Expr = ir.Apply("-", (thread.expr, one), of)
                place = ir.Place(ir.ObjectRoot(base.name, index))
                return Storage(
                    place, base.type, ghost=base.ghost, shown=self.frame.module.text(node)
                )
            case ObjectArray():
                number = self.index(node.slice)
                if number.constant is not None:
                    self.check_index(
                        number.expr, base.count, ir.Place(ir.ObjectRoot(base.name)), node
                    )
                place = ir.Place(ir.ObjectRoot(base.name, number.expr))
                return Storage(
                    place, base.type, ghost=base.ghost, shown=self.frame.module.text(node)
                )
            case ThreadName(name, count):
                number = self.index(node.slice)
                if number.constant is None or not 0 <= number.constant < count:
                    raise self.fail("MC225", f"`{name}` has {count} copies, from 0", node)
                return Scalar(ir.ThreadOf(name, number.expr), THREAD_ID)
            case Storage(place, ArrayOf(element) | QueueOf(element) as of):
                number = self.index(node.slice)
                if isinstance(of, ArrayOf) and number.constant is not None:
                    self.check_index(number.expr, of.count, place, node)
                return Storage(
                    ir.Place(place.root, (*place.path, number.expr)),
                    element,
                    ghost=base.ghost,
                    marked=base.marked,
                    shown=self.frame.module.text(node),
                )
            case TupleValue(items):
                number = self.index(node.slice)
                if number.constant is not None and 0 <= number.constant < len(items):
                    return items[number.constant]
                raise self.fail("MC225", f"the tuple has {len(items)} values, from 0", node)
            case _:
                raise self.fail("MC226", f"{show_value(base)} has no elements", node)
