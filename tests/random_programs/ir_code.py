"""Random code of one thread: waits, threads, asserts, and which statement comes next."""

from __future__ import annotations

from modelcheck.ir.nodes import (
    Apply,
    Assert,
    Assign,
    Check,
    Choose,
    Const,
    Crash,
    Enter,
    HasFreeThread,
    IsFinished,
    Kind,
    Leave,
    Local,
    ObjectRoot,
    Place,
    PointerRoot,
    Read,
    SetInterrupts,
    Spawn,
    Store,
    Wait,
)
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    RangeType,
)
from random_programs.ir_builder import (
    NODE,
    PART,
    SMALL,
    address,
    differs,
    equal,
    less,
    null,
    number,
    own_index,
    plus,
)
from random_programs.ir_loops import Loops
from random_programs.ir_values import NUMBERS


class CodeMaker(Loops):
    """Makes the statements of one thread."""

    # ------------------------------------------------------------------ waiting and choosing

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
            (self.divide, 4 * has("fault")),
            (self.spawn, 4 * has("spawn")),
            (self.crash, 2 * has("crash")),
            (self.mistake, 14 * bool(self.shared.mistakes)),
            (self.interrupts, 2 * has("interrupt")),
            (self.stack_frame, 4 * has("local")),
        )

    def pick(self, *choices) -> None:
        acts, weights = zip(*choices, strict=True)
        self.rng.choices(acts, weights)[0]()
