"""The canonical form of a state: the same for all states that are exchanged for each other.

    colours of points (what their slots hold, who names them and as what)
    → refined until nothing new is told → where points of one colour remain, each is tried first
    → an order of the points → the state with its points in that order; of several the least

Colours are 64-bit sums that depend on nothing but what an exchange leaves alone, so two that
happen to be equal cost time and nothing else.  The runtime in C does the same, number by number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from modelcheck.reduce.permute import NameSlot, Tables

State = tuple[int, ...]
Edge = tuple[int, int, int]  # what is named how (a mark), the point named, the slot's offset
_MASK = (1 << 64) - 1
_FIRST = 0x9E3779B97F4A7C15
_OUT, _IN, _SELF, _PICKED = (
    0xBF58476D1CE4E5B9,
    0x94D049BB133111EB,
    0xD6E8FEB86659FD93,
    0xA0761D6478BD642F,
)


def mix(value: int) -> int:
    """Scatter the bits of a number (the finaliser of splitmix64)."""
    value &= _MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31


@dataclass(frozen=True, slots=True)
class Seen:
    """What the slots of one point say: its colour by itself, and whom it names."""

    colour: int
    edges: tuple[Edge, ...]


class Canonical:
    """Canonical forms of one program's states.

    Soundness: two states that no exchange maps to each other must keep different forms: the form
    is the state itself under an exchange, whatever the colours are
    (tests/reduce/test_symmetry_orbits.py compares with all members of random orbits).
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._points = tables.points
        self._take = [_getter(point.slots) for point in tables.points]
        pcs = tuple(how.pc for s in tables.fixed if (how := tables.slots[s]).live is not None)
        self._take_fixed = _getter(tables.fixed)
        self._take_said = _getter(tables.fixed + pcs)
        self._names_at = [
            [
                (k, slot, tables.slots[slot])
                for k, slot in enumerate(point.slots)
                if slot in tables.slots
            ]
            for point in tables.points
        ]
        self._fixed_at = [(k, s, tables.slots[s]) for k, s in enumerate(tables.fixed)]
        self._seen: list[dict[State, Seen]] = [{} for _ in tables.points]
        self._seen_fixed: dict[State, tuple[Edge, ...]] = {}
        self._classes = [range(first, first + count) for first, count in tables.classes]

    def __call__(self, state: State) -> State:
        """The canonical form of a state."""
        return self.place(state)[0]

    def place(self, state: State) -> tuple[State, tuple[int, ...]]:
        """The canonical form, and the exchange that leads there: by point its new one."""
        search = _Search(self, state)
        return search.run()

    # -----------------------------------------------------------------------------------------
    # What a state says

    def look(self, state: State) -> tuple[list[State], list[Seen], tuple[Edge, ...]]:
        """By point its slots and what they say, and the names in slots that are nobody's."""
        values = [take(state) for take in self._take]
        seen = []
        for point, own in enumerate(values):
            known = self._seen[point].get(own)
            if known is None:
                known = self._seen[point][own] = self._look_at(point, own)
            seen.append(known)
        held = self._take_said(state)
        fixed = self._seen_fixed.get(held)
        if fixed is None:
            found: list[Edge] = []
            for k, slot, how in self._fixed_at:
                lives = how.live is None or state[how.pc] in how.live
                found += self._read(how, state[slot], k, lives)[1]
            fixed = self._seen_fixed[held] = tuple(found)
        return values, seen, fixed

    def _look_at(self, point: int, own: State) -> Seen:
        colour = mix(_FIRST + self._points[point].class_)
        named = {k: how for k, _, how in self._names_at[point]}
        slots = self._points[point].slots
        edges: list[Edge] = []
        for k, value in enumerate(own):
            how = named.get(k)
            rest = value
            if how is not None:
                lives = how.live is None or own[slots.index(how.pc)] in how.live
                rest, found = self._read(how, value, k, lives)
                edges += found
            colour = mix(colour + mix(rest + _FIRST) + k)
        for mark, target, _ in edges:
            if target == point:
                colour = (colour + mix(mark + _SELF)) & _MASK
        return Seen(colour, tuple(edges))

    def _read(self, how: NameSlot, value: int, k: int, lives: bool) -> tuple[int, list[Edge]]:
        """What a slot says apart from the points that it names, and those."""
        names = self._tables.names[how.names]
        if not lives or value < 0:
            return value, []
        if not how.is_set:
            if value >= len(names.points) or names.points[value] < 0:
                return value, []
            return -1, [(_mark(k, names.images[value][0]), names.points[value], k)]
        rest, edges = 0, []
        for bit in range(value.bit_length()):
            if not value >> bit & 1:
                continue
            member = bit + how.first
            if member < len(names.points) and names.points[member] >= 0:
                mark = _mark(k, names.images[member][0])
                edges.append((mark, names.points[member], k))
            else:
                rest |= 1 << bit
        return rest, edges

    # -----------------------------------------------------------------------------------------
    # Moving

    def move(self, state: State, goes_to: Sequence[int]) -> State:
        """The state with each point at another's place.

        Soundness: this is the exchange itself, and the only thing that makes a state of a state.
        """
        new = list(state)
        for (_, slot, how), value in zip(self._fixed_at, self._take_fixed(state), strict=True):
            new[slot] = self._rename(how, value, goes_to, state)
        for point, target in enumerate(goes_to):
            slots = self._points[target].slots
            own = self._take[point](state)
            for slot, value in zip(slots, own, strict=True):
                new[slot] = value
            for k, _, how in self._names_at[point]:
                new[slots[k]] = self._rename(how, own[k], goes_to, state)
        return tuple(new)

    def _rename(self, how: NameSlot, value: int, goes_to: Sequence[int], state: State) -> int:
        names = self._tables.names[how.names]
        if value < 0 or (how.live is not None and state[how.pc] not in how.live):
            return value
        if not how.is_set:
            if value >= len(names.points) or (point := names.points[value]) < 0:
                return value
            return names.images[value][self._points[goes_to[point]].place]
        renamed = 0
        for bit in range(value.bit_length()):
            if value >> bit & 1:
                member = bit + how.first
                if member < len(names.points) and (point := names.points[member]) >= 0:
                    member = names.images[member][self._points[goes_to[point]].place]
                renamed |= 1 << member - how.first
        return renamed

    @property
    def classes(self) -> list[range]:
        """The points of each class."""
        return self._classes


