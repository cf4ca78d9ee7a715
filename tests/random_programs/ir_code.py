"""Random code of one thread: each method makes one statement as the front end would lower it."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from modelcheck.ir.nodes import (
    Alive,
    Apply,
    Assert,
    Assign,
    Branch,
    Check,
    Choose,
    Const,
    ContainerOf,
    Crash,
    Current,
    Discard,
    Enter,
    Expr,
    Free,
    HasFreeSlot,
    HasFreeThread,
    IsFinished,
    Jump,
    Kind,
    Leave,
    Load,
    Local,
    Me,
    New,
    ObjectRoot,
    Place,
    PointerRoot,
    Precedes,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    SetInterrupts,
    Spawn,
    StartsObject,
    Store,
    Template,
    ThreadOf,
    Wait,
)
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    U8,
    EnumType,
    PtrType,
    RangeType,
    ScalarType,
    SetType,
)
from random_programs.ir_builder import (
    NODE,
    PART,
    SMALL,
    TRUE,
    Code,
    address,
    differs,
    equal,
    less,
    negate,
    null,
    number,
    own_index,
    plus,
)
from random_programs.ir_memory import Shared

NUMBERS = (SMALL, U8)
LOADS = (Kind.ONCE, Kind.ONCE, Kind.ACQUIRE, Kind.DEPENDENT)
STORES = (Kind.ONCE, Kind.ONCE, Kind.RELEASE)


@dataclass
class CodeMaker:
    """Makes statements; `spawns` are the templates it may start, `stack` its local object."""

    rng: Random
    shared: Shared
    code: Code
    copies: int
    threads: list[tuple[str, int]]  # all that are declared before the code runs: name, copies
    spawns: list[Template] = field(default_factory=list)
    stack: str = ""
    asserts: set[str] = field(default_factory=set)
    in_loop: bool = False
    depth: int = 0
    sure: set[str] = field(default_factory=set)  # pointers that are not None

    # ------------------------------------------------------------------ values

    def load_kind(self) -> Kind:
        if not self.shared.has("marked") and self.rng.random() < 0.5:
            return Kind.PLAIN
        return self.rng.choice(LOADS)

    def store_kind(self) -> Kind:
        if not self.shared.has("marked") and self.rng.random() < 0.5:
            return Kind.PLAIN
        if self.code.in_atomic and self.rng.random() < 0.5:
            return Kind.RMW
        return self.rng.choice(STORES)

    def value(self, of: ScalarType) -> Expr:
        """A value that a store of that type may take as it is."""
        rng, code = self.rng, self.code
        known = [Local(name) for name in code.locals_of(of)]
        match of:
            case RangeType() | EnumType():
                last = 2
                choices = [Const(rng.randint(0, last), of), *known]
                if of == SMALL:
                    choices += [
                        Apply("%", (plus(Local(n), number(1), RangeType(1, 256)), number(3)), SMALL)
                        for n in code.locals_of(*NUMBERS)
                    ]
                    choices += [
                        Apply("ite", (Local(n), number(1), number(0)), SMALL)
                        for n in code.locals_of(BOOL)
                    ]
                return rng.choice(choices)
            case _ if of == U8:
                choices = [Const(rng.randint(0, 2), U8), *known]
                for n in code.locals_of(*NUMBERS):
                    more = plus(Local(n), number(1), RangeType(1, 256))
                    if not self.in_loop:
                        choices.append(Apply("wrap8", (more,), U8))
                    choices.append(Apply("%", (more, number(3)), U8))
                    choices.append(Apply("^", (Local(n), number(1)), U8))
                if not self.in_loop and rng.random() < 0.2:
                    choices.append(Apply("wrap8", (Const(-1, RangeType(-1, -1)),), U8))
                return rng.choice(choices)
            case _ if of == BOOL:
                return rng.choice((Const(rng.randint(0, 1), BOOL), self.condition()))
            case _ if of == THREAD_ID:
                name, copies = rng.choice(self.threads)
                other = ThreadOf(name, number(rng.randrange(copies)))
                return rng.choice((null(of), Current(), Current(), other, *known))
            case _ if of == NODE:
                fixed = [address(place) for place in self.shared.nodes]
                return rng.choice((null(of), *fixed, *known, *known))
            case _ if of == PART:
                return rng.choice((null(of), *self.parts(), *known))
            case SetType():
                return Const(rng.choice((0, 0, 1, 2)) if of.element != NODE else 0, of)
            case _:
                raise AssertionError(of)

    def parts(self) -> list[Expr]:
        """Addresses of fixed Parts, embedded ones too."""
        found = [
            address(Place(place.root, place.path[:-1]))
            for place, _ in self.shared.scalars
            if place.path[-2:] == ("part", "a")
        ]
        if self.shared.has("part"):
            found += [address(Place(place.root, ("part",))) for place in self.shared.nodes]
        if self.stack:
            found += [address(Place(ObjectRoot(self.stack)))] * 2
        if self.shared.has("per_thread"):
            found.append(address(Place(ObjectRoot("tasks", own_index()), ("part",))))
        return found

    def condition(self) -> Expr:
        """Something about locals."""
        rng, code = self.rng, self.code
        choices: list[Expr] = [Local(name) for name in code.locals_of(BOOL)]
        for name in code.locals_of(*NUMBERS):
            choices.append(equal(Local(name), number(rng.randint(0, 2))))
            choices.append(less(Local(name), number(rng.randint(1, 2))))
        for name, of in code.locals.items():
            if isinstance(of, PtrType) or of == THREAD_ID:
                choices.append(differs(Local(name), null(of)))
            if isinstance(of, EnumType):
                choices.append(equal(Local(name), Const(rng.randint(0, 2), of)))
        if self.copies > 1:
            choices.append(equal(Me(), number(0)))
        if not choices:
            return TRUE
        found = rng.choice(choices)
        if rng.random() < 0.2:
            found = Apply(rng.choice(("and", "or")), (found, rng.choice(choices)), BOOL)
        return negate(found) if rng.random() < 0.2 else found

    # ------------------------------------------------------------------ places

    def place(self, *types: ScalarType, reading: bool = True) -> tuple[Place, ScalarType] | None:
        """A scalar place of one of the types; the checks before an access to it are emitted."""
        rng, shared, code = self.rng, self.shared, self.code
        choices: list = [(p, of) for p, of in shared.scalars if not types or of in types] * 2
        daring = shared.has("fault") and rng.random() < 0.1
        for name in code.locals_of(NODE):
            for f, of in shared.node_fields.items():
                if (not types or of in types) and (daring or name in self.sure):
                    choices += [("node", name, f, of)] * 3
        for name in code.locals_of(PART):
            if daring or name in self.sure:
                found = [("part", name, f, of) for f, of in PART_FIELDS]
                choices += [c for c in found if not types or c[3] in types]
        if not types or SMALL in types:
            choices += [("array", place, SMALL) for place, _ in shared.arrays]
            if shared.has("per_thread"):
                choices.append((Place(ObjectRoot("tasks", own_index()), ("n",)), SMALL))
            if self.stack:
                choices.append((Place(ObjectRoot(self.stack), ("a",)), SMALL))
        others = code.locals_of(THREAD_ID)
        if daring and others and shared.has("per_thread") and (not types or SMALL in types):
            choices.append(("task", rng.choice(others), SMALL))
        if not choices:
            return None
        match rng.choice(choices):
            case ("node", name, f, of):
                return self.through(Local(name), "Node", (f,), reading=reading), of
            case ("part", name, f, of):
                return self.through(Local(name), "Part", (f,), reading=reading), of
            case ("array", place, of):
                index: Expr = number(rng.randrange(2))
                names = code.locals_of(*NUMBERS)
                if names and (shared.has("fault") or rng.random() < 0.2):
                    index = Local(rng.choice(names))
                    code.emit(Check(less(index, number(2)), "out-of-bounds", place))
                return Place(place.root, (*place.path, index)), of
            case ("task", name, of):
                thread = Local(name)
                code.check_thread(thread)
                index = Apply("-", (thread, number(1)), RangeType(0, 62))
                place = Place(ObjectRoot("tasks", index), ("n",))
                code.check_alive(place)
                return place, of
            case (place, of):
                return place, of
        raise AssertionError

    def through(self, pointer: Expr, struct: str, path, *, reading: bool) -> Place:
        """A field of what a pointer points to, with its checks."""
        place = Place(PointerRoot(pointer, struct), path)
        self.code.check_pointer(pointer, struct)
        if self.rng.random() < 0.95 or not reading:
            self.code.check_alive(place, stable=struct == "Node" and path[0] in self.shared.stable)
        if reading:
            self.code.check_initialised(place)
        return place

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
        more: Expr = plus(Local(name), number(1), RangeType(1, 256))
        if of == SMALL and (self.shared.has("fault") or rng.random() < 0.1):
            code.emit(Check(Apply("<=", (more, number(2)), BOOL), "range", place))
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
        """From a Part to the Node around it."""
        if NODE not in self.shared.node_fields.values() and not self.shared.node_fields:
            return
        names = [name for name in self.code.locals_of(PART) if name in self.sure]
        if not names or not self.shared.has("part"):
            return
        pointer = Local(self.rng.choice(names))
        name = self.code.local(NODE)
        self.code.check_pointer(pointer, "Part")
        self.code.emit(Assign(name, ContainerOf(pointer, "Node", ("part",))))

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

    # ------------------------------------------------------------------ waiting and choosing

    def shared_condition(self, kind: Kind = Kind.ONCE) -> Expr:
        rng = self.rng
        choices: list[Expr] = []
        for place, of in self.shared.scalars:
            read = Read(place, kind)
            if of == BOOL:
                choices += [read, negate(read)]
            elif of in NUMBERS:
                choices.append(equal(read, number(rng.randint(0, 2))))
                choices.append(less(read, number(rng.randint(1, 2))))
            elif isinstance(of, PtrType) or of == THREAD_ID:
                choices += [equal(read, null(of)), differs(read, null(of))]
            elif isinstance(of, EnumType):
                choices.append(equal(read, Const(rng.randint(0, 2), of)))
        for place, _ in self.shared.queues:
            choices.append(less(number(0), QueueLength(place)))
        found = rng.choice(choices)
        if rng.random() < 0.3:
            found = Apply(rng.choice(("and", "or")), (found, rng.choice(choices)), BOOL)
        return found

    def wait(self) -> None:
        rng, code = self.rng, self.code
        idle = self.shared.has("idle") and rng.random() < 0.6
        names = code.locals_of(THREAD_ID)
        if names and self.spawns and rng.random() < 0.5 and not code.inner:
            thread = Local(rng.choice(names))
            code.step("wait for a thread")
            code.check_thread(thread)
            code.emit(Wait(IsFinished(thread), idle=idle))
            return
        code.step("wait")
        if not (code.inner and not code.in_atomic):
            code.emit(Wait(self.shared_condition(), idle=idle))

    def choose(self) -> None:
        code, rng = self.code, self.rng
        if self.in_loop and not code.in_atomic:
            return  # where the loop turns out to be local work, its paths would double each round
        name = code.local(rng.choice((BOOL, SMALL)))
        count = 2 if code.locals[name] == BOOL else rng.choice((2, 3))
        if rng.random() < 0.4:
            code.step("choose on shared memory")
            wait = Wait(
                Apply("or", (equal(Local(name), number(0)), self.shared_condition()), BOOL)
                if count == 3 or code.locals[name] != BOOL
                else Apply("or", (Local(name), self.shared_condition()), BOOL),
                idle=self.shared.has("idle") and rng.random() < 0.3,
            )
            code.emit(Choose(name, count), wait)
        else:
            code.emit(Choose(name, count))

    def atomic(self) -> None:
        """Several accesses at once, perhaps with arms, perhaps with a wait behind an effect."""
        code, rng = self.code, self.rng
        if code.in_atomic or code.inner:
            return
        code.begin_atomic()
        if rng.random() < 0.4:
            name = code.local(BOOL, hidden=True)
            code.emit(Choose(name, 2))

            def arm() -> None:
                if rng.random() < 0.7:
                    code.emit(Wait(self.shared_condition(), idle=rng.random() < 0.3))
                self.simple()

            code.fork(Local(name), arm, arm)
        for _ in range(rng.choice((1, 2, 2))):
            self.simple()
        if self.in_loop:
            self.store()
        if rng.random() < 0.3:
            self.store()
            code.emit(Wait(self.shared_condition(Kind.PLAIN if rng.random() < 0.2 else Kind.ONCE)))
        code.end_atomic()
        if rng.random() < 0.3:
            self.ghost()

    # ------------------------------------------------------------------ control

    def fork(self) -> None:
        if self.depth > 1 or (self.code.inner and not self.code.in_atomic):
            return
        other = self.rng.random() < 0.4
        self.code.fork(
            self.condition(),
            lambda: self.nested(1),
            (lambda: self.nested(1)) if other else None,
        )

    def for_ever(self, count: int) -> None:
        """A thread that goes round for ever, at rest where there is nothing to do."""
        rng, code = self.rng, self.code
        self.in_loop = True
        head = code.new_label()
        code.jump_to(head)
        code.step("wait for work")
        if rng.random() < 0.7:
            code.emit(Wait(self.shared_condition(), idle=rng.random() < 0.8))
        else:
            self.load()
        for _ in range(count):
            self.statement()
        if rng.random() < 0.5:
            after = code.new_label()
            code.close(Branch(self.condition(), after, head))
            code.start_block(after)
        else:
            code.close(Jump(head))
            code.start_block(code.new_label())

    def loop(self) -> None:
        """A spin, or something for ever, or so many times."""
        code, rng = self.code, self.rng
        if code.inner or self.depth > 0 or not self.shared.has("loop"):
            return
        was, self.in_loop = self.in_loop, True
        head, after = code.new_label(), code.new_label()
        match rng.choice(("spin", "spin", "for ever", "count", "local")):
            case "spin":
                code.jump_to(head)
                name = self.load(BOOL, SMALL, U8)
                if name is None:
                    code.close(Jump(after))
                else:
                    of = code.locals[name]
                    done = Local(name) if of == BOOL else equal(Local(name), number(1))
                    body = code.new_label()
                    code.close(Branch(done, after, body))
                    code.start_block(body)
                    if rng.random() < 0.4:
                        self.nested(1)
                    code.close(Jump(head))
            case "for ever":
                code.jump_to(head)
                if rng.random() < 0.7:
                    code.step("wait")
                    code.emit(Wait(self.shared_condition(), idle=rng.random() < 0.8))
                else:
                    self.load()
                self.nested(rng.choice((1, 2)))
                code.close(Branch(self.condition(), after, head))
            case "count":
                name = code.local(SMALL)
                code.emit(Assign(name, Const(0, SMALL)))
                code.jump_to(head)
                self.nested(1)
                more = plus(Local(name), number(1), RangeType(1, 3))
                code.emit(Assign(name, Apply("min", (more, number(2)), SMALL)))
                code.close(Branch(less(Local(name), number(2)), head, after))
            case _:
                # Local work that ends, or (a fault) does not where the condition holds.
                body = code.new_label()
                name = self.load(BOOL, SMALL, U8)
                code.jump_to(head)
                if name is None:
                    code.close(Jump(after))
                else:
                    of = code.locals[name]
                    holds = Local(name) if of == BOOL else less(number(0), Local(name))
                    code.close(Branch(holds, body, after))
                    code.start_block(body)
                    if not self.shared.has("fault") or rng.random() < 0.7:
                        value = Const(0, of)
                        if of != BOOL and rng.random() < 0.5:
                            value = Apply("-", (Local(name), number(1)), of)
                        code.emit(Assign(name, value))
                    code.close(Jump(head))
        code.start_block(after)
        self.in_loop = was

    # ------------------------------------------------------------------ what looks

    def ghost(self) -> None:
        rng, code = self.rng, self.code
        if not self.shared.ghosts:
            return
        place, _ = rng.choice(self.shared.ghosts)
        names = [name for name in code.locals_of(NODE) if name in self.sure]
        if names and rng.random() < 0.4:
            pointer = Local(rng.choice(names))
            code.check_pointer(pointer, "Node")
            place = Place(PointerRoot(pointer, "Node"), ("g",))
        if self.shared.has("per_thread") and rng.random() < 0.3:
            place = Place(ObjectRoot("tasks", own_index()), ("g",))
        old = Read(place, Kind.GHOST)
        more = plus(old, number(1), RangeType(1, 3))
        value = rng.choice(
            (
                Apply("%", (more, number(3)), SMALL),
                Apply("min", (more, number(2)), SMALL),
                Const(rng.randint(0, 2), SMALL),
                self.value(SMALL),
            )
        )
        code.emit(Store(place, value, Kind.GHOST))

    def check(self) -> None:
        """An assert on locals (local work), on ghosts, or on shared memory (a step)."""
        rng, code = self.rng, self.code
        name = rng.choice(("claim", "promise", "refcount"))
        if name != "refcount":
            self.asserts.add(name)
        if self.shared.ghosts and rng.random() < 0.3:
            place, _ = rng.choice(self.shared.ghosts)
            code.emit(Assert(less(Read(place, Kind.GHOST), number(2)), name, subject=place))
        elif rng.random() < 0.4:
            code.emit(Assert(Apply("or", (self.condition(), self.condition()), BOOL), name))
        else:
            code.step("assert")
            one, two = self.shared_condition(Kind.SILENT), self.shared_condition(Kind.SILENT)
            code.emit(Assert(Apply("or", (one, two), BOOL), name))

    def divide(self) -> None:
        rng, code = self.rng, self.code
        names = code.locals_of(*NUMBERS)
        if not names or not self.shared.has("fault"):
            return
        divisor = Local(rng.choice(names))
        code.emit(Check(differs(divisor, number(0)), "arithmetic", None))
        result = code.local(SMALL)
        code.emit(Assign(result, Apply("//", (number(2), divisor), SMALL)))

    # ------------------------------------------------------------------ threads

    def spawn(self) -> None:
        code, rng = self.code, self.rng
        if not self.spawns:
            return
        template = rng.choice(self.spawns)
        types = {local.name: local.type for local in template.body.locals}
        code.step("spawn")
        arguments = tuple(self.value(types[p]) for p in template.parameters)
        if not self.shared.has("fault") and not code.inner:
            code.emit(Wait(HasFreeThread(template.name), idle=rng.random() < 0.5))
        code.emit(Check(HasFreeThread(template.name), "capacity", None))
        name = code.local(THREAD_ID)
        code.emit(Spawn(name, template.name, arguments))
        helpers = self.shared.of_type(THREAD_ID)
        if helpers and rng.random() < 0.3:
            code.step("publish the thread")
            code.emit(Store(rng.choice(helpers), Local(name), Kind.ONCE))

    def crash(self) -> None:
        code = self.code
        if not self.shared.has("crash") or code.inner or self.in_loop:
            return
        code.step("crash")
        code.emit(Crash())

    def interrupts(self) -> None:
        code, rng = self.code, self.rng
        if not self.shared.has("interrupt") or code.inner:
            return
        which = rng.choice(("irqs", "irqs", "softirqs"))
        code.step(f"{which} off")
        code.emit(SetInterrupts(which, Const(0, BOOL)))
        self.nested(1)
        if rng.random() < 0.85:
            code.step(f"{which} on")
            code.emit(SetInterrupts(which, Const(1, BOOL)))

    def stack_frame(self) -> None:
        """A local object: it begins, its address goes out, it dies."""
        code, rng = self.code, self.rng
        if not self.stack or self.depth > 0 or code.inner:
            return
        place = Place(ObjectRoot(self.stack))
        code.emit(Enter(self.stack))
        homes = self.shared.of_type(PART)
        if homes:
            code.step("publish the stack")
            code.emit(Store(rng.choice(homes), address(place), self.store_kind()))
        else:
            code.step("touch the stack")
            code.emit(Store(Place(place.root, ("a",)), self.value(SMALL), Kind.PLAIN))
        self.nested(1)
        if homes and rng.random() < 0.5:
            code.step("take it back")
            code.emit(Store(rng.choice(homes), null(PART), Kind.ONCE))
        code.emit(Leave(self.stack))

    # ------------------------------------------------------------------ all together

    def simple(self) -> None:
        """A statement that may stand in an atomic."""
        self.pick((self.load, 3), (self.store, 5), (self.increment, 2), (self.queue, 2))

    def statement(self) -> None:
        """One statement; what turns out to be impossible here is tried otherwise."""
        before = len(self.code.blocks), len(self.code.instrs)
        for _ in range(4):
            self.try_statement()
            if (len(self.code.blocks), len(self.code.instrs)) != before:
                return

    def try_statement(self) -> None:
        has = self.shared.has
        self.pick(
            (self.load, 4),
            (self.store, 6),
            (self.increment, 4),
            (self.lock, 5 * has("lock")),
            (self.new, 4 * has("pool")),
            (self.free, 2 * has("pool")),
            (self.follow, 4 * has("pointer")),
            (self.container, 1 * has("part")),
            (self.queue, 4 * has("queue")),
            (self.use_set, 3 * has("set")),
            (self.wait, has("wait") + has("idle")),
            (self.choose, 2 * has("choice")),
            (self.atomic, 3 * has("atomic")),
            (self.fork, 4),
            (self.loop, 4 * has("loop")),
            (self.ghost, 3 * has("ghost")),
            (self.check, 3),
            (self.divide, 1),
            (self.spawn, 4 * has("spawn")),
            (self.crash, 2 * has("crash")),
            (self.interrupts, 2 * has("interrupt")),
            (self.stack_frame, 4 * has("local")),
        )

    def pick(self, *choices) -> None:
        acts, weights = zip(*choices, strict=True)
        self.rng.choices(acts, weights)[0]()


PART_FIELDS = [("a", SMALL), ("b", BOOL)]
