"""Deadlock: nobody can step, and somebody is not at rest; and what is said about it."""

from programs import make_program

from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore

# Two owners' locks, taken in opposite orders by two threads.
EMBRACE = """
struct Mutex
  field owner: ThreadId

object a: shared struct Mutex
object b: shared struct Mutex

template one count 1
  entry l0
  block l0 atomic
    step "mutex_lock(a)" ; s.py:10:5
    wait ($read(once a.owner) == None:ThreadId) ; s.py:10:5
    store once a.owner = $current
    jump l1
  block l1 atomic
    step "mutex_lock(b)" ; s.py:11:5
    wait ($read(once b.owner) == None:ThreadId) ; s.py:11:5
    store once b.owner = $current
    jump l2
  block l2 atomic
    step
    store once a.owner = None:ThreadId
    store once b.owner = None:ThreadId
    end

template two count 1
  entry l0
  block l0 atomic
    step "mutex_lock(b)" ; s.py:20:5
    wait ($read(once b.owner) == None:ThreadId) ; s.py:20:5
    store once b.owner = $current
    jump l1
  block l1 atomic
    step "mutex_lock(a)" ; s.py:21:5
    wait ($read(once a.owner) == None:ThreadId) ; s.py:21:5
    store once a.owner = $current
    jump l2
  block l2 atomic
    step
    store once a.owner = None:ThreadId
    store once b.owner = None:ThreadId
    end
"""

WAIT = """
object ready: shared Bool

template sleeper count 1
  entry a
  block a
    step "wait_until(ready)" ; s.py:5:5
    wait IDLE$read(once ready) ; s.py:5:5
    end

template waker count 1
  entry a
  block a
    step
    store once ready = VALUE
    end
"""


def find(text):
    result = explore(make_program(text))
    return result, {v.property: v for v in result.violations}


def test_a_deadly_embrace_names_lines_and_holders():
    _, found = find(EMBRACE)
    violation = found["deadlock"]
    assert violation.depth == 2
    assert violation.detail == (
        "one waits at line 11 for b (held by two); two waits at line 21 for a (held by one)"
    )
    assert len(violation.witnesses[0].moves) == 2


def test_a_wait_that_nobody_can_end_names_the_place_and_its_value():
    _, found = find(WAIT.replace("IDLE", "").replace("VALUE", "False"))
    assert found["deadlock"].detail == (
        "sleeper waits at line 5 for ready, which is False (nobody can change it)"
    )


def test_a_wait_that_is_fulfilled_is_no_deadlock():
    result, found = find(WAIT.replace("IDLE", "").replace("VALUE", "True"))
    assert not found
    assert result.verdict is Verdict.VERIFIED
    assert result.coverage.quiescent == 1


def test_a_thread_at_an_idle_wait_is_at_rest():
    result, found = find(WAIT.replace("IDLE", "idle ").replace("VALUE", "False"))
    assert not found
    assert (result.coverage.quiescent, result.coverage.deadlocks) == (1, 0)


def test_a_step_rests_only_if_every_disabled_path_is_idle():
    text = """
object ready: shared Bool

template sleeper count 1
  entry a
  local %c: U8
  block a
    step
    %c = choose 2
    if (%c == 0:U8) jump b else c
  block b inner
    wait idle $read(once ready)
    end
  block c inner
    wait OTHER$read(once ready)
    end

template waker count 1
  entry a
  block a
    step
    store once ready = False
    end
"""
    _, found = find(text.replace("OTHER", ""))
    assert set(found) == {"deadlock"}
    _, found = find(text.replace("OTHER", "idle "))
    assert not found


def test_waiting_for_a_thread_that_never_ends_names_it():
    _, found = find("""
object go: shared Bool

template joiner count 1
  entry a
  block a
    step
    wait $finished($thread(worker, 0)) ; s.py:3:1
    end

template worker count 1
  entry a
  block a
    step
    wait $read(once go) ; s.py:7:1
    store once go = False
    end
""")
    assert found["deadlock"].detail == (
        "joiner waits at line 3 for worker to end; "
        "worker waits at line 7 for go, which is False (only worker could change it)"
    )
