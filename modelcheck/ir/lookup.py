"""Names to declarations, places and expressions to types.

The one idea: nothing in a program carries a type it can be asked for, so that no two answers can
differ; `Lookup` works the type out from the declarations each time.  A name that does not resolve
raises InternalError: `verify` turns that into the rule that was broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Body,
    Const,
    ContainerOf,
    Current,
    Expr,
    Field,
    HasFreeSlot,
    HasFreeThread,
    IsFinished,
    IsInitialised,
    Local,
    Me,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    QueueContains,
    QueueLength,
    Read,
    StartsObject,
    Struct,
    Template,
    ThreadOf,
)
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    ArrayOf,
    Embedded,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    ValueType,
)


class Lookup:
    """The declarations of one program by name, and the types that follow from them."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.sizes: dict[tuple[object, str], int] = {}  # of structs: what `shape` counted
        self.structs = {struct.name: struct for struct in program.structs}
        self.objects = {obj.name: obj for obj in program.objects}
        self.templates = {template.name: template for template in program.templates}
        self.thread_count = sum(template.count for template in program.templates)
        self._fields = {
            (struct.name, field.name): field
            for struct in program.structs
            for field in reversed(struct.fields)  # of two of one name the first, as `verify` sees
        }

    def struct(self, name: str) -> Struct:
        """The struct of that name."""
        if name not in self.structs:
            raise InternalError(f"no struct is called `{name}`")
        return self.structs[name]

    def object(self, name: str) -> Object:
        """The object of that name."""
        if name not in self.objects:
            raise InternalError(f"no object is called `{name}`")
        return self.objects[name]

    def template(self, name: str) -> Template:
        """The thread template of that name."""
        if name not in self.templates:
            raise InternalError(f"no template is called `{name}`")
        return self.templates[name]

    def instances(self, obj: Object) -> int:
        """How many elements an object has in memory."""
        match obj.kind:
            case "shared" | "pool":
                return 1 if obj.count is None else obj.count
            case "per_thread":
                return self.thread_count
            case "local":
                return self.template(obj.template).count
            case _:
                assert_never(obj.kind)

    def field(self, struct: str, name: str) -> Field:
        """A field of a struct."""
        found = self._fields.get((self.struct(struct).name, name))
        if found is None:
            raise InternalError(f"struct `{struct}` has no field `{name}`")
        return found

    def inner_type(self, outer: ValueType, part: str | Expr | int) -> ValueType:
        """The type of a field, or of an element of an array or queue."""
        if isinstance(outer, Embedded) and isinstance(part, str):
            return self.field(outer.struct, part).type
        if isinstance(outer, ArrayOf | QueueOf) and not isinstance(part, str):
            return outer.element
        raise InternalError(f"{part!r} selects nothing in {outer!r}")

    def root_type(self, root: ObjectRoot | PointerRoot) -> ScalarType | Embedded:
        """The type of what a path starts from."""
        match root:
            case ObjectRoot(name, _):
                return self.object(name).type
            case PointerRoot(_, struct):
                return Embedded(self.struct(struct).name)
            case _:
                assert_never(root)

    def place_type(self, place: Place) -> ValueType:
        """The type of what is stored at a place."""
        found: ValueType = self.root_type(place.root)
        for part in place.path:
            found = self.inner_type(found, part)
        return found

    def scalar_type(self, place: Place) -> ScalarType:
        """The type of a place that holds a scalar."""
        found = self.place_type(place)
        if isinstance(found, Embedded | ArrayOf | QueueOf):
            raise InternalError(f"the place holds no scalar but {found!r}")
        return found

    def queue_type(self, place: Place) -> QueueOf:
        """The type of a place that is a queue."""
        found = self.place_type(place)
        if not isinstance(found, QueueOf):
            raise InternalError(f"the place is no queue but {found!r}")
        return found

    def struct_at(self, place: Place) -> str:
        """The name of the struct at a place."""
        found = self.place_type(place)
        if not isinstance(found, Embedded):
            raise InternalError(f"the place holds no struct but {found!r}")
        return found.struct

    def expr_type(self, expr: Expr, locals_: Mapping[str, ScalarType]) -> ScalarType:
        """The type of an expression's value, given the types of the body's locals."""
        match expr:
            case Const(_, found) | Apply(_, _, found):
                return found
            case Local(name):
                if name not in locals_:
                    raise InternalError(f"no local is called `{name}`")
                return locals_[name]
            case Me():
                return RangeType(0, max((t.count for t in self.program.templates), default=1) - 1)
            case Current() | ThreadOf():
                return THREAD_ID
            case Read(place):
                return self.scalar_type(place)
            case AddressOf(place):
                return PtrType(self.struct_at(place))
            case ContainerOf(_, outer, _):
                return PtrType(outer)
            case QueueLength(place):
                return RangeType(0, self.queue_type(place).capacity)
            case (
                Alive()
                | IsInitialised()
                | StartsObject()
                | QueueContains()
                | IsFinished()
                | HasFreeThread()
                | HasFreeSlot()
            ):
                return BOOL
            case _:
                assert_never(expr)

    def embedded_paths(self, outer: ValueType) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every struct in a value, itself first, then depth first in layout order: path, name."""
        match outer:
            case Embedded(name):
                yield (), name
                for field in self.struct(name).fields:
                    for path, struct in self.embedded_paths(field.type):
                        yield (field.name, *path), struct
            case ArrayOf(element, count):
                inside = tuple(self.embedded_paths(element))
                for i in range(count):
                    for path, struct in inside:
                        yield (i, *path), struct
            case _:
                return


def local_types(body: Body) -> dict[str, ScalarType]:
    """The types of a body's locals by name."""
    return {local.name: local.type for local in body.locals}
