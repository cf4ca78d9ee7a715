"""The shared memory of a random program: structs, objects, and its scalar places by type."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from modelcheck.ir.nodes import AddressOf, Const, Field, Object, ObjectRoot, Place, Struct
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    U8,
    U16,
    U32,
    ArrayOf,
    Embedded,
    EnumType,
    QueueOf,
    ScalarType,
    SetType,
)
from random_programs.ir_builder import NODE, PART, SMALL, number

MODE = EnumType("Mode", ("COLD", "WARM", "HOT"))

FEATURES = {
    "lock": 4,
    "pointer": 5,
    "pool": 6,
    "reuse": 3,
    "stable": 2,
    "spawn": 3,
    "queue": 3,
    "set": 2,
    "array": 4,
    "part": 3,
    "local": 2,
    "per_thread": 2,
    "ghost": 4,
    "atomic": 4,
    "wait": 4,
    "idle": 3,
    "choice": 4,
    "interrupt": 2,
    "crash": 2,
    "precedes": 2,
    "initial": 3,
    "loop": 8,
    "enum": 2,
    "fault": 6,
    "marked": 6,
    "wide": 2,
    "allow": 3,
}
"""What a program may have, and how many of ten programs get it."""


MISTAKES = {
    "null-dereference": "pointer",
    "use-after-free": "pool",
    "double-free": "pool",
    "uninitialised": "pool",
    "out-of-bounds": "array",
    "lock-order": "lock",
    "lock-misuse": "lock",
    "arithmetic": "",
}
"""What a thread may do wrong on purpose, and what the program has to have for it; other faults are
frequent enough."""


@dataclass
class Shared:
    """What the code of a program may name."""

    features: set[str]
    structs: list[Struct] = field(default_factory=list)
    objects: list[Object] = field(default_factory=list)
    scalars: list[tuple[Place, ScalarType]] = field(default_factory=list)
    ghosts: list[tuple[Place, ScalarType]] = field(default_factory=list)
    queues: list[tuple[Place, QueueOf]] = field(default_factory=list)
    arrays: list[tuple[Place, ArrayOf]] = field(default_factory=list)
    locks: list[Place] = field(default_factory=list)
    nodes: list[Place] = field(default_factory=list)  # shared objects that are Nodes
    parts: list[Place] = field(default_factory=list)  # Parts embedded in what is shared
    mistakes: tuple[str, ...] = ()  # that its threads like to make
    node_fields: dict[str, ScalarType] = field(default_factory=dict)
    stable: tuple[str, ...] = ()
    pools: list[str] = field(default_factory=list)
    used: int = 0

    def has(self, feature: str) -> bool:
        return feature in self.features

    def of_type(self, *types: ScalarType) -> list[Place]:
        return [place for place, of in self.scalars if of in types]


def make_shared(rng: Random) -> Shared:
    """Choose features, then declare what they need."""
    features = {name for name, weight in FEATURES.items() if rng.random() * 10 < weight}
    if features & {"reuse", "stable"}:
        features.add("pool")
    mistakes = tuple(rng.sample(sorted(MISTAKES), 4)) if "fault" in features else ()
    features |= {MISTAKES[name] for name in mistakes} - {""}
    shared = Shared(features, mistakes=mistakes)
    shared.structs.append(Struct("Lock", (Field("owner", THREAD_ID),), marked=True))
    shared.structs.append(Struct("Part", (Field("a", SMALL), Field("b", BOOL))))
    if shared.has("pool") or shared.has("pointer"):
        declare_nodes(rng, shared)
    declare_top(rng, shared)
    for i in range(rng.choice((1, 1, 2))):
        name = f"word{i}"
        of = rng.choice((U8, SMALL, BOOL))
        shared.objects.append(Object(name, "shared", of, durable=rng.random() < 0.2))
        shared.scalars.append((Place(ObjectRoot(name)), of))
    if shared.has("lock"):
        for i in range(2 if "lock-order" in mistakes else rng.choice((1, 2))):
            shared.objects.append(Object(f"lock{i}", "shared", Embedded("Lock")))
            shared.locks.append(Place(ObjectRoot(f"lock{i}")))
    if shared.has("ghost"):
        shared.objects.append(Object("ghost0", "shared", SMALL, ghost=True))
        shared.ghosts.append((Place(ObjectRoot("ghost0")), SMALL))
    if shared.has("per_thread"):
        shared.structs.append(
            Struct(
                "Task",
                (
                    Field("n", SMALL, start=rng.choice((0, 1))),
                    Field("part", Embedded("Part")),
                    Field("g", SMALL, ghost=True, start=1),
                ),
            )
        )
        shared.objects.append(Object("tasks", "per_thread", Embedded("Task")))
    return shared


def declare_nodes(rng: Random, shared: Shared) -> None:
    """Nodes: what pointers point to, in a pool or shared."""
    fields = [Field("v", rng.choice((SMALL, U8)), start=rng.choice((0, 0, 1)))]
    if rng.random() < 0.6:
        fields.append(Field("next", NODE))
    if shared.has("part"):
        fields.append(Field("part", Embedded("Part")))
    if shared.has("queue") and rng.random() < 0.3:
        fields.append(Field("q", QueueOf(SMALL, 1)))
    if shared.has("lock") and rng.random() < 0.3:
        fields.append(Field("lock", Embedded("Lock")))
    if shared.has("ghost"):
        fields.append(Field("g", SMALL, ghost=True, start=rng.choice((0, 1))))
    shared.structs.append(Struct("Node", tuple(fields)))
    shared.node_fields = {f.name: f.type for f in fields if f.name in ("v", "next") and not f.ghost}
    if shared.has("pool"):
        shared.stable = ("v",) if shared.has("stable") else ()
        shared.objects.append(
            Object(
                "pool",
                "pool",
                Embedded("Node"),
                count=rng.choice((1, 2, 2, 3)),
                reuse=shared.has("reuse"),
                stable=shared.stable,
            )
        )
        shared.pools.append("pool")
    if not shared.has("pool") or rng.random() < 0.3:
        count = rng.choice((None, 2))
        shared.objects.append(Object("node", "shared", Embedded("Node"), count=count))
        for i in range(count or 1):
            index = None if count is None else number(i)
            place = Place(ObjectRoot("node", index))
            shared.nodes.append(place)
            shared.scalars.append((Place(place.root, ("v",)), fields[0].type))


def declare_top(rng: Random, shared: Shared) -> None:
    """One struct with everything that cannot stand alone: pointers, queues, sets, arrays."""
    fields = [Field("flag", BOOL), Field("level", SMALL, start=rng.choice((0, 0, 1, 2)))]
    if rng.random() < 0.3:
        fields.append(Field("kept", SMALL, start=1, durable=True))
    if "Node" in {s.name for s in shared.structs}:
        fields.append(Field("head", NODE))
        if shared.has("set") and rng.random() < 0.5:
            fields.append(Field("nodes", SetType(NODE)))
        if shared.has("queue") and rng.random() < 0.6:
            fields.append(Field("line", QueueOf(NODE, rng.choice((1, 2)))))
    if shared.has("part"):
        fields += [Field("part", Embedded("Part")), Field("at", PART)]
    if shared.has("queue"):
        fields.append(Field("queue", QueueOf(rng.choice((SMALL, THREAD_ID)), rng.choice((1, 2)))))
    if shared.has("set"):
        fields.append(Field("seen", SetType(rng.choice((THREAD_ID, SMALL, MODE)))))
    if shared.has("array"):
        fields.append(Field("cells", ArrayOf(SMALL, 2), start=rng.choice((0, 1))))
    if shared.has("array") and shared.has("part"):
        fields.append(Field("parts", ArrayOf(Embedded("Part"), 2)))
    if shared.has("wide"):
        fields.append(Field("wide", U16, start=rng.choice((0, 0xFFFF, 0xFFFF))))
        fields.append(Field("wider", U32, start=rng.choice((1, 0xFFFFFFFF))))
    if shared.has("enum"):
        fields.append(Field("mode", MODE, start=rng.choice((0, 1))))
    if shared.has("spawn"):
        fields.append(Field("helper", THREAD_ID))
    if shared.has("lock") and rng.random() < 0.4:
        fields.append(Field("lock", Embedded("Lock")))
    if shared.has("ghost"):
        fields.append(Field("count", SMALL, ghost=True))
    shared.structs.append(Struct("Top", tuple(fields), marked=False))
    count = rng.choice((None, None, None, 2))
    starts = []
    if shared.nodes and rng.random() < 0.4:
        starts.append((0, ("head",), AddressOf(shared.nodes[0])))
    if rng.random() < 0.2:
        starts.append((0, ("level",), Const(2, SMALL)))
    obj = Object("top", "shared", Embedded("Top"), count=count, start=tuple(starts))
    shared.objects.append(obj)
    for i in range(count or 1):
        root = ObjectRoot("top", None if count is None else number(i))
        for f in fields:
            add_field(shared, Place(root, (f.name,)), f)


def add_field(shared: Shared, place: Place, f: Field) -> None:
    match f.type:
        case QueueOf():
            shared.queues.append((place, f.type))
        case ArrayOf(Embedded("Part"), count):
            for i in range(count):
                part = Place(place.root, (*place.path, number(i)))
                shared.scalars.append((Place(part.root, (*part.path, "a")), SMALL))
                shared.parts.append(part)
        case ArrayOf():
            shared.arrays.append((place, f.type))
        case Embedded("Lock"):
            shared.locks.append(place)
        case Embedded():
            shared.parts.append(place)
            for name, of in (("a", SMALL), ("b", BOOL)):
                shared.scalars.append((Place(place.root, (*place.path, name)), of))
        case _ if f.ghost:
            shared.ghosts.append((place, f.type))
        case _:
            shared.scalars.append((place, f.type))
