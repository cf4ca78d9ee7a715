"""Reports a kernel developer knows: all stacks of KASAN's, both orders of lockdep's."""

import pytest
from specs_for_traces import DEADLOCK, check, line_of

from modelcheck.trace.replay import replay_trace
from modelcheck.trace.stored import read_trace, write_trace
from modelcheck.trace.text import write_text


def report(tmp_path, text, name, settings=None):
    """The whole text of a violation, without its indentation."""
    case = check(tmp_path, text, settings)
    trace = case.record(name)
    assert read_trace(write_trace(trace), "t.json") == trace
    texts = [write_text(p) for p in replay_trace(trace, case.model, case.sources)]
    return [line.removeprefix("  ") for line in "".join(texts).splitlines()]


def paragraph(lines, first):
    """The stack below a sentence: (routine, place, text) of each frame, innermost first."""
    start = lines.index(first) + 1
    end = start + lines[start:].index("")
    return [tuple(part.strip() for part in line.split("  ") if part) for line in lines[start:end]]


def test_both_orders_of_a_cycle_are_one_report_with_all_four_stacks(tmp_path):
    lines = report(tmp_path, DEADLOCK, "lock-order")
    assert sum(line.startswith("VIOLATED  specs") for line in lines) == 1
    assert lines[1] == "lock-order: locks are taken in a circle: a -> b -> a (shortest)"
    assert "order 1 of 2, in a run of its own: first takes b while it holds a:" in lines
    assert "order 2 of 2, in a run of its own: second takes a while it holds b:" in lines
    wanted = paragraph(lines, "first is trying to take b:")
    line = line_of(DEADLOCK, "mutex_lock(b)")
    assert wanted[-1] == ("first", f"line {line}", "mutex_lock(b)")
    assert wanted[0][0] == "mutex_lock"
    assert wanted[0][2] == "mutex_acquire(lock)"
    held = paragraph(lines, "but first already holds a, taken in step 1 of order 1:")
    line = line_of(DEADLOCK, "mutex_lock(a)")
    assert held[-1] == ("first", f"line {line}", "mutex_lock(a)")
    assert paragraph(lines, "second is trying to take a:")[-1][0] == "second"
    assert paragraph(lines, "but second already holds b, taken in step 1 of order 2:")
    scenario = lines[lines.index("so it can come to this:") + 1 :]
    assert [" ".join(line.split()) for line in scenario[:6]] == [
        "CPU0 CPU1",
        "takes a",
        "takes b",
        "waits for b",
        "waits for a",
        "DEADLOCK",
    ]


def test_the_row_that_is_marked_is_the_call_that_takes_the_second_lock(tmp_path):
    lines = report(tmp_path, DEADLOCK, "lock-order")
    line = line_of(DEADLOCK, "mutex_lock(b)")
    (marked,) = [x for x in lines if x.split()[:3] == ["=>", "first", str(line)]]
    assert marked.endswith("mutex_lock(b)")
    tags = [x.strip() for x in lines if "VIOLATED: " in x]
    assert tags == [
        "VIOLATED: lock-order: takes b while it holds a",
        "VIOLATED: lock-order: takes a while it holds b",
    ]


def test_a_deadlock_says_since_when_each_lock_is_held(tmp_path):
    lines = report(tmp_path, DEADLOCK, "deadlock")
    assert "cycle  first -> second -> first" in lines
    for thread, lock, other, holder in (
        ("first", "b", "a", "second"),
        ("second", "a", "b", "first"),
    ):
        assert paragraph(lines, f"{thread} waits for {lock}, held by {holder}:")[-1][0] == thread
        (held,) = [x for x in lines if x.startswith(f"{thread} holds {other} since step ")]
        assert paragraph(lines, held)[-1][2] == f"mutex_lock({other})"


HEAD = """\
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.rcu import rcu_read_lock, rcu_read_unlock
from modelcheck.kernel.refcount import refcount_inc, refcount_set, refcount_t
from modelcheck.kernel.rwsem import Rwsem, down_read, down_write, up_read, up_write
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Context, Ptr, U8, choose, either, free, initial, new, pool, shared, spec, struct,
    thread,
)

spec("report")


@struct(marked=True)
class Box:
    n: U8
    lock: Mutex


@struct
class Seq:
    box: Ptr[Box]


boxes = pool(Box, count=1)
seq = shared(Seq)
box = shared(Box)
m = shared(Mutex)
s = shared(Spinlock)
refs = shared(refcount_t)


"""

FREED = (
    HEAD
    + """
def make():
    seq.box = new(Box, n=1)


@initial
def boot():
    make()


def release(b: Ptr[Box]):
    kfree(b)


@thread
def closes():
    release(seq.box)


@thread
def reads():
    b = seq.box
    b.n = 2
"""
)


