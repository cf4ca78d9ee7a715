"""Run code by walking it, until it ends, fails, or has to wait."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Assert,
    Assign,
    Body,
    Branch,
    Check,
    Choose,
    Const,
    ContainerOf,
    Crash,
    Current,
    Discard,
    End,
    Enter,
    Free,
    HasFreeSlot,
    HasFreeThread,
    IsFinished,
    IsInitialised,
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
    Return,
    SetInterrupts,
    Spawn,
    StartsObject,
    Store,
    ThreadOf,
    Wait,
)
from modelcheck.ir.ops import OPS
from modelcheck.ir.types import QueueOf
from naive import state as memory
from naive.silence import list_subject_names
from naive.state import State
from naive.world import ENDED, UNINITIALISED, Spot, World

MOST_BLOCKS = 10_000


class Failed(Exception):  # noqa: N818
    """The step breaks a property; `allow` may know what of by these names."""

    def __init__(self, property_: str, names: frozenset[str] = frozenset()) -> None:
        super().__init__(property_)
        self.property = property_
        self.names = names


class Blocked(Exception):  # noqa: N818
    """The step waits."""

    def __init__(self, *, idle: bool) -> None:
        super().__init__()
        self.idle = idle


class NeedsChoice(Exception):  # noqa: N818
    """The choices made so far are used up, and there are so many for the next."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


