"""Gates: conditions that keep threads from steps, and who can make them true.

A *gate* is a case in which steps that wait are disabled: "somebody else owns this mutex".  It has
the places that the case is about, the locations of those steps, and its *openers*: steps that may
be the first to change one of these places, each with what has to hold of them for that.  While the
gate is closed for a thread, none of these steps is taken by it unless an opener comes before: who
waits for a lock that another one owns needs the release by that owner, and nobody else's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from modelcheck.ir.dependence import Footprint, Footprints, MemoryPart
from modelcheck.ir.footprint import Access, Aspect
from modelcheck.ir.memory import ALIVE, Thread
from modelcheck.ir.nodes import (
    Block,
    End,
    Instr,
    Kind,
    ObjectRoot,
    Place,
    Program,
    Property,
    Store,
    Template,
    Wait,
)
from modelcheck.ir.regions import Region
from modelcheck.ir.traverse import nodes_of, parts_of_place
from modelcheck.reduce.facts import Case, Fact, sort_cases
from modelcheck.reduce.locations import Locations
from modelcheck.reduce.ways import TooManyWaysError, Walker, Way, is_pure

MOST_PASSED = 32  # gates of threads; those with the most locations
MOST_FACTS = 24  # of one property; beyond, nothing keeps it from changing
MOST_GUARDS = 12  # of one step for one gate; beyond, it may always be an opener


@dataclass(frozen=True, slots=True, order=True)
class Test:
    """What is (`wanted`) or is not so of a slot: it holds a number in lo…hi, or (`is_bit`) has bit
    lo.  With `own` the running thread's id, or bit, is meant.
    """

    slot: int
    is_bit: bool
    lo: int
    hi: int
    own: bool
    wanted: bool


Tests = tuple[Test, ...]  # all of them hold


@dataclass(frozen=True, slots=True)
class Opener:
    """Steps that may open a gate if some tests hold for the thread that takes one."""

    tests: Tests
    locations: int


@dataclass(frozen=True, slots=True)
class Gate:
    """Where and when threads cannot pass.

    It is closed for the threads in the set `threads` while all `tests` hold; then none of them
    takes the step at one of `locations`.
    """

    tests: Tests
    threads: int
    locations: int
    openers: tuple[Opener, ...]


@dataclass(slots=True)
class _Found:
    """A gate under way, and the parts of memory it is about, by slot."""

    parts: dict[int, MemoryPart]
    threads: int = 0
    locations: int = 0


class Gates:
    """The gates of a program; those of properties are told one property at a time.

    Soundness: a gate must disable its steps whenever its tests hold, and every step that may be
    the first to end that must be an opener.  `test_gates.py` compares both with what steps do in
    states of random programs and of the kernel's locks.
    """

    def __init__(self, program: Program, locations: Locations, footprints: Footprints) -> None:
        self._program = program
        self._locations = locations
        self._footprints = footprints
        self._memory = footprints.memory
        self._instances = footprints.instances
        self._nodes: dict[tuple[int, str], list[Footprint]] = {}
        self._watches: dict[Test, Gate] = {}

    def find(self) -> list[Gate]:
        """All gates, those with the most locations first."""
        found: dict[Tests, _Found] = {}
        for thread, number, _, region in self._list_steps():
            if not any(isinstance(i, Wait) for block in region.blocks for i in block.instrs):
                continue
            try:
                for case in self._walk(thread, number, region).gates():
                    self._add(found, thread, number, case)
            except TooManyWaysError:
                continue
        made = [self._finish(tests, one) for tests, one in found.items()]
        made.sort(key=lambda gate: (-gate.locations.bit_count(), gate.tests))
        return made[:MOST_PASSED]

    def _list_steps(self) -> Iterator[tuple[Thread, int, Template, Region]]:
        """Of steps that are alike the first."""
        for number in self._locations.alike:
            if (step := self._locations.steps[number]) is not None:
                yield self._memory.threads[self._locations.threads[number]], number, *step

    def _walk(self, thread: Thread, number: int, region: Region) -> Walker:
        blocks = {b.label: b for b in self._list_blocks(thread, number, region)}
        return Walker(blocks, region.entry.label, self._meet)

    def _list_blocks(self, thread: Thread, number: int, region: Region) -> list[Block]:
        known = self._locations.known[number]
        return self._instances.step(thread, region.blocks, region.entry.label, known)

    def _meet(self, a: Place, b: Place) -> bool:
        aliases = self._footprints.aliases
        return any(p.may_meet(q) for p in aliases.patterns(a) for q in aliases.patterns(b))

    def _add(self, found: dict[Tests, _Found], thread: Thread, number: int, case: Case) -> None:
        tests: list[Test] = []
        parts: dict[int, MemoryPart] = {}
        for fact in case:
            known = self._resolve(fact)
            if known is None:
                return
            tests.append(known)
            parts[known.slot] = self._find_part(fact)
        one = found.setdefault(tuple(sorted(tests)), _Found(parts))
        one.threads |= 1 << thread.number
        one.locations |= self._locations.alike[number]

    def _find_part(self, fact: Fact) -> MemoryPart:
        aspect: Aspect = "life" if fact.test == "life" else "value"
        access = Access(fact.place, False, Kind.SILENT, False, aspect)
        (pattern,) = self._footprints.bits.patterns(access, None)
        return MemoryPart(pattern, aspect)

    def _resolve(self, fact: Fact) -> Test | None:
        """The test of a slot that a fact is, where it is known which."""
        if not isinstance(fact.place.root, ObjectRoot):
            return None
        if fact.test == "life":
            life = self._memory.status_of(fact.place)
            if life.thread is not None or life.status is None or life.status.constant is None:
                return None
            return Test(life.status.constant, False, ALIVE, ALIVE, False, fact.wanted)
        slot = self._memory.resolve(fact.place).constant
        if slot is None or not is_pure(*parts_of_place(fact.place)):
            return None
        return _make_test(fact, slot)

    def find_of_property(self, shown: Property) -> list[list[Gate]]:
        """For each case in which a property gets another answer, the gates that keep it from that;
        an empty list where it is not known what does.

        Soundness: before an invariant is violated (a `reachable` satisfied), all facts of one case
        have to hold; so of each case, one gate that is closed has to be opened.
        """
        if shown.body is None:
            return []
        walker = Walker({b.label: b for b in shown.body.blocks}, shown.body.entry, self._meet)
        try:
            cases = set(walker.answers(wanted=shown.kind == "reachable"))
        except TooManyWaysError:
            return []
        found = []
        for case in sort_cases(cases):
            known = {
                fact: test
                for fact in sorted(case, key=repr)  # the numbers of gates are the same in each run
                if (test := self._resolve(fact)) is not None
            }
            if not known:
                return []
            found.append(known)
        if len({fact for known in found for fact in known}) > MOST_FACTS:
            return []
        return [[self._make_watch(*item) for item in known.items()] for known in found]

    def _make_watch(self, fact: Fact, test: Test) -> Gate:
        found = self._watches.get(test)
        if found is None:
            closed = (replace(test, wanted=not test.wanted),)
            one = _Found({test.slot: self._find_part(fact)}, threads=1)
            found = self._watches[test] = self._finish(closed, one)
        return found

    # -----------------------------------------------------------------------------------------
    # Openers

    def _finish(self, tests: Tests, one: _Found) -> Gate:
        """The gate, once it is known who may open it."""
        guards: dict[Tests, int] = defaultdict(int)
        for thread, number, template, region in self._list_steps():
            for guard in self._find_guards(thread, number, template, region, one.parts):
                guards[guard] |= self._locations.alike[number]
        openers = tuple(
            Opener(guard, where)
            for guard, where in sorted(guards.items())
            if not any(not t.own and replace(t, wanted=not t.wanted) in tests for t in guard)
        )
        return Gate(tests, one.threads, one.locations, openers)

    def _find_guards(
        self,
        thread: Thread,
        number: int,
        template: Template,
        region: Region,
        parts: dict[int, MemoryPart],
    ) -> Iterable[Tests]:
        """What holds, one or the other, where a step may be the first to change one of some parts.

        Soundness: tests are left out rather than guessed; none at all mean "always".
        """
        label, known = region.entry.label, self._locations.known[number]
        footprint = self._footprints.of_step(template, label, thread.number, known)
        if not _may_change(footprint, parts):
            return ()
        if not any(p.may_meet(q) for p in footprint.reads for q in parts.values()):
            return ((),)  # it asks for nothing that could keep it from that
        writes: dict[str, int] = {}
        for block in self._list_blocks(thread, number, region):
            for i, footprint in enumerate(self._list_nodes(number, template, block)):
                if _may_change(footprint, parts):
                    writes[block.label] = i
                    break
        found: set[Tests] = set()
        try:
            walker = self._walk(thread, number, region)
            for case, way, node in walker.first_writes(writes, self._make_filter(parts)):
                found |= self._list_tests(case, way, node, parts)
        except TooManyWaysError:
            return ((),)
        if len(found) > MOST_GUARDS or () in found:
            return ((),)
        return sorted(found)

    def _make_filter(self, parts: dict[int, MemoryPart]) -> Callable[[Fact], bool]:
        """Whether a fact may be about one of some parts of memory.

        Soundness: what is about another place may have changed before the first opener comes.
        """
        known: dict[tuple[Place, bool], bool] = {}

        def matters(fact: Fact) -> bool:
            is_life = fact.test == "life"
            found = known.get((fact.place, is_life))
            if found is None:
                access = Access(fact.place, False, Kind.SILENT, False)
                aspect: Aspect = "life" if is_life else "value"
                patterns = (
                    self._footprints.aliases.patterns(fact.place)
                    if is_life
                    else self._footprints.bits.patterns(access, None)
                )
                found = known[fact.place, is_life] = any(
                    MemoryPart(p, aspect).may_meet(q) for p in patterns for q in parts.values()
                )
            return found

        return matters

    def _list_nodes(self, number: int, template: Template, block: Block) -> list[Footprint]:
        """What each node of a block does by itself."""
        key = number, block.label
        if key not in self._nodes:
            self._nodes[key] = [self._footprints.of_node(template, n) for n in nodes_of(block)]
        return self._nodes[key]

    def _list_tests(
        self, case: Case, way: Way, node: Instr | End, parts: dict[int, MemoryPart]
    ) -> set[Tests]:
        """The tests of a way to a write: one tuple for each place that may be meant."""
        known = {test for fact in case if (test := self._resolve(fact)) is not None}
        if not isinstance(node, Store) or not is_pure(*parts_of_place(way.place(node.place))):
            return {tuple(sorted(known))}
        target = way.place(node.place)
        same = [fact for fact in case if fact.place == target and fact.test != "life"]
        access = Access(target, True, node.kind, False)
        meant = list(self._footprints.bits.patterns(access, None))
        return {
            tuple(sorted(known | {_make_test(fact, slot) for fact in same}))
            for slot, part in parts.items()
            if any(MemoryPart(p, "value").may_meet(part) for p in meant)
        }


def _make_test(fact: Fact, slot: int) -> Test:
    return Test(slot, fact.test == "bit", fact.lo, fact.hi, fact.own, fact.wanted)


def _may_change(footprint: Footprint, parts: dict[int, MemoryPart]) -> bool:
    return footprint.everything or any(
        p.may_meet(q) for p in footprint.writes for q in parts.values()
    )
