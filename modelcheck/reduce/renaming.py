"""What an exchange of threads and elements does to the values that name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from modelcheck.ir.memory import Memory
from modelcheck.ir.types import PtrType, SetType, ThreadIdType


@dataclass(frozen=True, slots=True)
class Family:
    """Templates and objects whose copies and elements of one number belong together.

    `ranges` are the numbers that each of them has, templates before objects: copy or element 0 has
    the first.
    """

    templates: tuple[str, ...]
    objects: tuple[str, ...]
    ranges: tuple[range, ...]

    @property
    def numbers(self) -> range:
        """All numbers, those included that nothing has."""
        ranges = [r for r in self.ranges if r]
        starts, stops = [r.start for r in ranges], [r.stop for r in ranges]
        return range(min(starts, default=0), max(stops, default=0))

    def range_of(self, kind: Literal["template", "object"], name: str) -> range:
        """The numbers of a template or object; empty where it is not of the family."""
        names = (
            *(("template", one) for one in self.templates),
            *(("object", one) for one in self.objects),
        )
        found = dict(zip(names, self.ranges, strict=True))
        return found.get((kind, name), range(0))

    def list_alike(self) -> Iterator[tuple[int, ...]]:
        """The numbers that the same templates and objects have, where there are several: only those
        may be exchanged.
        """
        found: dict[tuple[bool, ...], list[int]] = {}
        for number in self.numbers:
            found.setdefault(tuple(number in r for r in self.ranges), []).append(number)
        for having, numbers in found.items():
            if any(having) and len(numbers) > 1:
                yield tuple(numbers)


class Renaming:
    """A permutation of the numbers of one family, and all that follows from it.

    `numbers` maps those that move; whoever has one of them has all (`Family.list_alike`).  A thread
    takes its `per_thread` and `local` objects with it; places are renumbered object by object, so a
    pointer goes by the element that it names.  `asked` tells whether anything was looked up that
    could have been renamed.
    """

    def __init__(self, memory: Memory, family: Family, numbers: Mapping[int, int]) -> None:
        self.memory = memory
        self.family = family
        self._numbers = numbers
        self.asked = False
        self._threads = [t.number for t in memory.threads]
        ranges = family.ranges
        self._of_template = dict(zip(family.templates, ranges, strict=False))
        self._of_object = dict(zip(family.objects, ranges[len(family.templates) :], strict=True))
        for name, known in self._of_template.items():
            copies = memory.threads_of(name)
            for i, j in numbers.items():
                if i in known:
                    moved = copies[known.index(i)].number
                    self._threads[moved] = copies[known.index(j)].number
        self._places: dict[str, list[int]] = {}

    def index(self, value: int) -> int:
        """A number of the family."""
        self.asked = True
        return self._numbers.get(value, value)

    def _move(self, known: range | None, own: int) -> int:
        """A copy's or element's own number."""
        if known is None or not 0 <= own < len(known):
            return own
        return known.index(self.index(known[own]))

    def thread(self, number: int) -> int:
        """A thread's number, from 0."""
        self.asked = True
        return self._threads[number] if 0 <= number < len(self._threads) else number

    def thread_id(self, value: int) -> int:
        """A ThreadId value."""
        return self.thread(value - 1) + 1 if value > 0 else value

    def element(self, object_: str, element: int) -> int:
        """An element of an object."""
        obj = self.memory.lookup.object(object_)
        if obj.kind == "per_thread":
            return self.thread(element)
        if obj.kind == "local":
            return self._move(self._of_template.get(obj.template), element)
        return self._move(self._of_object.get(object_), element)

    def pointer(self, struct: str, value: int) -> int:
        """A pointer to a struct."""
        self.asked = True
        table = self._places.get(struct)
        if table is None:
            places = self.memory.places(struct)
            at = {(p.object, p.element, p.path): p.number + 1 for p in places}
            table = self._places[struct] = [
                0,
                *(at[p.object, self.element(p.object, p.element), p.path] for p in places),
            ]
        return table[value] if 0 < value < len(table) else value

    def value(self, type_: object, value: int) -> int:
        """A value of a ThreadId, pointer or a set of either; others keep their meaning."""
        match type_:
            case ThreadIdType():
                return self.thread_id(value)
            case PtrType(struct):
                return self.pointer(struct, value)
            case SetType((ThreadIdType() | PtrType()) as element):
                return self.mask(value, lambda i: self.value(element, i + 1) - 1)
            case _:
                return value

    def mask(self, value: int, rename: object) -> int:
        """A set whose bits are renamed one by one."""
        assert callable(rename)
        bits = (i for i in range(value.bit_length()) if value > 0 and value >> i & 1)
        return sum(1 << rename(i) for i in bits) if value > 0 else value
