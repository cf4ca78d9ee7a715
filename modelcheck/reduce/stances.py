"""Where threads may stand, and where their pointers then point.

A *stance* is a location and a value for each pointer that the thread needs from there on.  While a
thread does not move neither changes, so the step that it takes next is at a known place; and what
it still holds later is still the same (dependence that looks at the state, Godefroid and Pirottin,
"Refining dependencies improves partial-order verification methods", CAV 1993; here as far as the
text says that a local stays what it is).  What it loads later may be any place.

The stances of a thread are found by following its code with sets of values for its pointers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from modelcheck.diagnostics import InternalError
from modelcheck.ir.instances import Instances, Known
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Memory, Thread
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Assert,
    Assign,
    Block,
    Branch,
    Check,
    Const,
    ContainerOf,
    End,
    Expr,
    Instr,
    Local,
    New,
    Place,
    PointerRoot,
    Wait,
)
from modelcheck.ir.regions import find_entry, find_region, find_step_regions, list_locations
from modelcheck.ir.traverse import assigned_local, successors
from modelcheck.ir.types import PtrType, ScalarType

MOST_STANCES = 96  # of one thread; beyond, one pointer less is told apart

Values = Mapping[str, frozenset[int]]  # of pointers; one that is not in it may hold anything
END = -1


class _TooManyError(Exception):
    """A thread has more stances than anybody wants; with the values seen of each pointer."""

    def __init__(self, seen: Mapping[str, int]) -> None:
        super().__init__()
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Lookup:
    """The stance of a thread at one location: `numbers` by the values of some slots, as digits.

    A number is -1 where no thread ever stands.
    """

    slots: tuple[int, ...]
    sizes: tuple[int, ...]
    numbers: tuple[int, ...]

    def find(self, state: Sequence[int]) -> int:
        """The stance in a state.

        Soundness: nothing is guessed; what is not in the table ends the run.
        """
        at = 0
        for slot, size in zip(self.slots, self.sizes, strict=True):
            if not 0 <= state[slot] < size:
                raise InternalError(f"slot {slot} points nowhere: {state[slot]}")
            at = at * size + state[slot]
        if self.numbers[at] < 0:
            raise InternalError(f"a thread stands where it cannot come to: {state!r}")
        return self.numbers[at]

    def begin_at(self, base: int) -> Lookup:
        """The same where the first stance has another number."""
        numbers = tuple(number + base if number >= 0 else -1 for number in self.numbers)
        return Lookup(self.slots, self.sizes, numbers)


class ThreadStances:
    """The stances of one thread, by number: `locations` and `known`.

    `targets` has for each those to which its step may lead, END too; `starts` those where the
    thread begins.  `lookups` has one for each location.

    Soundness: a stance or a target left out would be a step that another thread does not know of.
    `test_stances.py` compares them with where the threads of random programs really stand, and a
    state in which a thread stands nowhere is an internal error.
    """

    def __init__(self, memory: Memory, instances: Instances, thread: Thread) -> None:
        self._memory = memory
        self._instances = instances
        self._thread = thread
        self._body = memory.lookup.template(thread.template).body
        self._types = local_types(self._body)
        self._locations = list_locations(self._body)
        self._numbers = {block.label: number for number, block in enumerate(self._locations)}
        self._regions = find_step_regions(self._body)
        told = {
            name
            for block in self._locations
            for name in block.live
            if isinstance(self._types[name], PtrType)
        }
        while True:
            try:
                self._explore(told)
                break
            except _TooManyError as error:
                seen = error.seen
                told.remove(max(sorted(told), key=lambda name: seen.get(name, 0)))
        self.lookups = [self._make_lookup(number) for number in range(len(self._locations))]

    def _explore(self, told: set[str]) -> None:
        self.locations: list[int] = []
        self.known: list[Known] = []
        self.targets: list[set[int]] = []
        self._index: dict[tuple[int, Known], int] = {}
        self._names = [
            tuple(sorted(name for name in block.live if name in told)) for block in self._locations
        ]
        entry = find_entry(self._body)
        if entry.rest:
            self.starts = set(self._add(entry.label, {}))
        else:
            self.starts = self._follow(find_region(self._body, entry).blocks, entry.label, {})
        for number, location in enumerate(self.locations):  # grows meanwhile
            region = self._regions[location]
            held = {name: frozenset((value,)) for name, value in self.known[number]}
            self.targets.append(self._follow(region.blocks, region.entry.label, held))

    def _add(self, label: str, values: Values) -> Iterator[int]:
        """The stances at a location, where pointers hold some of these values."""
        location = self._numbers[label]
        names = self._names[location]
        for chosen in product(*(self._list_values(name, values) for name in names)):
            key = location, tuple(zip(names, chosen, strict=True))
            if key not in self._index:
                self._index[key] = len(self.locations)
                self.locations.append(location)
                self.known.append(key[1])
                if len(self.locations) > max(MOST_STANCES, len(self._locations)) and any(
                    self._names
                ):
                    raise _TooManyError(self._count_values())
            yield self._index[key]

    def _list_values(self, name: str, values: Values) -> Sequence[int]:
        found = values.get(name)
        if found is not None:
            return sorted(found)
        _, last = self._memory.domain(self._types[name])
        return range(last + 1)

    def _count_values(self) -> dict[str, int]:
        seen: dict[str, set[int]] = {}
        for known in self.known:
            for name, value in known:
                seen.setdefault(name, set()).add(value)
        return {name: len(values) for name, values in seen.items()}

    def _make_lookup(self, location: int) -> Lookup:
        names = self._names[location]
        offsets = [self._memory.local_slot(self._thread.template, name) for name in names]
        slots = tuple(self._thread.locals_base + offset for offset in offsets if offset is not None)
        if len(slots) != len(names):
            raise InternalError("a live local has no slot")
        domains = [range(self._memory.domain(self._types[name])[1] + 1) for name in names]
        numbers = tuple(
            self._index.get((location, tuple(zip(names, chosen, strict=True))), -1)
            for chosen in product(*domains)
        )
        return Lookup(slots, tuple(map(len, domains)), numbers)

    # -----------------------------------------------------------------------------------------
    # One step

    def _follow(self, blocks: Sequence[Block], entry: str, values: Values) -> set[int]:
        """The stances to which a step may lead."""
        by_label = {block.label: block for block in blocks}
        before: dict[str, Values] = {entry: values}
        exits: dict[str, Values] = {}
        found: set[int] = set()
        work = [entry]
        while work:
            block = self._instances.block(self._thread, by_label[work.pop()])
            for target, after in self._run(block, before[block.label]):
                if target is None:
                    found.add(END)
                    continue
                is_inside = target in by_label and not by_label[target].rest
                known = before if is_inside else exits
                joined = after if target not in known else _join(known[target], after)
                if target not in known or joined != known[target]:
                    known[target] = joined
                    if is_inside:
                        work.append(target)
        for label, after in exits.items():
            found.update(self._add(label, after))
        return found

    def _run(self, block: Block, values: Values) -> Iterator[tuple[str | None, Values]]:
        """Where a block leads, and what pointers hold then."""
        known = dict(values)
        for instr in block.instrs:
            match instr:
                case Check(condition) | Assert(condition) | Wait(condition):
                    if not self._assume(known, condition, wanted=True):
                        return
                case _:
                    self._assign(known, instr)
        match block.end:
            case End():
                yield None, known
            case Branch(condition, then, other):
                for target, wanted in ((then, True), (other, False)):
                    there = dict(known)
                    if self._assume(there, condition, wanted=wanted):
                        yield target, there
            case _:
                yield from ((target, known) for target in successors(block.end))

    def _assign(self, known: dict[str, frozenset[int]], instr: Instr) -> None:
        local = assigned_local(instr)
        if local is None:
            return
        found = None
        if isinstance(self._types.get(local), PtrType):
            match instr:
                case Assign(_, value):
                    found = self._evaluate(value, known)
                case New(_, pool):
                    count = self._memory.element_count(pool)
                    found = frozenset(self._memory.object_pointer(pool, i) for i in range(count))
                case _:
                    pass
        known.pop(local, None)
        if found is not None:
            known[local] = found

    def _assume(self, known: dict[str, frozenset[int]], condition: Expr, *, wanted: bool) -> bool:
        """Keep the values with which a condition may have an answer; False where it cannot."""
        match condition:
            case Const(value):
                return bool(value) == wanted
            case Apply("not", (part,)):
                return self._assume(known, part, wanted=not wanted)
            case Apply("and" | "or" as op, parts) if (op == "and") == wanted:
                return all(self._assume(known, part, wanted=wanted) for part in parts)
            case Apply("==" | "!=" as op, (a, b)):
                return self._compare(known, a, b, same=(op == "==") == wanted)
            case _:
                return True

    def _compare(self, known: dict[str, frozenset[int]], a: Expr, b: Expr, *, same: bool) -> bool:
        if not isinstance(a, Local):
            a, b = b, a
        if not isinstance(a, Local) or not isinstance(self._types.get(a.name), PtrType):
            return True
        other = self._evaluate(b, known)
        if other is None:
            return True
        found = known.get(a.name) or frozenset(self._list_values(a.name, known))
        if same:
            found &= other
        elif len(other) == 1:
            found -= other
        known[a.name] = found
        return bool(found)

    def _evaluate(self, expr: Expr, known: Values) -> frozenset[int] | None:
        """What a pointer may be; None: anything of its type."""
        match expr:
            case Const(value):
                return frozenset((value,))
            case Local(name):
                return known.get(name)
            case Apply("ite", (_, one, other)):
                first, second = self._evaluate(one, known), self._evaluate(other, known)
                return None if first is None or second is None else first | second
            case ContainerOf(pointer, outer, path):
                of = self._type_of(pointer)
                pointers = self._evaluate(pointer, known)
                if pointers is None or not isinstance(of, PtrType):
                    return None
                table = self._memory.container_table(of.struct, outer, path)
                return frozenset(table[value] for value in pointers)
            case AddressOf(place):
                return self._locate(place, known)
            case _:
                return None

    def _locate(self, place: Place, known: Values) -> frozenset[int] | None:
        """What a pointer to a place may be."""
        root = place.root
        if not isinstance(root, PointerRoot):
            number = self._memory.pointer_number(place).constant
            return None if number is None else frozenset((number,))
        pointers = self._evaluate(root.pointer, known)
        if pointers is None or 0 in pointers:
            return None  # of a null pointer's part nobody says where it is
        if not place.path:
            return pointers
        found = set()
        for value in pointers:
            one = Place(PointerRoot(Const(value, PtrType(root.struct)), root.struct), place.path)
            number = self._memory.pointer_number(one).constant
            if number is None:
                return None
            found.add(number)
        return frozenset(found)

    def _type_of(self, expr: Expr) -> ScalarType | None:
        return self._memory.lookup.expr_type(expr, self._types)


def _join(some: Values, others: Values) -> Values:
    return {name: some[name] | others[name] for name in some if name in others}