def test_a_use_after_free_has_the_three_stacks_of_kasan(tmp_path):
    lines = report(tmp_path, FREED, "use-after-free")
    (used,) = [x for x in lines if x.startswith("used in step")]
    assert paragraph(lines, used) == [("reads", f"line {line_of(FREED, 'b.n = 2')}", "b.n = 2")]
    (freed,) = [x for x in lines if x.startswith("freed in step")]
    assert [frame[0] for frame in paragraph(lines, freed)] == ["kfree", "release", "closes"]
    assert paragraph(lines, freed)[1] == (
        "release",
        f"line {line_of(FREED, 'kfree(b)')}",
        "kfree(b)",
    )
    assert paragraph(lines, "allocated before the first step:") == [
        ("make", f"line {line_of(FREED, 'seq.box = new(Box, n=1)')}", "seq.box = new(Box, n=1)"),
        ("boot", f"line {line_of(FREED, 'make()')}", "make()"),
    ]


def test_a_shared_object_is_alive_from_where_it_is_declared(tmp_path):
    text = HEAD + "@thread\ndef t():\n    free(box)\n    box.n = 1\n"
    lines = report(tmp_path, text, "use-after-free")
    declared = line_of(text, "box = shared(Box)")
    assert paragraph(lines, "alive from the start, declared as:") == [
        (f"line {declared}", "box = shared(Box)")
    ]


def test_an_object_on_a_stack_is_shown_where_it_is_declared(tmp_path):
    text = (
        HEAD.replace("choose,", "choose, local, wait_until,")
        + """
def submit():
    mine = local(Box)
    seq.box = mine


@thread
def t():
    submit()
    box.n = 1


@thread
def other():
    wait_until(seq.box is not None)
    b = seq.box
    b.n = 3
"""
    )
    lines = report(tmp_path, text, "use-after-free")
    declared = line_of(text, "mine = local(Box)")
    assert paragraph(lines, "alive from the start, declared as:") == [
        (f"line {declared}", "mine = local(Box)")
    ]


SLEEPS = (
    HEAD
    + """
def work():
    box.n = 1
    mutex_lock(m)
    mutex_unlock(m)


@thread
def t():
    {enter}
    work()
    {leave}
"""
)


@pytest.mark.parametrize(
    ("enter", "leave", "why", "since"),
    [
        ("spin_lock(s)", "spin_unlock(s)", "preemption off", "t holds s since step 1:"),
        (
            "rcu_read_lock()",
            "rcu_read_unlock()",
            "an RCU reader",
            "t is an RCU reader since step 1:",
        ),
    ],
)
def test_sleeping_says_where_and_what_forbids_it_since_when(tmp_path, enter, leave, why, since):
    text = SLEEPS.format(enter=enter, leave=leave)
    lines = report(tmp_path, text, "sleep-in-atomic")
    assert lines[1].startswith("sleep-in-atomic of tasks[t]: sleeping ")
    assert why in lines[1]
    failed = paragraph(lines, "failed in step 2 by t:")
    assert [frame[0] for frame in failed][-4:] == ["might_sleep", "mutex_lock", "work", "t"]
    line = line_of(text, "mutex_lock(m)")
    assert failed[-2] == ("work", f"line {line}", "mutex_lock(m)")
    assert paragraph(lines, since)[-1] == ("t", f"line {line_of(text, enter)}", enter)
    assert any(x.strip() == f"VIOLATED: sleep-in-atomic of tasks[t]  (line {line})" for x in lines)


def test_a_mutex_freed_while_held_says_who_holds_it(tmp_path):
    text = (
        HEAD
        + """
@thread
def t():
    b = new(Box, n=0)
    b.lock.owner = None
    mutex_lock(b.lock)
    free(b)
"""
    )
    lines = report(tmp_path, text, "lock-misuse")
    assert lines[1] == "lock-misuse of boxes[0]: mutex freed while held, in step 4 (shortest)"
    assert paragraph(lines, "failed in step 4 by t:")[-1][2] == "free(b)"
    assert paragraph(lines, "t holds boxes[0].lock since step 3:")[-1][2] == "mutex_lock(b.lock)"


def test_a_refcount_says_who_made_it_what_it_is(tmp_path):
    text = (
        HEAD
        + """
@thread
def t():
    refcount_set(refs, 1)
    refcount_set(refs, 0)
    refcount_inc(refs)
"""
    )
    lines = report(tmp_path, text, "refcount")
    assert lines[1].startswith("refcount: incremented from zero, in step 3")
    assert paragraph(lines, "failed in step 3 by t:")[-1][2] == "refcount_inc(refs)"
    assert paragraph(lines, "refs.refs is 0 since step 2, by t:")[-1][2] == "refcount_set(refs, 0)"


def test_bookkeeping_of_the_library_is_not_shown_but_stored(tmp_path):
    lines = report(tmp_path, DEADLOCK, "deadlock")
    assert not any("holder " in line for line in lines)
    trace = check(tmp_path, DEADLOCK).record("deadlock")
    changes = [c for s in trace.witnesses[0].steps for c in s.changes]
    assert any(c.startswith("a.holder None -> ") for c in changes)


