"""What `modelcheck.lang` and Python's own names do in a routine, and methods of queues and sets."""

from __future__ import annotations

import ast
from collections.abc import Callable

from modelcheck.diagnostics import did_you_mean
from modelcheck.frontend.constants import bool_value
from modelcheck.frontend.lowering.calls import Calls, is_rigid
from modelcheck.frontend.lowering.context import Mode, Variable
from modelcheck.frontend.lowering.places import (
    both,
    compare,
    constant,
    either_of,
    interval,
    negated,
    show_value,
)
from modelcheck.frontend.names import (
    CONTEXTS,
    DECORATORS,
    FILE_NAMES,
    LATER_NAMES,
    RIGHT_NAMES,
)
from modelcheck.frontend.values import (
    Items,
    NoneValue,
    ObjectArray,
    Scalar,
    Storage,
    ThreadName,
    TypeName,
    Value,
)
from modelcheck.frontend.world import is_number, literal
from modelcheck.ir import nodes as ir
from modelcheck.ir.traverse import walk
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
)

CONTEXT_TYPE = EnumType("Context", tuple(c.upper() for c in CONTEXTS))
READERS = {
    "READ_ONCE": ir.Kind.ONCE,
    "smp_load_acquire": ir.Kind.ACQUIRE,
    "rcu_dereference": ir.Kind.DEPENDENT,
}
WRITERS = {"WRITE_ONCE": ir.Kind.ONCE, "smp_store_release": ir.Kind.RELEASE}
ELSEWHERE = FILE_NAMES | RIGHT_NAMES | DECORATORS | {"shared", "pool", "per_thread"}


