"""How long the shortest ways to all that a program violates are, worked out without any search.

The states and steps are the naive explorer's.  Every pair of a state and the thread that moved last
gets the least length of its neighbours and one more, round after round, until nothing changes:
no order, no bound, no list of what waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from naive.explore import TooManyStates, begin, holds, leaks, next_step, races
from naive.silence import is_allowed
from naive.state import thaw
from naive.world import World

from modelcheck.ir.nodes import Program

Length = tuple[int, int]
Add = Callable[[Length, bool], Length]


def add_by_switches(length: Length, preempts: bool) -> Length:
    """(preemptions, steps)"""
    return length[0] + preempts, length[1] + 1


def add_by_steps(length: Length, preempts: bool) -> Length:
    """(steps, preemptions)"""
    return length[0] + 1, length[1] + preempts


@dataclass
class Station:
    """What can be seen in a state, and what comes next: (thread, target), (thread, what)."""

    shows: set[object] = field(default_factory=set)
    after: list[tuple[int, object]] = field(default_factory=list)
    steps: list[tuple[int, object]] = field(default_factory=list)
    enabled: set[int] = field(default_factory=set)


def find_lengths(program: Program, add: Add, *, most_states: int) -> dict[object, Length]:
    """The least length by what is violated: a property's name, or a recorded order."""
    world = World(program)
    first = begin(world)
    stations = list_stations(world, [frozen for _, frozen in first.ends], most_states)
    best = {(frozen, None): (0, 0) for _, frozen in first.ends}
    changed = True
    while changed:
        changed = False
        for (frozen, last), length in list(best.items()):
            station = stations[frozen]
            for thread, target in station.after:
                preempts = last is not None and thread != last and last in station.enabled
                new = add(length, preempts)
                if (target, thread) not in best or new < best[target, thread]:
                    best[target, thread] = new
                    changed = True
    found: dict[object, Length] = {}

    def see(what: object, length: Length) -> None:
        found[what] = min(found.get(what, length), length)

    for what in list_failures(world, first):
        see(what, (0, 0))
    for (frozen, last), length in best.items():
        station = stations[frozen]
        for what in station.shows:
            see(what, length)
        for thread, what in station.steps:
            preempts = last is not None and thread != last and last in station.enabled
            see(what, add(length, preempts))
    return found


def list_stations(world: World, starts: list[object], most_states: int) -> dict[object, Station]:
    stations: dict[object, Station] = {}
    todo = list(starts)
    good = set()
    while todo:
        frozen = todo.pop()
        if frozen in stations:
            continue
        if len(stations) >= most_states:
            raise TooManyStates
        station = stations[frozen] = Station()
        state = thaw(frozen)
        steps = [next_step(world, state, thread) for thread in range(len(world.threads))]
        for thread, step in enumerate(steps):
            if step.enabled:
                station.enabled.add(thread)
            station.after += [(thread, target) for _, target in step.ends]
            station.steps += [(thread, what) for what in list_failures(world, step)]
        todo += [target for _, target in station.after]
        if not station.enabled or any(step.failures for step in steps):
            good.add(frozen)
        station.shows = list_shown(world, state, steps)
    successors = {frozen: [t for _, t in station.after] for frozen, station in stations.items()}
    if not is_allowed(world, "stuck"):
        for frozen in list_hopeless(successors, good):
            stations[frozen].shows.add("stuck")
    return stations


def list_hopeless(successors: dict[object, list[object]], good: set[object]) -> list[object]:
    """The states from which no good one can be reached, asked of each alone."""
    return [frozen for frozen in successors if not good & reach(successors, frozen).keys()]


def reach(successors: dict[object, list[object]], frozen: object) -> dict[object, list[object]]:
    """The part of a graph that follows a state."""
    found: dict[object, list[object]] = {}
    todo = [frozen]
    while todo:
        here = todo.pop()
        if here not in found:
            found[here] = successors[here]
            todo += successors[here]
    return found


def list_failures(world: World, step) -> list[object]:
    """What a step violates and what it records, as far as nothing allows it."""
    failed = {f.property for f in step.failures if not is_allowed(world, f.property, f.names)}
    return [*failed, *(o for o in step.orders if not is_allowed(world, o[0], o[1:]))]


def list_shown(world: World, state, steps) -> set[object]:
    """What a state violates by itself."""
    shows: set[object] = set()
    is_enabled = any(step.enabled for step in steps)
    is_quiet = not is_enabled and all(step.at_rest for step in steps)
    if not is_enabled and not is_quiet and not is_allowed(world, "deadlock"):
        shows.add("deadlock")
    if races(world, steps):
        shows.add("data-race")
    if is_quiet and leaks(world, state, steps):
        shows.add("leak")
    for prop in world.program.properties:
        if prop.kind == "assert" or (prop.kind == "final" and not is_quiet):
            continue
        answer = holds(world, state, prop.body)
        if answer is None or (prop.kind != "reachable" and not answer):
            shows.add(prop.name)
    return shows
