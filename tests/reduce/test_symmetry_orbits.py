"""The canonical form: one for each orbit, and no two orbits with one."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from checking import program_of

from modelcheck.explore.search import explore
from reduce.symmetry_kit import (
    SYMMETRIC,
    Looker,
    check_equivariance,
    count_orbits_by_text,
    list_states,
    shuffle,
)


def exchanges(*names: str, count: int) -> list[dict[str, str]]:
    """All exchanges of `a[0]`, `a[1]`, … together with those of `b[0]`, …."""
    return [
        {f"{name}[{i}]": f"{name}[{j}]" for name in names for i, j in enumerate(order)}
        for order in permutations(range(count))
    ]


COUNTERS = """
counter = shared(U8)


@thread(count=3)
def add():
    for _ in range(2):
        value = READ_ONCE(counter)
        WRITE_ONCE(counter, value + 1)
"""
LOCKED = """
@struct(marked=True)
class Lock:
    owner: ThreadId
    waiting: Queue[ThreadId] = queue(3)
    seen: Set[ThreadId]


locks = shared(Lock, count=2)
tally = per_thread(Lock)


@thread(count=3)
def work():
    lock = choose(x for x in locks)
    with atomic():
        wait_until(lock.owner is None)
        lock.owner = current()
        lock.waiting.append(current())
    lock.seen.add(current())
    tally[current()].owner = lock.owner
    lock.owner = None
"""
RECORDS = """
@struct
class Record:
    partner: Ptr[Record]
    by: ThreadId
    done: Bool


records = shared(Record, count=3)


@thread(count=3)
def fill(me):
    mine = records[me]
    mine.partner = choose(r for r in records if r.partner is None)
    mine.partner.by = current()
    mine.done = True
"""
LIST = """
@struct
class Node:
    next: Ptr[Node]
    owner: ThreadId


@struct
class Head:
    first: Ptr[Node]
    all: Set[Ptr[Node]]


head = shared(Head)
nodes = pool(Node, count=3, reuse=True)


@thread(count=2)
def push():
    node = new(Node, next=None, owner=None)
    with atomic():
        node.next = head.first
        head.first = node
    with atomic():
        node.owner = current()
        head.all.add(node)
    if either():
        with atomic():
            wait_until(head.first == node)
            head.first = node.next
            head.all.discard(node)
        free(node)
"""
STACKS = """
@struct
class Wait:
    woken: Bool
    by: ThreadId


@struct
class List:
    waiting: Queue[Ptr[Wait]] = queue(3)


line = shared(List)


@thread(count=3)
def sleep():
    w = local(Wait)
    with atomic():
        line.waiting.append(w)
    with atomic():
        wait_until(w.woken or len(line.waiting) == 3)
        w.by = current()


@thread
def wake():
    with atomic():
        wait_until(len(line.waiting) > 1)
        w = line.waiting.popleft()
        w.woken = True
"""
CASES = {
    "counters": (COUNTERS, [exchanges("add", count=3)]),
    "locks, queues, sets, per thread": (
        LOCKED,
        [exchanges("work", count=3), exchanges("locks", count=2)],
    ),
    "records that name each other": (RECORDS, [exchanges("fill", "records", count=3)]),
    "a pool": (LIST, [exchanges("push", count=2), exchanges("nodes", count=3)]),
    "objects on stacks": (STACKS, [exchanges("sleep", count=3)]),
}


@pytest.mark.parametrize("case", CASES)
def test_there_are_as_many_canonical_states_as_orbits(case):
    text, groups = CASES[case]
    program = program_of(text)
    assert explore(program, SYMMETRIC).counts.states == count_orbits_by_text(program, groups)


@pytest.mark.parametrize("case", CASES)
def test_all_members_of_an_orbit_have_one_form_which_is_one_of_them(case):
    looker = Looker(program_of(CASES[case][0]))
    canonical, rng = looker.canonical, Random(1)
    states = list_states(looker.model)
    for state in rng.sample(states, min(150, len(states))):
        form, goes_to = canonical.place(state)
        assert canonical.move(state, goes_to) == form
        assert canonical(form) == form
        for _ in range(5):
            assert canonical(canonical.move(state, shuffle(rng, looker.tables))) == form


@pytest.mark.parametrize("case", CASES)
def test_an_exchange_is_undone_by_its_inverse(case):
    looker = Looker(program_of(CASES[case][0]))
    rng = Random(2)
    states = list_states(looker.model)
    for state in rng.sample(states, min(100, len(states))):
        goes_to = shuffle(rng, looker.tables)
        back = [goes_to.index(point) for point in range(len(goes_to))]
        moved = looker.canonical.move(state, goes_to)
        assert looker.canonical.move(moved, back) == state


@pytest.mark.parametrize("case", CASES)
def test_what_is_exchanged_does_the_same(case):
    assert check_equivariance(program_of(CASES[case][0])) > 0


INDICES = """
@struct
class Cell:
    full: Bool


cells = shared(Cell, count=3)


@thread(count=2)
def visit():
    i = choose(range(3))
    cells[i].full = not cells[i].full
    for cell in any_order(cells):
        cell.full = True
    cells[i].full = False
"""


def test_an_index_moves_with_its_element_as_long_as_it_lives():
    program = program_of(INDICES)
    looker = Looker(program)
    assert len(looker.tables.points) == 5
    assert check_equivariance(program, samples=200) > 0
    states = {looker.canonical(state) for state in list_states(looker.model)}
    assert len(states) == explore(program, SYMMETRIC).counts.states


RING = """
@struct(marked=True)
class Node:
    other: Ptr[Node]


nodes = shared(Node, count=5)


@thread
def link():
    while True:
        one = choose(n for n in nodes)
        with atomic():
            one.other = choose(n for n in nodes)
"""


def test_points_of_one_colour_that_differ_are_all_tried():
    """A circle of two beside one of three: nobody sees from one step away which is which."""
    looker = Looker(program_of(RING))
    memory, rng = looker.model.memory, Random(3)
    state = list(looker.model.start()[0].result)
    state[memory.threads[0].locals_base] = 0  # names none of them
    for i, j in ((0, 1), (1, 0), (2, 3), (3, 4), (4, 2)):
        (slot,) = memory.element_slots("nodes", i)
        state[slot] = memory.object_pointer("nodes", j)
    forms = {
        looker.canonical(looker.canonical.move(tuple(state), shuffle(rng, looker.tables)))
        for _ in range(40)
    }
    assert len(forms) == 1
