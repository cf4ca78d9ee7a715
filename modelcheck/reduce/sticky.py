"""Sticky edges: on every cycle of the state graph some thread takes one.

A state whose chosen step takes one is expanded fully, so no step is put off for ever (the *ignoring
problem*).  The static proviso of Kurshan, Levin, Minea, Peled and Yenigün, "Static partial order
reduction" (TACAS 1998): a cycle of states is a cycle in the graph of every thread that moves on
it.
"""

from __future__ import annotations

from modelcheck.ir.nodes import Program, Wait
from modelcheck.reduce.locations import Locations, close, list_members


def find_sticky(program: Program, locations: Locations) -> list[int]:
    """For each location the set of those to which its step goes on a sticky edge.

    Of the edges of a cycle one that leaves a step that waits is preferred (others stand still then
    anyway), else one that leads back.  A thread that ends and is spawned again goes round on the
    edge of who spawns it; templates that spawn each other in a circle have sticky spawns.

    Soundness: without its edge a cycle may put off steps of others for ever, and what they would
    have done is never seen; `test_tables.py` asks every cycle of threads, `test_stubborn.py` every
    cycle of states of random programs.
    """
    sticky = _cut_cycles(locations)
    for number in _list_spawning_in_circles(program, locations):
        sticky[number] = locations.successors[number]
    return sticky


def _cut_cycles(locations: Locations) -> list[int]:
    """Edges without which no thread's graph has a cycle, and of which none is needless.

    Edges come back one by one, the preferred ones last, unless they would close a cycle.
    """
    edges = [
        (a, b)
        for a, step in enumerate(locations.steps)
        if step is not None
        for b in list_members(locations.successors[a])
    ]
    # A lower number to a higher one: together these close no cycle.
    kept = [0] * len(locations.steps)
    others: list[tuple[int, int]] = []
    waiting: list[tuple[int, int]] = []
    for a, b in edges:
        if not locations.reach[b] >> a & 1:  # on no cycle
            continue
        if _waits(locations, a):
            waiting.append((a, b))
        elif a < b:
            kept[a] |= 1 << b
        else:
            others.append((a, b))
    sticky = [0] * len(locations.steps)
    for a, b in (*others, *waiting):
        if _leads_to(kept, b, a):
            sticky[a] |= 1 << b
        else:
            kept[a] |= 1 << b
    return sticky


def _leads_to(successors: list[int], start: int, goal: int) -> bool:
    found = work = 1 << start
    while work:
        number = work.bit_length() - 1
        work ^= 1 << number
        fresh = successors[number] & ~found
        found |= fresh
        work |= fresh
    return bool(found >> goal & 1)


def _waits(locations: Locations, number: int) -> bool:
    step = locations.steps[number]
    blocks = () if step is None else step[1].blocks
    return any(isinstance(instr, Wait) for block in blocks for instr in block.instrs)


def _list_spawning_in_circles(program: Program, locations: Locations) -> list[int]:
    """The locations whose step spawns a template that may, over others, spawn this one."""
    numbers = {template.name: number for number, template in enumerate(program.templates)}
    spawns = [0] * len(numbers)
    spawned: list[tuple[int, int, int]] = []
    for at, step in enumerate(locations.steps):
        if step is not None:
            template, region = step
            for name in locations.list_spawned(region.blocks):
                spawned.append((at, numbers[template.name], numbers[name]))
                spawns[numbers[template.name]] |= 1 << numbers[name]
    reach = close(spawns)
    return [at for at, spawner, other in spawned if reach[other] >> spawner & 1]
