"""Loads and stores: when an access is a step, what is checked before it, how values fit places."""

from __future__ import annotations

import ast

from modelcheck.diagnostics import SpecError
from modelcheck.frontend.kinds import is_number, show_type
from modelcheck.frontend.lowering.context import GHOST_VALUE, LoweringContext
from modelcheck.frontend.lowering.terms import (
    INT64_MAX,
    INT64_MIN,
    both,
    compare,
    constant,
    interval,
    retyped,
    show_value,
)
from modelcheck.frontend.values import (
    NoneValue,
    Routine,
    Scalar,
    Storage,
    ThreadName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.ops import OPS
from modelcheck.ir.types import (
    FN,
    ArrayOf,
    BoolType,
    Embedded,
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


class Places(LoweringContext):
    """Accesses to memory."""

    def pointer(self, storage: Storage, node: ast.AST) -> Scalar:
        """A struct's place as a pointer.  Naming it is no access, but its parts must exist."""
        assert isinstance(storage.type, Embedded)
        of = PtrType(storage.type.struct)
        place = storage.place
        if isinstance(place.root, ir.PointerRoot) and not place.path:
            return Scalar(place.root.pointer, of)
        self.check_parts(place, node)
        return Scalar(ir.AddressOf(place), of)

    def place_behind(self, value: Scalar) -> ir.Place:
        """The struct that a pointer points to."""
        assert isinstance(value.type, PtrType)
        if isinstance(value.expr, ir.AddressOf):
            return value.expr.place
        return ir.Place(ir.PointerRoot(value.expr, value.type.struct))

    def check(
        self,
        condition: ir.Expr,
        fault: str,
        subject: ir.Place | None,
        node: ast.AST,
        message: str = "",
    ) -> None:
        """The step fails unless `condition` holds."""
        if isinstance(condition, ir.Const) and condition.value:
            return
        self.builder.emit(ir.Check(condition, fault, subject, message, span=self.span(node)))

    def check_parts(self, place: ir.Place, node: ast.AST) -> None:
        """Pointers on the way are not null, and element numbers are inside."""
        match place.root:
            case ir.PointerRoot(pointer, struct):
                of: ValueType = Embedded(struct)
                self.check(
                    compare("!=", pointer, constant(0, PtrType(struct))),
                    "null-dereference",
                    ir.Place(place.root),
                    node,
                )
            case ir.ObjectRoot(name, index):
                obj = self.world.objects.get(name)
                of = obj.type if obj else self.local_type(name)
                if obj is not None and obj.kind == "per_thread":
                    if isinstance(index, ir.Apply) and index.op == "-":
                        thread = index.args[0]
                        if not isinstance(thread, (ir.Current, ir.ThreadOf)):
                            self.check(
                                compare("!=", thread, constant(0, ThreadIdType())),
                                "null-dereference",
                                None,
                                node,
                            )
                elif index is not None and obj is not None and obj.count is not None:
                    self.check_index(index, obj.count, ir.Place(place.root), node)
        for depth, part in enumerate(place.path):
            if isinstance(part, str):
                assert isinstance(of, Embedded)
                of = self.world.field_of(of.struct, part, self.span(node)).type
            elif isinstance(of, ArrayOf):
                self.check_index(part, of.count, ir.Place(place.root, place.path[:depth]), node)
                of = of.element
            elif isinstance(of, QueueOf):
                queue = ir.Place(place.root, place.path[:depth])
                self.check(
                    both(
                        compare("<=", constant(0, RangeType(0, 0)), part),
                        compare("<", part, ir.QueueLength(queue)),
                    ),
                    "out-of-bounds",
                    queue,
                    node,
                )
                of = of.element

    def check_index(self, index: ir.Expr, count: int, subject: ir.Place, node: ast.AST) -> None:
        """An element number is one of 0 … count-1."""
        if isinstance(index, ir.Const):
            if not 0 <= index.value < count:
                raise self.fail(
                    "MC225",
                    f"there is no element {index.value} of {count}",
                    node,
                    note="elements are numbered from 0; -1 is none",
                )
            return
        if isinstance(index, ir.Me) and self.thread is not None and self.thread.count <= count:
            return
        lo, hi = self.expr_interval(index)
        tests = []
        if lo < 0:
            tests.append(compare("<=", constant(0, RangeType(0, 0)), index))
        if hi >= count:
            tests.append(compare("<", index, constant(count, RangeType(count, count))))
        for test in tests:
            self.check(test, "out-of-bounds", subject, node)

    def expr_interval(self, expr: ir.Expr) -> tuple[int, int]:
        """The range of a number that is already an expression."""
        match expr:
            case ir.Const(value):
                return value, value
            case ir.Local(name):
                return interval(Scalar(expr, self.builder.locals[name].type))
            case ir.Me():
                return 0, max((self.thread.count if self.thread else 1) - 1, 0)
            case ir.Apply(type=type):
                return interval(Scalar(expr, type))
            case _:
                return INT64_MIN, INT64_MAX

    def check_access(self, storage: Storage, node: ast.AST, *, write: bool = False) -> None:
        """Everything that must hold for an access: not null, inside, alive, initialised."""
        self.check_parts(storage.place, node)
        if storage.ghost:
            return
        if self.may_be_dead(storage.place.root):
            self.check(
                ir.Alive(storage.place, stable=self.is_stable(storage.place)),
                "use-after-free",
                storage.place,
                node,
            )
        if not write and self.may_be_uninitialised(storage):
            place = storage.place
            if storage.place.path and isinstance(self.holder(storage.place), QueueOf):
                place = ir.Place(place.root, place.path[:-1])
            self.check(ir.IsInitialised(place), "uninitialised", storage.place, node)

    def may_be_dead(self, root: ir.Root) -> bool:
        """Whether the object around a place may be dead where this code runs.

        Soundness: an object wrongly called immortal is never checked for use after free.  What
        `free` is called on is collected while lowering, which repeats until it is complete.
        """
        if isinstance(root, ir.PointerRoot):
            return any(
                (obj.kind != "shared" or obj.type.struct in self.world.freed)
                and self.world.places_inside(obj.type, root.struct)
                for obj in self.world.objects.values()
                if isinstance(obj.type, Embedded) and not obj.ghost
            )
        obj = self.world.objects[root.object]
        match obj.kind:
            case "shared":
                return isinstance(obj.type, Embedded) and obj.type.struct in self.world.freed
            case "local":
                own = any(obj.name in frame.local_objects for frame in self.frames)
                return root.index is not None or not own
            case "per_thread":
                index = root.index
                return not (
                    isinstance(index, ir.Apply)
                    and index.op == "-"
                    and isinstance(index.args[0], ir.Current)
                )
            case "pool":
                return True

    def holder(self, place: ir.Place) -> ValueType:
        """The type of what contains the last part of a place."""
        return self.type_at(ir.Place(place.root, place.path[:-1]))

    def type_at(self, place: ir.Place) -> ValueType:
        """The type of a place."""
        match place.root:
            case ir.PointerRoot(_, struct):
                of: ValueType = Embedded(struct)
            case ir.ObjectRoot(name):
                obj = self.world.objects.get(name)
                of = obj.type if obj else self.local_type(name)
        for part in place.path:
            match of:
                case Embedded(struct):
                    assert isinstance(part, str)
                    of = next(f.type for f in self.world.structs[struct].fields if f.name == part)
                case ArrayOf(element) | QueueOf(element):
                    of = element
                case _:
                    break
        return of

    def local_type(self, name: str) -> ValueType:
        """The type of a `local` object of this body."""
        return next(o.type for o in self.local_objects if o.name == name)

    def is_stable(self, place: ir.Place) -> bool:
        """Whether a place may lie in a field that outlives `free`.

        Where it leads is known when it runs: `Alive(stable=True)` is a plain `Alive` for all
        other places, so a yes too many does no harm.
        """
        root = place.root
        if isinstance(root, ir.ObjectRoot):
            return False
        for obj in self.world.objects.values():
            if obj.kind != "pool" or not isinstance(obj.type, Embedded):
                continue
            if place.path and obj.type.struct == root.struct and place.path[0] in obj.stable:
                return True
            fields = self.world.structs[obj.type.struct].fields
            stable = (f.type for f in fields if f.name in obj.stable)
            if any(self.world.places_inside(of, root.struct) for of in stable):
                return True
        return False

    def may_be_uninitialised(self, storage: Storage) -> bool:
        """Whether a place may lie in a pool object."""
        root = storage.place.root
        if isinstance(root, ir.ObjectRoot):
            obj = self.world.objects.get(root.object)
            return obj is not None and obj.kind == "pool"
        return any(
            obj.kind == "pool" and self.world.places_inside(obj.type, root.struct)
            for obj in self.world.objects.values()
        )

    def kind_of(self, storage: Storage, kind: ir.Kind | None) -> ir.Kind:
        """The kind of an access to a place."""
        if storage.ghost:
            return ir.Kind.GHOST
        if self.mode.pure:
            return self.mode.reads
        if kind is not None:
            return kind
        if self.builder.rmw:
            return ir.Kind.RMW
        return ir.Kind.ONCE if storage.marked else ir.Kind.PLAIN

    def load(self, storage: Storage, node: ast.AST, kind: ir.Kind | None = None) -> Scalar:
        """What a scalar place holds.  In thread code, a step unless it is a ghost's."""
        of = storage.type
        if isinstance(of, Embedded):
            return self.pointer(storage, node)
        if isinstance(of, (ArrayOf, QueueOf)):
            raise self.fail(
                "MC245",
                f"{show_type(of)} is no single value",
                node,
                help="name one of its elements",
            )
        if storage.ghost and not self.mode.ghosts:
            raise self.fail(
                "MC302",
                f"`{storage.shown or 'a ghost'}` is a ghost: only properties may read it",
                node,
                note="what the routine does must not depend on ghosts",
                help="read it in an assert, a property, an @observer, or make it shared",
            )
        if self.mode.called and storage.marked and not storage.ghost:
            raise self.no_access(self.mode.called, node)
        kind = self.kind_of(storage, kind)
        if self.mode.pure or storage.ghost:
            self.check_access(storage, node)
            return self.as_read(Scalar(ir.Read(storage.place, kind), of), node)
        self.begin_step(node)
        self.check_access(storage, node)
        name = self.builder.temporary(of)
        self.builder.emit(ir.Load(name, storage.place, kind, span=self.span(node)))
        return Scalar(ir.Local(name), of)

    def no_access(self, name: str, node: ast.AST) -> SpecError:
        """`ghost = atomic_read(v)`: as it is written there, it means a step of the thread."""
        return self.fail(
            "MC325",
            f"`{name}` in {GHOST_VALUE} would be no access of the thread",
            node,
            note=f"{GHOST_VALUE} looks at memory as the step above it left it",
            help=f"give it a local, which is a step, and the ghost that: `found = {name}(…)`",
        )

    def store(
        self, target: Storage, value: Scalar, node: ast.AST, kind: ir.Kind | None = None
    ) -> None:
        """Write to a scalar place.  In thread code, a step unless it is a ghost's."""
        of = target.type
        if isinstance(of, Embedded):
            raise self.fail(
                "MC121",
                f"this would copy a whole `{of.struct}`",
                node,
                note="one step is one access to shared memory; a struct has many",
                help=f"copy the fields you need, or keep a `Ptr[{of.struct}]`",
            )
        if isinstance(of, (ArrayOf, QueueOf)):
            raise self.fail(
                "MC246",
                f"{show_type(of)} cannot be assigned as a whole",
                node,
                help="assign its elements" if isinstance(of, ArrayOf) else "use `.clear()`",
            )
        self.check_writable(target, node)
        if self.after_crash and self.outlives_crash(target):
            return
        kind = self.kind_of(target, kind)
        if not target.ghost:
            self.begin_step(node)
        self.check_access(target, node, write=True)
        fitted = self.convert(value, of, node, target.place)
        self.builder.emit(ir.Store(target.place, fitted.expr, kind, span=self.span(node)))

    def outlives_crash(self, target: Storage) -> bool:
        """Whether a crash leaves a place as it is: ghosts, and what is `durable`."""
        root = target.place.root
        obj = self.world.objects[root.object] if isinstance(root, ir.ObjectRoot) else None
        if target.ghost or (obj is not None and obj.durable):
            return obj is None or obj.kind != "per_thread"
        of = self.type_at(ir.Place(root))
        for part in target.place.path:
            if isinstance(of, Embedded) and isinstance(part, str):
                field = next(f for f in self.world.structs[of.struct].fields if f.name == part)
                if field.durable:
                    return True
                of = field.type
            elif isinstance(of, (ArrayOf, QueueOf)):
                of = of.element
        return False

    def check_writable(self, target: Storage, node: ast.AST) -> None:
        """Properties write nothing, observers only ghosts."""
        if self.in_property or (self.mode.pure and not (self.mode.observer and target.ghost)):
            raise self.fail(
                "MC303",
                f"{self.mode.where or 'this'} must not change `{target.shown or 'memory'}`",
                node,
                note="it looks at a state, it is no part of what happens",
            )

    def convert(
        self, value: Value, to: ValueType, node: ast.AST, subject: ir.Place | None
    ) -> Scalar:
        """A value as one of type `to`: unsigned words wrap, ranges are checked."""
        if isinstance(to, (Embedded, ArrayOf, QueueOf)):
            raise self.fail("MC245", f"{show_type(to)} is no single value", node)
        match value, to:
            case NoneValue(), PtrType() | ThreadIdType() | FnType():
                return Scalar(constant(0, to), to)
            case Routine() as routine, FnType():
                return Scalar(constant(self.world.routine_number(routine), FN), FN)
            case ThreadName(), ThreadIdType():
                return self.thread_value(value, node)
            case Scalar(type=found), _ if found == to:
                return value
            case Scalar(), WordType(bits) if is_number(value.type):
                lo, hi = interval(value)
                if lo >= 0 and hi < 1 << bits:
                    return Scalar(retyped(value.expr, to), to)
                return Scalar(ir.Apply(f"wrap{bits}", (value.expr,), to), to)
            case Scalar(), RangeType() if is_number(value.type):
                return self._checked(value, to, node, subject)
            case Scalar(expr=ir.Const(0)), SetType() if isinstance(value.type, SetType):
                return Scalar(constant(0, to), to)
            case _:
                raise self.fail(
                    "MC247",
                    f"{show_value(value)} does not fit {show_type(to)}",
                    node,
                    help="say `is not None`" if isinstance(to, BoolType) else "",
                )

    def sought(self, value: Value, of: ScalarType, node: ast.AST) -> Scalar:
        """A value that is looked for among others of a type: nothing is stored or wraps."""
        if isinstance(value, Scalar) and is_number(value.type) and is_number(of):
            return value
        return self.convert(value, of, node, None)

    def thread_value(self, thread: ThreadName, node: ast.AST) -> Scalar:
        """A thread named by its declaration, as a ThreadId."""
        if thread.count != 1:
            raise self.fail(
                "MC254",
                f"`{thread.name}` has {thread.count} copies",
                node,
                help=f"name one: `{thread.name}[0]`",
            )
        return Scalar(ir.ThreadOf(thread.name, constant(0, RangeType(0, 0))), ThreadIdType())

    def _checked(
        self,
        value: Scalar,
        to: RangeType,
        node: ast.AST,
        subject: ir.Place | None,
    ) -> Scalar:
        lo, hi = to.lo, to.hi
        least, greatest = interval(value)
        if value.literal and value.constant is not None and not lo <= value.constant <= hi:
            raise self.fail("MC223", f"{value.constant} is outside {lo} … {hi}", node)
        if least < lo:
            self.check(
                compare("<=", constant(lo, RangeType(lo, lo)), value.expr), "range", subject, node
            )
        if greatest > hi:
            self.check(
                compare("<=", value.expr, constant(hi, RangeType(hi, hi))), "range", subject, node
            )
        return Scalar(retyped(value.expr, to), to)

    def apply(self, op: str, args: tuple[Scalar, ...], node: ast.AST) -> Scalar:
        """Arithmetic on numbers: exact, and refused where it could leave 64 bits."""
        lo, hi = OPS[op].interval(*(interval(a) for a in args))
        if lo < INT64_MIN or hi > INT64_MAX:
            raise self.fail(
                "MC404",
                f"this could leave 64 bits: {lo} … {hi}",
                node,
                help="bound the operands, or use a smaller type",
            )
        if all(a.constant is not None for a in args):
            number = OPS[op].meaning(*(a.constant for a in args))
            of = RangeType(number, number)
            return Scalar(ir.Const(number, of), of, literal=all(a.literal for a in args))
        of = RangeType(lo, hi)
        return Scalar(ir.Apply(op, tuple(a.expr for a in args), of), of)
