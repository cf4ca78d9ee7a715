"""Expressions to simpler ones of the same value: constants through `OPS`, and facts about memory.

An expression that touches shared memory (a Read of an accessing kind) is never dropped.
"""

from __future__ import annotations

from modelcheck.ir.alias import Aliases, is_own
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Const,
    ContainerOf,
    Current,
    Expr,
    IsFinished,
    IsInitialised,
    Me,
    ObjectRoot,
    Place,
    PointerRoot,
    StartsObject,
    Template,
    ThreadOf,
)
from modelcheck.ir.ops import OPS
from modelcheck.ir.rebuild import map_expr, map_place
from modelcheck.ir.traverse import has_access
from modelcheck.ir.types import BOOL, Embedded, RangeType, ScalarType

TRUE, FALSE = Const(1, BOOL), Const(0, BOOL)


class Simplifier:
    """Simplifies the expressions of one body; `template` is the thread's, None elsewhere."""

    def __init__(self, aliases: Aliases, template: Template | None) -> None:
        self.aliases = aliases
        self.single = template is not None and template.count == 1

    def expr(self, expr: Expr) -> Expr:
        """A simpler expression of the same value."""
        return map_expr(expr, self.on_expr, self.on_place)

    def place(self, place: Place) -> Place:
        """The same place, named more directly."""
        return map_place(place, self.on_expr, self.on_place)

    def on_place(self, place: Place) -> Place:
        """A place through a pointer to a known place is that place."""
        match place.root:
            case PointerRoot(AddressOf(inner)):
                return Place(inner.root, inner.path + place.path)
            case _:
                return place

    def on_expr(self, expr: Expr) -> Expr:
        """Simplify an expression whose parts are simple.

        Soundness: every rule keeps the value wherever the checks before the expression passed;
        a check is dropped only because its condition became constant here.
        """
        match expr:
            case Me() if self.single:
                return Const(0, RangeType(0, 0))
            case AddressOf(Place(PointerRoot(pointer), ())):
                return pointer
            case ContainerOf(AddressOf(place), outer, path):
                return self._container(expr, place, outer, path)
            case Alive(place) if self._is_surely_alive(place):
                return TRUE
            case IsInitialised(place) if self._is_outside_pools(place):
                return TRUE
            case IsFinished(Current()):
                return FALSE
            case StartsObject(pointer, struct):
                known = self._starts_object(pointer, struct)
                return expr if known is None or has_access((pointer,)) else Const(int(known), BOOL)
            case Apply(op, args, of):
                return _simplify_apply(expr, op, args, of)
            case _:
                return expr

    def _is_surely_alive(self, place: Place) -> bool:
        if has_access((AddressOf(place),)):
            return False
        if isinstance(place.root, ObjectRoot):
            obj = self.aliases.lookup.object(place.root.object)
            if obj.kind == "per_thread" and is_own(obj, place.root.index):
                return True
        return not any(obj.mortal for obj in self.aliases.objects_at(place))

    def _is_outside_pools(self, place: Place) -> bool:
        return not has_access((AddressOf(place),)) and all(
            obj.kind != "pool" for obj in self.aliases.objects_at(place)
        )

    def _starts_object(self, pointer: Expr, struct: str) -> bool | None:
        """Whether a pointer surely, or surely not, points to the whole of a freeable object."""
        match pointer:
            case AddressOf(Place(ObjectRoot(name), path)):
                shapes = {(name, bool(path))}
            case _:
                at = self.aliases.places_of(struct)
                shapes = {(pattern.object, bool(pattern.path)) for pattern in at}
        whole = set[bool]()
        for name, is_inside in shapes:
            obj = self.aliases.lookup.object(name)
            if obj.ghost:
                return None
            whole.add(obj.kind in ("pool", "shared") and not is_inside)
        return whole.pop() if len(whole) == 1 else None

    def _container(
        self, expr: Expr, place: Place, outer: str, path: tuple[str | Expr, ...]
    ) -> Expr:
        """The place around a known field, where it is there for all to see."""
        cut = len(place.path) - len(path)
        if cut < 0 or not path or place.path[cut:] != path:
            return expr
        around = Place(place.root, place.path[:cut])
        if self.aliases.lookup.place_type(around) != Embedded(outer):
            return expr
        return self.on_expr(AddressOf(around))


def _simplify_apply(expr: Apply, op: str, args: tuple[Expr, ...], of: ScalarType) -> Expr:
    values = [arg.value for arg in args if isinstance(arg, Const)]
    if len(values) == len(args):
        return Const(int(OPS[op].meaning(*values)), of)
    match op, args:
        case ("and", (Const(1), rest)) | ("and", (rest, Const(1))):
            return rest
        case ("or", (Const(0), rest)) | ("or", (rest, Const(0))):
            return rest
        case ("and", (Const(0), rest)) | ("and", (rest, Const(0))) if not has_access((rest,)):
            return FALSE
        case ("or", (Const(1), rest)) | ("or", (rest, Const(1))) if not has_access((rest,)):
            return TRUE
        case "not", (Apply("not", (inner,)),):
            return inner
        case "ite", (Const(value), then, other):
            kept, dropped = (then, other) if value else (other, then)
            return expr if has_access((dropped,)) else kept
        case "ite", (_, then, other) if then == other and not has_access(args):
            return then
        case (("==" | "!="), (left, right)) if not has_access(args):
            same = _are_same(left, right)
            return expr if same is None else Const(int(same == (op == "==")), BOOL)
        case _:
            return expr


def _are_same(left: Expr, right: Expr) -> bool | None:
    """Whether two values are surely the same, or surely not."""
    if left == right:
        return True
    match left, right:
        case (AddressOf() | Current() | ThreadOf(), Const(0)):
            return False
        case (Const(0), AddressOf() | Current() | ThreadOf()):
            return False
        case AddressOf(a), AddressOf(b):
            return False if _are_apart(a, b) else None
        case _:
            return None


def _are_apart(a: Place, b: Place) -> bool:
    """Whether two places of one struct are surely different."""
    if not isinstance(a.root, ObjectRoot) or not isinstance(b.root, ObjectRoot):
        return False
    if a.root.object != b.root.object or len(a.path) != len(b.path):
        return a.root.object != b.root.object
    parts = [(a.root.index, b.root.index), *zip(a.path, b.path, strict=True)]
    for left, right in parts:
        if isinstance(left, Const) and isinstance(right, Const):
            if left.value != right.value:  # their types may differ: how they were computed
                return True
        elif isinstance(left, str) and left != right:
            return True
    return False