def test_a_step_in_the_library_shows_the_statement_there(tmp_path):
    text = (
        HEAD
        + """
@thread
def t():
    mutex_lock(m)
    mutex_unlock(m)
    assert box.n == 1, "never"
"""
    )
    text_of_report = " ".join(" ".join(report(tmp_path, text, "never")).split())
    assert "in mutex_unlock (kernel/mutex.py:" in text_of_report
    assert "): READ_ONCE(lock.owner)" in text_of_report


INTERRUPT = (
    HEAD
    + """
@thread
def task():
    box.n = 1
    spin_lock(s)
    spin_unlock(s)


@thread(interrupts=task, context=Context.HARDIRQ)
def handler():
    box.n = 2
    spin_lock(s)
    spin_unlock(s)
"""
)


def test_a_task_under_its_own_interrupt_is_held_up_by_it(tmp_path):
    lines = report(tmp_path, INTERRUPT, "deadlock")
    assert "cycle  task -> handler -> task" in lines
    assert any(x.strip() == "is held up by an interrupt (handler runs on its CPU)" for x in lines)
    assert paragraph(lines, "handler waits for s, held by task:")[-1][0] == "handler"


def test_a_lock_taken_in_an_interrupt_names_no_class_of_the_library(tmp_path):
    lines = report(tmp_path, INTERRUPT, "lock-order")
    assert lines[1].startswith(
        "lock-order: s is taken in an interrupt, and elsewhere while one may come"
    )
    assert paragraph(lines, "handler takes s in an interrupt:")[-1][0] == "handler"
    assert paragraph(lines, "task takes s where an interrupt may come:")[-1][0] == "task"
    assert not any("in_hardirq" in line for line in lines)
    scenario = lines[lines.index("so it can come to this:") + 2 :]
    assert [line.strip() for line in scenario[:4]] == [
        "takes s",
        "<interrupt>",
        "waits for s",
        "DEADLOCK",
    ]


def test_an_order_before_the_first_step_says_who_and_where(tmp_path):
    text = INTERRUPT.replace("    box.n = 2\n", "")
    lines = report(tmp_path, text.replace("interrupts=task, ", ""), "lock-order")
    assert paragraph(lines, "handler takes s in an interrupt:")[-1][0] == "handler"
    assert "<interrupt>" in [line.strip() for line in lines]


RECURSIVE = (
    HEAD
    + """
sem = shared(Rwsem)


@thread
def reader():
    down_read(sem)
    box.n = 1
    down_read(sem)
    up_read(sem)
    up_read(sem)


@thread
def writer():
    down_write(sem)
    up_write(sem)
"""
)


def test_a_lock_read_again_is_a_circle_of_one(tmp_path):
    lines = report(tmp_path, RECURSIVE, "lock-order")
    assert lines[1].startswith("lock-order: sem is taken while one of its class is held")
    again = line_of(RECURSIVE, "down_read(sem)", 1)
    assert paragraph(lines, "reader is trying to take sem:")[-1][1] == f"line {again}"
    first = line_of(RECURSIVE, "down_read(sem)")
    assert (
        paragraph(lines, "but reader already holds sem, taken in step 1:")[-1][1] == f"line {first}"
    )


CHOOSES = (
    HEAD
    + """
@thread
def t():
    box.n = 1
    if either():
        box.n = choose(5, 7)
        assert box.n != 7, "never_seven"
    box.n = 3
"""
)


def test_what_was_chosen_is_said_in_the_words_of_the_spec(tmp_path):
    lines = report(tmp_path, CHOOSES, "never_seven")
    said = " ".join(lines)
    assert "either() is True" in said
    assert "choose(5, 7) is 7" in said
    assert "chooses" not in said


FORKS = """
from modelcheck.lang import ThreadId, atomic, current, shared, spec, struct, thread, wait_until

spec("forks")


@struct(marked=True)
class Fork:
    holder: ThreadId


left = shared(Fork)
right = shared(Fork)


def take(fork):
    with atomic(because="a compare-and-swap"):
        wait_until(fork.holder is None)
        fork.holder = current()


@thread
def first():
    take(left)
    take(right)
    right.holder = None
    left.holder = None


@thread
def second():
    take(right)
    take(left)
    left.holder = None
    right.holder = None
"""


def test_a_lock_of_the_specs_own_has_a_holder_and_a_cycle(tmp_path):
    lines = report(tmp_path, FORKS, "deadlock")
    assert "deadlock after 2 steps: first and second wait for each other" in lines[1]
    assert "cycle  first -> second -> first" in lines
    assert any(line.endswith("takes left") for line in lines)
    (held,) = [x for x in lines if x.startswith("second holds right since step ")]
    assert paragraph(lines, held)[-1][0] == "second"
