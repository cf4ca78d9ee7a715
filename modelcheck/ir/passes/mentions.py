"""What a program's code can come to: which templates run, and what they name.

`freeze` asks so that memory nobody reaches does not count, `prune` so that it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Block,
    Body,
    Const,
    ContainerOf,
    Discard,
    Expr,
    Free,
    HasFreeSlot,
    HasFreeThread,
    Instr,
    Jump,
    Local,
    New,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    Read,
    Spawn,
    StartsObject,
    Template,
    Terminator,
    ThreadOf,
)
from modelcheck.ir.passes.notes import Name, Notes
from modelcheck.ir.traverse import nodes_of, place_in, walk
from modelcheck.ir.types import (
    Embedded,
    PtrType,
    ScalarType,
    SetType,
    ThreadIdType,
    ValueType,
)


def running_templates(program: Program, notes: Notes) -> tuple[Template, ...]:
    """The templates some thread of which may run: not `spawned`, or spawned by one that may."""
    by_name = {t.name: t for t in program.templates}
    found = {t.name for t in program.templates if t.count and not t.spawned}
    work = [program.initial, *(by_name[name].body for name in found)]
    while work:
        for node in notes.spawns(work.pop()):
            if node.template not in found:
                found.add(node.template)
                work.append(by_name[node.template].body)
    return tuple(t for t in program.templates if t.name in found)


def all_bodies(program: Program, notes: Notes) -> Iterator[Body]:
    """The code that may run: threads, the initial code, properties."""
    for template in running_templates(program, notes):
        yield template.body
    yield program.initial
    for prop in program.properties:
        if prop.body is not None:
            yield prop.body


@dataclass(frozen=True, slots=True)
class Mentions:
    """What is named by code that may run, or by the start value of something named.

    `fields` are (struct, field) pairs; `structs` those named by pointers.
    """

    objects: frozenset[str]
    fields: frozenset[tuple[str, str]]
    structs: frozenset[str]
    templates: frozenset[str]


def find_mentions(program: Program, notes: Notes) -> Mentions:
    """Collect what code names, then follow start values until nothing is added.

    Soundness: what is not in the answer is dropped, so it must name all that a pointer can come
    to point to.  A pointer is made by AddressOf, New or ContainerOf, each of which names an
    object or starts from a pointer; programs that make pointers out of numbers name everything
    (`makes_from_numbers`).  Attacked by `test_prune.py`.
    """
    finder = _Finder(program, notes)
    for allow in program.allows:
        finder.names.update(finder.in_allow(allow.on))
    if makes_from_numbers(program, PtrType, notes):
        finder.names.update(("object", obj.name) for obj in program.objects)
        finder.names.update(("field", s.name, f.name) for s in program.structs for f in s.fields)
    finder.follow_starts()
    return finder.mentions()


class _Finder:
    """Collects what code names, each with its sort before it: ("object", name), ("struct", name),
    ("template", name), ("field", struct, name).

    `number` is the type of a pointer or thread id made from a number, `numbered` an object indexed
    by anything but a thread id minus 1.
    """

    def __init__(self, program: Program, notes: Notes) -> None:
        self.program = program
        self.lookup = Lookup(program)
        self.notes = notes
        self.paths: dict[tuple[str, tuple[str | Expr, ...]], list[Name]] = {}
        types = program.structs, tuple((obj.name, obj.type) for obj in program.objects)
        self.known = notes.names.under(types)
        self.blocks = notes.names_in_block.under(types)
        bodies = notes.names_in.under(types)
        found = [bodies.get(body, self.in_body) for body in all_bodies(program, notes)]
        self.names = set[Name]().union(*found)

    def mentions(self) -> Mentions:
        """What was collected."""

        def named(sort: str) -> frozenset[str]:
            return frozenset(name[1] for name in self.names if name[0] == sort)

        fields = frozenset((name[1], name[2]) for name in self.names if name[0] == "field")
        return Mentions(named("object"), fields, named("struct"), named("template"))

    def in_body(self, body: Body) -> frozenset[Name]:
        """Names in the code that control can reach."""
        found = [self.blocks.get(block, self.in_block) for block in self.notes.code(body)]
        return frozenset[Name]().union(*found)

    def in_block(self, block: Block) -> frozenset[Name]:
        """Names in a block's code."""
        nodes = block.instrs if isinstance(block.end, Jump) else nodes_of(block)
        found = [self.known.get(node, self.in_node) for node in nodes]
        return frozenset[Name]().union(*found)

    def in_node(self, node: Instr | Terminator) -> frozenset[Name]:
        """Names in an instruction or terminator.  Enter and Leave alone name nothing."""
        note = self.notes.of(node)
        found: set[Name] = set()
        for place in note.places:
            self.add_place(place, found)
        for expr in note.exprs:
            if isinstance(expr, _NAMELESS):
                continue  # its place counts, which was among the others
            if isinstance(expr, _MAKERS):
                made = _type_from_number(expr)
                if made is not None:
                    found.add(("number", made.__name__))
            else:
                found.update(self.in_expr(expr))
        match node:
            case New(_, pool):
                found.add(("object", pool))
            case Free(_, struct) | Discard(_, struct):
                found.add(("struct", struct))
            case Spawn(_, template):
                found.add(("template", template))
            case _:
                pass
        return frozenset(found)

    def in_expr(self, expr: Expr) -> Iterator[Name]:
        """Names in an expression that is no constant or operator, without its parts and place."""
        match expr:
            case ContainerOf(_, outer, path):
                yield "struct", outer
                yield from self.in_path(Embedded(outer), path)
            case HasFreeSlot(pool):
                yield "object", pool
            case HasFreeThread(template) | ThreadOf(template):
                yield "template", template
            case StartsObject(_, struct):
                yield "struct", struct
            case _:
                return

    def add_place(self, place: Place, found: set[Name]) -> None:
        """Add the names in a place, without the expressions in it."""
        match place.root:
            case ObjectRoot(name, index):
                start = name
                found.add(("object", name))
                if not (isinstance(index, Apply) and index.op == "-"):
                    found.add(("numbered", name))
            case PointerRoot(_, struct):
                start = f"*{struct}"
                found.add(("struct", struct))
        if place.path:
            known = self.paths.get((start, place.path))
            if known is None:
                known = self.in_path(self.lookup.root_type(place.root), place.path)
                self.paths[start, place.path] = known
            found.update(known)

    def in_path(self, of: ValueType, path: tuple[str | Expr, ...]) -> list[Name]:
        """The fields on a path."""
        return [("field", struct, field) for struct, field in fields_on(self.lookup, of, path)]

    def in_allow(self, on: str) -> Iterator[Name]:
        """Names in an `allow`: an object, or `Struct.field`."""
        struct, dot, name = on.partition(".")
        if dot:
            yield "field", struct, name
        elif on in self.lookup.objects:
            yield "object", on

    def follow_starts(self) -> None:
        """Add what the start values of named fields of named objects point to."""
        size = -1
        while size != len(self.names):
            size = len(self.names)
            for obj in self.program.objects:
                if ("object", obj.name) not in self.names:
                    continue
                self.names.update(("field", _struct_of(obj), field) for field in obj.stable)
                for _, path, value in obj.start:
                    if self.names.issuperset(self.in_path(obj.type, path)):
                        for expr in walk(value):
                            place = place_in(expr)
                            if place is not None:
                                self.add_place(place, self.names)


