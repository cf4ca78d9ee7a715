"""The tables of the stubborn sets: everything that is known of a program before any state is.

Each is a list by location number (`locations.py`) of sets of location numbers, as integers.  A
location here is a stance: one of the program may have several, told apart by pointers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.ir.dependence import Footprints
from modelcheck.ir.nodes import Program
from modelcheck.reduce.dependence import Dependence
from modelcheck.reduce.gates import Gate, Gates, Tests
from modelcheck.reduce.locations import Locations, close, list_members, make_set
from modelcheck.reduce.stances import Lookup
from modelcheck.reduce.sticky import find_sticky

MOST_THREADS = 64  # a set of threads is a word in C; so is one of gates, and one of properties
MOST_GATES = 64
MOST_WATCHED = 64
MOST_DEMANDS = 512  # with a choice, at one time; beyond, all threads are in the set


@dataclass(frozen=True, slots=True)
class Watched:
    """A property that steps may change: `cases` are sets of gates of which, each, one has to be
    opened before it can get another answer; `steps` are all that may change it, `origins` where a
    thread stands that can come to one of them.
    """

    cases: tuple[int, ...]
    steps: int
    origins: int


@dataclass(frozen=True, slots=True)
class StubbornTables:
    """What `stubborn.StubbornSets` and runtime/stubborn.c read.

    `lookups[t]` has, by the program counter of thread t, where it stands (its end last).
    `reach[i]`: the steps that a thread at i can come to.  `dependent[i]`: the steps of other
    threads that depend on the one at i, or that a property sees as well.  `enabling[i]`: those that
    may let the one at i run (of an end: that may spawn the thread).  `dependent_origins[i]` and
    `enabling_origins[i]`: where a thread stands that can come to one of these steps, which is most
    of what is asked in a state.  `sticky[i]`: where the step at i goes on a sticky edge.  `gates`
    are closed or open from state to state; `around[g][i]`: the steps that a thread at i can come to
    while gate g is closed for it.  `seen[i]`: the numbers of the properties that see the step at i,
    as a set; the gates behind those in `around` are theirs.
    """

    lookups: tuple[tuple[Lookup, ...], ...]
    reach: tuple[int, ...]
    dependent: tuple[int, ...]
    enabling: tuple[int, ...]
    dependent_origins: tuple[int, ...]
    enabling_origins: tuple[int, ...]
    sticky: tuple[int, ...]
    gates: tuple[Gate, ...] = ()
    around: tuple[tuple[int, ...], ...] = ()
    seen: tuple[int, ...] = ()
    watched: tuple[Watched, ...] = ()

    def stands(self, state: Sequence[int], thread: int) -> int:
        """Where a thread stands in a state."""
        return self.lookups[thread][state[thread]].find(state)


def make_stubborn_tables(program: Program) -> StubbornTables | None:
    """The tables of a program; None for one that is not reduced, because it has too many threads.

    Soundness: a *virtual step* stands for each invariant and `reachable`, enabled where the one is
    violated or the other satisfied, and never taken.  Who may switch it off has it in his stubborn
    set, and with it what has to come before it is switched on: of each case in which it is, those
    who open a gate that is closed, or whatever the property sees.  `final`, `leak`, `deadlock` are
    judged where nothing is enabled, and need none.  Attacked by `test_traps.py` (two words that are
    never set together) and by random programs.
    """
    if sum(template.count for template in program.templates) > MOST_THREADS:
        return None
    footprints = Footprints(program)
    locations = Locations(program, footprints.instances)
    dependence = Dependence(footprints, locations)
    dependent, enabling = [0] * len(locations.steps), [0] * len(locations.steps)
    for number, alike in locations.alike.items():
        depending, waking = dependence.dependent(number), dependence.enabling(number)
        for one in list_members(alike):
            dependent[one], enabling[one] = depending, waking
    templates = [t for t in program.templates for _ in range(t.count)]
    for template, end in zip(templates, locations.ends, strict=True):
        if template.spawned:
            enabling[end] = locations.spawners(template.name)
    known = Gates(program, locations, footprints)
    passed = known.find()
    gates = list(passed)
    seen = [0] * len(locations.steps)
    watched: list[Watched] = []
    for shown in program.properties:
        visible = dependence.visible(shown)
        if shown.kind not in ("invariant", "reachable") or not visible:
            continue
        if len(watched) == MOST_WATCHED:
            for number in list_members(visible):
                dependent[number] |= visible
            continue
        for number in list_members(visible):
            seen[number] |= 1 << len(watched)
        cases = known.find_of_property(shown)
        if len({*gates, *(gate for case in cases for gate in case)}) > MOST_GATES:
            cases = []
        kept = tuple(make_set(_number(gates, gate) for gate in case) for case in cases)
        watched.append(Watched(kept, visible, find_origins(locations.reach, visible)))
    origins_of: dict[int, int] = {}  # many rows are alike
    for row in (*dependent, *enabling):
        if row not in origins_of:
            origins_of[row] = find_origins(locations.reach, row)
    return StubbornTables(
        lookups=tuple(locations.lookups),
        reach=tuple(locations.reach),
        dependent=tuple(dependent),
        enabling=tuple(enabling),
        dependent_origins=tuple(origins_of[row] for row in dependent),
        enabling_origins=tuple(origins_of[row] for row in enabling),
        sticky=tuple(find_sticky(program, locations)),
        gates=tuple(gates),
        around=tuple(tuple(_go_around(gate.locations, locations)) for gate in passed),
        seen=tuple(seen),
        watched=tuple(watched),
    )


def find_origins(reach: Sequence[int], steps: int) -> int:
    """Where a thread stands that can come to one of some steps, if it comes to what `reach` says.

    Soundness: where a thread is thought not to come to a step that depends on one of the set, it
    is left out; `test_tables.py` asks each pair.
    """
    return make_set(number for number, reached in enumerate(reach) if reached & steps)


def _number(gates: list[Gate], gate: Gate) -> int:
    """The number of a gate among some, to which it is added if need be."""
    if gate not in gates:
        gates.append(gate)
    return gates.index(gate)


def _go_around(closed: int, locations: Locations) -> list[int]:
    """What a thread can come to from each location, itself included, if it takes no step of some.

    Soundness: a step forgotten here would count as kept back by a gate; `test_gates.py` walks.
    """
    open_edges = [
        0 if closed >> number & 1 else targets
        for number, targets in enumerate(locations.successors)
    ]
    return [reached & ~closed for reached in close(open_edges)]


__all__ = [
    "MOST_DEMANDS",
    "MOST_GATES",
    "MOST_THREADS",
    "MOST_WATCHED",
    "Lookup",
    "StubbornTables",
    "Tests",
    "Watched",
    "find_origins",
    "make_stubborn_tables",
]
