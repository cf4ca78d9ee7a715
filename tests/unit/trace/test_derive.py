"""What a replayed step is said to do, on programs made of real specs."""

import itertools

import pytest
from specs_for_traces import CHOICES, DEADLOCK, KERNFS, RACE, STUCK, USE_AFTER_FREE, check, line_of

from modelcheck.trace.derive import Claim, derive_run
from modelcheck.trace.draw import draw_picture
from modelcheck.trace.events import describe_effects
from modelcheck.trace.picture import Heading


def tell(tmp_path, text, name, settings=None):
    checked = check(tmp_path, text, settings)
    violation = checked.violation(name)
    claim = Claim(violation.property, violation.object, violation.detail)
    return derive_run(checked.model, violation.witnesses[0], claim, checked.sources).story


@pytest.fixture(scope="module")
def kernfs(tmp_path_factory):
    return tell(tmp_path_factory.mktemp("spec"), KERNFS, "released_once")


@pytest.fixture(scope="module")
def freed(tmp_path_factory):
    return tell(tmp_path_factory.mktemp("spec"), USE_AFTER_FREE, "use-after-free")


def test_changes_are_in_the_words_of_the_spec(kernfs):
    changes = [str(c) for step in kernfs.steps for c in step.changes]
    assert "files[0].released False -> True" in changes
    assert "files[0].calls 0 -> 1" in changes
    assert "files[0].calls 1 -> 2" in changes


def test_a_ghost_store_in_local_work_says_its_line(kernfs):
    line = line_of(KERNFS, "of.calls += 1               # ->release()")
    effects = describe_effects(kernfs.steps[0])
    assert f"files[0].calls 0 -> 1  (line {line})" in effects
    stores = [c for step in kernfs.steps for c in step.changes if c.place == "files[0].released"]
    assert [c.at for c in stores] == [None], "the line of the step itself is not said again"


LOCAL_WORK = '''\
"""Checks that fail in local work."""

from modelcheck.lang import U8, atomic, shared, spec, struct, thread

spec("local-work")


@struct(marked=True)
class Box:
    n: U8
    m: U8


box = shared(Box)


@thread
def asserts():
    n = box.n
    assert n == 0, "was_zero"


@thread
def divides():
    n = box.n
    share = 6 // n
    box.m = share


@thread
def sets():
    box.n = 1


@thread
def inside():
    with atomic(because="both at once"):
        box.m = 1
        assert box.n != 1, "not_one"
'''


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("was_zero", 'assert n == 0, "was_zero"'),
        ("arithmetic", "share = 6 // n"),
        ("not_one", 'assert box.n != 1, "not_one"'),
    ],
)
def test_a_check_that_fails_on_another_line_than_its_step_says_so(tmp_path, name, text):
    story = tell(tmp_path, LOCAL_WORK, name)
    assert story.failure.at is not None
    assert story.failure.at.text == text
    tag = draw_picture(story, Heading("specs/spec.py")).rows[-1].tag
    assert tag.endswith(f"  (line {line_of(LOCAL_WORK, text)})")


def test_a_check_that_fails_on_the_line_of_its_step_does_not_say_it_again(freed):
    assert freed.failure.at is None


def test_a_library_step_shows_the_specs_own_line_first(kernfs):
    step = next(s for s in kernfs.steps if kernfs.threads[s.thread] == "close")
    line = line_of(KERNFS, "mutex_lock(open_file_mutex)")
    assert str(step.at) == f"specs/spec.py:{line}"
    assert step.at.text == "mutex_lock(open_file_mutex)"
    assert step.inside.path == "kernel/mutex.py"
    assert step.routine == "take_mutex"


def test_a_step_in_the_specs_own_routine_shows_its_line_and_its_caller(kernfs):
    stores = [s for s in kernfs.steps if s.at.text == "of.released = True"]
    callers = {kernfs.threads[s.thread]: s.caller.text for s in stores}
    assert callers == {
        "close": "kernfs_release_file(files[me])",
        "drain": "kernfs_release_file(of)",
    }


def test_an_owner_field_is_a_lock_taken_and_released(kernfs):
    drain = kernfs.threads.index("drain")
    taken = [pair for step in kernfs.steps for pair in step.taken]
    assert sorted(taken) == [("open_file_mutex", 0), ("open_file_mutex", drain)]
    assert [lock for step in kernfs.steps for lock in step.released] == ["open_file_mutex"] * 2


def test_ends_of_threads_are_told(kernfs):
    assert sorted(t for step in kernfs.steps for t in step.ended) == [0, 1]


def test_what_the_property_looked_at_is_told(kernfs):
    assert [(a.place, a.value) for a in kernfs.failure.observed] == [("files[0].calls", "2")]
    assert kernfs.failure.declared.line == line_of(KERNFS, "def released_once():")


def test_one_of_several_threads_has_a_number_and_a_single_one_none(tmp_path):
    story = tell(tmp_path, KERNFS, "released_once", {"closers": 2})
    assert story.threads == ("close[0]", "close[1]", "drain")


def test_allocation_and_free_name_the_object(freed):
    assert [n for step in freed.steps for n in step.allocated] == ["triggers[0]"]
    assert [n for step in freed.steps for n in step.freed] == ["triggers[0]"]
    assert freed.failure.object == "triggers[0]"
    assert freed.failure.ending == "step"


def test_the_fields_of_a_fresh_or_dead_object_are_no_changes(freed):
    places = {c.place for step in freed.steps for c in step.changes}
    assert places == {"seq.trigger"}


