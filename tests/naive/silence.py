"""What `allow` may call a violation, and whether it is silenced."""

from __future__ import annotations

from collections.abc import Collection

from modelcheck.ir.nodes import ObjectRoot, Place, PointerRoot
from modelcheck.ir.types import ArrayOf, Embedded, QueueOf, ValueType
from naive.world import Spot, World


def is_allowed(world: World, check: str, names: Collection[str] = ()) -> bool:
    """Whether a check is silenced everywhere, or on one of the names."""
    return any(a.check == check and (not a.on or a.on in names) for a in world.program.allows)


def list_race_names(world: World, spot: Spot) -> set[str]:
    """A race: its object, the innermost struct, that struct's field."""
    fields = world.fields_on(spot)
    return {spot[0], *fields[-1:], *(f.partition(".")[0] for f in fields[-1:])}


def list_leak_names(world: World, pool: str) -> set[str]:
    """A leak: the pool and its struct."""
    of = world.objects[pool].type
    return {pool, of.struct} if isinstance(of, Embedded) else {pool}


def list_subject_names(world: World, place: Place, find_spot) -> set[str]:
    """A check: the object, every struct around its subject, what declares the innermost of them,
    and the field in that.  `find_spot` gives the spot of a place, None where it leads nowhere.
    """
    root = place.root
    of: ValueType
    if isinstance(root, PointerRoot):
        of = Embedded(root.struct)
    else:
        assert isinstance(root, ObjectRoot)
        of = world.objects[root.object].type
    innermost = of.struct if isinstance(of, Embedded) else ""
    inside = 0  # how much of the path leads to the innermost struct
    for i, part in enumerate(place.path):
        of = inner_type(world, of, part)
        if isinstance(of, Embedded):
            inside, innermost = i + 1, of.struct
    names = {root.object} if isinstance(root, ObjectRoot) else set()
    if not innermost:
        return names
    below = place.path[inside : inside + 1]
    names |= {f"{innermost}.{part}" for part in below if isinstance(part, str)} | {innermost}
    spot = find_spot(Place(root, place.path[:inside]))
    if spot is None:
        return names
    fields = world.fields_on(spot)
    names |= {spot[0], *fields[-1:], *(f.partition(".")[0] for f in fields)}
    return names


def inner_type(world: World, of: ValueType, part) -> ValueType:
    if isinstance(of, Embedded):
        return next(f.type for f in world.structs[of.struct].fields if f.name == part)
    assert isinstance(of, ArrayOf | QueueOf)
    return of.element
