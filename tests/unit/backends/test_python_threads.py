"""The python backend: threads that are spawned, interrupted, ended by a crash; their objects."""

import pytest
from programs import make_model, make_program

from modelcheck.diagnostics import InternalError
from modelcheck.explore.search import explore


def names(model, state):
    return {slot.name: state[slot.number] for slot in model.memory.slots}


def step(model, state, thread, choices=()):
    """The state after one transition of a thread."""
    (result,) = [o.result for o in model.outcomes(state, thread) if o.choices == choices]
    return result


def begin(text):
    model = make_model(text, after="liveness")
    (outcome,) = model.start()
    return model, outcome.result


SPAWN = (
    """
struct Own
  field n: U8 = 5

object x: shared U8
object who: shared Who
object own: per_thread struct Own

template boss count 1
  entry a
  local %t: ThreadId
  block a
    step
    check $free_thread(work) else "capacity"
    %t = spawn work(3:U8)
    jump b
  block b
    step
    store once who.t = %t
    jump c
  block c
    step
    wait $finished(%t)
    jump a

template work count 2 spawned parameters (%n)
  entry a
  local %n: U8
  local %m: U8
  block a
    %m = choose 2
    jump b
  block b
    step
    store once x = (%n + %m):U8
    jump c
  block c
    step
    store once own[$current - 1:U8].n = 9:U8
    end
""".replace("who: shared Who", "who: shared struct Who")
    .replace("object x", "struct Who\n  field t: ThreadId\n\nobject x")
    .replace("own[$current - 1:U8]", "own[($current - 1:U8):U8]")
)


def test_spawn_starts_the_lowest_ended_thread_with_its_local_work_and_choices():
    model, state = begin(SPAWN)
    assert names(model, state)["work[0].pc"] == names(model, state)["work[1].pc"] == 2
    assert names(model, state)["own[work[0]].n"] == 0
    outcomes = model.outcomes(state, 0)
    assert [o.choices for o in outcomes] == [(0,), (1,)]
    for m, outcome in enumerate(outcomes):
        spawned = names(model, outcome.result)
        assert spawned["work[0].pc"] == 0
        assert (spawned["work[0].n"], spawned["work[0].m"]) == (3, m)
        assert spawned["own[work[0]].n"] == 5
        assert spawned["work[1].pc"] == 2
        assert spawned["boss.t"] == 2


def test_a_slot_is_spawned_again_as_new():
    model, state = begin(SPAWN)
    state = step(model, state, 0, (1,))
    state = step(model, step(model, state, 1), 0)
    assert names(model, state)["who.t"] == 2
    assert model.outcomes(state, 0) == []  # it waits for the worker
    state = step(model, state, 1)
    ended = names(model, state)
    assert (ended["work[0].pc"], ended["own[work[0]].n"], ended["work[0].n"]) == (2, 0, 0)
    state = step(model, step(model, state, 0), 0, (0,))
    again = names(model, state)
    assert (again["own[work[0]].n"], again["work[0].m"]) == (5, 0)
    assert again["work[1].pc"] == 2


def test_no_free_thread_is_a_capacity_violation():
    text = SPAWN.replace("    wait $finished(%t)\n", "    store once x = 0:U8\n")
    assert [v.property for v in explore(make_program(text)).violations] == ["capacity"]
    assert [v.property for v in explore(make_program(SPAWN)).violations] == ["stuck"]


def test_a_spawned_thread_whose_start_fails_fails_the_spawn():
    text = SPAWN.replace("    %m = choose 2\n", '    check (%n == 9:U8) else "range"\n')
    found = [v.depth for v in explore(make_program(text)).violations if v.property == "range"]
    assert found == [1]


INTERRUPT = """
object x: shared U8
object y: shared U8

template task count 1
  entry a
  block a
    step
    store once x = 1:U8
    jump b
  block b
    step
    set irqs = False
    jump c
  block c
    step
    store once x = 2:U8
    jump d
  block d
    step
    set irqs = True
    end

template tick count 1 context CONTEXT interrupts task
  entry a
  block a
    step
    store once y = 1:U8
    jump b
  block b
    step
    store once y = 2:U8
    end
"""


