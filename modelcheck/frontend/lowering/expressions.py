"""Expressions: names, operators, conditions, and what may stand only within one step."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from modelcheck.frontend.constants import BINARY, COMPARE, bool_value
from modelcheck.frontend.lowering.context import Variable
from modelcheck.frontend.lowering.places import (
    Places,
    both,
    compare,
    constant,
    either_of,
    interval,
    negated,
    show_value,
)
from modelcheck.frontend.values import (
    Closure,
    EnumClass,
    Items,
    NoneValue,
    ObjectArray,
    Pool,
    Routine,
    Scalar,
    Storage,
    Text,
    ThreadName,
    TupleValue,
    TypeName,
    Value,
)
from modelcheck.frontend.world import is_number, literal, same_family
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    FnType,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    ValueType,
    WordType,
)

UNSURE = NoneValue()  # in a lambda: a name that may have no value
UNKNOWN = NoneValue()  # a name whose assignment was refused

FAULTY = {"//": "arithmetic", "%": "arithmetic", "<<": "arithmetic", ">>": "arithmetic"}


class Expressions(Places):
    """Values of expressions."""

    # -- names and places

    def value(self, node: ast.expr) -> Value:
        """What an expression stands for; places are not loaded yet."""
        match node:
            case ast.Constant(value=None):
                return NoneValue()
            case ast.Constant(value=bool(value)):
                return bool_value(value)
            case ast.Constant(value=int(value)):
                return self.world.number_value(value, self.span(node))
            case ast.Constant(value=str(text)):
                return Text(text, self.span(node))
            case ast.Name(id=name):
                return self.name(name, node)
            case ast.Attribute():
                return self.attribute(node)
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
        frame = self.frame
        if name in frame.globals:
            bound = None
        else:
            bound = frame.names.get(name)
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
            shown=ast.unparse(node),
        )

    def struct_behind(self, base: Value, node: ast.expr) -> Storage:
        """The struct whose field is named: follows a pointer, loading it where it is shared."""
        if isinstance(base, Storage) and not isinstance(base.type, Embedded):
            if isinstance(base.type, PtrType):
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
                return Storage(place, base.type, ghost=base.ghost, shown=ast.unparse(node))
            case ObjectArray():
                number = self.index(node.slice)
                if number.constant is not None:
                    self.check_index(
                        number.expr, base.count, ir.Place(ir.ObjectRoot(base.name)), node
                    )
                place = ir.Place(ir.ObjectRoot(base.name, number.expr))
                return Storage(place, base.type, ghost=base.ghost, shown=ast.unparse(node))
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
                    shown=ast.unparse(node),
                )
            case TupleValue(items):
                number = self.index(node.slice)
                if number.constant is not None and 0 <= number.constant < len(items):
                    return items[number.constant]
                raise self.fail("MC225", f"the tuple has {len(items)} values, from 0", node)
            case _:
                raise self.fail("MC226", f"{show_value(base)} has no elements", node)

    def index(self, node: ast.expr) -> Scalar:
        """An element number."""
        number = self.scalar(node)
        if not is_number(number.type):
            raise self.fail(
                "MC252",
                f"an element number is needed, not {show_value(number)}",
                node,
            )
        if number.constant is not None and number.constant < 0:
            raise self.fail(
                "MC225",
                f"there is no element {number.constant}",
                node,
                note="elements are numbered from 0; -1 is none",
            )
        return number

    # -- run-time values

    def settled(self, node: ast.expr) -> Value:
        """A value that does not depend on later changes: places are loaded."""
        return self.settle(self.value(node), node)

    def settle(self, value: Value, node: ast.AST) -> Value:
        """Load a place; anything else as it is."""
        if isinstance(value, Storage) and not isinstance(value.type, (ArrayOf, QueueOf)):
            return self.load(value, node)
        return value

    def scalar(self, node: ast.expr, expected: ScalarType | None = None) -> Scalar:
        """The run-time value of an expression; None takes the expected type."""
        return self.as_scalar(self.settled(node), node, expected)

    def as_scalar(self, value: Value, node: ast.AST, expected: ScalarType | None = None) -> Scalar:
        """A value that exists at run time."""
        match value:
            case Scalar():
                return value
            case NoneValue() if isinstance(expected, (PtrType, ThreadIdType, FnType)):
                return Scalar(constant(0, expected), expected)
            case NoneValue():
                raise self.fail(
                    "MC253",
                    "None of what? The type is not known here",
                    node,
                    help="annotate the variable: `p: Ptr[…] = None`",
                )
            case Routine() as routine if expected is None or isinstance(expected, FnType):
                return self.convert(routine, FnType(), node, None)
            case ThreadName():
                return self.thread_value(value, node)
            case Text():
                raise self.fail("MC141", "a string is no value here", node)
            case _:
                raise self.fail("MC255", f"{show_value(value)} is no value here", node)

    # -- operators

    def unary(self, op: ast.unaryop, operand: ast.expr, node: ast.expr) -> Value:
        """`not c`, `-n`, `~n`."""
        if isinstance(op, ast.Not):
            return self.truth(node)
        number = self.scalar(operand)
        if not is_number(number.type):
            raise self.fail("MC256", f"{show_value(number)} is no number", operand)
        symbol = {ast.USub: "neg", ast.Invert: "~"}.get(type(op))
        if symbol is None:
            return number
        return self.apply(symbol, (number,), node)

    def binary(self, op: str, left: ast.expr, right: ast.expr, node: ast.expr) -> Scalar:
        """Arithmetic, left operand first."""
        one = self.scalar(left)
        if self.mode.observer and any(isinstance(n, ast.Call) for n in ast.walk(right)):
            # The right side may store a ghost that the left side has read.
            one = self.temporary_of(one.expr, one.type, node) if one.constant is None else one
        two = self.scalar(right)
        return self.operate(op, one, two, node, left, right)

    def operate(
        self, op: str, one: Scalar, two: Scalar, node: ast.AST, left: ast.AST, right: ast.AST
    ) -> Scalar:
        """Arithmetic on values; sets know `|`, `&`, `-` and `^`."""
        if isinstance(one.type, SetType) and one.type == two.type and op in ("|", "&", "-", "^"):
            return self.set_arithmetic(op, one, two)
        for value, where in ((one, left), (two, right)):
            if not is_number(value.type):
                raise self.fail(
                    "MC256",
                    f"{show_value(value)} is no number",
                    where,
                    note="enum members, pointers and ThreadIds have no arithmetic"
                    if not isinstance(value.type, BoolType)
                    else "a Bool is no number",
                )
        self.check_operands(op, two, node)
        return self.apply(op, (one, two), node)

    def check_operands(self, op: str, right: Scalar, node: ast.AST) -> None:
        """Division by zero and shifts outside 0 … 63 are `arithmetic`."""
        if op not in FAULTY:
            return
        lo, hi = interval(right)
        if right.constant is not None:
            if op in ("//", "%") and right.constant == 0:
                raise self.fail("MC231", "this divides by zero", node)
            if op in ("<<", ">>") and not 0 <= right.constant <= 63:
                raise self.fail("MC231", f"a shift by {right.constant} is outside 0 … 63", node)
            return
        if op in ("//", "%"):
            if lo <= 0 <= hi:
                self.check(compare("!=", right.expr, literal(0).expr), "arithmetic", None, node)
        else:
            if lo < 0:
                self.check(compare("<=", literal(0).expr, right.expr), "arithmetic", None, node)
            if hi > 63:
                self.check(compare("<=", right.expr, literal(63).expr), "arithmetic", None, node)

    def set_arithmetic(self, op: str, one: Scalar, two: Scalar) -> Scalar:
        """Union, intersection, difference, symmetric difference."""
        a, b, of = one.expr, two.expr, one.type
        if op == "-":
            return Scalar(ir.Apply("^", (a, ir.Apply("&", (a, b), of)), of), of)
        return Scalar(ir.Apply(op, (a, b), of), of)

    # -- conditions

    def truth(self, node: ast.expr) -> Scalar:
        """A condition as a value: without branches where nothing happens on the way."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand)
                return Scalar(negated(inner.expr), BOOL)
            case ast.BoolOp(op=op, values=values):
                return self.connect(isinstance(op, ast.And), values, node)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                if len(ops) == 1:
                    return self.comparison(left, ops[0], rights[0], node)
                return self.chain(node)
            case _:
                value = self.scalar(node)
                if not isinstance(value.type, BoolType):
                    raise self.fail(
                        "MC257",
                        f"a condition is a Bool, not {show_value(value)}",
                        node,
                        note="nothing else has truth here",
                        help=truth_help(value.type, ast.unparse(node)),
                    )
                return value

    def connect(self, conjunction: bool, values: list[ast.expr], node: ast.expr) -> Scalar:
        """`and`, `or`: short circuit, as branches where the right side does something."""
        left = self.truth(values[0])
        if len(values) == 1:
            return left
        rest = ast.copy_location(ast.BoolOp(node.op, values[1:]), values[1])  # type: ignore[attr-defined]  # a BoolOp
        return self.short_circuit(
            conjunction, left, lambda: self.connect(conjunction, values[1:], rest), node
        )

    def short_circuit(
        self, conjunction: bool, left: Scalar, right: Callable[[], Scalar], node: ast.expr
    ) -> Scalar:
        """Combine two conditions, the second evaluated only where it matters."""
        if left.constant is not None:
            if bool(left.constant) != conjunction:
                return left
            return right()
        builder = self.builder
        before, position = builder.current, len(builder.blocks)
        if before is None:
            return left
        more = builder.fresh_label()
        builder.open(more)
        trial = builder.mark()
        value = right()
        if builder.unchanged_since(trial):
            builder.current = before
            combine = both if conjunction else either_of
            return Scalar(combine(left.expr, value.expr), BOOL)
        span = self.span(node)
        result, done = builder.temporary(BOOL), builder.fresh_label()
        builder.emit(ir.Assign(result, value.expr, span=span))
        builder.jump(done, span)
        before.instrs.append(ir.Assign(result, left.expr, span=span))
        then, other = (more, done) if conjunction else (done, more)
        builder.close_at(position, before, ir.Branch(ir.Local(result), then, other, span=span))
        builder.open(done)
        return Scalar(ir.Local(result), BOOL)

    def condition(self, node: ast.expr, then: str, other: str) -> None:
        """Branch on a condition; short circuits become branches, so nothing has to be kept."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.condition(operand, other, then)
            case ast.BoolOp(op=op, values=values):
                for value in values[:-1]:
                    more = self.builder.fresh_label()
                    if isinstance(op, ast.And):
                        self.condition(value, more, other)
                    else:
                        self.condition(value, then, more)
                    if not self.builder.is_target(more):
                        return
                    self.builder.open(more)
                self.condition(values[-1], then, other)
            case _:
                self.branch(self.truth(node), then, other, node)

    def branch(self, value: Scalar, then: str, other: str, node: ast.AST) -> None:
        """End the block on a value; on a constant, one way is all there is."""
        span = self.span(node)
        if value.constant is not None:
            self.builder.jump(then if value.constant else other, span)
        else:
            self.builder.close(ir.Branch(value.expr, then, other, span=span))

    def comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr, node: ast.expr) -> Scalar:
        """One comparison."""
        if isinstance(op, (ast.In, ast.NotIn)):
            found = self.membership(left, right, node)
            return Scalar(negated(found.expr), BOOL) if isinstance(op, ast.NotIn) else found
        one, two = self.settled(left), self.settled(right)
        return self.compared(COMPARE[type(op)], one, two, node, left, right)

    def compared(
        self, op: str, one: Value, two: Value, node: ast.AST, left: ast.AST, right: ast.AST
    ) -> Scalar:
        """Compare two values of one kind."""
        if isinstance(one, NoneValue) and isinstance(two, NoneValue):
            return bool_value(op == "==")
        expected = next((v.type for v in (one, two) if isinstance(v, Scalar)), None)
        if isinstance(one, Routine) or isinstance(two, Routine):
            expected = FnType()
        if isinstance(one, (ThreadName,)) or isinstance(two, ThreadName):
            expected = THREAD_ID
        a = self.as_scalar(one, left, expected)
        b = self.as_scalar(two, right, expected)
        if isinstance(a.type, SetType) and b.constant == 0 and isinstance(b.type, SetType):
            b = Scalar(b.expr, a.type)
        if not same_family(a.type, b.type):
            raise self.fail(
                "MC258",
                f"{show_value(a)} and {show_value(b)} cannot be compared",
                node,
            )
        if op not in ("==", "!=") and not is_number(a.type):
            raise self.fail(
                "MC259",
                f"{show_value(a)} has no order",
                node,
                note="only numbers are more or less than others",
            )
        if isinstance(a.expr, ir.AddressOf) and b.constant == 0:
            return bool_value(op == "!=")
        if isinstance(b.expr, ir.AddressOf) and a.constant == 0:
            return bool_value(op == "!=")
        if is_number(a.type):
            decided = decide(op, interval(a), interval(b))
            if decided is not None:
                return bool_value(decided)
        return Scalar(compare(op, a.expr, b.expr), BOOL)

    def chain(self, node: ast.Compare) -> Scalar:
        """`a < b <= c`: the middle is evaluated once, the rest only where it matters."""
        if any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops) or len(node.ops) > 2:
            raise self.fail(
                "MC260",
                "a chain compares at most three values, and without `in`",
                node,
                help="join two conditions with `and`",
            )
        first = self.settled(node.left)
        middle = self.settled(node.comparators[0])
        left = self.compared(
            COMPARE[type(node.ops[0])], first, middle, node, node.left, node.comparators[0]
        )

        def rest() -> Scalar:
            right = self.settled(node.comparators[1])
            value = self.compared(
                COMPARE[type(node.ops[1])],
                middle,
                right,
                node,
                node.comparators[0],
                node.comparators[1],
            )
            return value

        return self.short_circuit(True, left, rest, node)

    def membership(self, left: ast.expr, right: ast.expr, node: ast.expr) -> Scalar:
        """`x in q`, `x in s`, `m in (A, B)`."""
        if isinstance(right, (ast.Tuple, ast.Set)):
            one = self.settled(left)
            result: Scalar = bool_value(False)
            for item in right.elts:
                same = self.compared("==", one, self.settled(item), node, left, item)
                result = Scalar(either_of(result.expr, same.expr), BOOL)
            return result
        holder = self.value(right)
        of = holder.type if isinstance(holder, (Storage, Scalar)) else None
        match of:
            case QueueOf(element):
                assert isinstance(holder, Storage)
                value = self.convert(self.settled(left), element, left, None)
                self.read_queue(holder, node)
                found = ir.QueueContains(holder.place, value.expr)
                return self.within_step(found, BOOL, node)
            case SetType(element):
                value = self.settled_element(left, element)
                mask = self.as_scalar(self.settle(holder, node), node)
                return Scalar(self.set_has(mask, value, element), BOOL)
            case _:
                raise self.fail(
                    "MC261",
                    f"{show_value(holder)} holds no elements",
                    right,
                    note="`in` asks queues, sets and written tuples",
                )

    def within_step(self, expr: ir.Expr, type: ScalarType, node: ast.AST) -> Scalar:
        """Keep what was seen in this step: in pure contexts the expression itself."""
        if self.mode.pure:
            return Scalar(expr, type)
        return Scalar(self.temporary(expr, type, node), type)

    def read_queue(self, queue: Storage, node: ast.AST) -> None:
        """Looking at a queue is one access."""
        if queue.ghost and not self.mode.ghosts:
            raise self.fail(
                "MC302", f"`{queue.shown}` is a ghost: only properties may read it", node
            )
        if self.mode.pure or queue.ghost:
            self.check_access(queue, node)
            return
        self.begin_step(node)
        self.check_access(queue, node)
        kind = self.kind_of(queue, None)
        self.builder.emit(ir.QueueOp("read", queue.place, kind, span=self.span(node)))

    # -- sets

    def settled_element(self, node: ast.expr, element: ScalarType) -> Scalar:
        """A value that may be an element of a set."""
        value = self.settled(node)
        if isinstance(element, RangeType):
            scalar = self.as_scalar(value, node)
            if not is_number(scalar.type):
                raise self.fail("MC256", f"{show_value(scalar)} is no number", node)
            return scalar
        return self.convert(value, element, node, None)

    def bit_of(self, value: Scalar, element: ScalarType, node: ast.AST) -> Scalar:
        """The number of the bit that stands for an element; what is none fails."""
        first = element.lo if isinstance(element, RangeType) else 0
        if isinstance(element, (PtrType, ThreadIdType)):
            first = 1
            self.check(
                compare("!=", value.expr, constant(0, element)), "null-dereference", None, node
            )
        if isinstance(element, RangeType):
            value = self.convert(value, element, node, None)
        if first == 0:
            return value
        of = RangeType(0, 62)
        if value.constant is not None:
            return Scalar(ir.Const(value.constant - first, of), of)
        return Scalar(ir.Apply("-", (value.expr, constant(first, of)), of), of)

    def set_has(self, mask: Scalar, value: Scalar, element: ScalarType) -> ir.Expr:
        """Whether a set holds a value; None and numbers outside are never elements."""
        first = element.lo if isinstance(element, RangeType) else 0
        inside: ir.Expr = constant(1, BOOL)
        if isinstance(element, (PtrType, ThreadIdType)):
            first = 1
            inside = compare("!=", value.expr, constant(0, element))
        if isinstance(element, RangeType):
            lo, hi = interval(value)
            if lo < element.lo:
                inside = both(inside, compare("<=", literal(element.lo).expr, value.expr))
            if hi > element.hi:
                inside = both(inside, compare("<=", value.expr, literal(element.hi).expr))
        of = RangeType(-(1 << 32), 1 << 32)
        if value.constant is not None:
            bit: ir.Expr = ir.Const(value.constant - first, of)
        elif first:
            bit = ir.Apply("-", (value.expr, ir.Const(first, of)), of)
        else:
            bit = value.expr
        return both(inside, ir.Apply("bit-test", (mask.expr, bit), BOOL))

    def set_display(self, elts: list[ast.expr], node: ast.expr) -> Scalar:
        """`{a, b}`: all elements of one type."""
        values = [self.settled(e) for e in elts]
        first = next((v for v in values if isinstance(v, Scalar)), None)
        if first is None:
            raise self.fail("MC262", "the type of this set is not known", node)
        numbers = [v.constant for v in values if isinstance(v, Scalar)]
        element: ScalarType = first.type
        if is_number(element):
            known = [n for n in numbers if n is not None]
            if len(known) != len(values):
                raise self.fail("MC262", "numbers in a written set are constants", node)
            element = RangeType(min(known), max(known))
        of = self.set_of(element, node)
        mask: ir.Expr = ir.Const(0, of)
        for value, where in zip(values, elts, strict=True):
            scalar = self.as_scalar(value, where, element)
            bit = self.bit_of(scalar, element, where)
            mask = ir.Apply("bit-set", (mask, bit.expr), of)
        return Scalar(mask, of)

    def set_of(self, element: ScalarType, node: ast.AST) -> SetType:
        """A set type, where values of that type can be elements."""
        from modelcheck.frontend.constants import set_element

        return SetType(set_element(element, self.span(node)))

    def set_comprehension(self, node: ast.SetComp) -> Scalar:
        """`{t for t in threads() if …}`, within one step."""
        self.need_one_step(node, "a set comprehension")
        of: SetType | None = None
        with self.trying():
            for _ in self.generate(node.generators, 0):
                value = self.scalar(node.elt)
                number = is_number(value.type)
                of = self.set_of(RangeType(*interval(value)) if number else value.type, node)
                break
        if of is None:
            raise self.fail("MC262", "this set can have no elements", node)
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

    # -- conditional values

    def conditional(self, node: ast.IfExp) -> Value:
        """`a if c else b`."""
        test = self.truth(node.test)
        if test.constant is not None:
            return self.settled(node.body if test.constant else node.orelse)
        builder = self.builder
        before, position = builder.current, len(builder.blocks)
        if before is None:
            return self.settled(node.body)
        then, other = builder.fresh_label(), builder.fresh_label()
        builder.open(then)
        one = self.settled(node.body)
        first, middle = builder.current, len(builder.blocks)
        builder.open(other)
        two = self.settled(node.orelse)
        second = builder.current
        assert first is not None
        assert second is not None
        of = self.joined(one, two, node)
        nothing = len(builder.blocks) == position and not first.instrs and not second.instrs
        if nothing:
            builder.current = before
            a, b = self.convert(one, of, node, None), self.convert(two, of, node, None)
            return Scalar(ir.Apply("ite", (test.expr, a.expr, b.expr), of), of)
        span = self.span(node)
        result, done = builder.temporary(of), builder.fresh_label()
        for block, value, arm in ((second, two, node.orelse), (first, one, node.body)):
            builder.current = block
            fitted = self.convert(value, of, arm, None)
            block.instrs.append(ir.Assign(result, fitted.expr, span=span))
            where = len(builder.blocks) if block is second else middle
            builder.close_at(where, block, ir.Jump(done, span=span))
        builder.close_at(position, before, ir.Branch(test.expr, then, other, span=span))
        builder.open(done)
        return Scalar(ir.Local(result), of)

    def joined(self, one: Value, two: Value, node: ast.AST) -> ScalarType:
        """The type that both values fit."""
        scalars = [v for v in (one, two) if isinstance(v, Scalar)]
        routines = [v for v in (one, two) if isinstance(v, Routine)]
        if routines:
            return FnType()
        if not scalars:
            raise self.fail("MC253", "the type is not known here", node)
        if len(scalars) == 1:
            return scalars[0].type
        joined = join_types(scalars[0], scalars[1])
        if joined is None:
            raise self.fail(
                "MC258", f"{show_value(scalars[0])} or {show_value(scalars[1])}: which type?", node
            )
        return joined

    # -- generators

    def need_one_step(self, node: ast.AST, what: str) -> None:
        """Looking at many places at once needs a context that is one step."""
        if not self.mode.one_step:
            raise self.fail(
                "MC130",
                f"{what} looks at many places at once",
                node,
                note="outside one step other threads run in between",
                help="write the loop, or put it into `with atomic():` if the kernel does it at once",
            )

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

    def items(self, node: ast.expr) -> Items:
        """What `for` and generators run over."""
        value = self.value(node)
        return self.items_of(value, node)

    def items_of(self, value: Value, node: ast.expr) -> Items:
        """The elements of an array, queue, set, range, …, each with when it takes part."""
        match value:
            case Items():
                return value
            case ObjectArray(name, of, count, per_thread, ghost):
                if per_thread:
                    return Items(
                        tuple(
                            (
                                Storage(
                                    ir.Place(ir.ObjectRoot(name, self.thread_index(thread.expr))),
                                    of,
                                    ghost=ghost,
                                ),
                                None,
                            )
                            for thread in self.all_threads()
                        )
                    )
                return Items(
                    tuple(
                        (
                            Storage(
                                ir.Place(ir.ObjectRoot(name, literal(i).expr)),
                                of,
                                ghost=ghost,
                                shown=f"{name}[{i}]",
                            ),
                            None,
                        )
                        for i in range(count)
                    )
                )
            case Storage(place, ArrayOf(element, count)):
                return Items(
                    tuple(
                        (
                            Storage(
                                ir.Place(place.root, (*place.path, literal(i).expr)),
                                element,
                                ghost=value.ghost,
                                marked=value.marked,
                                shown=f"{value.shown}[{i}]",
                            ),
                            None,
                        )
                        for i in range(count)
                    )
                )
            case Storage(place, QueueOf(element, capacity)):
                self.need_one_step(node, "a loop over a queue")
                self.read_queue(value, node)
                return Items(
                    tuple(
                        (
                            Storage(
                                ir.Place(place.root, (*place.path, literal(i).expr)),
                                element,
                                ghost=value.ghost,
                                marked=value.marked,
                            ),
                            compare("<", literal(i).expr, ir.QueueLength(place)),
                        )
                        for i in range(capacity)
                    )
                )
            case Storage(type=SetType()) | Scalar(type=SetType()):
                self.need_one_step(node, "a loop over a set")
                mask = self.as_scalar(self.settle(value, node), node)
                assert isinstance(mask.type, SetType)
                return Items(
                    tuple(
                        (member, self.set_has(mask, member, mask.type.element))
                        for member in self.domain(mask.type.element)
                    )
                )
            case TypeName():
                raise self.fail("MC263", "a type has no elements", node, help="write `objects(T)`")
            case _:
                raise self.fail(
                    "MC263",
                    f"`for` cannot run over {show_value(value)}",
                    node,
                    help="it runs over `range(…)` of constants, arrays and `any_order(…)`",
                )

    def thread_index(self, thread: ir.Expr) -> ir.Expr:
        """The element of a per-thread array that belongs to a ThreadId."""
        of = RangeType(0, max(self.world.thread_count - 1, 0))
        return ir.Apply("-", (thread, constant(1, RangeType(1, 1))), of)

    def all_threads(self) -> list[Scalar]:
        """Every thread of the program as a value."""
        return [
            Scalar(ir.ThreadOf(t.name, literal(i).expr), THREAD_ID)
            for t in self.world.threads.values()
            for i in range(t.count)
        ]

    def domain(self, element: ScalarType) -> list[Scalar]:
        """All values that can be elements of a set."""
        match element:
            case BoolType():
                return [bool_value(False), bool_value(True)]
            case EnumType(members=members):
                return [Scalar(ir.Const(i, element), element) for i in range(len(members))]
            case RangeType(lo, hi):
                return [literal(i) for i in range(lo, hi + 1)]
            case ThreadIdType():
                return self.all_threads()
            case PtrType(struct):
                return [Scalar(ir.AddressOf(place), element) for place in self.places_of(struct)]
            case _:
                return []

    def places_of(self, struct: str) -> list[ir.Place]:
        """Every place of a struct in the declared objects."""
        found: list[ir.Place] = []
        for obj in self.world.objects.values():
            if obj.kind == "per_thread":
                roots = [
                    ir.ObjectRoot(obj.name, self.thread_index(t.expr)) for t in self.all_threads()
                ]
            elif obj.kind == "local":
                copies = self.world.threads[obj.template].count
                roots = [ir.ObjectRoot(obj.name, literal(i).expr) for i in range(copies)]
            elif obj.count is None:
                roots = [ir.ObjectRoot(obj.name)]
            else:
                roots = [ir.ObjectRoot(obj.name, literal(i).expr) for i in range(obj.count)]
            for root in roots:
                found += [ir.Place(root, path) for path in self.paths_to(obj.type, struct)]
        return found

    def paths_to(self, of: ValueType, struct: str) -> list[tuple[str | ir.Expr, ...]]:
        """Where structs of a name lie inside a value of a type, outermost first."""
        match of:
            case Embedded(name):
                found: list[tuple[str | ir.Expr, ...]] = [()] if name == struct else []
                for field in self.world.structs[name].fields:
                    found += [(field.name, *rest) for rest in self.paths_to(field.type, struct)]
                return found
            case ArrayOf(element, count):
                return [
                    (literal(i).expr, *rest)
                    for i in range(count)
                    for rest in self.paths_to(element, struct)
                ]
            case _:
                return []


def decide(op: str, one: tuple[int, int], two: tuple[int, int]) -> bool | None:
    """A comparison of numbers whose ranges already settle it."""
    (alo, ahi), (blo, bhi) = one, two
    match op:
        case "<":
            return True if ahi < blo else False if alo >= bhi else None
        case "<=":
            return True if ahi <= blo else False if alo > bhi else None
        case ">":
            return True if alo > bhi else False if ahi <= blo else None
        case ">=":
            return True if alo >= bhi else False if ahi < blo else None
        case "==" | "!=":
            return op == "!=" if ahi < blo or bhi < alo else None
        case _:
            return None


def join_types(one: Scalar, two: Scalar) -> ScalarType | None:
    """The type both values have, or the range that holds both; None where there is none."""
    if one.type == two.type:
        return one.type
    if not (is_number(one.type) and is_number(two.type)):
        return None
    (alo, ahi), (blo, bhi) = interval(one), interval(two)
    for word, (lo, hi) in ((one.type, (blo, bhi)), (two.type, (alo, ahi))):
        if isinstance(word, WordType) and lo >= 0 and hi < 1 << word.bits:
            return word
    return RangeType(min(alo, blo), max(ahi, bhi))


def truth_help(of: ScalarType, text: str) -> str:
    """What to write instead of a bare value as a condition."""
    match of:
        case PtrType() | ThreadIdType() | FnType():
            return f"say `{text} is not None`"
        case WordType() | RangeType():
            return f"say `{text} != 0`"
        case SetType():
            return f"say `len({text}) > 0`"
        case _:
            return ""
