"""Which numbers of a program name a thread or an element, and which are only numbers.

A `ThreadId` and a `Ptr` say so by their type.  An index is an Int like any other, so it is told by
where it goes: what indexes an array, is compared with such a value or assigned from one has the
array's *sort*; `$me` has its template's.  Sorts that meet become one (union-find): `rms[$me]` moves
the manager with its record.  They need not begin at the same number: where `files[2 + $me]` is the
file of a thread, each sort knows by how much its numbers differ from those of its family.  A sort
that is counted with or ordered is *broken*: renaming its values would change what the program does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from modelcheck.diagnostics import NOWHERE, Span

Key = tuple[str, ...]
"""("me", template), ("object", object), ("local", body, name) or ("cell", struct, field)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the values of an expression name.

    `free` is a constant, which takes the kind of its surroundings.  `shift` is what was added: to a
    `ThreadId` or `Ptr` (-1 where it indexes an array or the bits of a set), or to an index.
    """

    names: Literal["nothing", "free", "index", "thread", "place"]
    sort: Key = ()  # of an index
    struct: str = ""  # of a place
    shift: int = 0
    is_set: bool = False


PLAIN = Kind("nothing")
FREE = Kind("free")


@dataclass(frozen=True, slots=True)
class Broken:
    """Why the threads of a template or the elements of an object are not exchanged."""

    subject: str
    why: str
    span: Span


@dataclass(slots=True)
class Sorts:
    """The sorts of one program, and what breaks them."""

    parents: dict[Key, Key] = field(default_factory=dict)
    steps: dict[Key, int] = field(default_factory=dict)  # parent's number of it - its own
    reasons: dict[Key, tuple[str, Span]] = field(default_factory=dict)  # by representative

    def find(self, key: Key) -> Key:
        """The representative of a sort."""
        return self.locate(key)[0]

    def locate(self, key: Key) -> tuple[Key, int]:
        """The representative of a sort, and what is added to its values to give the numbers of the
        family.
        """
        parents, steps = self.parents, self.steps
        root = parents.setdefault(key, key)
        first = steps.setdefault(key, 0)
        while parents[root] != root:
            first += steps[root]
            root = parents[root]
        if root != key:
            parents[key], steps[key] = root, first
        return root, first

    def kind(self, key: Key, *, is_set: bool = False) -> Kind:
        """The kind of an index of a sort (or of the bits of a set of them)."""
        root, first = self.locate(key)
        return Kind("index", root, shift=-first, is_set=is_set)

    def number(self, kind: Kind, value: int) -> int:
        """The number in its family that a value of a kind names."""
        return value - kind.shift + self.locate(kind.sort)[1]

    def value(self, kind: Kind, number: int) -> int:
        """The value of a kind that names a number of its family."""
        return number + kind.shift - self.locate(kind.sort)[1]

    def unite(self, a: Key, b: Key, more: int = 0, span: Span = NOWHERE) -> None:
        """Two sorts are one, where a value of `a` is `more` than that of `b` that means the same;
        if either is broken, so is the other.

        Soundness: a reason lost here would permute what the program orders, and a number that is
        tied to two others would move with one of them only (tests/reduce/test_symmetry_traps.py).
        """
        (first, of_a), (second, of_b) = self.locate(a), self.locate(b)
        if first == second:
            if of_a + more != of_b:
                self.spoil(first, "it is numbered in two ways", span)
            return
        self.parents[second] = first
        self.steps[second] = of_a + more - of_b
        reason = self.reasons.pop(second, None)
        if reason is not None:
            self.reasons.setdefault(first, reason)

    def spoil(self, key: Key, why: str, span: Span) -> None:
        """A sort is broken."""
        self.reasons.setdefault(self.find(key), (why, span))

    def is_broken(self, key: Key) -> bool:
        """Whether the values of a sort must keep their names."""
        return self.find(key) in self.reasons

    def members(self) -> dict[Key, list[Key]]:
        """By representative, all keys of a sort, in the order in which they came up."""
        found: dict[Key, list[Key]] = {}
        for key in list(self.parents):
            found.setdefault(self.find(key), []).append(key)
        return found
