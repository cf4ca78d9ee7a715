"""Where threads stand: against where those of random programs and of kernel specs really do, and
in programs whose pointers move when a careless analysis does not look.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from random_programs.sample import make

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure
from modelcheck.diagnostics import InternalError
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes
from modelcheck.reduce import stances
from modelcheck.reduce.locations import Locations
from modelcheck.reduce.stances import MOST_STANCES, Lookup
from reduce.traps_kit import check_all
from tests.checking import counts, program_of, violated

ROOT = Path(__file__).parents[2]
SPECS = (
    "kernfs/kernfs-node-lifetime",
    "kernfs/kernfs-release-once-full",
    "psi/psi-trigger-replace",
    "selftest/type-stable-lookup",
)
PROGRAMS = 30  # of each form
MOST_STATES = 250


LIST = """
    @struct(marked=True)
    class Box:
        value: U8
        next: Ptr[Box]

    boxes = shared(Box, count=2)
    seen = shared(U8)

    @initial
    def start():
        boxes[0].next = boxes[1]

    @thread
    def moves():
        boxes[1].value = 1
        boxes[1].value = 2
        boxes[0].next = boxes[0]
        boxes[0].next = boxes[1]

    @thread
    def looks():
        box = boxes[1]
        if either():
            box = boxes[0]
        box = READ_ONCE(box.next)
        if box is not None:
            value = READ_ONCE(box.value)
            WRITE_ONCE(seen, value + 1)
"""


COMPARED = """
    @struct(marked=True)
    class Box:
        value: U8

    boxes = shared(Box, count=2)

    @thread
    def compares():
        one = boxes[0]
        if either():
            one = boxes[1]
        other = boxes[0]
        if either():
            other = boxes[1]
        if one != other:
            WRITE_ONCE(one.value, 1)
            WRITE_ONCE(other.value, 2)
        else:
            WRITE_ONCE(one.value, 3)
            WRITE_ONCE(other.value, 4)
"""


@pytest.fixture(scope="module")
def models():
    drawn = [make(seed, form) for seed in range(9_000, 9_000 + PROGRAMS) for form in ("ir", "text")]
    paths = [ROOT / "specs" / f"{name}.py" for name in SPECS]
    drawn += [load(path, path.name).program({}) for path in paths]
    return [Model(run_passes(program)) for program in drawn] + [
        Model(program_of(text)) for text in (LIST, COMPARED)
    ]


def list_edges(model):
    """The first transitions of a program: a state, who moves, the state behind."""
    starts = (o.result for o in model.start() if not isinstance(o.result, Failure))
    found = dict.fromkeys(starts)
    work = list(found)
    for state in work:
        for thread in range(len(model.memory.threads)):
            for outcome in model.outcomes(state, thread):
                if not isinstance(outcome.result, Failure):
                    yield state, thread, outcome.result
                    if outcome.result not in found and len(found) < MOST_STATES:
                        found[outcome.result] = None
                        work.append(outcome.result)


def stand(locations, state, thread):
    """Where a thread stands by the tables."""
    try:
        return locations.stands(state, thread)
    except InternalError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("most", [MOST_STANCES, 5])
def test_threads_stand_and_go_where_the_tables_say(models, most, monkeypatch):
    monkeypatch.setattr(stances, "MOST_STANCES", most)
    moved = pointing = 0
    for model in models:
        locations, memory = Locations(model.program), model.memory
        for state, thread, after in list_edges(model):
            here, there = (stand(locations, one, thread) for one in (state, after))
            moved += 1
            assert locations.successors[here] >> there & 1
            template, region = locations.steps[here]
            assert region.entry.label == memory.locations(template.name)[state[thread]]
            for name, value in locations.known[here]:
                offset = memory.local_slot(template.name, name)
                assert state[memory.threads[thread].locals_base + offset] == value
                pointing += 1
    assert moved > 10_000
    assert pointing > 1_000 if most == MOST_STANCES else pointing


def test_who_has_too_many_stances_is_told_apart_by_fewer_pointers(models, monkeypatch):
    monkeypatch.setattr(stances, "MOST_STANCES", 5)
    for model in models:
        locations = Locations(model.program)
        for thread, base in enumerate(locations.base):
            plain = len(locations.lookups[thread]) - 1
            assert locations.ends[thread] - base <= max(plain, 5)


def test_where_no_thread_can_stand_nothing_is_guessed():
    lookup = Lookup((0,), (2,), (7, -1))
    assert lookup.find((0,)) == 7
    for value in (1, 2, -1):
        with pytest.raises(InternalError):
            lookup.find((value,))


REACHED = """
    @reachable
    def saw_0():
        return seen == 1

    @reachable
    def saw_1():
        return seen == 2

    @reachable
    def saw_2():
        return seen == 3