@dataclass
class Runner:
    """Runs code of one thread (none: initial code, properties) on a state that it changes.

    `accesses` are (spot, writes, plain); `orders` (property, declaration, declaration).
    """

    world: World
    state: State
    choices: tuple[int, ...] = ()
    asked: int = 0
    accesses: set[tuple[Spot, bool, bool]] = field(default_factory=set)
    orders: set[tuple[str, str, str]] = field(default_factory=set)

    def choose(self, count: int) -> int:
        if self.asked == len(self.choices):
            raise NeedsChoice(count)
        self.asked += 1
        return self.choices[self.asked - 1]

    # ------------------------------------------------------------------ code

    def run_thread(self, thread: int, label: str, *, from_location: bool) -> None:
        """Run from a block until the thread stands at a location or has ended."""
        template, _ = self.world.threads[thread]
        blocks = self.world.blocks[template.name]
        values = self.state.values[thread]
        passed = 0
        while True:
            block = blocks[label]
            if block.rest and not from_location:
                self.state.at[thread] = label
                self.state.values[thread] = {n: values.get(n, 0) for n in block.live}
                return
            from_location = False
            passed += 1
            if passed > MOST_BLOCKS:
                raise Failed("diverges")
            for instr in block.instrs:
                self.execute(thread, values, instr)
            if isinstance(block.end, End):
                memory.end_thread(self.world, self.state, thread)
                return
            label = self.next_label(thread, values, block.end)

    def run_body(self, body: Body) -> int | None:
        """Run code that no thread runs; the value of its Return."""
        blocks = {block.label: block for block in body.blocks}
        values: dict[str, int] = {}
        label = body.entry
        passed = 0
        while True:
            passed += 1
            if passed > MOST_BLOCKS:
                raise Failed("diverges")
            for instr in blocks[label].instrs:
                self.execute(None, values, instr)
            end = blocks[label].end
            if isinstance(end, End):
                return None
            if isinstance(end, Return):
                return self.value(None, values, end.value)
            label = self.next_label(None, values, end)

    def next_label(self, thread, values, end) -> str:
        if isinstance(end, Jump):
            return end.target
        assert isinstance(end, Branch)
        return end.then if self.value(thread, values, end.condition) else end.other

    def execute(self, thread: int | None, values: dict[str, int], instr) -> None:
        world, state = self.world, self.state
        match instr:
            case Assign(local, value):
                values[local] = self.value(thread, values, value)
            case Load(local, place, kind):
                values[local] = self.load(self.spot(thread, values, place), kind)
            case Store(place, value, kind):
                # What is evaluated first makes no difference: expressions change nothing.
                spot = self.spot(thread, values, place)
                value = self.value(thread, values, value)
                self.note(spot, kind, writes=True)
                self.set_memory(spot, value)
            case QueueOp():
                self.queue(thread, values, instr)
            case Check(condition, fault, subject):
                if not self.value(thread, values, condition):
                    raise Failed(fault, self.names_of(thread, values, subject))
            case Assert(condition, property_, _, subject):
                if not self.value(thread, values, condition):
                    raise Failed(property_, self.names_of(thread, values, subject))
            case Wait(condition, idle):
                if not self.value(thread, values, condition):
                    raise Blocked(idle=idle)
            case Choose(local, count):
                values[local] = self.choose(count)
            case New(local, pool):
                slots = memory.free_slots(world, state, pool)
                assert slots, "a HasFreeSlot check stands before New"
                rank = self.choose(len(slots)) if world.objects[pool].reuse else 0
                memory.allocate(world, state, pool, slots[rank])
                values[local] = world.pointer_to((pool, slots[rank], ()))
            case Free(pointer, struct):
                name, element, path = self.target(self.value(thread, values, pointer), struct)
                assert path == ()
                memory.free(world, state, name, element)
            case Discard(pointer, struct):
                name, element, path = self.target(self.value(thread, values, pointer), struct)
                assert path == ()
                memory.discard(world, state, name, element)
            case Enter(name):
                memory.enter(world, state, name, world.threads[thread][1])
            case Leave(name):
                memory.leave(world, state, name, world.threads[thread][1])
            case Spawn(local, template, arguments):
                given = [self.value(thread, values, a) for a in arguments]
                values[local] = self.spawn(template, given) + 1
            case Crash():
                memory.crash(world, state, thread)
            case Precedes(property_, first, second, nested):
                one = self.declaration(self.spot(thread, values, first))
                two = self.declaration(self.spot(thread, values, second))
                if not nested or one != two:
                    self.orders.add((property_, one, two))
            case SetInterrupts(which, on):
                getattr(state, which)[thread] = self.value(thread, values, on)
            case _:
                raise AssertionError(instr)

    def spawn(self, name: str, arguments: list[int]) -> int:
        template = self.world.templates[name]
        numbers = [self.world.number_of(name, copy) for copy in range(template.count)]
        thread = next(n for n in numbers if self.state.at[n] == ENDED)
        memory.begin_thread(self.world, self.state, thread)
        self.state.values[thread] = dict(zip(template.parameters, arguments, strict=True))
        self.run_thread(thread, template.body.entry, from_location=False)
        return thread

    def queue(self, thread, values, op: QueueOp) -> None:
        spot = self.spot(thread, values, op.place)
        value = None if op.value is None else self.value(thread, values, op.value)
        self.note(spot, op.kind, writes=op.verb != "read")
        old = self.state.memory[spot]
        if op.verb == "read":
            return
        if op.verb == "clear":
            new = ()
        else:
            assert isinstance(old, tuple), "an IsInitialised check stands before it"
            match op.verb:
                case "append":
                    new = (*old, value)
                case "appendleft":
                    new = (value, *old)
                case "popleft":
                    values[op.local], new = old[0], old[1:]
                case "pop":
                    values[op.local], new = old[-1], old[:-1]
                case "remove":
                    i = old.index(value) if value in old else len(old)
                    new = old[:i] + old[i + 1 :]
        of = self.world.type_at(spot)
        assert isinstance(of, QueueOf)
        assert len(new) <= of.capacity
        self.state.memory[spot] = new

    # ------------------------------------------------------------------ places

    def target(self, pointer: int, struct: str) -> Spot:
        assert pointer != 0, "a null-dereference check stands before it"
        return self.world.places[struct][pointer - 1]

    def spot(self, thread, values, place) -> Spot:
        root = place.root
        if isinstance(root, PointerRoot):
            name, element, path = self.target(self.value(thread, values, root.pointer), root.struct)
        else:
            assert isinstance(root, ObjectRoot)
            name, path = root.object, ()
            if root.index is not None:
                element = self.value(thread, values, root.index)
            elif self.world.objects[name].kind == "local":
                element = self.world.threads[thread][1]
            else:
                element = 0
        for part in place.path:
            step = part if isinstance(part, str) else self.value(thread, values, part)
            path = (*path, step)
        return name, element, path

    def owner(self, spot: Spot) -> tuple[Spot, int | None]:
        """The leaf a spot lies in, and which element of it where that is a queue."""
        if spot in self.state.memory:
            return spot, None
        name, element, path = spot
        assert (name, element, path[:-1]) in self.state.memory, spot
        return (name, element, path[:-1]), path[-1]

    def load(self, spot: Spot, kind: Kind) -> int:
        self.note(spot, kind, writes=False)
        leaf, index = self.owner(spot)
        value = self.state.memory[leaf]
        if index is not None:
            value = value[index] if 0 <= index < len(value) else 0
        assert isinstance(value, int), "an IsInitialised check stands before it"
        return value

    def set_memory(self, spot: Spot, value: int) -> None:
        leaf, index = self.owner(spot)
        if index is not None:
            old = self.state.memory[leaf]
            value = (*old[:index], value, *old[index + 1 :])
        self.state.memory[leaf] = value

    def names_of(self, thread, values, subject: Place | None) -> frozenset[str]:
        """What `allow` may call the subject of a check."""

        def find_spot(place: Place) -> Spot | None:
            root = place.root
            if isinstance(root, PointerRoot) and not self.value(thread, values, root.pointer):
                return None
            spot = self.spot(thread, values, place)
            return spot if self.world.exists(spot) else None

        if subject is None:
            return frozenset()
        return frozenset(list_subject_names(self.world, subject, find_spot))

    def note(self, spot: Spot, kind: Kind, *, writes: bool) -> None:
        if kind not in (Kind.GHOST, Kind.SILENT):
            self.accesses.add((self.owner(spot)[0], writes, kind is Kind.PLAIN))

    def declaration(self, spot: Spot) -> str:
        fields = [
            name
            for name in self.world.fields_on(spot)
            if not self.world.is_library(name.split(".")[0])
        ]
        return fields[-1] if fields else spot[0]

    # ------------------------------------------------------------------ values

    def value(self, thread, values, expr) -> int:
        world, state = self.world, self.state

        def of(part):
            return self.value(thread, values, part)

        match expr:
            case Const(value):
                return value
            case Local(name):
                return values.get(name, 0)
            case Me():
                return world.threads[thread][1]
            case Current():
                return thread + 1
            case ThreadOf(template, copy):
                return world.number_of(template, of(copy)) + 1
            case Read(place, kind):
                return self.load(self.spot(thread, values, place), kind)
            case AddressOf(place):
                return world.pointer_to(self.spot(thread, values, place))
            case ContainerOf(pointer, outer, path):
                return self.container(of(pointer), expr, outer, path)
            case Alive(place, stable):
                spot = self.spot(thread, values, place)
                return int(memory.is_alive(world, state, spot, stable=stable))
            case IsInitialised(place):
                leaf, _ = self.owner(self.spot(thread, values, place))
                return int(state.memory[leaf] != UNINITIALISED)
            case StartsObject(pointer, struct):
                name, _, path = self.target(of(pointer), struct)
                return int(path == () and world.objects[name].kind in ("pool", "shared"))
            case QueueLength(place, kind):
                return len(self.queue_at(thread, values, place, kind))
            case QueueContains(place, value, kind):
                return int(of(value) in self.queue_at(thread, values, place, kind))
            case IsFinished(other):
                return int(state.at[of(other) - 1] == ENDED)
            case HasFreeThread(template):
                count = world.templates[template].count
                numbers = [world.number_of(template, copy) for copy in range(count)]
                return int(any(state.at[n] == ENDED for n in numbers))
            case HasFreeSlot(pool):
                return int(bool(memory.free_slots(world, state, pool)))
            case Apply("and", (left, right)):
                return int(bool(of(left)) and bool(of(right)))
            case Apply("or", (left, right)):
                return int(bool(of(left)) or bool(of(right)))
            case Apply("ite", (condition, then, other)):
                return of(then) if of(condition) else of(other)
            case Apply(op, args):
                return int(OPS[op].meaning(*map(of, args)))
            case _:
                raise AssertionError(expr)

    def queue_at(self, thread, values, place, kind: Kind) -> tuple[int, ...]:
        spot = self.spot(thread, values, place)
        self.note(spot, kind, writes=False)
        queue = self.state.memory[spot]
        assert isinstance(queue, tuple), "an IsInitialised check stands before it"
        return queue

    def container(self, pointer: int, expr: ContainerOf, outer: str, path) -> int:
        """Look at every place of the outer struct for the one whose field this is."""
        parts = tuple(part if isinstance(part, str) else part.value for part in path)
        for i, (name, element, around) in enumerate(self.world.places[outer]):
            if pointer and self.world.pointer_to((name, element, around + parts)) == pointer:
                return i + 1
        return 0