def fields_on(
    lookup: Lookup, of: ValueType, path: tuple[str | Expr, ...]
) -> tuple[tuple[str, str], ...]:
    """The (struct, field) pairs that a path from a value of a type goes through."""
    found: list[tuple[str, str]] = []
    for part in path:
        if isinstance(of, Embedded) and isinstance(part, str):
            found.append((of.struct, part))
        of = lookup.inner_type(of, part)
    return tuple(found)


def _struct_of(obj: Object) -> str:
    return obj.type.struct if isinstance(obj.type, Embedded) else ""


def makes_from_numbers(program: Program, kind: type[PtrType | ThreadIdType], notes: Notes) -> bool:
    """Whether the program makes pointers (or thread ids) from numbers: a constant other than
    None, a set of constants, arithmetic.  Then nothing that has such a number may go away.
    """
    names = _Finder(program, notes).names
    starts = (expr for obj in program.objects for _, _, value in obj.start for expr in walk(value))
    if ("number", kind.__name__) in names or any(_type_from_number(e) is kind for e in starts):
        return True
    return kind is ThreadIdType and _numbers_threads(program, names)


_NAMELESS = (Local, Read, AddressOf)
_MAKERS = (Const, Apply)
_REFERENCES = (PtrType, ThreadIdType)


def _type_from_number(expr: Expr) -> type[PtrType | ThreadIdType] | None:
    """Whether an expression makes pointers or thread ids from a number, and which of them."""
    made: ScalarType
    match expr:
        case Const(value, of) if value:
            made = of.element if isinstance(of, SetType) else of
        case Apply(op, _, of) if op != "ite":
            made = of
        case _:
            return None
    return type(made) if isinstance(made, _REFERENCES) else None


def _numbers_threads(program: Program, names: AbstractSet[Name]) -> bool:
    """Whether a `per_thread` object is indexed by a number rather than by a thread id minus 1."""
    owned = [obj for obj in program.objects if obj.kind == "per_thread"]
    if any(("numbered", obj.name) in names for obj in owned):
        return True
    return any(element for obj in owned for element, _, _ in obj.start)
