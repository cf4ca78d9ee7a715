"""Gates against what steps do: in states of random programs, of locks and of kernel specs."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest
from random_programs.sample import make

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure
from modelcheck.frontend import load
from modelcheck.ir.dependence import Footprints
from modelcheck.ir.passes import run_passes
from modelcheck.reduce.dependence import Dependence
from modelcheck.reduce.locations import Locations, list_members
from modelcheck.reduce.tables import make_stubborn_tables
from tests.checking import program_of

ROOT = Path(__file__).parents[2]
MOST_STATES = 500  # of a program
SPECS = (
    "kernfs/kernfs-hide-show-poll",
    "kernfs/kernfs-active-drain",
    "kernfs/kernfs-mmap-drain",
    "psi/psi-pressure-write-vs-release",
    "classics/dining-philosophers",
    "selftest/recursive-read",
    "selftest/sleep-and-wake",
)

LOCKS = """
    @struct(marked=True)
    class Lock:
        owner: ThreadId

    @struct(marked=True)
    class Room:
        inside: Set[ThreadId]
        limit: U8

    locks = shared(Lock, count=2)
    room = shared(Room)
    done = shared(Bool)

    @thread(count=2)
    def works(me):
        with atomic():
            wait_until(locks[me].owner is None)
            locks[me].owner = current()
        with atomic():
            assert locks[0].owner != current() or me == 0, "mine"
            wait_until(locks[1 - me].owner is None or done)
            room.inside.add(current())
        with atomic():
            assert locks[me].owner == current(), "mine"
            locks[me].owner = None
        with atomic():
            room.inside.discard(current())
            room.limit = room.limit + 1

    @thread
    def turns():
        for i in range(2):
            with atomic():
                room.limit = 1
                wait_until(room.limit == 1 or not done)
            with atomic():
                which = choose(0, 1)
                wait_until(locks[which].owner is None)
                locks[which].owner = current()
            with atomic():
                for j in range(2):
                    if locks[j].owner == current():
                        locks[j].owner = None

    @thread
    def waits():
        wait_until(len(room.inside) == 0 and room.limit > 0)
        WRITE_ONCE(done, True)
        with atomic():
            if locks[1].owner is not None:
                return
            locks[1].owner = current()
        wait_until(room.limit > 1)
        WRITE_ONCE(done, False)

    @invariant
    def not_all():
        return not done or room.limit == 0 or locks[0].owner is not None

    @reachable
    def both():
        return len(room.inside) == 2 or room.limit == 2
"""


FAILING = """
    @struct(marked=True)
    class Box:
        value: U8

    @struct(marked=True)
    class Place:
        box: Ptr[Box]

    boxes = shared(Box, count=2)
    place = shared(Place)

    @initial
    def start():
        place.box = boxes[0]

    @thread
    def moves():
        place.box = boxes[1]
        place.box = None
        place.box = boxes[0]

    @thread
    def counts():
        boxes[0].value = 1
        boxes[1].value = 2

    @invariant
    def is_small():
        return place.box.value < 2
"""


FALLING = """
    n = shared(U8)

    @thread
    def works():
        WRITE_ONCE(n, 1)
        WRITE_ONCE(n, 2)

    @thread
    def falls():
        with atomic():
            crash()
            wait_until(n == 0)
