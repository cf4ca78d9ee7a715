"""A tour: where the threads stand in each state, and why they cannot go on."""

import dataclasses

import pytest
from specs_for_traces import DEADLOCK, KERNFS, USE_AFTER_FREE, check, line_of

from modelcheck.trace.replay import replay_scenes
from modelcheck.trace.tour import list_moving
from modelcheck.trace.trace import record_trace


def tell(tmp_path, text, name, settings=None):
    case = check(tmp_path, text, settings)
    (scene,) = replay_scenes(case.record(name), case.model, case.sources)
    return case, scene.tour


def test_a_tour_agrees_with_the_backend_about_who_can_step(tmp_path):
    """Walk the states again and ask the backend for the transitions of each thread."""
    from modelcheck.explore.walk import walk
    from modelcheck.trace.trace import restore_path

    for text, name in ((KERNFS, "released_once"), (DEADLOCK, "deadlock")):
        case, tour = tell(tmp_path, text, name)
        path = restore_path(case.record(name).witnesses[0], case.model)
        visits = list(walk(case.model, path))
        assert len(visits) == len(tour.stations)
        for visit, station in zip(visits, tour.stations, strict=True):
            can = [bool(case.model.outcomes(visit.state, t)) for t in range(len(tour.threads))]
            assert [s.condition == "can step" for s in station.standings] == can


def test_a_thread_that_waits_for_a_lock_says_who_has_it_and_since_when(tmp_path):
    _, tour = tell(tmp_path, DEADLOCK, "deadlock")
    first, second = tour.stations[-1].standings
    assert (first.condition, second.condition) == ("waits", "waits")
    assert first.at.line == line_of(DEADLOCK, "mutex_lock(b)")
    since = {t: n for n, t in enumerate(("", *(w for w in _owners(tour))))}
    assert first.why[0] == f"b is held by second since step {since['second']}"
    assert first.why[1].startswith("it cannot pass `wait_until(")
    assert "b.owner is second" in first.why
    assert "a.owner is first" in second.why


def _owners(tour):
    """Who takes a lock in each step."""
    for before, after in zip(tour.stations, tour.stations[1:], strict=False):
        for place, old, new in zip(tour.places, before.values, after.values, strict=True):
            if place.name.endswith(".owner") and old != new:
                yield new


def test_a_step_that_fails_shows_the_state_before_it(tmp_path):
    _, tour = tell(tmp_path, USE_AFTER_FREE, "use-after-free")
    assert tour.stations[-1].values == tour.stations[-2].values
    (failed,) = [s for s in tour.stations[-1].standings if s.condition == "fails"]
    assert failed.why == ("its step fails: use-after-free",)
    assert tour.broken.line == failed.at.line


def test_steps_that_play_no_part_are_not_walked_through(tmp_path):
    case = check(tmp_path, KERNFS)
    found = case.violation("released_once")
    path = dataclasses.replace(found.witnesses[0], unrelated=3)
    found = dataclasses.replace(found, witnesses=(path,))
    trace = record_trace(case.model, case.info, case.sources, case.result, found)
    (scene,) = replay_scenes(trace, case.model, case.sources)
    assert len(scene.picture.rows) == len(path.moves) - 3
    assert len(scene.tour.stations) == len(scene.picture.rows) + 1


def test_values_are_those_of_the_changes(tmp_path):
    case, tour = tell(tmp_path, KERNFS, "released_once")
    (picture,) = [
        s.picture for s in replay_scenes(case.record("released_once"), case.model, case.sources)
    ]
    number = {place.name: n for n, place in enumerate(tour.places)}
    for step, row in enumerate(picture.rows, 1):
        for line in row.effects:
            if line.role != "change":
                continue
            place, _, rest = line.text.partition(" ")
            old, _, new = rest.partition("  (")[0].partition(" -> ")
            if new:
                assert tour.stations[step - 1].values[number[place]] == old
                assert tour.stations[step].values[number[place]] == new
    assert [p.name for p, moves in zip(tour.places, list_moving(tour), strict=True) if moves]


def test_objects_and_locals_come_and_go(tmp_path):
    _, tour = tell(tmp_path, USE_AFTER_FREE, "use-after-free")
    columns = {
        (place.name, place.thread): [s.values[n] for s in tour.stations]
        for n, place in enumerate(tour.places)
    }
    life = columns["triggers[0]", -1]
    assert life[0] == "never used"
    assert "alive" in life
    assert life[-1] == "freed"
    event = columns["triggers[0].event", -1]
    assert [bool(value) for value in event] == [value == "alive" for value in life]
    poll = tour.threads.index("poll")
    assert "triggers[0]" in columns["t", poll]
    assert columns["t", poll][0] == ""


INTERRUPT = """\
from modelcheck.lang import Bool, irqs, shared, spec, struct, thread


spec("irq")


@struct(marked=True)
class Box:
    a: Bool
    b: Bool


x = shared(Box)


@thread
def task():
    irqs(False)
    x.a = True
    irqs(True)
    assert not x.b, "never_b"


@thread(interrupts=task, context="hardirq")
def handler():
    if x.a:
        x.b = True
        x.b = True
"""


def test_an_interrupt_that_cannot_come_says_so_and_so_does_who_is_held_up(tmp_path):
    _, tour = tell(tmp_path, INTERRUPT, "never_b")
    task, handler = tour.threads.index("task"), tour.threads.index("handler")
    told = [(s.standings[task].condition, *s.standings[handler].why) for s in tour.stations]
    assert any("interrupts are off on the CPU of task" in facts for facts in told)
    held = [s.standings[task] for s in tour.stations if s.standings[task].condition == "held up"]
    for standing in held:
        assert standing.why == ("the interrupt handler runs on its CPU",)
    assert held


def test_a_thread_at_rest_is_idle_and_one_to_come_is_not_started(tmp_path):
    text = """\
from modelcheck.lang import U8, shared, spawn, spec, struct, thread, wait_until


spec("rest")


@struct(marked=True)
class Box:
    n: U8


x = shared(Box)


@thread
def worker():
    wait_until(x.n > 1, idle=True)


@thread
def starter():
    spawn(child)


@thread(spawned=1)
def child():
    x.n = 1
    assert False, "here"
"""
    _, tour = tell(tmp_path, text, "here")
    worker, child = tour.threads.index("worker"), tour.threads.index("child")
    assert tour.stations[0].standings[child].condition == "not started"
    assert tour.stations[0].standings[worker].condition == "idle"
    assert tour.stations[0].standings[worker].why[0] == "at rest, with no work"
    assert "x.n is 0" in tour.stations[0].standings[worker].why
    starter = tour.threads.index("starter")
    assert tour.stations[-1].standings[starter].condition == "finished"


LOCAL = """\
from modelcheck.lang import U8, shared, spec, struct, thread, wait_until


spec("local")


@struct(marked=True)
class Box:
    n: U8


x = shared(Box)


@thread
def waiter():
    n = x.n
    wait_until(n > 0)
"""


def test_a_condition_on_locals_alone_says_so(tmp_path):
    _, tour = tell(tmp_path, LOCAL, "deadlock")
    assert tour.stations[-1].standings[0].why == (
        "its condition is on its own locals, which no other thread changes",
    )


@pytest.mark.parametrize(("text", "name"), [(KERNFS, "released_once"), (DEADLOCK, "deadlock")])
def test_a_tour_is_the_same_each_time(tmp_path, text, name):
    assert tell(tmp_path, text, name)[1] == tell(tmp_path, text, name)[1]
