"""The tables of the stubborn sets, each against a slower way to find it."""

from __future__ import annotations

import networkx as nx
import pytest
from random_programs.sample import make

from modelcheck.ir.dependence import Footprints, may_depend
from modelcheck.ir.passes import run_passes
from modelcheck.reduce.dependence import Dependence
from modelcheck.reduce.locations import Locations, list_members, make_set
from modelcheck.reduce.sticky import find_sticky
from modelcheck.reduce.tables import make_stubborn_tables
from tests.checking import program_of

PROGRAMS = 25  # of each form


def draw(first):
    for seed in range(first, first + PROGRAMS):
        for form in ("ir", "text"):
            yield run_passes(make(seed, form))


def footprints_of(program, locations):
    made = Footprints(program)
    return [
        None if step is None else made.of_step(step[0], step[1].entry.label, thread, known)
        for step, thread, known in zip(
            locations.steps, locations.threads, locations.known, strict=True
        )
    ]


def test_all_pairs_at_once_are_the_pairs_one_by_one():
    depending = 0
    for program in draw(7_000):
        locations = Locations(program)
        dependence = Dependence(Footprints(program), locations)
        known = footprints_of(program, locations)
        for a, one in enumerate(known):
            for b, other in enumerate(known):
                expected = one is not None and other is not None and may_depend(one, other)
                assert (dependence.dependent(a) >> b & 1) == expected
                depending += expected
    assert depending > 800


def test_what_enables_a_step_depends_on_it():
    for program in draw(7_100):
        locations = Locations(program)
        dependence = Dependence(Footprints(program), locations)
        for number in range(len(locations.steps)):
            assert dependence.enabling(number) & ~dependence.dependent(number) == 0


def test_where_a_thread_can_come_is_where_edges_lead():
    for program in draw(7_200):
        locations = Locations(program)
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(locations.steps)))
        for number, targets in enumerate(locations.successors):
            graph.add_edges_from((number, to) for to in list_members(targets))
        for number in graph:
            assert set(list_members(locations.reach[number])) == {
                number,
                *nx.descendants(graph, number),
            }


def test_without_its_sticky_edges_no_thread_goes_round():
    cyclic = 0
    for program in draw(7_300):
        locations = Locations(program)
        sticky = find_sticky(program, locations)
        graph, cut = nx.DiGraph(), nx.DiGraph()
        for number, step in enumerate(locations.steps):
            if step is not None:
                for to in list_members(locations.successors[number]):
                    graph.add_edge(number, to)
                    if not sticky[number] >> to & 1:
                        cut.add_edge(number, to)
        assert nx.is_directed_acyclic_graph(cut)
        cyclic += not nx.is_directed_acyclic_graph(graph)
        # None is needless: with any one of them back there is a cycle.
        for number, to in [(a, b) for a, b in graph.edges if not cut.has_edge(a, b)]:
            again = nx.DiGraph(cut)
            again.add_edge(number, to)
            assert not nx.is_directed_acyclic_graph(again)
    assert cyclic > 10


def test_tables_are_what_is_known_of_locations():
    for program in draw(7_400):
        locations, tables = Locations(program), make_stubborn_tables(program)
        dependence = Dependence(Footprints(program), locations)
        assert tables.lookups == tuple(locations.lookups)
        assert tables.reach == tuple(locations.reach)
        numbers = range(len(locations.steps))
        assert tables.dependent == tuple(map(dependence.dependent, numbers))
        watched = [
            visible
            for p in program.properties
            if p.kind in ("invariant", "reachable") and (visible := dependence.visible(p))
        ]
        assert [one.steps for one in tables.watched] == watched
        rows = [(one.steps, one.origins) for one in tables.watched]
        rows += zip(tables.dependent, tables.dependent_origins, strict=True)
        rows += zip(tables.enabling, tables.enabling_origins, strict=True)
        for steps, origins in rows:
            assert origins == make_set(n for n in numbers if locations.reach[n] & steps)
        for number in numbers:
            seen = {i for i, visible in enumerate(watched) if visible >> number & 1}
            assert set(list_members(tables.seen[number])) == seen


def test_properties_beyond_the_64th_make_their_steps_depend():
    many = "".join(
        f"""
        @invariant
        def p{i}():
            return not (a and b) or {i} < c
"""
        for i in range(66)
    )
    program = program_of(f"""
        a = shared(Bool)
        b = shared(Bool)
        c = shared(U8)

        @thread
        def first():
            WRITE_ONCE(a, True)
            WRITE_ONCE(c, 1)

        @thread
        def second():
            WRITE_ONCE(b, True)
{many}""")
    tables = make_stubborn_tables(program)
    assert len(tables.watched) == 64
    locations = Locations(program)
    dependence = Dependence(Footprints(program), locations)
    for number in list_members(dependence.visible(program.properties[-1])):
        assert tables.dependent[number] & ~dependence.dependent(number)


SPAWN = """
    a = shared(Bool)

    @thread(spawned=True)
    def worker():
        WRITE_ONCE(a, True)
        WRITE_ONCE(a, False)

    @thread
    def spawner():
        {body}
"""


def number_of_end(program, name):
    index = [t.name for t in program.templates].index(name)
    return Locations(program).ends[index]


def test_who_has_ended_waits_for_who_may_spawn_it():
    program = program_of(SPAWN.format(body="spawn(worker)"))
    tables, locations = make_stubborn_tables(program), Locations(program)
    needed = tables.enabling[number_of_end(program, "worker")]
    first = locations.base[[t.name for t in program.templates].index("spawner")]
    assert needed & tables.reach[first]


def test_a_spawned_thread_begins_again():
    program = program_of(SPAWN.format(body="spawn(worker)"))
    locations = Locations(program)
    end = number_of_end(program, "worker")
    assert locations.reach[end] & ~(1 << end)


@pytest.mark.parametrize("circle", [True, False])
def test_threads_that_spawn_each_other_have_sticky_spawns(circle):
    again = "spawn(worker)" if circle else "WRITE_ONCE(a, False)"
    program = program_of(f"""
        a = shared(Bool)

        @thread(spawned=2)
        def worker():
            WRITE_ONCE(a, True)
            {again}

        @thread
        def spawner():
            spawn(worker)
    """)
    locations = Locations(program)
    sticky = find_sticky(program, locations)
    spawning = list_members(locations.spawners("worker"))
    inside = [n for n in spawning if locations.steps[n][0].name == "worker"]
    assert bool(inside) == circle
    assert all(sticky[n] == locations.successors[n] for n in inside)
    assert not any(sticky[n] for n in spawning if n not in inside)


def test_a_crash_depends_on_everything():
    program = program_of("""
        a = shared(Bool)
        b = shared(Bool)

        @thread
        def works():
            WRITE_ONCE(a, True)

        @thread
        def falls():
            WRITE_ONCE(b, True)
            crash()
    """)
    locations = Locations(program)
    dependence = Dependence(Footprints(program), locations)
    known = footprints_of(program, locations)
    steps = [number for number, one in enumerate(known) if one is not None]
    (crash,) = (number for number in steps if known[number].everything)
    assert list_members(dependence.dependent(crash)) == steps
    assert all(dependence.dependent(number) >> crash & 1 for number in steps)
    assert all(dependence.enabling(number) >> crash & 1 for number in steps)
