"""Which numbers of a program name a thread or an element, and which are only numbers.

A `ThreadId` and a `Ptr` say so by their type.  An index is an Int like any other, so it is told by
where it goes: what indexes an array, is compared with such a value or assigned from one has the
array's *sort*; `$me` has its template's.  Sorts that meet become one (union-find): `rms[$me]` moves
the manager with its record.  A sort that is counted with or ordered is *broken*: renaming its
values would change what the program does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from modelcheck.diagnostics import Span

Key = tuple[str, ...]
"""("me", template), ("object", object), ("local", body, name) or ("cell", struct, field)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the values of an expression name.

    `free` is a constant, which takes the kind of its surroundings.  `shift` is what was added to a
    `ThreadId` or `Ptr` (-1 where it indexes an array or the bits of a set).
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
    reasons: dict[Key, tuple[str, Span]] = field(default_factory=dict)  # by representative

    def find(self, key: Key) -> Key:
        """The representative of a sort."""
        parents = self.parents
        root = parents.setdefault(key, key)
        while parents[root] != root:
            root = parents[root]
        parents[key] = root
        return root

    def unite(self, a: Key, b: Key) -> None:
        """Two sorts are one: if either is broken, so is the other.

        Soundness: a reason lost here would permute what the program orders
        (tests/reduce/test_symmetry_traps.py).
        """
        first, second = self.find(a), self.find(b)
        if first == second:
            return
        self.parents[second] = first
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
