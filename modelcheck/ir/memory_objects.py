"""The second layer of the memory: the slots of the objects, element by element.

An element is its status, where it has one, then its fields, depth first; a queue is its length,
then its elements.
"""

from __future__ import annotations

from itertools import accumulate
from typing import assert_never

from modelcheck.ir.memory_threads import ThreadSlots
from modelcheck.ir.nodes import Object, Program
from modelcheck.ir.shape import Leaf, leaves_of
from modelcheck.ir.slots import UNINITIALISED
from modelcheck.ir.types import Embedded


class ObjectSlots(ThreadSlots):
    """Numbers the slots of a program's objects; `leaves` are the fields of an object's element."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.leaves = {obj.name: leaves_of(self.lookup, obj) for obj in program.objects}
        sizes = (self.stride(obj) * self.lookup.instances(obj) for obj in program.objects)
        bases = accumulate(sizes, initial=self.first_object_slot)
        self._bases = {obj.name: base for obj, base in zip(program.objects, bases, strict=False)}

    def has_status(self, obj: Object) -> bool:
        """Whether its elements have a status slot: pools, and what else may be freed."""
        if obj.kind == "pool":
            return True
        return obj.kind != "per_thread" and obj.mortal and isinstance(obj.type, Embedded)

    def stride(self, obj: Object) -> int:
        """How many slots one element takes, its status included."""
        return self.has_status(obj) + len(self.leaves[obj.name])

    def status_slot(self, object_: str, element: int = 0) -> int | None:
        """The status slot of an element; None where it has none."""
        obj = self.lookup.object(object_)
        return self._bases[object_] + element * self.stride(obj) if self.has_status(obj) else None

    def element_slots(self, object_: str, element: int = 0) -> range:
        """The slots of an element's fields, without its status."""
        obj = self.lookup.object(object_)
        first = self._bases[object_] + element * self.stride(obj) + self.has_status(obj)
        return range(first, first + len(self.leaves[object_]))

    def new_values(self, pool: str) -> tuple[int | None, ...]:
        """What the fields of a slot hold right after `New`; None: what they held before."""
        return tuple(new_value(leaf) for leaf in self.leaves[pool])

    def free_values(self, object_: str) -> tuple[int | None, ...]:
        """What the fields of an element hold right after `Free`; None: what they held before."""
        return tuple(None if leaf.stable or leaf.ghost else 0 for leaf in self.leaves[object_])

    def element_name(self, obj: Object, element: int) -> str:
        """An element in the spec's words: `files[0]`, `cpu[close[1]]`, `close[1].w`."""
        match obj.kind:
            case "shared" | "pool":
                return obj.name if obj.count is None else f"{obj.name}[{element}]"
            case "per_thread":
                return f"{obj.name}[{self.threads[element].name}]"
            case "local":
                own = obj.name.removeprefix(f"{obj.template}.")
                return f"{self.threads_of(obj.template)[element].name}.{own}"
            case _:
                assert_never(obj.kind)

    def element_thread(self, obj: Object, element: int) -> int | None:
        """The number of the thread to which an element belongs alone."""
        match obj.kind:
            case "shared" | "pool":
                return None
            case "per_thread":
                return element
            case "local":
                return self.threads_of(obj.template)[element].number
            case _:
                assert_never(obj.kind)

    def element_count(self, object_: str) -> int:
        """How many elements an object has in memory."""
        return self.lookup.instances(self.lookup.object(object_))


def new_value(leaf: Leaf) -> int | None:
    """What a slot holds right after `New`; None: what it held before."""
    if leaf.stable or leaf.ghost:
        return None
    return 0 if leaf.role == "queue-element" else UNINITIALISED