class Intrinsics(Calls):
    """Built-in calls."""

    def intrinsic(self, name: str, node: ast.Call) -> Value:
        """A call of something `modelcheck.lang` or Python offers."""
        known: dict[str, Callable[[ast.Call], Value]] = {
            "wait_until": self.wait_until,
            "choose": self.choose,
            "either": self.either,
            "new": self.new,
            "free": self.free,
            "discard": self.discard,
            "spawn": self.spawn,
            "finished": self.finished,
            "alive": self.alive,
            "objects": self.objects,
            "any_order": self.any_order,
            "container_of": self.container_of,
            "precedes": self.precedes,
            "range": self.range,
            "len": self.length,
            "abs": self.absolute,
            "local": self.local,
            "irqs": lambda n: self.interrupts("irqs", n),
            "softirqs": lambda n: self.interrupts("softirqs", n),
            "crash": self.crash,
            "label": self.label,
            "any": lambda n: self.quantifier("any", n),
            "all": lambda n: self.quantifier("all", n),
            "sum": lambda n: self.fold("sum", n),
            "min": lambda n: self.fold("min", n),
            "max": lambda n: self.fold("max", n),
        }
        if name in known:
            return known[name](node)
        if name in READERS:
            return self.load(self.place_argument(node, 0), node, READERS[name])
        if name in WRITERS:
            self.arguments(node, 2)
            value = self.settled(node.args[1])
            target = self.place_argument(node, 0)
            self.write(target, value, node, WRITERS[name])
            return NoneValue()
        match name:
            case "current":
                self.arguments(node, 0)
                self.need_thread(node, "current()")
                return Scalar(ir.Current(), THREAD_ID)
            case "threads":
                self.arguments(node, 0)
                return Items(tuple((t, None) for t in self.all_threads()))
            case "context":
                self.need_thread(node, "context()")
                index = CONTEXTS.index(self.thread.context) if self.thread else 0
                return Scalar(ir.Const(index, CONTEXT_TYPE), CONTEXT_TYPE)
            case "places":
                return self.world.constant_call(self.frame.module, node, self.span(node))
            case "set":
                raise self.fail(
                    "MC262",
                    "the type of this set is not known",
                    node,
                    help="write `.clear()` on the set",
                )
            case "smp_mb" | "smp_wmb" | "smp_rmb":
                self.arguments(node, 0)
                return NoneValue()  # no access under sc
            case "bool" | "int":
                raise self.fail(
                    "MC273",
                    f"`{name}(…)` converts nothing here",
                    node,
                    help="write the condition, or `1 if c else 0`",
                )
            case "atomic":
                raise self.fail(
                    "MC274", "`atomic()` opens a block", node, help="write `with atomic():`"
                )
            case _ if name in LATER_NAMES:
                raise self.fail("MC304", f"`{name}` is reserved for a later version", node)
            case _ if name in ELSEWHERE:
                raise self.fail(
                    "MC275",
                    f"`{name}` belongs at the top of the file",
                    node,
                    note="declarations are not made while a program runs",
                )
            case _:
                raise self.fail("MC266", f"`{name}` cannot be called", node)

    # -- arguments

    def arguments(
        self, node: ast.Call, least: int, most: int | None = None, names: tuple[str, ...] = ()
    ) -> None:
        """The number of arguments, and which names they may have."""
        most = least if most is None else most
        called = ast.unparse(node.func)
        if not least <= len(node.args) <= most:
            raise self.fail(
                "MC267",
                f"`{called}` takes {least if least == most else f'{least} to {most}'}"
                f" argument{'' if most == 1 else 's'}, not {len(node.args)}",
                node,
            )
        for keyword in node.keywords:
            if keyword.arg not in names:
                raise self.fail(
                    "MC268",
                    f"`{called}` has no parameter `{keyword.arg}`",
                    node,
                    help=did_you_mean(keyword.arg or "", names),
                )

    def place_argument(self, node: ast.Call, position: int) -> Storage:
        """An argument that is a place of a single value."""
        if len(node.args) <= position:
            self.arguments(node, position + 1)
        place = self.value(node.args[position])
        if not isinstance(place, Storage) or isinstance(place.type, (Embedded, ArrayOf, QueueOf)):
            raise self.fail(
                "MC269",
                f"`{ast.unparse(node.func)}` takes a place, not {show_value(place)}",
                node.args[position],
                help="name a shared variable, a field or an element",
            )
        return place

    def struct_argument(self, node: ast.Call) -> str:
        """The struct that the first argument names."""
        if not node.args:
            self.arguments(node, 1)
        of = self.value(node.args[0])
        if not isinstance(of, TypeName) or not isinstance(of.type, Embedded):
            raise self.fail("MC276", "a struct is needed here", node.args[0])
        return of.type.struct

    def pointer_argument(self, node: ast.Call) -> tuple[Scalar, str]:
        """The first argument as a pointer, and its struct."""
        self.arguments(node, 1)
        value = self.settled(node.args[0])
        if isinstance(value, NoneValue):
            raise self.fail("MC250", "this is None", node.args[0])
        scalar = self.as_scalar(value, node.args[0])
        if not isinstance(scalar.type, PtrType):
            raise self.fail("MC277", f"{show_value(scalar)} is no pointer", node.args[0])
        return self.kept(scalar, node), scalar.type.struct

    def kept(self, scalar: Scalar, node: ast.AST) -> Scalar:
        """A value that is used several times, evaluated once."""
        if is_rigid(scalar.expr):
            return scalar
        return Scalar(self.temporary(scalar.expr, scalar.type, node), scalar.type)

    def flag_argument(self, node: ast.Call, name: str) -> bool:
        """A named argument that is True or False."""
        for keyword in node.keywords:
            if keyword.arg == name:
                return self.world.truth(self.frame.module, keyword.value)
        return False

    def need_thread(self, node: ast.AST, what: str) -> None:
        """Only threads have an identity."""
        if self.thread is None:
            raise self.fail(
                "MC305",
                f"{what} has no meaning in a property",
                node,
                note="a property looks at a state, no thread runs it",
            )

    def need_code(self, node: ast.Call) -> None:
        """What changes the state stands in thread code, not in conditions or properties."""
        if self.mode.pure:
            raise self.fail(
                "MC303",
                f"`{ast.unparse(node.func)}` must not stand in {self.mode.where}",
                node,
                note="it would change the state while looking at it",
            )

    # -- waiting and choosing

    def wait_until(self, node: ast.Call) -> Value:
        """A step that is disabled while its condition is false."""
        self.arguments(node, 1, names=("idle",))
        self.need_code(node)
        idle = self.flag_argument(node, "idle")
        span = self.span(node)
        self.begin_step(node)
        mode = Mode("pure", ir.Kind.ONCE, where="a wait")
        with self.builder.inside_step(), self.in_mode(mode):
            mark = self.builder.mark()
            value = self.truth(node.args[0])
            if self.builder.unchanged_since(mark):
                self.builder.emit(ir.Wait(value.expr, idle, span=span))
            else:
                self.builder.rewind(mark)
                true, false = self.builder.fresh_label(), self.builder.fresh_label()
                self.condition(node.args[0], true, false)
                self.builder.current = None
                if self.builder.is_target(false):
                    self.builder.open(false)
                    self.builder.emit(ir.Wait(constant(0, BOOL), idle, span=span))
                    self.builder.jump(true, span)
                self.builder.resume(true, span)
        if not self.builder.inner:
            self.builder.leave_step(span)
        return NoneValue()

    def choose(self, node: ast.Call) -> Value:
        """One of several values, each a transition of its own."""
        self.need_code(node)
        idle = self.flag_argument(node, "idle")
        if len(node.args) == 1:
            only = node.args[0]
            if isinstance(only, ast.GeneratorExp):
                return self.choose_generator(only, idle, node)
            value = self.value(only)
            if isinstance(value, (Items, ObjectArray)) or (
                isinstance(value, Storage) and isinstance(value.type, ArrayOf)
            ):
                items = self.items_of(value, only)
                values = [item for item, taking_part in items.items if taking_part is None]
                if len(values) == len(items.items):
                    return self.choose_listed(lambda: values, node)
            generator = ast.copy_location(
                ast.GeneratorExp(
                    ast.Name("·", ast.Load()),
                    [ast.comprehension(ast.Name("·", ast.Store()), only, [], 0)],
                ),
                only,
            )
            for inner in (generator.elt, generator.generators[0].target):
                ast.copy_location(inner, only)
            return self.choose_generator(generator, idle, node)
        self.arguments(node, 1, 64, names=("idle",))
        return self.choose_listed(lambda: [self.settled(a) for a in node.args], node)

    def either(self, node: ast.Call) -> Value:
        """True or False."""
        self.arguments(node, 0)
        self.need_code(node)
        name = self.builder.temporary(BOOL)
        self.builder.emit(ir.Choose(name, 2, span=self.span(node)))
        return Scalar(ir.Local(name), BOOL)

    def choose_listed(self, values: Callable[[], list[Value]], node: ast.Call) -> Scalar:
        """One of some values; where one of them is in shared memory, a step that sees all."""
        mode = Mode("pure", ir.Kind.ONCE, where="a choice")
        if self.mode.name != "thread":
            return self.choose_among(values(), node)
        with self.trying(), self.in_mode(mode), self.builder.inside_step():
            mark = self.builder.mark()
            found = [self.settle(v, node) for v in values()]
            shared = self.builder.touched_since(mark, reads_memory) or any(
                isinstance(v, Scalar) and reads_memory(v.expr) for v in found
            )
        if not shared:
            return self.choose_among(values(), node)
        self.begin_step(node)
        with self.in_mode(mode), self.builder.inside_step():
            chosen = self.choose_among(values(), node)
            result = self.temporary_of(chosen.expr, chosen.type, node)
        self.builder.leave_step(self.span(node))
        return result

    def choose_among(self, values: list[Value], node: ast.AST) -> Scalar:
        """One of values known to be there."""
        settled = [self.settle(v, node) for v in values]
        expected = next((v.type for v in settled if isinstance(v, Scalar)), None)
        scalars = [self.as_scalar(v, node, expected) for v in settled]
        if not scalars:
            self.builder.emit(ir.Wait(constant(0, BOOL), span=self.span(node)))
            raise self.fail("MC278", "there is nothing to choose from", node)
        of = self.common_type(scalars, node)
        number = self.builder.temporary(RangeType(0, len(scalars) - 1))
        self.builder.emit(ir.Choose(number, len(scalars), span=self.span(node)))
        return self.selected(number, scalars, of, node)

    def common_type(self, scalars: list[Scalar], node: ast.AST) -> ScalarType:
        """The type all values have."""
        of = scalars[0].type
        for scalar in scalars[1:]:
            of = self.joined(Scalar(ir.Local("·"), of), scalar, node)
        return of

    def selected(self, number: str, scalars: list[Scalar], of: ScalarType, node: ast.AST) -> Scalar:
        """The value with a number: the number itself where they are 0, 1, 2, …."""
        constants = [s.constant for s in scalars]
        if constants == list(range(len(scalars))):
            self.builder.retype(number, of)
            return Scalar(ir.Local(number), of)
        expr = scalars[-1].expr
        for index in range(len(scalars) - 2, -1, -1):
            chosen = compare("==", ir.Local(number), literal(index).expr)
            expr = ir.Apply("ite", (chosen, scalars[index].expr, expr), of)
        return Scalar(self.temporary(expr, of, node), of)

    def choose_generator(self, node: ast.GeneratorExp, idle: bool, call: ast.Call) -> Scalar:
        """`choose(x for x in … if …)`: disabled where nothing is there to choose.

        Where it reads shared memory it is a step, which sees all of it at once.
        """
        mode = Mode("pure", ir.Kind.ONCE, where="a choice")
        shared = False
        with self.trying(), self.in_mode(mode), self.builder.inside_step():
            elements = self.quantified(node)
            if elements is None:
                shared = True  # it can fail, or is empty in a way only the running of it shows
            else:
                shared = any(
                    reads_memory(given) or (isinstance(v, Scalar) and reads_memory(v.expr))
                    for _, given, v in elements
                )
        if shared:
            self.begin_step(call)
        span = self.span(call)
        with self.in_mode(mode), self.builder.inside_step() if shared else _nothing():
            found = self.quantified(node)
            if found is None:
                result = self._choose_branching(node, idle, call)
            else:
                values = [self.settle(v, call) for _, _, v in found]
                scalars = [self.as_scalar(v, call) for v in values]
                if not scalars:
                    raise self.fail("MC278", "there is nothing to choose from", call)
                of = self.common_type(scalars, call)
                if not shared:
                    self.block_if_empty([given for _, given, _ in found], idle, call)
                number = self.builder.temporary(RangeType(0, len(scalars) - 1))
                self.builder.emit(ir.Choose(number, len(scalars), span=span))
                allowed: ir.Expr = constant(0, BOOL)
                for index, (_, given, _) in enumerate(found):
                    chosen = compare("==", ir.Local(number), literal(index).expr)
                    allowed = either_of(allowed, both(chosen, given))
                if any(given != constant(1, BOOL) for _, given, _ in found):
                    self.builder.emit(ir.Wait(allowed, idle, span=span))
                result = self.selected(number, scalars, of, call)
        if shared and not self.builder.inner:
            self.builder.leave_step(span)
        return result

    def block_if_empty(self, given: list[ir.Expr], idle: bool, node: ast.Call) -> None:
        """In thread code, wait for ever where a choice on locals has nothing to choose.

        Soundness: the choice belongs to the step before it, which must happen all the same.
        """
        some: ir.Expr = constant(0, BOOL)
        for condition in given:
            some = either_of(some, condition)
        if self.mode.name == "atomic" or self.builder.inner or some == constant(1, BOOL):
            return
        span = self.span(node)
        go_on, stop = self.builder.fresh_label(), self.builder.fresh_label()
        self.builder.close(ir.Branch(some, go_on, stop, span=span))
        self.builder.open(stop)
        self.builder.begin_step(self.step_info(node))
        self.builder.emit(ir.Wait(constant(0, BOOL), idle, span=span))
        self.builder.place(go_on, span)

    def _choose_branching(self, node: ast.GeneratorExp, idle: bool, call: ast.Call) -> Scalar:
        """A choice whose elements need checks: look at each in turn, remember the chosen one."""
        span = self.span(call)
        total = 0
        of: ScalarType | None = None
        with self.trying():
            for _ in self.generate(node.generators, 0):
                value = self.scalar(node.elt)
                of = (
                    value.type
                    if of is None
                    else self.joined(Scalar(ir.Local("·"), of), value, call)
                )
                total += 1
        if of is None:
            raise self.fail("MC278", "there is nothing to choose from", call)
        number = self.builder.temporary(RangeType(0, total - 1))
        result, found = self.builder.temporary(of), self.builder.temporary(BOOL)
        self.builder.emit(ir.Choose(number, total, span=span))
        self.builder.emit(ir.Assign(result, constant(0, of), span=span))
        self.builder.emit(ir.Assign(found, constant(0, BOOL), span=span))
        for index, _ in enumerate(self.generate(node.generators, 0)):
            then, other = self.builder.fresh_label(), self.builder.fresh_label()
            chosen = compare("==", ir.Local(number), literal(index).expr)
            self.builder.close(ir.Branch(chosen, then, other, span=span))
            self.builder.open(then)
            value = self.convert(self.settled(node.elt), of, call, None)
            self.builder.emit(ir.Assign(result, value.expr, span=span))
            self.builder.emit(ir.Assign(found, constant(1, BOOL), span=span))
            self.builder.place(other, span)
        self.builder.emit(ir.Wait(ir.Local(found), idle, span=span))
        return Scalar(ir.Local(result), of)

    # -- objects

    def new(self, node: ast.Call) -> Value:
        """Allocate from the struct's pool: one step."""
        struct = self.struct_argument(node)
        self.need_code(node)
        self.world.declare_all()
        pools = [
            o
            for o in self.world.objects.values()
            if o.kind == "pool" and o.type == Embedded(struct)
        ]
        if len(pools) != 1:
            many = "no pool" if not pools else "several pools"
            raise self.fail(
                "MC279",
                f"`{struct}` has {many}",
                node,
                help=f"declare one: `pool({struct}, count=…)`",
            )
        span = self.span(node)
        given = []
        for keyword in node.keywords:
            field = self.world.field_of(struct, keyword.arg or "", self.span(keyword))
            value = self.convert(self.settled(keyword.value), field.type, keyword.value, None)
            self.note_fn(struct, field.name, value)
            given.append((field, self.kept(value, node)))
        self.begin_step(node)
        pool = pools[0]
        place = ir.Place(ir.ObjectRoot(pool.name, literal(0).expr))
        of = PtrType(struct)
        if not pool.count:
            self.check(constant(0, BOOL), "capacity", None, node, f"`{pool.name}` has no slots")
            return self.temporary_of(constant(0, of), of, node)
        self.check(ir.HasFreeSlot(pool.name), "capacity", place, node)
        name = self.builder.temporary(of)
        self.builder.emit(ir.New(name, pool.name, span=span))
        root = ir.PointerRoot(ir.Local(name), struct)
        for field, value in given:
            kind = ir.Kind.GHOST if field.ghost else ir.Kind.SILENT
            self.builder.emit(ir.Store(ir.Place(root, (field.name,)), value.expr, kind, span=span))
        return Scalar(ir.Local(name), of)

    def free(self, node: ast.Call) -> Value:
        """End an object's life: one step."""
        self.need_code(node)
        pointer, struct = self.pointer_argument(node)
        span = self.span(node)
        self.begin_step(node)
        place = ir.Place(ir.PointerRoot(pointer.expr, struct))
        null = constant(0, PtrType(struct))
        self.check(compare("!=", pointer.expr, null), "null-dereference", None, node)
        self.check(
            ir.StartsObject(pointer.expr, struct),
            "double-free",
            place,
            node,
            "this is not the start of an object",
        )
        self.check(ir.Alive(place), "double-free", place, node)
        self.run_on_free(Storage(place, Embedded(struct)), node)
        self.builder.emit(ir.Free(pointer.expr, struct, span=span))
        self.world.freed.add(struct)
        return NoneValue()

    def run_on_free(self, storage: Storage, node: ast.AST) -> None:
        """The `@on_free(T)` observers, for each T inside what dies."""
        for module, routine, decorator in self.world.routines_of_kind("on_free"):
            if not isinstance(decorator, ast.Call) or not decorator.args:
                continue
            of = self.world.object_type(module, decorator.args[0], None)
            if not isinstance(of, Embedded):
                continue
            for path in self.paths_to(storage.type, of.struct):
                place = ir.Place(storage.place.root, (*storage.place.path, *path))
                inside = Storage(place, of)
                value = self.world.value_of(module, module.names[routine.name])
                mode = Mode(
                    "pure", ir.Kind.SILENT, ghosts=True, observer=True, where=f"`{routine.name}`"
                )
                with self.in_mode(mode), self.builder.inside_step():
                    given = (self.pointer(inside, node),)
                    self.inline(value, [], [], node, given)  # type: ignore[arg-type]  # a Routine

    def discard(self, node: ast.Call) -> Value:
        """A freed slot of a type-stable pool goes for good: one step."""
        self.need_code(node)
        pointer, struct = self.pointer_argument(node)
        self.begin_step(node)
        place = ir.Place(ir.PointerRoot(pointer.expr, struct))
        null = constant(0, PtrType(struct))
        self.check(compare("!=", pointer.expr, null), "null-dereference", None, node)
        freed = both(ir.Alive(place, stable=True), negated(ir.Alive(place)))
        self.check(freed, "double-free", place, node, "only a freed object can be discarded")
        self.builder.emit(ir.Discard(pointer.expr, struct, span=self.span(node)))
        return NoneValue()

    def alive(self, node: ast.Call) -> Value:
        """Whether the object around a place lives."""
        self.arguments(node, 1)
        if not self.mode.ghosts:
            raise self.fail(
                "MC306",
                "`alive` is a question only properties can ask",
                node,
                note="kernel code cannot know whether memory was freed",
            )
        value = self.settled(node.args[0])
        scalar = self.as_scalar(value, node.args[0])
        if not isinstance(scalar.type, PtrType):
            raise self.fail("MC277", f"{show_value(scalar)} is no pointer", node)
        place = self.place_behind(scalar)
        if isinstance(place.root, ir.PointerRoot):
            null = constant(0, scalar.type)
            test = compare("!=", place.root.pointer, null)
            # Alive is total only for pointers that are not null.
            of = ir.Apply("ite", (test, ir.Alive(place), constant(0, BOOL)), BOOL)
            return Scalar(of, BOOL)
        return Scalar(ir.Alive(place), BOOL)

    def objects(self, node: ast.Call) -> Value:
        """The live (or free) places of a struct."""
        struct = self.struct_argument(node)
        self.arguments(node, 1, names=("free",))
        self.need_one_step(node, "`objects`")
        wants_free = self.flag_argument(node, "free")
        items = []
        for place in self.places_of(struct):
            live: ir.Expr = ir.Alive(place)
            items.append((Storage(place, Embedded(struct)), negated(live) if wants_free else live))
        return Items(tuple(items))

    def any_order(self, node: ast.Call) -> Value:
        """The elements of an array, in every order: only in `for`."""
        self.arguments(node, 1)
        items = self.items(node.args[0])
        if any(taking_part is not None for _, taking_part in items.items):
            raise self.fail("MC280", "`any_order` takes an array", node)
        return Items(items.items, ordered=False)

    def container_of(self, node: ast.Call) -> Value:
        """The struct around a field; checked when it runs."""
        self.arguments(node, 3)
        value = self.as_scalar(self.settled(node.args[0]), node.args[0])
        of = self.value(node.args[1])
        if not isinstance(value.type, PtrType):
            raise self.fail("MC277", f"{show_value(value)} is no pointer", node.args[0])
        if not isinstance(of, TypeName) or not isinstance(of.type, Embedded):
            raise self.fail("MC276", "a struct is needed here", node.args[1])
        outer = of.type.struct
        name = self.text_argument(node.args[2])
        field = self.world.field_of(outer, name, self.span(node.args[2]))
        if field.type != Embedded(value.type.struct):
            raise self.fail("MC281", f"`{outer}.{name}` is no `{value.type.struct}`", node.args[2])
        if isinstance(value.expr, ir.AddressOf) and value.expr.place.path[-1:] == (name,):
            place = value.expr.place
            return Storage(ir.Place(place.root, place.path[:-1]), Embedded(outer))
        value = self.kept(value, node)
        null = constant(0, value.type)
        self.check(compare("!=", value.expr, null), "null-dereference", None, node)
        result = ir.ContainerOf(value.expr, outer, (name,))
        kept = self.within_step(result, PtrType(outer), node)
        self.check(
            compare("!=", kept.expr, constant(0, PtrType(outer))),
            "out-of-bounds",
            ir.Place(ir.PointerRoot(value.expr, value.type.struct)),
            node,
            f"this is not the field `{name}` of a `{outer}`",
        )
        return kept

    def local(self, node: ast.Call) -> Value:
        """A struct on the routine's stack."""
        struct = self.struct_argument(node)
        self.need_code(node)
        frame = self.frame
        target = frame.statement.targets[0] if isinstance(frame.statement, ast.Assign) else None
        stem = target.id if isinstance(target, ast.Name) else struct.lower()
        base = f"{self.thread.name if self.thread else 'initial'}.{stem}"
        name, number = base, 1
        taken = {o.name for o in self.local_objects}
        while name in taken:
            number += 1
            name = f"{base}.{number}"
        span = self.span(node)
        obj = ir.Object(
            name,
            "local",
            Embedded(struct),
            None,
            template=self.thread.name if self.thread else "",
            span=span,
        )
        self.local_objects.append(obj)
        self.world.objects[name] = obj
        values = []
        for keyword in node.keywords:
            field = self.world.field_of(struct, keyword.arg or "", self.span(keyword))
            value = self.convert(self.settled(keyword.value), field.type, keyword.value, None)
            self.note_fn(struct, field.name, value)
            values.append((field, value))
        self.builder.emit(ir.Enter(name, span=span))
        place = ir.Place(ir.ObjectRoot(name))
        for field, value in values:
            kind = ir.Kind.GHOST if field.ghost else ir.Kind.SILENT
            self.builder.emit(
                ir.Store(ir.Place(place.root, (field.name,)), value.expr, kind, span=span)
            )
        frame.local_objects.append(name)
        return Storage(place, Embedded(struct), shown=stem)

    def leave_local(self, name: str, node: ast.AST) -> None:
        """A `local` object dies, if it lived: some way may have gone around it."""
        if not self.builder.reachable:
            return
        place = ir.Place(ir.ObjectRoot(name))
        span = self.span(node)
        dies, done = self.builder.fresh_label(), self.builder.fresh_label()
        self.builder.close(ir.Branch(ir.Alive(place), dies, done, span=span))
        self.builder.open(dies)
        self.run_on_free(Storage(place, self.world.objects[name].type), node)
        self.builder.emit(ir.Leave(name, span=span))
        self.builder.place(done, span)

    def end_thread(self, node: ast.AST) -> None:
        """The thread finishes: what is on its stack dies, then its `per_thread` objects."""
        if not self.builder.reachable:
            return
        for name in self.frame.local_objects:
            self.leave_local(name, node)
        own = self.thread_index(ir.Current())
        for obj in list(self.world.objects.values()):
            if obj.kind == "per_thread":
                place = ir.Place(ir.ObjectRoot(obj.name, own))
                self.run_on_free(Storage(place, obj.type), node)
        self.builder.close(ir.End(span=self.span(node)))

    def write(self, target: Storage, value: Value, node: ast.AST, kind: ir.Kind | None) -> None:
        """Store a settled value of any form."""
        if isinstance(target.type, (Embedded, ArrayOf, QueueOf)):
            self.store(target, Scalar(constant(0, BOOL), BOOL), node)  # raises
            return
        scalar = self.as_scalar_for(value, target.type, node)
        if scalar.type != target.type and isinstance(target.type, SetType):
            scalar = self.fit_set(scalar, target.type, node)
        where = self.fn_field(target.place) if target.place.path else None
        if where is not None:
            self.note_fn(*where, scalar)
        self.store(target, scalar, node, kind)

    def as_scalar_for(self, value: Value, to: ScalarType, node: ast.AST) -> Scalar:
        """A value that exists at run time, None and routines by the type they go to."""
        if isinstance(value, Scalar):
            return value
        if isinstance(to, (PtrType, ThreadIdType)) and isinstance(value, ThreadName):
            return self.as_scalar(value, node, to)
        if isinstance(value, NoneValue):
            return self.convert(value, to, node, None)
        return self.as_scalar(value, node, to)

    def fit_set(self, value: Scalar, to: SetType, node: ast.AST) -> Scalar:
        """A written set of numbers as one of a wider range: its bits move."""
        found = value.type
        if (
            isinstance(found, SetType)
            and isinstance(found.element, RangeType)
            and isinstance(to.element, RangeType)
            and to.element.lo <= found.element.lo
            and found.element.hi <= to.element.hi
        ):
            by = literal(found.element.lo - to.element.lo)
            return Scalar(ir.Apply("<<", (value.expr, by.expr), to), to)
        raise self.fail("MC247", f"{show_value(value)} does not fit this set", node)

    def note_fn(self, struct: str, field: str, value: Scalar) -> None:
        """Remember which routines a field may hold."""
        names = self.stored_fns.setdefault((struct, field), set())
        if isinstance(value.expr, ir.Const) and value.type == ir_fn():
            names.update(n for n, i in self.world.routine_numbers.items() if i == value.constant)
        elif value.type == ir_fn():
            names.update(self.world.routine_values)

    # -- threads

    def spawn(self, node: ast.Call) -> Value:
        """Start a thread: one step."""
        self.need_code(node)
        if not node.args:
            self.arguments(node, 1)
        which = self.value(node.args[0])
        if not isinstance(which, ThreadName) or not self.world.threads[which.name].spawned:
            raise self.fail(
                "MC282", "`spawn` takes a thread declared with `spawned=`", node.args[0]
            )
        thread = self.world.threads[which.name]
        parameters = thread.node.args.args
        if len(node.args) - 1 != len(parameters):
            raise self.fail(
                "MC267",
                f"`{which.name}` takes {len(parameters)} argument(s), not {len(node.args) - 1}",
                node,
            )
        given = []
        for parameter, arg in zip(parameters, node.args[1:], strict=True):
            of = self.parameter_type(thread.module, parameter)
            given.append(self.kept(self.convert(self.settled(arg), of, arg, None), arg).expr)
        self.begin_step(node)
        has_slot = ir.HasFreeThread(which.name) if which.count else constant(0, BOOL)
        self.check(has_slot, "capacity", None, node, f"all `{which.name}` slots run")
        if not which.count:
            return self.temporary_of(constant(0, THREAD_ID), THREAD_ID, node)
        name = self.builder.temporary(THREAD_ID)
        self.builder.emit(ir.Spawn(name, which.name, tuple(given), span=self.span(node)))
        return Scalar(ir.Local(name), THREAD_ID)

    def parameter_type(self, module: object, parameter: ast.arg) -> ScalarType:
        """The annotated type of a spawned thread's parameter."""
        from modelcheck.frontend.modules import Module

        assert isinstance(module, Module)
        span = module.span(parameter)
        from modelcheck.diagnostics import SpecError

        if parameter.annotation is None:
            raise SpecError(
                "MC283",
                f"`{parameter.arg}` of a spawned thread needs a type",
                span,
                help=f"write `{parameter.arg}: U8`, say",
            )
        of = self.world.type_of(module, parameter.annotation)
        if not of.bounded or isinstance(of.type, (Embedded, ArrayOf, QueueOf)):
            raise SpecError(
                "MC283",
                f"`{parameter.arg}` of a spawned thread needs a bounded single value",
                span,
                help="use U8, U16, U32, an enum, a `Ptr[…]`",
            )
        return of.type

    def finished(self, node: ast.Call) -> Value:
        """Whether a thread has ended: looking is an access."""
        self.arguments(node, 1)
        thread = self.scalar(node.args[0], THREAD_ID)
        if not isinstance(thread.type, ThreadIdType):
            raise self.fail("MC284", f"{show_value(thread)} is no thread", node.args[0])
        if self.mode.name == "thread":
            thread = self.kept(thread, node)
            self.begin_step(node)
        if not isinstance(thread.expr, (ir.ThreadOf, ir.Current)):
            none = constant(0, THREAD_ID)
            self.check(compare("!=", thread.expr, none), "null-dereference", None, node)
        return self.within_step(ir.IsFinished(thread.expr), BOOL, node)

    def interrupts(self, which: str, node: ast.Call) -> Value:
        """`irqs(False)`: one access to the CPU's state."""
        self.arguments(node, 1)
        self.need_code(node)
        on = self.truth(node.args[0])
        self.begin_step(node)
        kind = "irqs" if which == "irqs" else "softirqs"
        self.builder.emit(ir.SetInterrupts(kind, on.expr, span=self.span(node)))  # type: ignore[arg-type]  # one of the two
        return NoneValue()

    def crash(self, node: ast.Call) -> Value:
        """Power fails: one step, in which the machine also starts again."""
        self.arguments(node, 0)
        self.need_code(node)
        self.begin_step(node)
        self.builder.emit(ir.Crash(span=self.span(node)))
        with self.builder.inside_step(), self.in_mode(INITIAL):
            self.after_crash = True
            self.run_initial(node)
            self.after_crash = False
        if not self.builder.inner:
            self.builder.leave_step(self.span(node))
        return NoneValue()

    def run_initial(self, node: ast.AST) -> None:
        """The @initial routines of every file, in order."""
        for module, routine, _ in self.world.routines_of_kind("initial"):
            value = self.world.value_of(module, module.names[routine.name])
            self.inline(value, [], [], node, ())  # type: ignore[arg-type]  # a Routine

    def label(self, node: ast.Call) -> Value:
        """Name the next step."""
        self.arguments(node, 1)
        self.next_label = self.text_argument(node.args[0])
        return NoneValue()

    def precedes(self, node: ast.Call) -> Value:
        """Record an order of two declarations."""
        self.arguments(node, 3)
        if self.in_property:
            self.need_code(node)
        name = self.text_argument(node.args[0])
        places = []
        for arg in node.args[1:]:
            value = self.as_scalar(self.settled(arg), arg)
            if not isinstance(value.type, PtrType):
                raise self.fail("MC277", f"{show_value(value)} is no struct", arg)
            kept = self.kept(value, node)
            if not isinstance(kept.expr, ir.AddressOf):
                null = constant(0, value.type)
                self.check(compare("!=", kept.expr, null), "null-dereference", None, node)
            places.append(self.place_behind(kept))
        self.builder.emit(ir.Precedes(name, places[0], places[1], span=self.span(node)))
        return NoneValue()

    # -- numbers and collections

    def range(self, node: ast.Call) -> Value:
        """`range` of constants."""
        self.arguments(node, 1, 3)
        numbers = []
        for arg in node.args:
            value = self.settled(arg)
            if not isinstance(value, Scalar) or value.constant is None:
                raise self.fail(
                    "MC285",
                    "the bounds of `range` are constants",
                    arg,
                    note="loops are unrolled before the program runs",
                    help="use a `while` loop, or a parameter",
                )
            numbers.append(value.constant)
        if len(numbers) == 3 and numbers[2] == 0:
            raise self.fail("MC285", "the step of `range` is not 0", node)
        found = range(*numbers)
        if len(found) > 4096:
            raise self.fail("MC406", f"a loop of {len(found)} rounds is too long", node)
        return Items(tuple((literal(i), None) for i in found))

    def length(self, node: ast.Call) -> Value:
        """`len` of an array (a constant), a queue or set (one access)."""
        self.arguments(node, 1)
        value = self.value(node.args[0])
        match value:
            case ObjectArray(count=count, per_thread=False):
                return literal(count)
            case Storage(type=ArrayOf(count=count)):
                return literal(count)
            case Storage(place, QueueOf(capacity=capacity)):
                self.read_queue(value, node)
                return self.within_step(ir.QueueLength(place), RangeType(0, capacity), node)
            case Storage(type=SetType()) | Scalar(type=SetType()):
                mask = self.as_scalar(self.settle(value, node), node)
                of = RangeType(0, 63)
                return Scalar(ir.Apply("popcount", (mask.expr,), of), of)
            case Items(items) if all(t is None for _, t in items):
                return literal(len(items))
            case _:
                raise self.fail("MC286", f"{show_value(value)} has no length", node)

    def absolute(self, node: ast.Call) -> Value:
        """`abs(n)`."""
        self.arguments(node, 1)
        value = self.scalar(node.args[0])
        if not is_number(value.type):
            raise self.fail("MC256", f"{show_value(value)} is no number", node.args[0])
        return self.apply("abs", (value,), node)

    def quantifier(self, name: str, node: ast.Call) -> Value:
        """`any` and `all` over a generator, within one step."""
        generator = self.generator_argument(name, node)
        conjunction = name == "all"
        found = self.quantified(generator)
        if found is not None:
            result: ir.Expr = constant(int(conjunction), BOOL)
            for elt, given, value in found:
                if not isinstance(value, Scalar) or not isinstance(value.type, BoolType):
                    raise self.fail("MC257", f"a condition is a Bool, not {show_value(value)}", elt)
                if conjunction:
                    result = both(result, either_of(negated(given), value.expr))
                else:
                    result = either_of(result, both(given, value.expr))
            return Scalar(result, BOOL)
        span = self.span(node)
        kept = self.builder.temporary(BOOL)
        done = self.builder.fresh_label()
        self.builder.emit(ir.Assign(kept, constant(int(conjunction), BOOL), span=span))
        for _ in self.generate(generator.generators, 0):
            hit, go_on = self.builder.fresh_label(), self.builder.fresh_label()
            if conjunction:
                self.condition(generator.elt, go_on, hit)
            else:
                self.condition(generator.elt, hit, go_on)
            self.builder.current = None
            if self.builder.is_target(hit):
                self.builder.open(hit)
                self.builder.emit(ir.Assign(kept, constant(int(not conjunction), BOOL), span=span))
                self.builder.jump(done, span)
            self.builder.resume(go_on, span)
        self.builder.resume(done, span)
        return Scalar(ir.Local(kept), BOOL)

    def generator_argument(self, name: str, node: ast.Call) -> ast.GeneratorExp:
        """The generator that `any`, `all`, `sum`, … run over."""
        self.arguments(node, 1)
        generator = node.args[0]
        if not isinstance(generator, ast.GeneratorExp):
            raise self.fail(
                "MC287",
                f"`{name}` runs over a generator",
                node,
                help=f"write `{name}(x.done for x in …)`",
            )
        self.need_one_step(node, f"`{name}` over a generator")
        return generator

    def fold(self, name: str, node: ast.Call) -> Value:
        """`sum`, `min` and `max`: of several values, or over a generator within one step."""
        if name != "sum" and len(node.args) > 1:
            values = [self.scalar(a) for a in node.args]
            result = values[0]
            for value, arg in zip(values[1:], node.args[1:], strict=True):
                result = self.operate(name, result, value, node, node.args[0], arg)
            return result
        generator = self.generator_argument(name, node)
        found = self.quantified(generator)
        if found is None or (name != "sum" and any(g != constant(1, BOOL) for _, g, _ in found)):
            return self._fold_branching(name, generator, node)
        if not found:
            if name == "sum":
                return literal(0)
            raise self.fail("MC288", f"`{name}` of nothing", node)
        total: Scalar | None = None
        for elt, given, value in found:
            number = self.counted(value, elt)
            if given != constant(1, BOOL):
                lo, hi = interval(number)
                of = RangeType(min(lo, 0), max(hi, 0))
                number = Scalar(ir.Apply("ite", (given, number.expr, literal(0).expr), of), of)
            op = "+" if name == "sum" else name
            total = number if total is None else self.apply(op, (total, number), node)
        assert total is not None
        return total

    def counted(self, value: Value, node: ast.AST) -> Scalar:
        """A number; a Bool counts as 0 or 1 in a sum."""
        scalar = self.as_scalar(value, node)
        if isinstance(scalar.type, BoolType):
            return Scalar(scalar.expr, RangeType(0, 1))
        if not is_number(scalar.type):
            raise self.fail("MC256", f"{show_value(scalar)} is no number", node)
        return scalar

    def _fold_branching(self, name: str, generator: ast.GeneratorExp, node: ast.Call) -> Scalar:
        span = self.span(node)
        lows, highs = [], []
        with self.trying():
            for _ in self.generate(generator.generators, 0):
                lo, hi = interval(self.counted(self.settled(generator.elt), generator.elt))
                lows.append(lo)
                highs.append(hi)
        if not lows:
            if name == "sum":
                return literal(0)
            raise self.fail("MC288", f"`{name}` of nothing", node)
        if name == "sum":
            of = RangeType(sum(min(lo, 0) for lo in lows), sum(max(hi, 0) for hi in highs))
        else:
            of = RangeType(min(lows), max(highs))
        kept, seen = self.builder.temporary(of), self.builder.temporary(BOOL)
        start = 0 if name == "sum" else of.lo
        self.builder.emit(ir.Assign(kept, constant(start, of), span=span))
        self.builder.emit(ir.Assign(seen, constant(0, BOOL), span=span))
        for _ in self.generate(generator.generators, 0):
            value = self.counted(self.settled(generator.elt), generator.elt)
            if name == "sum":
                expr: ir.Expr = ir.Apply("+", (ir.Local(kept), value.expr), of)
            else:
                better = ir.Apply(name, (ir.Local(kept), value.expr), of)
                expr = ir.Apply("ite", (ir.Local(seen), better, value.expr), of)
            self.builder.emit(ir.Assign(kept, expr, span=span))
            self.builder.emit(ir.Assign(seen, constant(1, BOOL), span=span))
        if name != "sum":
            self.check(ir.Local(seen), "out-of-bounds", None, node, f"`{name}` of nothing")
        return Scalar(ir.Local(kept), of)

    # -- methods of queues and sets

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
            value = self.convert(self.settled(node.args[0]), of.element, node.args[0], queue.place)
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


INITIAL = Mode("atomic", where="@initial")


class _nothing:  # noqa: N801 - reads as a statement
    """A context that changes nothing."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *args: object) -> None:
        return None


def reads_memory(expr: ir.Expr) -> bool:
    """Whether an expression looks at shared memory (ghosts and locals are none)."""
    for part in walk(expr):
        match part:
            case ir.Read(kind=kind) if kind is not ir.Kind.GHOST:
                return True
            case ir.Alive() | ir.IsInitialised() | ir.QueueLength() | ir.QueueContains():
                return True
            case ir.IsFinished() | ir.HasFreeSlot() | ir.HasFreeThread():
                return True
            case _:
                pass
    return False


def ir_fn() -> ScalarType:
    """The type of routines as values."""
    from modelcheck.ir.types import FN

    return FN


__all__ = ["INITIAL", "Intrinsics", "bool_value", "reads_memory"]
