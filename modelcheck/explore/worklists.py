"""The orders of the search: the only thing in which bfs, dfs and random differ.

A worklist holds the numbers of states that were found and not yet expanded.  All of them give
every state back exactly once, so a search that runs until its list is empty is exhaustive,
whatever the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from modelcheck.explore.options import Options

_MASK = (1 << 64) - 1


class Worklist(Protocol):
    """The states that wait to be expanded."""

    def add(self, found: Sequence[int]) -> None:
        """Take the states that one expansion found new (ascending numbers)."""

    def take(self) -> int | None:
        """Give the state to expand next; None when there is none or enough was done."""

    def __len__(self) -> int: ...


class Levels:
    """Breadth-first: states leave in the order in which they were found, so level by level."""

    def __init__(self) -> None:
        self._next = 0
        self._end = 0

    def add(self, found: Sequence[int]) -> None:
        """States are numbered as they are found: the list is an interval."""
        self._end += len(found)

    def take(self) -> int | None:
        """The oldest."""
        if self._next == self._end:
            return None
        self._next += 1
        return self._next - 1

    def __len__(self) -> int:
        return self._end - self._next


class Stack:
    """Depth-first: the newest state leaves first."""

    def __init__(self) -> None:
        self._waiting: list[int] = []

    def add(self, found: Sequence[int]) -> None:
        """The least of the new ones ends on top."""
        self._waiting.extend(reversed(found))

    def take(self) -> int | None:
        """The newest."""
        return self._waiting.pop() if self._waiting else None

    def __len__(self) -> int:
        return len(self._waiting)


class SplitMix:
    """Random numbers from a seed: splitmix64 (Steele, Lea, Flood 2014).

    Not Python's own generator: every backend has to make the same walks from the same seed, and
    this one is four lines in any language.
    """

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def next(self) -> int:
        """The next of 2^64 numbers."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)


class Walks:
    """Random walks: on to a random new successor; where there is none, the next walk begins at
    a random state that waits.  After `samples` walks it gives nothing more.
    """

    def __init__(self, seed: int, samples: int | None) -> None:
        self._numbers = SplitMix(seed)
        self._samples = samples
        self._walks = 0
        self._waiting: list[int] = []
        self._newest = 0  # how many at the end of the list the last expansion found

    def add(self, found: Sequence[int]) -> None:
        """The new states are where the walk may go on."""
        self._waiting.extend(found)
        self._newest = len(found)

    def take(self) -> int | None:
        """A random state: of the newest if there are any, else of all."""
        waiting = self._waiting
        if not waiting:
            return None
        if not self._newest or not self._walks:
            if self._walks == self._samples:
                return None
            self._walks += 1
        among = self._newest or len(waiting)
        chosen = len(waiting) - 1 - self._numbers.next() % among
        waiting[chosen], waiting[-1] = waiting[-1], waiting[chosen]
        self._newest = 0
        return waiting.pop()

    def __len__(self) -> int:
        return len(self._waiting)


def make_worklist(options: Options) -> Worklist:
    """The worklist of the search that the options name."""
    match options.search:
        case "bfs":
            return Levels()
        case "dfs":
            return Stack()
        case "random":
            return Walks(options.seed, options.samples)
