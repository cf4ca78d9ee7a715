"""Objects that begin and end while a program runs."""

from __future__ import annotations

import ast

from modelcheck.frontend.kinds import literal
from modelcheck.frontend.lowering.containers import Containers
from modelcheck.frontend.lowering.context import Mode
from modelcheck.frontend.lowering.terms import (
    both,
    compare,
    constant,
    negated,
    show_value,
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
    Embedded,
    PtrType,
)


class Objects(Containers):
    """`new`, `free`, `local`, …, and who is asked when something dies."""

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
        pointer, struct = self.pointer_argument(node, names=("around",))
        if self.flag_argument(node, "around"):
            self.free_around(pointer, struct, node)
            return NoneValue()
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

    def free_around(self, pointer: Scalar, struct: str, node: ast.Call) -> None:
        """End the life of the object that a place lies in, whatever its type: one step.

        Which object that is shows when the step runs, so each type that embeds the place's struct
        is tried; at most one of them has an object that begins there.
        """
        span = self.span(node)
        self.world.declare_all()
        self.begin_step(node)
        null = constant(0, PtrType(struct))
        self.check(compare("!=", pointer.expr, null), "null-dereference", None, node)
        done = self.builder.fresh_label()
        types = {
            obj.type: None
            for obj in self.world.objects.values()
            if obj.kind in ("pool", "shared") and isinstance(obj.type, Embedded)
        }
        with self.builder.inside_step():
            for of in types:
                for path in self.paths_to(of, struct):
                    self.free_where_it_is(pointer, of.struct, path, done, node)
            self.check(
                constant(0, BOOL),
                "double-free",
                ir.Place(ir.PointerRoot(pointer.expr, struct)),
                node,
                "this lies in no object that can be freed",
            )
            self.builder.place(done, span)
        self.builder.leave_step(span)

    def free_where_it_is(
        self,
        pointer: Scalar,
        struct: str,
        path: tuple[str | ir.Expr, ...],
        done: str,
        node: ast.Call,
    ) -> None:
        """Free the object of a type that has the place as its `path`, if there is one."""
        span = self.span(node)
        of = PtrType(struct)
        outer = pointer
        if path:
            outer = self.kept(Scalar(ir.ContainerOf(pointer.expr, struct, path), of), node)
        place = ir.Place(ir.PointerRoot(outer.expr, struct))
        dies, other = self.builder.fresh_label(), self.builder.fresh_label()
        begins = both(
            compare("!=", outer.expr, constant(0, of)), ir.StartsObject(outer.expr, struct)
        )
        self.builder.close(ir.Branch(begins, dies, other, span=span))
        self.builder.open(dies)
        self.check(ir.Alive(place), "double-free", place, node)
        self.run_on_free(Storage(place, Embedded(struct)), node)
        self.builder.emit(ir.Free(outer.expr, struct, span=span))
        self.world.freed.add(struct)
        self.builder.jump(done, span)
        self.builder.open(other)

    def run_on_free(self, storage: Storage, node: ast.AST) -> None:
        """The `@on_free(T)` observers, for each T inside what dies."""
        if self.is_survey:
            return
        for module, routine, decorator in self.world.routines_of_kind("on_free"):
            if not isinstance(decorator, ast.Call) or not decorator.args:
                continue
            of = self.world.object_type(module, decorator.args[0])
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
        self.check(
            ir.StartsObject(pointer.expr, struct),
            "double-free",
            place,
            node,
            "this is not the start of an object",
        )
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
        value = self.for_good(self.value(node.args[0]), node.args[0])
        items = self.items_of(value, node.args[0])
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
            around = ir.Place(value.expr.place.root, value.expr.place.path[:-1])
            if self.type_at(around) == Embedded(outer):
                return Storage(around, Embedded(outer))
        inner = value.type.struct
        value = self.kept(value, node)
        null = constant(0, value.type)
        self.check(compare("!=", value.expr, null), "null-dereference", None, node)
        result = ir.ContainerOf(value.expr, outer, (name,))
        kept = self.within_step(result, PtrType(outer), node)
        self.check(
            compare("!=", kept.expr, constant(0, PtrType(outer))),
            "out-of-bounds",
            ir.Place(ir.PointerRoot(value.expr, inner)),
            node,
            f"this is not the field `{name}` of a `{outer}`",
        )
        return kept

    def local(self, node: ast.Call) -> Value:
        """A struct on the routine's stack."""
        struct = self.struct_argument(node)
        self.need_code(node)
        self.need_thread(node, f"local({struct})")
        assert self.thread is not None
        frame = self.frame
        target = frame.statement.targets[0] if isinstance(frame.statement, ast.Assign) else None
        stem = target.id if isinstance(target, ast.Name) else struct.lower()
        base = f"{self.thread.name}.{stem}"
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
            template=self.thread.name,
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
