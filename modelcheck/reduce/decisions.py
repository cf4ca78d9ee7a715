"""Boolean functions of conditions nobody looks into, each in one form: ordered decision diagrams.

Two functions are the same exactly if they are the same number, so `a and b` is `b and a`, and a
loop that returns early is the `all` it stands for.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable

FALSE, TRUE, FAILED = 0, 1, 2
_END = 1 << 60  # in place of an atom: behind all of them


class Decisions:
    """Diagrams over atoms, which are numbered as they come up; ends are FALSE, TRUE, FAILED
    and whatever else a way may come to.
    """

    def __init__(self) -> None:
        self._atoms: dict[Hashable, int] = {}
        self._ends: dict[Hashable, int] = {}
        self._nodes: list[tuple[int, int, int]] = [(_END, 0, 0)] * 3
        self._numbers: dict[tuple[int, int, int], int] = {}
        self._made: dict[tuple[int, int, int], int] = {}

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return len(self._nodes)

    def atom(self, name: Hashable) -> int:
        """The function that is true where a condition is."""
        return self._node(self._atoms.setdefault(name, len(self._atoms)), FALSE, TRUE)

    def end(self, name: Hashable) -> int:
        """An end of its own: what is come to."""
        number = self._ends.get(name)
        if number is None:
            number = self._ends[name] = len(self._nodes)
            self._nodes.append((_END, number, number))
        return number

    def _node(self, atom: int, low: int, high: int) -> int:
        if low == high:
            return low
        key = (atom, low, high)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._nodes)
            self._nodes.append(key)
        return number

    def choose(self, condition: int, then: int, other: int) -> int:
        """`then` where the condition holds, else `other`; FAILED where the condition is."""
        if condition == TRUE or then == other:
            return then
        if condition == FALSE:
            return other
        if condition == FAILED:
            return FAILED
        key = (condition, then, other)
        known = self._made.get(key)
        if known is not None:
            return known
        atom = min(self._nodes[n][0] for n in key)
        low, high = (
            self.choose(
                *(self._nodes[n][1 + side] if self._nodes[n][0] == atom else n for n in key)
            )
            for side in (0, 1)
        )
        number = self._made[key] = self._node(atom, low, high)
        return number

    def all_of(self, parts: list[int]) -> int:
        """True where all are."""
        result = TRUE
        for part in parts:
            result = self.choose(result, part, FALSE)
        return result

    def any_of(self, parts: list[int]) -> int:
        """True where any is."""
        result = FALSE
        for part in parts:
            result = self.choose(result, TRUE, part)
        return result

    def comes_to(self, number: int, ends: Collection[int]) -> bool:
        """Whether some way through a diagram comes to one of the ends."""
        found, work = {number}, [number]
        while work:
            at = work.pop()
            if at in ends:
                return True
            atom, low, high = self._nodes[at]
            for part in (low, high) if atom != _END else ():
                if part not in found:
                    found.add(part)
                    work.append(part)
        return False

    def negate(self, part: int) -> int:
        """True where a part is not."""
        return self.choose(part, FALSE, TRUE)
