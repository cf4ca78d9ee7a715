"""Which threads and elements a program does not tell apart.

    text → sorts (what goes with what) → families → for each pair of numbers: is the text the same
    after an exchange of the two? → classes

A class is a set of numbers any two of which may be exchanged, in all templates and objects of the
family at once.  Whatever is not proven to be symmetric is not permuted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from modelcheck.diagnostics import NOWHERE, Span
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Body, Const, Instr, Program, Terminator
from modelcheck.ir.races import find_candidates
from modelcheck.ir.regions import find_step_regions
from modelcheck.ir.traverse import nodes_of, walk_node
from modelcheck.reduce.decisions import Decisions
from modelcheck.reduce.exchange import find_order_of_slots, takes_the_lowest
from modelcheck.reduce.follow import Follower, TooLarge
from modelcheck.reduce.kinds import Kinds, Scope, scope_of
from modelcheck.reduce.normal import Normal
from modelcheck.reduce.renaming import Family, Renaming
from modelcheck.reduce.segments import Position, Segments, Write
from modelcheck.reduce.sorts import Broken, Key


@dataclass(frozen=True, slots=True)
class SymmetricClass:
    """Copies of `templates` and elements of `objects` of equal number, any of `numbers` for any."""

    templates: tuple[str, ...]
    objects: tuple[str, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Symmetry:
    """What may be exchanged in a program, and why not the rest.

    `indices` are the locals that hold a number of a class: (template, local) → the classes of its
    family.
    """

    classes: tuple[SymmetricClass, ...]
    broken: tuple[Broken, ...]
    indices: dict[tuple[str, str], tuple[int, ...]]


def find_symmetry(program: Program, memory: Memory | None = None) -> Symmetry:
    """The symmetry of a program after all passes.

    Soundness: every exchange that this allows must map each step of each thread to a step, and each
    property, start value and rule of docs/ir.md to itself.  tests/reduce/test_symmetry_traps.py
    has the traps; tests/reduce/test_symmetry_agreement.py compares with all states.
    """
    return _Finder(memory or Memory(program)).find()


class _Finder:
    """One program under analysis."""

    def __init__(self, memory: Memory) -> None:
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
        indices: dict[tuple[str, str], tuple[int, ...]] = {}
        for root, keys in sorted(members.items(), key=lambda item: min(item[1])):
            family, count = self._make_family(keys)
            if count < 2 or not self._may_permute(root, keys, family, count):
                continue
            first = len(classes)
            classes.extend(
                SymmetricClass(family.templates, family.objects, numbers)
                for numbers in self._find_numbers(root, family, count)
            )
            own = tuple(range(first, len(classes)))
            for key in keys if own else ():
                if key[0] == "local":
                    indices[key[1], key[2]] = own
        return Symmetry(tuple(classes), tuple(self._broken), indices)

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
        counts = {c.sort: c.count for c in self._kinds.choices}
        members = self._sorts.members()
        for body, scope in self._bodies:
            for block in body.blocks:
                for node in nodes_of(block):
                    chosen = {
                        key
                        for expr in walk_node(node)
                        if (kind := self._kinds.of(expr, scope)).names == "index"
                        and (key := self._sorts.find(kind.sort)) in counts
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

    def _make_family(self, keys: list[Key]) -> tuple[Family, int]:
        """The templates and objects of a sort, and how many of each; 0 if that differs."""
        templates = tuple(key[1] for key in keys if key[0] == "me")
        objects = tuple(key[1] for key in keys if key[0] == "object")
        lookup = self._memory.lookup
        counts = {lookup.template(name).count for name in templates}
        counts |= {self._memory.element_count(name) for name in objects}
        family = Family(tuple(sorted(templates)), tuple(sorted(objects)))
        if len(counts) > 1:
            if max(counts) > 1:
                self._note(family, "they are numbered together, and their numbers differ", NOWHERE)
            return family, 0
        return family, counts.pop() if counts else 0

    def _may_permute(self, root: Key, keys: list[Key], family: Family, count: int) -> bool:
        """Whether nothing but the text itself stands against it."""
        if self._sorts.is_broken(root):
            self._note(family, *self._sorts.reasons[root])
            return False
        for threshold in self._kinds.thresholds:
            if self._sorts.find(threshold.sort) == root and threshold.parts(count):
                self._note(family, "it is compared in order", threshold.span)
                return False
        for choice in self._kinds.choices:
            if self._sorts.find(choice.sort) == root and choice.count < count:
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

    def _find_numbers(self, root: Key, family: Family, count: int) -> Iterator[tuple[int, ...]]:
        """The sets of numbers that may be exchanged: exchanges of two generate all others."""
        checker = _Checker(self._kinds, family, root, self._bodies, self._ordered)
        pairs = [(i, i + 1) for i in range(count - 1)]
        against = [checker.find_difference(i, j) for i, j in pairs]
        if all(why is None for why in against):
            yield tuple(range(count))
            return
        for why in dict.fromkeys(why for why in against if why is not None):
            self._note(family, *why)
        if takes_the_lowest(self._memory, family):
            # The lowest may be one that is told apart, and after an exchange another one.
            return
        sets = [{i} for i in range(count)]
        for i, j in combinations(range(count), 2):
            one, other = (next(s for s in sets if n in s) for n in (i, j))
            if one is not other and checker.find_difference(i, j) is None:
                sets.remove(other)
                one |= other
        yield from (tuple(sorted(s)) for s in sets if len(s) > 1)


class _Checker:
    """Compares all text with itself after an exchange of two numbers of one family."""

    def __init__(
        self,
        kinds: Kinds,
        family: Family,
        root: Key,
        bodies: list[tuple[Body, Scope]],
        ordered: frozenset[tuple[str, str]],
    ) -> None:
        self._kinds = kinds
        self._memory = kinds.memory
        self._family = family
        self._root = root
        self._bodies = bodies
        self._ordered = ordered
        self._decisions = Decisions()
        self._indifferent: set[int] = set()  # nodes and bodies that name nothing, by identity
        self._segments: dict[int, Segments] = {}
        self._known: dict[tuple[int, int], tuple[str, Span] | None] = {}

    def find_difference(self, i: int, j: int) -> tuple[str, Span] | None:
        """Why two numbers cannot be exchanged; None if they can."""
        if (i, j) not in self._known:
            self._known[i, j] = self._compare(i, j)
        return self._known[i, j]

    def _compare(self, i: int, j: int) -> tuple[str, Span] | None:
        swap = Renaming(self._memory, self._family, {i: j, j: i})
        if why := self._compare_starts(swap):
            return why
        for body, scope in self._bodies:
            compare = self._compare_code if scope.template else self._compare_property
            if why := compare(body, scope, swap):
                return why
        return None

    def _compare_code(self, body: Body, scope: Scope, swap: Renaming) -> tuple[str, Span] | None:
        differing: dict[Position, Span] = {}
        for block in body.blocks:
            keeps = (scope.template, block.label) in self._ordered
            for i, node in enumerate(nodes_of(block)):
                if id(node) in self._indifferent:
                    continue
                plain, changed = (
                    Normal(
                        self._kinds, scope, renaming, self._root, self._decisions, keeps_order=keeps
                    )
                    for renaming in (self._make_plain(), swap)
                )
                swap.asked = False
                form = changed.node(node)
                if not swap.asked:
                    self._indifferent.add(id(node))
                elif form != plain.node(node):
                    differing[block.label, i] = node.span
        if differing:
            left = self._find_told(body, scope, swap, set(differing))
            if left:
                first = min(left, key=list(differing).index)
                return "the code names one of them, or goes through them in order", differing[first]
        return None

    def _find_told(
        self, body: Body, scope: Scope, swap: Renaming, differing: set[Position]
    ) -> set[Position]:
        """The nodes by which a body tells two numbers apart, of those that are not the same."""
        decisions = Decisions()

        def make(renaming: Renaming) -> Write:
            return lambda known: Normal(
                self._kinds, scope, renaming, self._root, decisions, known=known, unknown=True
            )

        if id(body) not in self._segments:
            ordered = frozenset(label for name, label in self._ordered if name == scope.template)
            self._segments[id(body)] = Segments(body, ordered)
        segments = self._segments[id(body)]
        return segments.excuse(differing, decisions, make(self._make_plain()), make(swap))

    def _compare_property(
        self, body: Body, scope: Scope, swap: Renaming
    ) -> tuple[str, Span] | None:
        if id(body) in self._indifferent:
            return None

        def follow(renaming: Renaming) -> int:
            def write(known: object) -> Normal:
                return Normal(
                    self._kinds,
                    scope,
                    renaming,
                    self._root,
                    self._decisions,
                    known=known,  # type: ignore[arg-type]
                )

            return Follower(body, self._decisions, write).follow(body.entry, {})

        swap.asked = False
        span = next((b.end.span for b in body.blocks), NOWHERE)
        self._decisions = Decisions()
        try:
            changed = follow(swap)
            if not swap.asked:
                self._indifferent.add(id(body))
                return None
            same = follow(self._make_plain()) == changed
        except TooLarge:
            return f"`{scope.name}` has too many ways to be compared", span
        return None if same else (f"`{scope.name}` tells them apart", span)

    def _make_plain(self) -> Renaming:
        return Renaming(self._memory, self._family, {})

    def _compare_starts(self, swap: Renaming) -> tuple[str, Span] | None:
        """Start values are what `Crash`, `Spawn` and `Enter` write."""
        memory = self._memory
        at = {(s.object, s.element, s.role, s.path): s for s in memory.slots if s.object}
        for slot in memory.slots:
            if not slot.object:
                continue
            obj = memory.lookup.object(slot.object)
            key = (slot.object, swap.element(slot.object, slot.element), slot.role, slot.path)
            is_name = slot.role not in ("status", "queue-length")
            value = memory.start[slot.number]
            moved = swap.value(slot.type, value) if is_name else value
            if key in at and memory.start[at[key].number] != moved:
                return f"`{slot.name}` starts in its own way", obj.span
        for obj in self._memory.program.objects:
            if obj.kind not in ("per_thread", "local"):
                continue
            values = memory.start_values(obj.name)
            for leaf, value in zip(memory.leaves[obj.name], values, strict=True):
                is_name = leaf.role != "queue-length"
                if is_name and swap.value(leaf.type, value) != value:
                    return f"`{obj.name}` starts with the name of one of them", obj.span
        return None


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