"""


def test_a_pointer_that_is_loaded_through_itself_points_elsewhere():
    full, _ = check_all(LIST + REACHED)
    assert violated(full) == set()


def test_a_pointer_that_its_own_step_moves_points_elsewhere_behind_that():
    """Behind one arm of a branch it has moved, behind the other it has not."""
    full, _ = check_all(
        REACHED
        + """
    @struct(marked=True)
    class Box:
        value: U8

    @struct(marked=True)
    class Place:
        box: Ptr[Box]

    boxes = shared(Box, count=2)
    place = shared(Place)
    seen = shared(U8)
    turn = shared(Bool)

    @initial
    def start():
        place.box = boxes[0]

    @thread
    def moves():
        boxes[1].value = 1
        boxes[1].value = 2
        place.box = boxes[1]

    @thread
    def looks():
        box = place.box
        WRITE_ONCE(turn, box is boxes[0])
        with atomic():
            if turn:
                box = boxes[1]
            value = box.value
        WRITE_ONCE(seen, value + 1)
    """
    )
    assert violated(full) == set()


def test_who_frees_an_object_frees_it_for_all_who_hold_it():
    full, _ = check_all("""
        @struct(marked=True)
        class Box:
            value: U8

        @struct(marked=True)
        class Place:
            box: Ptr[Box]

        boxes = pool(Box, count=2)
        place = shared(Place)
        seen = shared(U8)

        @initial
        def start():
            place.box = new(Box, value=1)

        @thread
        def looks():
            box = place.box
            if box is not None:
                value = READ_ONCE(box.value)
                WRITE_ONCE(seen, value)

        @thread
        def frees():
            box = place.box
            place.box = None
            free(box)
    """)
    assert violated(full) == {"use-after-free"}


def test_a_lock_behind_a_pointer_is_freed_by_who_had_it():
    """It is a gate for who waits, until it is no lock any more."""
    full, _ = check_all("""
        @struct(marked=True)
        class Lock:
            owner: ThreadId

        @struct(marked=True)
        class Place:
            lock: Ptr[Lock]

        locks = pool(Lock, count=2)
        place = shared(Place)
        done = shared(U8)

        @initial
        def start():
            lock = new(Lock)
            lock.owner = None
            place.lock = lock

        def take(lock: Ptr[Lock]):
            with atomic():
                wait_until(lock.owner is None)
                lock.owner = current()

        @thread(count=2)
        def waits(me):
            lock = place.lock
            take(lock)
            WRITE_ONCE(done, me)
            with atomic():
                assert lock.owner == current(), "mine"
                lock.owner = None

        @thread
        def frees():
            lock = place.lock
            take(lock)
            other = new(Lock)
            place.lock = other
            free(lock)
    """)
    assert violated(full) == {"use-after-free", "uninitialised"}


def test_what_each_thread_holds_alone_is_written_in_one_order():
    full, reduced = check_all("""
        @struct(marked=True)
        class Box:
            value: U8

        boxes = pool(Box, count=2)

        @thread(count=2)
        def works():
            box = new(Box, value=0)
            box.value = 1
            box.value = 2
            box.value = 3
            free(box)
    """)
    assert counts(full)[0] == 60
    assert counts(reduced)[0] <= 44  # in any order only while one of them has none yet
