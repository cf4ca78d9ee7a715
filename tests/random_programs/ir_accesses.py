"""Statements that touch memory: loads and stores, locks, pools, pointers, queues and sets."""

from __future__ import annotations

from modelcheck.ir.nodes import (
    Alive,
    Apply,
    Assert,
    Assign,
    Check,
    Const,
    ContainerOf,
    Current,
    Discard,
    Expr,
    Free,
    HasFreeSlot,
    Kind,
    Load,
    Local,
    New,
    ObjectRoot,
    Place,
    PointerRoot,
    Precedes,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    StartsObject,
    Store,
    Wait,
)
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    U8,
    PtrType,
    RangeType,
    ScalarType,
    SetType,
    WordType,
)
from random_programs.ir_builder import (
    NODE,
    PART,
    SMALL,
    differs,
    equal,
    incremented,
    less,
    negate,
    null,
    number,
    own_index,
    wrapped,
)
from random_programs.ir_values import NUMBERS, PART_FIELDS, Values


class Accesses(Values):
    """Makes one statement each, as the front end would lower it."""

    # ------------------------------------------------------------------ plain statements

    def load(self, *types: ScalarType) -> str | None:
        self.code.step("load")
        found = self.place(*types)
        if found is None:
            return None
        place, of = found
        known = [name for name in self.code.locals_of(of) if name not in self.sure]
        same = [name for name in known if self.rng.random() < 0.4]
        name = self.rng.choice(same) if same else self.code.local(of)
        self.code.emit(Load(name, place, self.load_kind()))
        return name

    def store(self) -> None:
        self.code.step("store")
        found = self.place(reading=False)
        if found is not None:
            place, of = found
            self.code.emit(Store(place, self.value(of), self.store_kind()))

    def increment(self) -> None:
        rng, code = self.rng, self.code
        numbers = [(p, of) for p, of in self.shared.scalars if of in NUMBERS]
        if not numbers:
            return
        place, of = rng.choice(numbers)
        code.step("increment: load")
        name = code.local(of, hidden=True)
        code.emit(Load(name, place, self.load_kind()))
        code.step("increment: store")
        more: Expr = incremented(Local(name), of)
        if of == SMALL and (self.shared.has("fault") or rng.random() < 0.1):
            code.emit(Check(Apply("<=", (more, number(2)), BOOL), "range", place))
        elif isinstance(of, WordType) and not self.in_loop and rng.random() < 0.5:
            more = wrapped(more, of)
        else:
            more = Apply("%", (more, number(3)), of)
        code.emit(Store(place, more, self.store_kind()))

    def lock(self) -> None:
        """Wait for a lock and take it, do something, give it back; sometimes forget."""
        code, rng = self.code, self.rng
        if not self.shared.locks or self.depth > 1:
            return
        place = rng.choice(self.shared.locks)
        owner = Place(place.root, (*place.path, "owner"))
        if code.in_atomic:
            return
        code.begin_atomic()
        if rng.random() < 0.3:
            code.emit(
                Assert(differs(Read(owner, Kind.SILENT), Current()), "lock-misuse", "again", place)
            )
        code.emit(
            Wait(equal(Read(owner, Kind.ONCE), null(THREAD_ID))), Store(owner, Current(), Kind.RMW)
        )
        if self.shared.has("precedes") and len(self.shared.locks) > 1:
            name = rng.choice(("lock-order", "lock-order", "my_order"))
            others = rng.sample(self.shared.locks, 2)
            code.emit(Precedes(name, others[0], others[1]))
        code.end_atomic()
        self.nested(rng.choice((1, 1, 2)))
        if rng.random() < 0.9:
            code.step("unlock")
            if rng.random() < 0.3:
                held = equal(Read(owner, Kind.SILENT), Current())
                code.emit(Assert(held, "lock-misuse", "not held", place))
            code.emit(Store(owner, null(THREAD_ID), Kind.RELEASE))

    def nested(self, count: int) -> None:
        self.depth += 1
        for _ in range(count):
            self.statement()
        self.depth -= 1

    # ------------------------------------------------------------------ pools

    def new(self) -> None:
        code, rng = self.code, self.rng
        if not self.shared.pools:
            return
        pool = self.shared.pools[0]
        code.step("new")
        if not self.in_loop and not self.shared.has("fault") and not code.inner:
            code.emit(Wait(HasFreeSlot(pool), idle=True))
        code.emit(Check(HasFreeSlot(pool), "capacity", Place(ObjectRoot(pool, number(0)))))
        name = code.local(NODE)
        code.emit(New(name, pool))
        self.sure.add(name)
        struct = next(s for s in self.shared.structs if s.name == "Node")
        for f in struct.fields:
            at = Place(PointerRoot(Local(name), "Node"), (f.name,))
            if f.ghost or f.name in self.shared.stable or rng.random() < 0.1:
                continue
            if f.name in ("v", "next"):
                code.emit(Store(at, null(f.type) if f.name == "next" else number(1), Kind.SILENT))
            elif f.name == "q":
                code.emit(QueueOp("clear", at, Kind.SILENT))
            elif f.name == "part":
                inner = Place(at.root, ("part", "a"))
                code.emit(Store(inner, Const(0, SMALL), Kind.SILENT))
            elif f.name == "lock":
                owner = Place(at.root, ("lock", "owner"))
                code.emit(Store(owner, null(THREAD_ID), Kind.SILENT))
        if rng.random() < 0.8:
            heads = self.shared.of_type(NODE)
            if heads:
                code.step("publish")
                code.emit(Store(rng.choice(heads), Local(name), self.store_kind()))

    def free(self) -> None:
        code, rng = self.code, self.rng
        names = code.locals_of(NODE)
        if not names:
            name = self.load(NODE)
            if name is None:
                return
            names = [name]
        sure = [name for name in names if name in self.sure]
        if sure:
            self.release(Local(rng.choice(sure)))
        elif self.shared.has("fault") and rng.random() < 0.2:
            self.release(Local(rng.choice(names)))
        else:
            pointer = Local(rng.choice(names))
            code.fork(differs(pointer, null(NODE)), lambda: self.release(pointer))

    def release(self, pointer: Local) -> None:
        """Free what a pointer points to; sometimes take it out of the memory first."""
        code, rng = self.code, self.rng
        heads = self.shared.of_type(NODE)
        if heads and rng.random() < 0.6:
            code.step("unpublish")
            code.emit(Store(rng.choice(heads), null(NODE), self.store_kind()))
        discards = bool(self.shared.stable) and rng.random() < 0.3
        code.step("discard" if discards else "free")
        whole = Place(PointerRoot(pointer, "Node"))
        code.check_pointer(pointer, "Node")
        if discards:
            gone = Apply("and", (Alive(whole, stable=True), negate(Alive(whole))), BOOL)
            code.emit(Check(gone, "double-free", whole), Discard(pointer, "Node"))
        else:
            code.emit(
                Check(StartsObject(pointer, "Node"), "double-free", whole),
                Check(Alive(whole), "double-free", whole),
                Free(pointer, "Node"),
            )

    def follow(self) -> None:
        """Load a pointer and use what it points to, perhaps after a test."""
        name = self.load(NODE, PART)
        if name is None:
            return
        pointer, of = Local(name), self.code.locals[name]

        def use() -> None:
            known = name in self.sure
            self.sure.add(name)
            use_it()
            if self.rng.random() < 0.4:
                self.nested(1)
            if not known:
                self.sure.discard(name)

        def use_it() -> None:
            self.code.step("use")
            struct = of.struct
            fields = (
                [(n, t) for n, t in self.shared.node_fields.items()]
                if struct == "Node"
                else PART_FIELDS
            )
            f, inner = self.rng.choice(fields)
            if self.rng.random() < 0.5:
                place = self.through(pointer, struct, (f,), reading=False)
                self.code.emit(Store(place, self.value(inner), self.store_kind()))
            else:
                place = self.through(pointer, struct, (f,), reading=True)
                self.code.emit(Load(self.code.local(inner), place, self.load_kind()))

        if self.shared.has("fault") and self.rng.random() < 0.15:
            use()
        else:
            self.code.fork(differs(pointer, null(of)), use)

    def container(self) -> None:
        """From a Part to the Node around it, or to the object it is an element of."""
        code, rng = self.code, self.rng
        names = [name for name in code.locals_of(PART) if name in self.sure]
        if not names or not self.shared.has("part"):
            return
        outer: list[tuple[str, str, tuple[str | Expr, ...]]] = []
        if self.shared.node_fields:
            outer.append(("Node", "v", ("part",)))
        outer.append(("Top", "level", ("part",)))
        if self.shared.has("array"):
            outer.append(("Top", "level", ("parts", number(rng.randrange(2)))))
        struct, field_, path = rng.choice(outer)
        pointer = Local(rng.choice(names))
        name = code.local(PtrType(struct))
        code.check_pointer(pointer, "Part")
        code.emit(Assign(name, ContainerOf(pointer, struct, path)))
        of = SMALL if struct == "Top" else self.shared.node_fields["v"]

        def use() -> None:
            code.step("use what is around")
            place = self.through(Local(name), struct, (field_,), reading=False)
            code.emit(Store(place, self.value(of), self.store_kind()))

        found = differs(Local(name), null(PtrType(struct)))
        if self.shared.has("fault") and rng.random() < 0.3:
            code.emit(Check(found, "out-of-bounds", Place(PointerRoot(pointer, "Part"))))
            use()
        else:
            code.fork(found, use)

    # ------------------------------------------------------------------ queues and sets

    def queue(self) -> None:
        code, rng = self.code, self.rng
        if not self.shared.queues:
            return
        place, of = rng.choice(self.shared.queues)
        code.step("queue")
        kind = self.store_kind() if not code.in_atomic else Kind.ONCE
        match rng.choice(("append", "append", "appendleft", "popleft", "pop", "look", "remove")):
            case "append" | "appendleft" as verb:
                room = less(QueueLength(place), number(of.capacity))
                if not self.shared.has("fault") and (not code.inner or code.in_atomic):
                    code.emit(Wait(room, idle=rng.random() < 0.5))
                code.emit(Check(room, "capacity", place))
                code.emit(QueueOp(verb, place, kind, value=self.value(of.element)))
            case "popleft" | "pop" as verb:
                some = less(number(0), QueueLength(place))
                dares = self.shared.has("fault") and rng.random() < 0.4
                if not dares and (not code.inner or code.in_atomic):
                    code.emit(Wait(some, idle=rng.random() < 0.4))
                else:
                    code.emit(Check(some, "out-of-bounds", place))
                name = code.local(of.element)
                code.emit(QueueOp(verb, place, kind, local=name))
            case "look":
                code.emit(QueueOp("read", place, self.load_kind()))
                name = code.local(BOOL)
                holds = QueueContains(place, self.value(of.element))
                code.emit(Assign(name, holds))
            case _:
                code.emit(QueueOp("remove", place, kind, value=self.value(of.element)))

    def use_set(self) -> None:
        code, rng = self.code, self.rng
        places = [(p, of) for p, of in self.shared.scalars if isinstance(of, SetType)]
        if not places:
            return
        place, of = rng.choice(places)
        match of.element:
            case _ if of.element == NODE:
                names = [name for name in code.locals_of(NODE) if name in self.sure]
                if not names:
                    return
                pointer = Local(rng.choice(names))
                code.check_pointer(pointer, "Node")
                bit = Apply("-", (pointer, number(1)), RangeType(0, 62))
            case _ if of.element == THREAD_ID:
                bit = own_index()
            case _:
                bit = self.value(of.element)
        code.step("set")
        if rng.random() < 0.6:
            op = rng.choice(("bit-set", "bit-set", "bit-clear"))
            code.emit(Store(place, Apply(op, (Read(place), bit), of), self.store_kind()))
        else:
            seen, held = code.local(of, hidden=True), code.local(BOOL)
            code.emit(Load(seen, place, self.load_kind()))
            code.emit(Assign(held, Apply("bit-test", (Local(seen), bit), BOOL)))
            if rng.random() < 0.3:
                count = code.local(U8)
                code.emit(Assign(count, Apply("popcount", (Local(seen),), RangeType(0, 63))))