def test_reads_say_what_was_read(freed):
    reads = {(r.place, r.value) for step in freed.steps for r in step.reads}
    assert ("seq.trigger", "triggers[0]") in reads


def test_blocked_threads_say_what_they_wait_for_and_who_has_it(tmp_path):
    story = tell(tmp_path, DEADLOCK, "deadlock")
    first, second = (story.threads.index(name) for name in ("first", "second"))
    assert {(w.thread, w.holders) for w in story.waiting} == {
        (first, (("b", second),)),
        (second, (("a", first),)),
    }
    assert {w.at.text for w in story.waiting} == {"mutex_lock(a)", "mutex_lock(b)"}


def test_a_race_has_both_accesses_with_their_kinds(tmp_path):
    story = tell(tmp_path, RACE, "data-race")
    accesses = [
        (story.threads[e.thread], a.place, a.write, a.kind)
        for e in story.racing
        for a in (*e.reads, *e.writes)
    ]
    assert len(story.racing) == 2
    assert all(place == "x.n" and kind == "plain" for _, place, _, kind in accesses)
    assert any(write for _, _, write, _ in accesses)


def test_choices_are_told_of_the_start_and_of_steps(tmp_path):
    story = tell(tmp_path, CHOICES, "never_five")
    assert any("is 3" in line for line in story.initial)
    assert any(str(c) == "x.n 3 -> 5" for step in story.steps for c in step.changes)


def test_nothing_tells_of_temporaries(kernfs, freed):
    for story in (kernfs, freed):
        shown = repr(story.steps)
        assert "%" not in shown
        for step in story.steps:
            for name, _ in step.known:
                assert name in {"of", "t", "old", "me"}


def test_a_spinning_thread_is_not_said_to_wait(tmp_path):
    assert tell(tmp_path, STUCK, "stuck").waiting == ()


SWITCHES = """\
from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock, rcu_read_lock, rcu_read_unlock
from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, Context, shared, spec, thread

spec("switches")

m = shared(Mutex)
turn = shared(U8)


@thread
def owner():
    mutex_lock(m)
    WRITE_ONCE(turn, 1)
    mutex_unlock(m)
    WRITE_ONCE(turn, 3)


@thread
def second():
    if READ_ONCE(turn) == 1:
        WRITE_ONCE(turn, 2)
        mutex_lock(m)
        mutex_unlock(m)
        rcu_read_lock()
        if READ_ONCE(turn) == 3:
            WRITE_ONCE(turn, 4)
            rcu_read_unlock()
            assert READ_ONCE(turn) != 5, "never_five"
        else:
            rcu_read_unlock()


@thread(interrupts=owner, context=Context.HARDIRQ)
def tick():
    if READ_ONCE(turn) == 4:
        WRITE_ONCE(turn, 5)
"""


@pytest.fixture(scope="module")
def switches(tmp_path_factory):
    text = SWITCHES.replace("interrupts=owner", "interrupts=second")
    return tell(tmp_path_factory.mktemp("spec"), text, "never_five")


def test_a_switch_says_what_stopped_the_thread_before(switches):
    picture = draw_picture(switches, Heading("spec.py"))
    reasons = [row.why for row in picture.rows if row.switch]
    assert all(reasons)
    assert "second waits for m, held by owner" in reasons
    assert "second is interrupted" in reasons
    assert "owner is preempted" in reasons
    assert "tick has finished" in reasons
    for before, after in itertools.pairwise(switches.steps):
        assert (after.thread != before.thread) == (before.leaves is not None)
        assert (before.leaves == "waits") == (before.blocked is not None)
        if before.leaves == "finished":
            assert before.thread in before.ended


def test_a_reader_is_a_bar_from_where_it_begins_to_where_it_ends(switches):
    begins = [s for s in switches.steps if s.entered]
    ends = [s for s in switches.steps if s.left]
    assert (len(begins), len(ends)) == (1, 1)
    begin, end = begins[0], ends[0]
    assert begin.entered == end.left
    (bar,) = [b for b in draw_picture(switches, Heading("spec.py")).bars if b.kind == "read"]
    assert (bar.name, bar.first, bar.last) == ("rcu", begin.number - 1, end.number - 1)
    assert "rcu_read_lock" in begin.at.text
    assert "rcu_read_unlock" in end.at.text


MAP = """\
from modelcheck.kernel import LockdepMap, Rwsem, down_write, lock_map_acquire, lock_map_release
from modelcheck.kernel import up_write
from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, shared, spec, struct, thread

spec("map")


@struct(marked=True)
class Node:
    dep_map: LockdepMap
    sem: Rwsem
    used: U8


node = shared(Node)


@thread
def user():
    lock_map_acquire(node.dep_map)
    WRITE_ONCE(node.used, 1)
    down_write(node.sem)
    WRITE_ONCE(node.used, 2)
    up_write(node.sem)
    lock_map_release(node.dep_map)
    WRITE_ONCE(node.used, 3)


@thread
def other():
    assert READ_ONCE(node.used) != 3, "never_three"
"""


def test_a_map_of_the_specs_own_is_a_bar_and_the_one_inside_a_lock_is_not(tmp_path):
    picture = draw_picture(tell(tmp_path, MAP, "never_three"), Heading("spec.py"))
    bars = [(b.name, b.kind) for b in picture.bars if b.lane >= 0]
    assert sorted(bars) == [("node.dep_map", "read"), ("node.sem", "lock")]
    assert all(not b.open for b in picture.bars if b.lane >= 0)