def test_a_handler_starts_only_while_interrupts_are_on():
    model, state = begin(INTERRUPT.replace("CONTEXT", "hardirq"))
    assert names(model, state)["task.irqs"] == 1
    assert model.outcomes(state, 1)
    state = step(model, step(model, state, 0), 0)
    assert names(model, state)["task.irqs"] == 0
    assert not model.outcomes(state, 1)
    state = step(model, step(model, state, 0), 0)
    assert names(model, state)["task.irqs"] == 1  # the task has ended
    assert model.outcomes(state, 1)


def test_the_interrupted_thread_stands_still_until_the_handler_ends():
    model, state = begin(INTERRUPT.replace("CONTEXT", "hardirq"))
    state = step(model, state, 1)
    assert not model.outcomes(state, 0)
    state = step(model, state, 1)
    assert model.outcomes(state, 0)


def test_an_interrupted_program_has_fewer_states_than_a_free_one():
    with_irq = explore(make_program(INTERRUPT.replace("CONTEXT", "hardirq")))
    free = explore(make_program(INTERRUPT.replace(" context CONTEXT interrupts task", "")))
    assert not with_irq.violations
    # The free threads: 5 by 3.  The handler cannot stand in its middle where irqs are off (2).
    assert (free.counts.states, with_irq.counts.states) == (15, 13)


def test_a_softirq_needs_both_flags():
    text = INTERRUPT.replace("set irqs = False", "set softirqs = False").replace(
        "set irqs = True", "set softirqs = True"
    )
    for context, blocked in (("softirq", True), ("hardirq", False)):
        model, state = begin(text.replace("CONTEXT", context))
        state = step(model, step(model, state, 0), 0)
        assert (not model.outcomes(state, 1)) is blocked


def test_a_handler_starts_after_its_target_has_ended_with_interrupts_off():
    text = INTERRUPT.replace("    set irqs = True\n", "    store once x = 3:U8\n")
    model, state = begin(text.replace("CONTEXT", "hardirq"))
    for _ in range(4):
        assert model.outcomes(state, 0)
        state = step(model, state, 0)
    assert model.outcomes(state, 1)
    assert state[model.memory.irqs_base] == 1  # of an ended thread they are on again


def test_a_per_thread_object_is_dead_once_its_thread_has_ended():
    text = """
struct Own
  field n: U8 = 1

object own: per_thread struct Own

template owner count 1
  entry a
  block a
    step
    store once own[0:U8].n = 2:U8
    end

template looks count 1
  entry a
  block a
    step
    check $alive(own[0:U8].n) else "use-after-free"
    store once own[0:U8].n = 3:U8
    end
"""
    found = {(v.property, v.depth) for v in explore(make_program(text)).violations}
    assert found == {("use-after-free", 2)}


def test_a_handler_that_comes_back_to_its_start_is_refused():
    text = INTERRUPT.replace("CONTEXT", "hardirq").replace(
        "    store once y = 2:U8\n    end", "    store once y = 2:U8\n    jump a"
    )
    with pytest.raises(InternalError, match="comes back to its start"):
        make_model(text, after="join")  # before `peel`
    model, state = begin(text)
    for _ in range(2):  # once around: it does not stand where it started
        state = step(model, state, 1)
    assert model.outcomes(state, 1)
    assert not model.outcomes(state, 0)


def test_copies_interrupt_the_copy_with_their_number():
    text = INTERRUPT.replace("count 1", "count 2").replace("CONTEXT", "hardirq")
    model, state = begin(text)
    state = step(model, state, 3)  # tick[1]
    assert model.outcomes(state, 0)
    assert not model.outcomes(state, 1)