class _Search:
    """The search for the canonical form of one state."""

    def __init__(self, canonical: Canonical, state: State) -> None:
        self._canonical = canonical
        self._state = state
        self._values, self._seen, fixed = canonical.look(state)
        self._count = len(self._seen)
        colours = [seen.colour for seen in self._seen]
        self._named = [False] * self._count
        for mark, target, _ in fixed:
            colours[target] = (colours[target] + mix(mark + _FIRST)) & _MASK
            self._named[target] = True
        for point, seen in enumerate(self._seen):
            for _, target, _ in seen.edges:
                if target != point:
                    self._named[target] = True
        self._colours = colours
        self._leaves: dict[State, tuple[int, ...]] = {}
        self._twins: dict[tuple[int, int], bool] = {}

    def run(self) -> tuple[State, tuple[int, ...]]:
        """The least of all leaves, and the exchange that leads there."""
        self._descend(self._colours, ())
        return min(self._leaves.items())

    def _descend(self, colours: list[int], stem: tuple[int, ...]) -> None:
        """Refine, then try each point of a cell that is not told apart; leaves are collected.

        A point is left out where an exchange that maps the state to itself, and what was picked
        before too, takes one that was tried to it: it would lead to the same leaves.
        """
        colours, cell = self._refine(colours)
        if not cell:
            self._add_leaf(colours)
            return
        tried: list[int] = []
        for point in cell:
            if any(self._are_twins(other, point) for other in tried):
                continue
            picked = list(colours)
            picked[point] = mix(picked[point] + _PICKED)
            if tried and self._is_mirrored(picked, point, tried, stem):
                continue
            self._descend(picked, (*stem, point))
            tried.append(point)

    def _refine(self, colours: list[int]) -> tuple[list[int], list[int]]:
        """Colours that tell all they can, and the first cell whose points still may differ."""
        count = 0
        while True:
            cell = self._find_cell(colours)
            if not cell:
                return colours, []
            known = len(set(colours))
            if known == count:
                return colours, cell
            count = known
            colours = self._spread(colours)

    def _spread(self, colours: list[int]) -> list[int]:
        """Each point's colour with those of the points that it names and that name it."""
        new = list(colours)
        for point, seen in enumerate(self._seen):
            for mark, target, _ in seen.edges:
                if target != point:
                    new[point] += mix(mark * _OUT + colours[target])
                    new[target] += mix(mark * _IN + colours[point])
        return [mix(colour) for colour in new]

    def _find_cell(self, colours: list[int]) -> list[int]:
        """The points of one colour that are not all twins, of the class and colour that comes
        first; empty if there are none.
        """
        for points in self._canonical.classes:
            if len({colours[p] for p in points}) == len(points):
                continue
            cells: dict[int, list[int]] = {}
            for point in points:
                cells.setdefault(colours[point], []).append(point)
            for colour in sorted(cells):
                cell = cells[colour]
                if not all(self._are_twins(cell[0], other) for other in cell[1:]):
                    return cell
        return []

    def _are_twins(self, a: int, b: int) -> bool:
        """Whether the exchange of two points leaves the state as it is."""
        key = (a, b) if a < b else (b, a)
        known = self._twins.get(key)
        if known is None:
            if not (self._named[a] or self._named[b]) and self._values[a] == self._values[b]:
                known = True
            else:
                goes_to = list(range(self._count))
                goes_to[a], goes_to[b] = b, a
                known = self._canonical.move(self._state, goes_to) == self._state
            self._twins[key] = known
        return known

    def _order(self, colours: list[int]) -> tuple[int, ...]:
        """By point its new one: those of a class in the order of their colours."""
        goes_to = [0] * self._count
        for points in self._canonical.classes:
            for place, point in zip(points, sorted(points, key=colours.__getitem__), strict=True):
                goes_to[point] = place
        return tuple(goes_to)

    def _add_leaf(self, colours: list[int]) -> tuple[State, tuple[int, ...]]:
        goes_to = self._order(colours)
        leaf = self._state
        if any(point != target for point, target in enumerate(goes_to)):
            leaf = self._canonical.move(self._state, goes_to)
        known = self._leaves.setdefault(leaf, goes_to)
        return leaf, known

    def _is_mirrored(
        self, colours: list[int], point: int, tried: list[int], stem: tuple[int, ...]
    ) -> bool:
        """Whether the first leaf behind a point is one that is known, by an exchange that keeps the
        stem and takes a tried point to this one.

        Soundness: without the two conditions leaves would be lost, and equal states have two forms
        (more states, no lost violation).
        """
        while True:
            colours, cell = self._refine(colours)
            if not cell:
                break
            colours = list(colours)
            colours[cell[0]] = mix(colours[cell[0]] + _PICKED)
        goes_to = self._order(colours)
        leaf = self._canonical.move(self._state, goes_to)
        known = self._leaves.get(leaf)
        if known is None:
            return False
        back = {target: source for source, target in enumerate(goes_to)}
        mirror = [back[target] for target in known]
        return all(mirror[p] == p for p in stem) and any(mirror[t] == point for t in tried)


def _mark(k: int, code: int) -> int:
    """A number for what is said of a point: by which slot, and what the name is apart from it."""
    return mix(k * _FIRST + code)


def _getter(slots: tuple[int, ...]) -> Callable[[State], State]:
    """Takes several slots out of a state."""
    if not slots:
        return lambda _: ()
    if len(slots) == 1:
        only = slots[0]
        return lambda state: (state[only],)
    return itemgetter(*slots)


__all__ = ["Canonical", "mix"]