"""


class Looked:
    """A program, its tables and its first states."""

    def __init__(self, program):
        self.program = program
        self.model = Model(program)
        self.tables = make_stubborn_tables(program)
        starts = (o.result for o in self.model.start() if not isinstance(o.result, Failure))
        self.states = dict.fromkeys(starts)
        self.edges = []
        work = list(self.states)
        for state in work:
            for thread in self.model.memory.threads:
                for outcome in self.model.outcomes(state, thread.number):
                    after = outcome.result
                    if isinstance(after, Failure):
                        continue
                    self.edges.append((state, thread.number, after))
                    if after not in self.states and len(self.states) < MOST_STATES:
                        self.states[after] = None
                        work.append(after)

    def stands(self, state, thread):
        return self.tables.stands(state, thread)

    def holds(self, tests, state, thread):
        return all(holds(test, state, thread) for test in tests)

    def closed(self, gate, state):
        return [t for t in list_members(gate.threads) if self.holds(gate.tests, state, t)]


def holds(test, state, thread):
    """What a test says, written down once more."""
    value = state[test.slot]
    if test.is_bit:
        found = value & 1 << (thread if test.own else test.lo) != 0
    elif test.own:
        found = value == thread + 1
    else:
        found = test.lo <= value <= test.hi
    return found == test.wanted


def draw():
    yield "locks", program_of(LOCKS)
    yield "failing", program_of(FAILING)
    yield "falling", program_of(FALLING)
    for name in SPECS:
        path = ROOT / "specs" / f"{name}.py"
        yield name, run_passes(load(path, path.name).program({}))
    for seed in range(8_000, 8_060):
        for form in ("ir", "text"):
            yield f"{form} {seed}", run_passes(make(seed, form))


@pytest.fixture(scope="module")
def looked():
    return {name: Looked(program) for name, program in draw()}


def test_no_step_behind_a_closed_gate_is_enabled(looked):
    kept = 0
    for name, one in looked.items():
        for state in one.states:
            for gate in one.tables.gates[: len(one.tables.around)]:
                for thread in one.closed(gate, state):
                    if gate.locations >> one.stands(state, thread) & 1:
                        kept += 1
                        assert one.model.outcomes(state, thread) == [], name
    assert kept > 2_000


def test_who_is_the_first_to_change_what_a_gate_is_about_is_an_opener(looked):
    changed = guarded = 0
    for name, one in looked.items():
        for state, thread, after in one.edges:
            for gate in one.tables.gates:
                slots = {test.slot for test in gate.tests}
                if not one.closed(gate, state) or all(state[s] == after[s] for s in slots):
                    continue
                changed += 1
                standing = one.stands(state, thread)
                openers = [o for o in gate.openers if o.locations >> standing & 1]
                assert any(one.holds(o.tests, state, thread) for o in openers), name
                guarded += all(o.tests for o in openers)
    assert changed > 2_000
    assert guarded > 500


def test_only_what_a_gate_is_about_is_asked_of_openers(looked):
    """Another place may have changed before the first opener comes."""
    for name, one in looked.items():
        for gate in one.tables.gates:
            about = {test.slot for test in gate.tests}
            assert all(t.slot in about for o in gate.openers for t in o.tests), name


def test_who_has_not_what_it_takes_to_open_a_gate_changes_nothing(looked):
    """The tests of openers are worth something: often none holds."""
    kept = 0
    for one in looked.values():
        for state in one.states:
            for gate in one.tables.gates:
                for thread in range(len(one.tables.lookups)) if one.closed(gate, state) else ():
                    standing = one.stands(state, thread)
                    openers = [o for o in gate.openers if o.locations >> standing & 1]
                    if openers and not any(one.holds(o.tests, state, thread) for o in openers):
                        kept += 1
    assert kept > 200


def test_a_property_changes_only_where_every_gate_of_a_case_is_open(looked):
    seen = kept = 0
    for name, one in looked.items():
        kinds = {p.name: p.kind for p in one.program.properties}
        judged = [p for p, kind in kinds.items() if kind in ("invariant", "reachable")]
        watched = list_watched(one, judged)
        for state in one.states:
            for shown, known in watched.items():
                answer = one.model.judges[shown](state)
                cases = [
                    [g for g in list_members(case) if one.closed(one.tables.gates[g], state)]
                    for case in known.cases
                ]
                if answer is not (kinds[shown] == "invariant") and cases:
                    seen += 1
                    assert not all(cases), name
                kept += bool(cases) and all(cases)
    assert seen > 20
    assert kept > 500


def list_watched(one, judged):
    """What the tables know of each property that some step changes."""
    dependence = Dependence(Footprints(one.program), Locations(one.program))
    properties = {p.name: p for p in one.program.properties}
    shown = [name for name in judged if dependence.visible(properties[name])]
    return dict(zip(shown, one.tables.watched, strict=True))


def test_around_a_gate_lead_the_edges_of_all_other_steps(looked):
    for name, one in looked.items():
        locations = Locations(one.program)
        for gate, around in zip(one.tables.gates, one.tables.around, strict=False):
            graph = nx.DiGraph()
            graph.add_nodes_from(range(len(locations.steps)))
            for number, targets in enumerate(locations.successors):
                if not gate.locations >> number & 1:
                    graph.add_edges_from((number, to) for to in list_members(targets))
            for number in graph:
                there = {number, *nx.descendants(graph, number)}
                taken = {to for to in there if not gate.locations >> to & 1}
                assert set(list_members(around[number])) == taken, name


def test_a_lock_is_opened_by_its_owner_only():
    """Exactly what the tables say of a lock: who waits for it needs who has it."""
    one = Looked(
        program_of("""
        from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock

        m = shared(Mutex)
        n = shared(U8)

        @thread(count=3)
        def works():
            mutex_lock(m)
            WRITE_ONCE(n, 1)
            mutex_unlock(m)
    """)
    )
    (gate,) = one.tables.gates
    assert gate.threads == 0b111
    assert gate.locations.bit_count() == 3
    (opener,) = gate.openers
    (test,) = opener.tests
    assert (test.own, test.wanted) == (True, True)
    assert opener.locations.bit_count() == 3