CRASH = """
struct Block
  field data: U8 = 1 durable
  field cached: U8 = 2
  field writes: U8 = 3 ghost

struct Own
  field n: U8 = 5
  field g: U8 = 6 ghost

struct Node
  field n: U8

object disk: shared struct Block
object log: shared U8 durable
object seen: shared U8 ghost
object own: per_thread struct Own
object nodes: pool struct Node count 1
object gone: shared struct Node

template task count 1
  entry a
  local %n: Ptr[Node]
  block a
    step
    %n = new nodes
    store silent {Node %n}.n = 7:U8
    jump b
  block b atomic
    step
    store once disk.data = 11:U8
    store once disk.cached = 12:U8
    store ghost disk.writes = 13:U8
    store once log = 14:U8
    store ghost seen = 15:U8
    store once own[0:U8].n = 16:U8
    store ghost own[0:U8].g = 17:U8
    store once own[1:U8].n = 18:U8
    free {Node $address(gone)}
    jump c
  block c
    step
    wait ($read(once disk.cached) == 99:U8)
    store once {Node %n}.n = 1:U8
    end

template power count 1
  entry a
  local %v: U8
  block a
    step
    %v = load once log
    jump b
  block b
    step
    crash
    jump c
  block c
    step
    store once log = %v
    end
"""


def test_a_crash_ends_the_others_and_resets_what_is_neither_durable_nor_a_global_ghost():
    model, state = begin(CRASH)
    state = step(model, step(model, state, 0), 0)
    state = step(model, state, 1)
    before = names(model, state)
    assert (before["nodes[0] (status)"], before["gone (status)"], before["task.n"]) == (1, 2, 1)
    assert before["power.v"] == 14
    after = names(model, step(model, state, 1))
    expected = {
        "task.pc": 3,
        "task.n": 0,
        "power.v": 14,
        "disk.data": 11,
        "disk.cached": 2,
        "disk.writes": 13,
        "log": 14,
        "seen": 15,
        "own[task].n": 0,
        "own[task].g": 6,
        "own[power].n": 5,
        "own[power].g": 6,
        "nodes[0] (status)": 0,
        "nodes[0].n": 0,
        "gone (status)": 1,
    }
    assert {name: after[name] for name in expected} == expected


LOCAL = """
struct Waiter
  field woken: Bool
  field n: U8 = 4

struct List
  field first: Ptr[Waiter]

object list: shared struct List
object w: local struct Waiter template t
object other: shared struct Waiter

template t count 2
  entry a
  block a
    step
    enter w
    store once list.first = $address(w)
    jump b
  block b
    step
    store once w.n = 9:U8
    leave w
    jump c
  block c
    step
    wait ($read(once w.woken) == True)
    end

template u count 1
  entry a
  local %p: Ptr[Waiter]
  local %alive: Bool
  block a
    step
    %p = load once list.first
    if (%p == None:Ptr[Waiter]) jump a else b
  block b
    step
    check $alive({Waiter %p}) else "use-after-free" of {Waiter %p}
    store once {Waiter %p}.woken = True
    jump a
"""


def test_a_local_object_lives_between_enter_and_leave_once_per_thread():
    model, state = begin(LOCAL)
    start = names(model, state)
    assert (start["t[0].w (status)"], start["t[0].w.n"]) == (0, 0)
    state = step(model, state, 1)
    entered = names(model, state)
    assert (entered["t[1].w (status)"], entered["t[1].w.n"]) == (1, 4)
    assert (entered["t[0].w (status)"], entered["t[0].w.n"]) == (0, 0)
    places = model.memory.places("Waiter")
    assert places[entered["list.first"] - 1].shown == "t[1].w"
    left = names(model, step(model, state, 1))
    assert (left["t[1].w (status)"], left["t[1].w.n"]) == (0, 0)


def test_touching_a_local_object_after_its_routine_returned_is_use_after_free():
    result = explore(make_program(LOCAL))
    found = {v.object: v for v in result.violations if v.property == "use-after-free"}
    assert set(found) == {"t[0].w", "t[1].w"}
    assert found["t[0].w"].names == ("w", "Waiter")
    assert found["t[0].w"].depth == 4
