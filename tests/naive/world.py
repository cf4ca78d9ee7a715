"""What is fixed about a program: its threads, its memory by name, the places of each struct."""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.ir.nodes import AddressOf, Block, Const, Object, ObjectRoot, Program, Template
from modelcheck.ir.types import ArrayOf, Embedded, QueueOf, ValueType

Spot = tuple[str, int, tuple[str | int, ...]]
"""An object, the element, then fields and element numbers: one piece of memory."""

ENDED = "(ended)"
NOT_STARTED = "(not started)"
UNINITIALISED = "uninitialised"


@dataclass(frozen=True)
class Leaf:
    """A scalar or a whole queue in an object: where, and what is said of the fields around it."""

    path: tuple[str | int, ...]
    type: ValueType
    start: object
    ghost: bool
    durable: bool
    stable: bool

    @property
    def zero(self) -> object:
        return () if isinstance(self.type, QueueOf) else 0


class World:
    """One program, looked up by name."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.structs = {s.name: s for s in program.structs}
        self.objects = {o.name: o for o in program.objects}
        self.templates = {t.name: t for t in program.templates}
        self.threads = [(t, copy) for t in program.templates for copy in range(t.count)]
        self.blocks: dict[str, dict[str, Block]] = {
            t.name: {b.label: b for b in t.body.blocks} for t in program.templates
        }
        self.entries = {t.name: self.find_entries(t) for t in program.templates}
        self.leaves = {o.name: list(self.find_leaves(o)) for o in program.objects}
        self.leaf_types = {
            (o.name, leaf.path): leaf.type for o in program.objects for leaf in self.leaves[o.name]
        }
        self.places: dict[str, list[Spot]] = {s.name: [] for s in program.structs}
        for obj in program.objects:
            for element in self.elements(obj):
                self.add_places((obj.name, element, ()), obj.type)

    def elements(self, obj: Object) -> range:
        if obj.kind == "per_thread":
            return range(len(self.threads))
        if obj.kind == "local":
            return range(self.templates[obj.template].count)
        return range(1 if obj.count is None else obj.count)

    def number_of(self, template: str, copy: int) -> int:
        """The number of a thread among all, from 0."""
        return [(t.name, c) for t, c in self.threads].index((template, copy))

    def find_entries(self, template: Template) -> set[str]:
        """The locations where a thread may come to stand first."""
        blocks = self.blocks[template.name]
        seen: set[str] = set()
        found: set[str] = set()
        todo = [template.body.entry]
        while todo:
            label = todo.pop()
            if label in seen:
                continue
            seen.add(label)
            if blocks[label].rest:
                found.add(label)
            else:
                end = blocks[label].end
                todo += [getattr(end, a) for a in ("target", "then", "other") if hasattr(end, a)]
        return found

    # ------------------------------------------------------------------ places

    def add_places(self, spot: Spot, of: ValueType) -> None:
        name, element, path = spot
        if isinstance(of, Embedded):
            self.places[of.struct].append(spot)
            for field in self.structs[of.struct].fields:
                self.add_places((name, element, (*path, field.name)), field.type)
        elif isinstance(of, ArrayOf):
            for i in range(of.count):
                self.add_places((name, element, (*path, i)), of.element)

    def exists(self, spot: Spot) -> bool:
        """Whether every number on the way to a spot is one of an element."""
        name, element, path = spot
        of: ValueType = self.objects[name].type
        inside = element in self.elements(self.objects[name])
        for part in path:
            if isinstance(of, ArrayOf):
                inside = inside and 0 <= int(part) < of.count
                of = of.element
            elif isinstance(of, Embedded):
                of = next(f.type for f in self.structs[of.struct].fields if f.name == part)
        return inside

    def type_at(self, spot: Spot) -> ValueType:
        of: ValueType = self.objects[spot[0]].type
        for part in spot[2]:
            if isinstance(part, str):
                assert isinstance(of, Embedded)
                of = next(f.type for f in self.structs[of.struct].fields if f.name == part)
            else:
                assert isinstance(of, ArrayOf | QueueOf)
                of = of.element
        return of

    def pointer_to(self, spot: Spot) -> int:
        of = self.type_at(spot)
        assert isinstance(of, Embedded)
        return self.places[of.struct].index(spot) + 1

    def is_library(self, struct: str) -> bool:
        return next(s for s in self.program.structs if s.name == struct).library

    def fields_on(self, spot: Spot) -> list[str]:
        """The declared fields on the way to a spot, outermost first, as `Struct.field`."""
        found = []
        for i, part in enumerate(spot[2]):
            if isinstance(part, str):
                outer = self.type_at((spot[0], spot[1], spot[2][:i]))
                assert isinstance(outer, Embedded)
                found.append(f"{outer.struct}.{part}")
        return found

    # ------------------------------------------------------------------ leaves

    def find_leaves(self, obj: Object):
        stable = {name.split(".")[-1] for name in obj.stable}
        yield from self.leaves_in((), obj.type, 0, obj.ghost, obj.durable, stable)

    def leaves_in(self, path, of, start, ghost, durable, stable):
        if isinstance(of, Embedded):
            for field in self.structs[of.struct].fields:
                yield from self.leaves_in(
                    (*path, field.name),
                    field.type,
                    field.start,
                    ghost or field.ghost,
                    durable or field.durable,
                    stable,
                )
        elif isinstance(of, ArrayOf):
            for i in range(of.count):
                yield from self.leaves_in((*path, i), of.element, start, ghost, durable, stable)
        else:
            first = () if isinstance(of, QueueOf) else start
            yield Leaf(path, of, first, ghost, durable, bool(path) and path[0] in stable)

    def start_of(self, obj: Object, element: int, leaf: Leaf) -> object:
        """The start value of a leaf of one element."""
        for number, path, value in obj.start:
            everywhere = obj.kind in ("per_thread", "local")
            if (everywhere or number == element) and constant_path(path) == leaf.path:
                if isinstance(value, Const):
                    return value.value
                assert isinstance(value, AddressOf)
                root = value.place.root
                assert isinstance(root, ObjectRoot)
                index = 0 if root.index is None else root.index.value
                return self.pointer_to((root.object, index, constant_path(value.place.path)))
        return leaf.start


def constant_path(path) -> tuple[str | int, ...]:
    return tuple(part if isinstance(part, str) else part.value for part in path)
