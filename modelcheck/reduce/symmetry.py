"""Which threads and elements a program does not tell apart.

    text → sorts (what goes with what) → families → for each pair of numbers: is the text the same
    after an exchange of the two? → classes

A class is a set of numbers any two of which may be exchanged, in all templates and objects of the
family at once.  Whatever is not proven to be symmetric is not permuted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

from modelcheck.diagnostics import NOWHERE, Span
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Body, Const, Instr, Program, Terminator
from modelcheck.ir.races import find_candidates
from modelcheck.ir.regions import find_step_regions
from modelcheck.ir.traverse import nodes_of, walk_node
from modelcheck.reduce.compare import Comparison
from modelcheck.reduce.exchange import find_order_of_slots, takes_the_lowest
from modelcheck.reduce.kinds import Kinds, Scope, scope_of
from modelcheck.reduce.renaming import Family
from modelcheck.reduce.sorts import Broken, Key


@dataclass(frozen=True, slots=True)
class SymmetricClass:
    """Copies of `templates` and elements of `objects` of equal number, any of `numbers` for any.

    The numbers are those of the first of them; those of the others begin later by so many as
    `shifts` says of each (empty: none does).
    """

    templates: tuple[str, ...]
    objects: tuple[str, ...]
    numbers: tuple[int, ...]
    shifts: tuple[int, ...] = ()

    def list_copies(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """By template the copies, in order of the numbers."""
        yield from zip(self.templates, self._list_own(), strict=False)

    def list_elements(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """By object the elements, in order of the numbers."""
        own = self._list_own()[len(self.templates) :]
        yield from zip(self.objects, own, strict=True)

    def _list_own(self) -> list[tuple[int, ...]]:
        shifts = self.shifts or (0,) * (len(self.templates) + len(self.objects))
        return [tuple(number + shift for number in self.numbers) for shift in shifts]


@dataclass(frozen=True, slots=True)
class Symmetry:
    """What may be exchanged in a program, and why not the rest.

    `indices` are the locals that hold a number of a class: (template, local) → the classes of its
    family, each with what is added to a number of the class to give the local's value.  `assumed`
    are checks whose failure would be told of another object after an exchange: if one of them fails
    anywhere, nothing follows from the symmetry, and what holds without assumptions must be asked
    for.
    """

    classes: tuple[SymmetricClass, ...]
    broken: tuple[Broken, ...]
    indices: dict[tuple[str, str], tuple[tuple[int, int], ...]]
    assumed: frozenset[str] = frozenset()


def find_symmetry(
    program: Program, memory: Memory | None = None, *, assumes: bool = True
) -> Symmetry:
    """The symmetry of a program after all passes; without `assumes`, none that rests on a check
    that never fails.

    Soundness: every exchange that this allows must map each step of each thread to a step, and each
    property, start value and rule of docs/ir.md to itself.  tests/reduce/test_symmetry_traps.py
    has the traps; tests/reduce/test_symmetry_agreement.py compares with all states.
    """
    return _Finder(memory or Memory(program), assumes=assumes).find()


class _Finder:
    """One program under analysis."""

    def __init__(self, memory: Memory, *, assumes: bool) -> None:
        self._assumes = assumes
        self._assumed: set[str] = set()
        self._memory = memory
        self._program = memory.program
        self._kinds = Kinds(memory)
        self._sorts = self._kinds.sorts
        self._broken: list[Broken] = []
        self._bodies = list(_list_bodies(memory.program))
        self._ordered = _find_racing(memory)

    def find(self) -> Symmetry:
        """Work out the classes."""
        self._visit_all()
        self._guess_choices()
        members = self._sorts.members()
        classes: list[SymmetricClass] = []
        indices: dict[tuple[str, str], tuple[tuple[int, int], ...]] = {}
        for root, keys in sorted(members.items(), key=lambda item: min(item[1])):
            family = self._make_family(keys)
            if all(len(r) < 2 for r in family.ranges) or not self._may_permute(root, keys, family):
                continue
            found: list[tuple[int, int]] = []  # the class, and what its numbers differ by
            locals_ = [self._sorts.locate(key)[1] for key in keys if key[0] == "local"]
            for numbers in self._find_numbers(root, family):
                if any(numbers[0] < first for first in locals_):
                    self._note(family, "an index may be less than 0", NOWHERE)
                    continue
                known, first = _make_class(family, numbers)
                found.append((len(classes), first))
                classes.append(known)
            for key in keys if found else ():
                if key[0] == "local":
                    shift = self._sorts.locate(key)[1]
                    indices[key[1], key[2]] = tuple((c, first - shift) for c, first in found)
        return Symmetry(tuple(classes), tuple(self._broken), indices, frozenset(self._assumed))

    # -----------------------------------------------------------------------------------------
    # Sorts

    def _visit_all(self) -> None:
        """Look at all code, and at what ties threads and objects together beside it."""
        memory, sorts = self._memory, self._sorts
        for template in self._program.templates:
            sorts.find(("me", template.name))
            if template.interrupts and memory.lookup.template(template.interrupts).count > 1:
                sorts.unite(("me", template.name), ("me", template.interrupts))
        for obj in self._program.objects:
            if obj.kind in ("shared", "pool") and obj.count is not None:
                sorts.find(("object", obj.name))
        for body, scope in self._bodies:
            self._kinds.visit_body(body, scope)
        for template in self._program.templates:
            # Locals that share a slot are renamed together.
            for group in memory.colours[template.name].groups:
                keys = [("local", template.name, local.name) for local in group]
                for key in keys[1:]:
                    sorts.unite(keys[0], key)

    def _guess_choices(self) -> None:
        """A number that is chosen and then compared with each element's is an index of them.

        A wrong guess costs a reduction at most: whether it is one is checked like all else.
        """
        chosen_from = {self._sorts.find(choice.kind.sort) for choice in self._kinds.choices}
        members = self._sorts.members()
        for body, scope in self._bodies:
            for block in body.blocks:
                for node in nodes_of(block):
                    chosen = {
                        key
                        for expr in walk_node(node)
                        if (kind := self._kinds.of(expr, scope)).names == "index"
                        and (key := self._sorts.find(kind.sort)) in chosen_from
                        and all(k[0] == "local" for k in members.get(key, ()))
                    }
                    named = self._find_named(node)
                    if len(chosen) == 1 and len(named) == 1:
                        self._sorts.unite(named.pop(), chosen.pop())

    def _find_named(self, node: Instr | Terminator) -> set[Key]:
        """The sorts whose elements or copies a node names by constants."""
        asked: set[Key] = set()
        for expr in walk_node(node):
            place = getattr(expr, "place", None)
            root = getattr(place, "root", None)
            index = getattr(root, "index", None)
            obj = getattr(root, "object", "")
            if isinstance(index, Const) and ("object", obj) in self._sorts.parents:
                asked.add(self._sorts.find(("object", obj)))
            copy = getattr(expr, "copy", None)
            if isinstance(copy, Const):
                asked.add(self._sorts.find(("me", getattr(expr, "template", ""))))
        return asked

    def _make_family(self, keys: list[Key]) -> Family:
        """The templates and objects of a sort, and which numbers each has."""
        templates = sorted(key for key in keys if key[0] == "me")
        objects = sorted(key for key in keys if key[0] == "object")
        ranges = []
        for key in (*templates, *objects):
            kind, name = key
            first = self._sorts.locate(key)[1]
            count = (
                self._memory.lookup.template(name).count
                if kind == "me"
                else self._memory.element_count(name)
            )
            ranges.append(range(first, first + count))
        return Family(
            tuple(name for _, name in templates), tuple(name for _, name in objects), tuple(ranges)
        )

    def _may_permute(self, root: Key, keys: list[Key], family: Family) -> bool:
        """Whether nothing but the text itself stands against it."""
        sorts, numbers = self._sorts, family.numbers
        if self._sorts.is_broken(root):
            self._note(family, *self._sorts.reasons[root])
            return False
        for threshold in self._kinds.thresholds:
            if sorts.find(threshold.kind.sort) == root and threshold.parts(sorts, numbers):
                self._note(family, "it is compared in order", threshold.span)
                return False
        for choice in self._kinds.choices:
            if sorts.find(choice.kind.sort) == root and choice.leaves_out(sorts, numbers):
                self._note(family, "only some numbers are chosen among", choice.span)
                return False
        for key in keys:
            if key[0] == "cell":
                shown = ".".join(part for part in key[1:] if part)
                self._note(family, f"an index is kept in memory, in `{shown}`", NOWHERE)
                return False
        if why := find_order_of_slots(self._memory, family, keys):
            self._note(family, *why)
            return False
        return True

    def _note(self, family: Family, why: str, span: Span) -> None:
        self._broken.append(Broken(", ".join((*family.templates, *family.objects)), why, span))

    # -----------------------------------------------------------------------------------------
    # The text under an exchange

    def _find_numbers(self, root: Key, family: Family) -> Iterator[tuple[int, ...]]:
        """The sets of numbers that may be exchanged: exchanges of two generate all others."""
        checker = Comparison(
            self._kinds, family, root, self._bodies, self._ordered, assumes=self._assumes
        )
        for numbers in family.list_alike():
            for some in self._split(checker, numbers, family):
                # The lowest may be one that is told apart, and after an exchange another one.
                if not takes_the_lowest(self._memory, family, set(some)):
                    yield some
        self._assumed |= checker.assumed

    def _split(
        self, checker: Comparison, numbers: tuple[int, ...], family: Family
    ) -> Iterator[tuple[int, ...]]:
        """Those of some numbers that may be exchanged for one another, all for all if possible."""
        if checker.find_difference_in_turn(numbers) is None:
            yield numbers
            return
        against = (checker.find_difference(i, j) for i, j in pairwise(numbers))
        for why in dict.fromkeys(why for why in against if why is not None):
            self._note(family, *why)
        sets = [{number} for number in numbers]
        for i, j in combinations(numbers, 2):
            one, other = (next(s for s in sets if n in s) for n in (i, j))
            if one is not other and checker.find_difference(i, j) is None:
                sets.remove(other)
                one |= other
        yield from (tuple(sorted(some)) for some in sets if len(some) > 1)


def _make_class(family: Family, numbers: tuple[int, ...]) -> tuple[SymmetricClass, int]:
    """A class of a family, and by how much its numbers there are more than its own."""
    ranges = iter(family.ranges)
    templates = [(name, r.start) for name in family.templates if numbers[0] in (r := next(ranges))]
    objects = [(name, r.start) for name in family.objects if numbers[0] in (r := next(ranges))]
    starts = [start for _, start in (*templates, *objects)]
    first = starts[0]
    shifts = tuple(first - start for start in starts)
    known = SymmetricClass(
        tuple(name for name, _ in templates),
        tuple(name for name, _ in objects),
        tuple(number - first for number in numbers),
        shifts if any(shifts) else (),
    )
    return known, first


def _list_bodies(program: Program) -> Iterator[tuple[Body, Scope]]:
    """All code that runs in a state: of threads and of properties.

    The start is left out.  It runs once, before there is anything to exchange: the states that are
    reached are those of the program, whichever they are, and only what follows is permuted.
    """
    for template in program.templates:
        yield template.body, scope_of(template.name, template.name, template.body)
    for property_ in program.properties:
        if property_.body is not None:
            yield property_.body, scope_of(property_.name, "", property_.body)


def _find_racing(memory: Memory) -> frozenset[tuple[str, str]]:
    """The blocks of steps that may race: template and label."""
    found: set[tuple[str, str]] = set()
    racing: dict[str, set[int]] = {}
    for (a, b), pairs in find_candidates(memory).items():
        for thread, side in ((a, 0), (b, 1)):
            racing.setdefault(memory.threads[thread].template, set()).update(p[side] for p in pairs)
    for template in memory.program.templates:
        for number, region in enumerate(find_step_regions(template.body)):
            if number in racing.get(template.name, ()):
                found |= {(template.name, block.label) for block in region.blocks}
    return frozenset(found)
