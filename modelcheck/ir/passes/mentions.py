"""What a program's code can come to: which templates run, and what they name.

`freeze` asks so that memory nobody reaches does not count, `prune` so that it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelcheck.ir.alias import Aliases
from modelcheck.ir.nodes import (
    Apply,
    Body,
    Const,
    ContainerOf,
    Discard,
    Expr,
    Free,
    HasFreeSlot,
    HasFreeThread,
    Instr,
    New,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    Spawn,
    StartsObject,
    Template,
    Terminator,
    ThreadOf,
)
from modelcheck.ir.traverse import (
    every_place,
    nodes_of,
    place_in,
    reachable_blocks,
    walk,
    walk_node,
)
from modelcheck.ir.types import Embedded, PtrType, SetType, ThreadIdType, ValueType


def running_templates(program: Program) -> tuple[Template, ...]:
    """The templates some thread of which may run: not `spawned`, or spawned by one that may."""
    by_name = {t.name: t for t in program.templates}
    found = {t.name for t in program.templates if t.count and not t.spawned}
    work = [program.initial, *(by_name[name].body for name in found)]
    while work:
        for node in nodes_in(work.pop()):
            if isinstance(node, Spawn) and node.template not in found:
                found.add(node.template)
                work.append(by_name[node.template].body)
    return tuple(t for t in program.templates if t.name in found)


def nodes_in(body: Body) -> Iterator[Instr | Terminator]:
    """The instructions and terminators of a body that control can reach."""
    for block in reachable_blocks(body):
        yield from nodes_of(block)


def running_nodes(program: Program) -> Iterator[Instr | Terminator]:
    """Everything that may run in a thread after the start."""
    for template in running_templates(program):
        yield from nodes_in(template.body)


def all_nodes(program: Program) -> Iterator[Instr | Terminator]:
    """Everything that may run: threads, the initial code, properties."""
    yield from running_nodes(program)
    yield from nodes_in(program.initial)
    for prop in program.properties:
        if prop.body is not None:
            yield from nodes_in(prop.body)


@dataclass(frozen=True, slots=True)
class Mentions:
    """What is named by code that may run, or by the start value of something named.

    `fields` are (struct, field) pairs; `structs` those named by pointers.
    """

    objects: frozenset[str]
    fields: frozenset[tuple[str, str]]
    structs: frozenset[str]
    templates: frozenset[str]


def find_mentions(program: Program) -> Mentions:
    """Collect what code names, then follow start values until nothing is added.

    Soundness: what is not in the answer is dropped, so it must name all that a pointer can come
    to point to.  A pointer is made by AddressOf, New or ContainerOf, each of which names an
    object or starts from a pointer; programs that make pointers out of numbers name everything
    (`makes_from_numbers`).  Attacked by `test_prune.py`.
    """
    finder = _Finder(program)
    for node in all_nodes(program):
        finder.add_node(node)
    for allow in program.allows:
        finder.add_allowed(allow.on)
    if makes_from_numbers(program, PtrType):
        finder.objects.update(obj.name for obj in program.objects)
        finder.fields.update((s.name, f.name) for s in program.structs for f in s.fields)
    finder.follow_starts()
    return Mentions(
        frozenset(finder.objects),
        frozenset(finder.fields),
        frozenset(finder.structs),
        frozenset(finder.templates),
    )


class _Finder:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.aliases = Aliases(program)
        self.objects: set[str] = set()
        self.fields: set[tuple[str, str]] = set()
        self.structs: set[str] = set()
        self.templates: set[str] = set()

    def add_node(self, node: Instr | Terminator) -> None:
        """Names in an instruction or terminator.  Enter and Leave alone name nothing."""
        for place in every_place(node):
            self.add_place(place)
        for expr in walk_node(node):
            self.add_names(expr)
        match node:
            case New(_, pool):
                self.objects.add(pool)
            case Free(_, struct) | Discard(_, struct):
                self.structs.add(struct)
            case Spawn(_, template):
                self.templates.add(template)
            case _:
                pass

    def add_names(self, expr: Expr) -> None:
        """Names in an expression, without its parts and its place."""
        match expr:
            case ContainerOf(_, outer, path):
                self.structs.add(outer)
                self.add_path(Embedded(outer), path)
            case HasFreeSlot(pool):
                self.objects.add(pool)
            case HasFreeThread(template) | ThreadOf(template):
                self.templates.add(template)
            case StartsObject(_, struct):
                self.structs.add(struct)
            case _:
                pass

    def add_place(self, place: Place) -> None:
        """Names in a place, without the expressions in it."""
        match place.root:
            case ObjectRoot(name):
                self.objects.add(name)
            case PointerRoot(_, struct):
                self.structs.add(struct)
        self.add_path(self.aliases.lookup.root_type(place.root), place.path)

    def add_path(self, of: ValueType, path: tuple[str | Expr, ...]) -> None:
        """The fields on a path."""
        self.fields.update(fields_on(self.aliases, of, path))

    def add_allowed(self, on: str) -> None:
        """Names in an `allow`: an object, or `Struct.field`."""
        struct, dot, name = on.partition(".")
        if dot:
            self.fields.add((struct, name))
        elif on in self.aliases.lookup.objects:
            self.objects.add(on)

    def follow_starts(self) -> None:
        """Add what the start values of named fields of named objects point to."""
        size = -1
        while size != len(self.objects) + len(self.fields):
            size = len(self.objects) + len(self.fields)
            for obj in self.program.objects:
                if obj.name not in self.objects:
                    continue
                self.fields.update((_struct_of(obj), field) for field in obj.stable)
                for _, path, value in obj.start:
                    if self.fields.issuperset(fields_on(self.aliases, obj.type, path)):
                        for expr in walk(value):
                            place = place_in(expr)
                            if place is not None:
                                self.add_place(place)


def fields_on(
    aliases: Aliases, of: ValueType, path: tuple[str | Expr, ...]
) -> tuple[tuple[str, str], ...]:
    """The (struct, field) pairs that a path from a value of a type goes through."""
    found: list[tuple[str, str]] = []
    for part in path:
        if isinstance(of, Embedded) and isinstance(part, str):
            found.append((of.struct, part))
        of = aliases.lookup.inner_type(of, part)
    return tuple(found)


def _struct_of(obj: Object) -> str:
    return obj.type.struct if isinstance(obj.type, Embedded) else ""


def makes_from_numbers(program: Program, kind: type[PtrType | ThreadIdType]) -> bool:
    """Whether the program makes pointers (or thread ids) from numbers: a constant other than
    None, a set of constants, arithmetic.  Then nothing that has such a number may go away.
    """

    def is_number(expr: Expr) -> bool:
        match expr:
            case Const(value, SetType(element)):
                return value != 0 and isinstance(element, kind)
            case Const(value, found):
                return value != 0 and isinstance(found, kind)
            case Apply(op, _, found):
                return op != "ite" and isinstance(found, kind)
            case _:
                return False

    exprs = [expr for node in all_nodes(program) for expr in walk_node(node)]
    starts = [e for obj in program.objects for _, _, value in obj.start for e in walk(value)]
    if kind is PtrType:
        return any(map(is_number, exprs)) or any(map(is_number, starts))
    return any(map(is_number, exprs)) or any(map(is_number, starts)) or _numbers_threads(program)


def _numbers_threads(program: Program) -> bool:
    """Whether a `per_thread` object is indexed by a number rather than by a thread id minus 1."""
    objects = {obj.name: obj for obj in program.objects}
    for node in all_nodes(program):
        for place in every_place(node):
            match place.root:
                case ObjectRoot(name, index) if objects[name].kind == "per_thread":
                    if not (isinstance(index, Apply) and index.op == "-"):
                        return True
                case _:
                    continue
    return any(
        element
        for obj in program.objects
        if obj.kind == "per_thread"
        for element, _, _ in obj.start
    )
