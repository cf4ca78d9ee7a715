"""The second search: fewest preemptions, fewest steps, and what is said without a proof of it."""

from __future__ import annotations

import shutil

import pytest
from checking import program_of

from modelcheck.backends.python.model import compile_program
from modelcheck.backends.python.outcomes import Failure
from modelcheck.diagnostics import InternalError
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Options
from modelcheck.explore.result import Move, Path
from modelcheck.explore.search import explore
from modelcheck.explore.shorten import shorten
from modelcheck.explore.shortest import Length, measure
from modelcheck.explore.trim import trim
from modelcheck.explore.walk import make_move, walk
from modelcheck.trace.confirm import confirm_run
from modelcheck.trace.derive import Claim, derive_run

LOST = """
count = shared(U8)

@thread(count=2)
def add():
    global count
    count += 1

@final
def none_lost():
    return count == 2
"""
WAITING = """
turn = shared(U8)
log = shared(U8)

@thread
def first():
    global turn, log
    wait_until(turn == 1)
    log = 1
    turn = 2

@thread
def second():
    global turn
    turn = 1
    wait_until(turn == 2)
    assert log == 0, "log_is_empty"
"""
# All orders of the threads do: the last states are one, and were met first in another order.
ANY_ORDER = """
@struct(marked=True)
class Words:
    b: U8
    c: U8

words = shared(Words)

@thread
def first():
    words.b = 0

@thread
def second():
    words.c = 1
    words.b = 1

@thread
def third():
    words.c = 0
    words.b = 1

@final
def never():
    return words.b == 3
"""
# After two steps with a preemption, or after six without one.
EITHER_WAY = """
a = shared(U8)
b = shared(U8)

@thread
def slow():
    global a
    a = 1
    a = 0
    a = 2
    a = 3
    a = 1

@thread
def quick():
    global b
    b = 1
    b = 0

@invariant
def never_both():
    return a != 1 or b == 0
"""
RACING = """
@struct(marked=True)
class Flags:
    go: U8

flags = shared(Flags)
word = shared(U8)

@thread
def first():
    global word
    flags.go = 1
    word = 1

@thread
def second():
    global word
    wait_until(flags.go == 1)
    word = 2
"""
TWO_LOCKS = """
class Lock(Enum):
    FREE = 0
    TAKEN = 1

@struct
class Mutex:
    state: Lock

a = shared(Mutex)
b = shared(Mutex)

@thread
def ab():
    with atomic():
        wait_until(a.state == Lock.FREE)
        a.state = Lock.TAKEN
    with atomic():
        wait_until(b.state == Lock.FREE)
        b.state = Lock.TAKEN
        precedes("lock-order", a, b)
    b.state = Lock.FREE
    a.state = Lock.FREE

@thread
def ba():
    with atomic():
        wait_until(b.state == Lock.FREE)
        b.state = Lock.TAKEN
    with atomic():
        wait_until(a.state == Lock.FREE)
        a.state = Lock.TAKEN
        precedes("lock-order", b, a)
    a.state = Lock.FREE
    b.state = Lock.FREE
"""
SPIN = """
stop = shared(U8)

@thread
def other():
    global stop
    stop = 1
    stop = 0

@thread
def spin():
    while stop == 0:
        pass
"""


def find(text, shortest="switches", **given):
    """The program, its model, and its violations by property."""
    program = program_of(text)
    result = explore(program, Options(**given.pop("first", {})))
    try:
        told = shorten(program, result, Options(shortest=shortest, **given))
    except InternalError as error:
        pytest.fail(str(error))
    assert {p.name: p.verdict for p in told.properties} == {
        p.name: p.verdict for p in result.properties
    }
    return compile_program(program), {v.property: v for v in told.violations}


def names(model, path):
    return [model.memory.threads[move.thread].name for move in path.moves]


def list_runs(model):
    """Every run of a program that ends: its moves with the states before them, then the last state
    or the failure.
    """

    def go_on(state, taken):
        moves = [
            (thread.number, outcome)
            for thread in model.memory.threads
            for outcome in model.outcomes(state, thread.number)
        ]
        if not moves:
            yield taken, state
        for thread, outcome in moves:
            longer = [*taken, (state, thread, outcome.choices)]
            if isinstance(outcome.result, Failure):
                yield longer, outcome.result
            else:
                yield from go_on(outcome.result, longer)

    for outcome in model.start():
        yield from go_on(outcome.result, [])


def count_by_hand(model, taken):
    """Preemptions, steps and switches of a run, by the words of their definitions."""
    preemptions = switches = 0
    for i, (state, thread, _) in enumerate(taken):
        if i == 0 or taken[i - 1][1] != thread:
            switches += 1
            if i > 0:
                preemptions += bool(model.outcomes(state, taken[i - 1][1]))
    return preemptions, len(taken), switches


@pytest.mark.parametrize(
    ("text", "property_"),
    [
        (LOST, "none_lost"),
        (WAITING, "log_is_empty"),
        (TWO_LOCKS, "deadlock"),
        (ANY_ORDER, "never"),
    ],
)
def test_no_run_at_all_is_shorter(text, property_):
    """Of all runs that there are, and of those the one that takes threads in their order."""
    model, _ = find(text)
    runs = []
    for taken, end in list_runs(model):
        if property_ in model.judges:
            is_shown = model.judges[property_](end) is not True
        elif property_ == "deadlock":
            is_shown = any(model.block(end, t.number) is not None for t in model.memory.threads)
        else:
            is_shown = isinstance(end, Failure) and end.property == property_
        if is_shown:
            moves = tuple(make_move(model.memory, *move) for move in taken)
            runs.append((count_by_hand(model, taken), [m.thread for m in moves], moves))
    assert len(runs) > 1 or property_ == "log_is_empty"
    for shortest in ("switches", "steps"):
        _, found = find(text, shortest)

        def rank(run, first=shortest):
            preemptions, steps, switches = run[0]
            least = (preemptions, steps) if first == "switches" else (steps, preemptions)
            return (*least, switches, run[1])

        length, _, moves = min(runs, key=rank)
        (path,) = found[property_].witnesses
        assert path.moves == moves
        assert measure(model, path) == Length(*length)
        assert found[property_].minimal == shortest


def test_a_switch_away_from_a_thread_that_waits_costs_nothing():
    model, found = find(WAITING)
    (path,) = found["log_is_empty"].witnesses
    assert names(model, path) == ["second", "first", "first", "first", "second", "second"]
    assert measure(model, path) == Length(preemptions=0, steps=6, switches=3)


def test_a_switch_away_from_a_thread_that_could_go_on_is_a_preemption():
    model, found = find(LOST)
    (path,) = found["none_lost"].witnesses
    assert names(model, path) == ["add[0]", "add[1]", "add[1]", "add[0]"]
    assert measure(model, path) == Length(preemptions=1, steps=4, switches=3)
    there_and_back = Path((), tuple(path.moves[i] for i in (0, 1)))
    assert measure(model, there_and_back).preemptions == 1


def test_fewer_preemptions_may_take_more_steps():
    model, by_switches = find(EITHER_WAY)
    _, by_steps = find(EITHER_WAY, "steps")
    lengths = [
        measure(model, found["never_both"].witnesses[0]) for found in (by_switches, by_steps)
    ]
    assert lengths == [Length(0, 6, 2), Length(1, 2, 2)]
    assert [found["never_both"].depth for found in (by_switches, by_steps)] == [2, 2]


@pytest.mark.parametrize(
    ("more", "told", "length"),
    [(2, "switches", Length(0, 8, 2)), (3, "steps", Length(1, 2, 2))],
)
def test_a_preemption_is_worth_six_steps(more, told, length):
    """Asked for neither, the fewest switches are told only if the trace is not much longer."""
    text = EITHER_WAY.replace("    a = 3\n", "    a = 3\n" + "    a = 4\n" * more)
    for first in ({}, {"search": "dfs"}, {"reduce": frozenset({"por"})}):
        model, found = find(text, "auto", first=first)
        assert found["never_both"].minimal == told
        assert measure(model, found["never_both"].witnesses[0]) == length


def test_a_cycle_of_orders_is_told_by_the_shortest_way_to_each_edge():
    model, found = find(TWO_LOCKS)
    lengths = [measure(model, path) for path in found["lock-order"].witnesses]
    assert lengths == [Length(0, 2, 1), Length(0, 2, 1)]
    assert found["lock-order"].minimal == "switches"


def tell_cycle(text, shortest, first):
    """The cycle of lock orders that a program has and the lengths of its ways, by budget."""
    program = program_of(text)
    model = compile_program(program)
    found = explore(program, Options(**first))
    states = found.counts.states
    for budget in (*range(1, states, 3), states):
        told = shorten(program, found, Options(shortest=shortest, shortest_budget=budget))
        (cycle,) = [v for v in told.violations if v.property == "lock-order"]
        yield cycle, [measure(model, path) for path in cycle.witnesses]


def test_a_cycle_is_proven_only_with_all_its_edges():
    """One edge takes two steps, the other five: some budgets reach only the first."""
    text = TWO_LOCKS.replace("def ba():\n", "def ba():\n    c.n = 1\n    c.n = 2\n    c.n = 3\n")
    text += "\n@struct\nclass Count:\n    n: U8\n\nc = shared(Count)\n"
    proofs = []
    for cycle, lengths in tell_cycle(text, "switches", {"search": "dfs"}):
        is_least = lengths == [Length(0, 2, 1), Length(0, 5, 1)]
        proofs.append(cycle.minimal)
        assert is_least or proofs[-1] == "no"
    assert proofs == sorted(proofs)
    assert set(proofs) == {"no", "switches"}


@pytest.mark.parametrize("shortest", ["auto", "switches"])
def test_a_cycle_of_shortest_ways_gets_no_longer_one(shortest):
    """Budgets that are enough for one edge: its way of fewest switches has more steps."""
    text = TWO_LOCKS.replace("def ba():\n", "def ba():\n    wait_until(c.go == 1)\n")
    text = text.replace("def ab():\n", "def ab():\n" + "    c.m = 1\n" * 9)
    text += """
@struct(marked=True)
class Count:
    m: U8
    n: U8
    go: U8

c = shared(Count)

@thread
def start():
    c.go = 1
    c.n = 1
    c.n = 2
"""
    seen = set()
    for cycle, lengths in tell_cycle(text, shortest, {}):
        told = (cycle.minimal, *(length.steps for length in lengths))
        seen.add(told)
        assert told in {("steps", 11, 4), ("switches", 11, 6)}
    assert len(seen) == 2


def test_a_race_is_told_up_to_its_two_moves():
    model, found = find(RACING)
    (path,) = found["data-race"].witnesses
    assert names(model, path) == ["first", "second"]
    assert {move.thread for move in path.race} == {0, 1}
    assert measure(model, path) == Length(preemptions=1, steps=2, switches=2)


def test_what_is_stuck_is_looked_for_in_the_whole_graph():
    model, found = find(SPIN)
    (path,) = found["stuck"].witnesses
    assert names(model, path) == ["other", "other"]
    assert "spin" in found["stuck"].detail
    states = explore(program_of(SPIN)).counts.states
    _, enough = find(SPIN, shortest_budget=states)
    assert enough["stuck"].minimal == "switches"
    _, short = find(SPIN, shortest_budget=states - 1, first={"search": "dfs"})
    assert short["stuck"].minimal == "no"
    assert f"more than {states - 1} states" in short["stuck"].unproven


@pytest.mark.parametrize("shortest", ["auto", "switches", "steps"])
def test_a_spent_budget_is_said_and_the_best_trace_is_told(shortest):
    program = program_of(LOST)
    first = explore(program, Options(reduce=frozenset({"por"})))
    told = shorten(program, first, Options(shortest=shortest, shortest_budget=2))
    (was,) = [v for v in first.violations if v.property == "none_lost"]
    (now,) = [v for v in told.violations if v.property == "none_lost"]
    model = compile_program(program)
    lengths = [measure(model, violation.witnesses[0]) for violation in (was, now)]
    assert lengths == [Length(2, 4, 4), Length(1, 4, 3)]
    assert now.minimal == "no"
    assert "more than 2 states to look at" in now.unproven


def test_the_fewest_steps_that_the_first_search_proved_stay_proven():
    _, found = find(LOST, "auto", shortest_budget=2)
    assert (found["none_lost"].minimal, found["none_lost"].unproven) == ("steps", "")
    _, found = find(LOST, "switches", shortest_budget=2)
    assert found["none_lost"].minimal == "steps"
    assert "fewer switches may do" in found["none_lost"].unproven


BUSY = """
@struct(marked=True)
class Words:
    count: U8
    other: U8

words = shared(Words)

@thread
def busy():
    for i in range(4):
        words.other = i

@thread(count=2)
def add():
    words.count += 1
    words.other = 9

@invariant
def small():
    return words.count < 2
"""


def follow(model, threads):
    """The path of some threads' moves, for a program without choices."""
    (start,) = model.start()
    state, moves = start.result, []
    for thread in threads:
        (outcome,) = model.outcomes(state, thread)
        moves.append(make_move(model.memory, state, thread, ()))
        state = outcome.result
    return Path((), tuple(moves))


def end_of(model, path):
    """The state in which a path ends."""
    *_, last = walk(model, path)
    return last.state


def test_a_way_is_trimmed_of_what_plays_no_part():
    """Of a whole thread, of what another does last, of switches; what is left runs by itself."""
    model = compile_program(program_of(BUSY))
    long = follow(model, [0, 1, 0, 1, 1, 0, 2, 0, 2])
    way = trim(model, ("small", ""), long)
    assert [move.thread for move in way.path.moves] == [1, 1, 2, 2]
    assert model.judges["small"](end_of(model, way.path)) is False
    assert trim(model, ("small", ""), way.path) is None
    model = compile_program(program_of(LOST))
    woven = follow(model, [1, 0, 1, 0])
    assert measure(model, woven) == Length(2, 4, 4)
    way = trim(model, ("none_lost", ""), woven)
    assert measure(model, way.path) == Length(1, 4, 3)


def test_a_trimmed_way_still_fails_of_the_same_object():
    """Without `pick`'s move the second item would not be freed twice, but the first."""
    model = compile_program(
        program_of("""
@struct(marked=True)
class Item:
    word: U8

@struct(marked=True)
class Chosen:
    number: U8

items = shared(Item, count=2)
chosen = shared(Chosen)

@thread
def pick():
    chosen.number = 1

@thread
def drop():
    free(items[0])
    free(items[1])

@thread
def drop_chosen():
    free(items[chosen.number])
""")
    )
    path = follow(model, [1, 0, 1, 2])
    last = make_move(model.memory, end_of(model, path), 2, ())
    way = trim(model, ("double-free", "items[1]"), Path((), (*path.moves, last), "step"))
    assert [move.thread for move in way.path.moves] == [1, 1, 0, 2, 2]
    assert way.goal.failure.object == "items[1]"


def test_a_trimmed_way_to_a_final_still_comes_to_rest():
    model = compile_program(program_of(BUSY.replace("@invariant", "@final")))
    long = follow(model, [0, 1, 0, 1, 1, 0, 2, 0, 2, 2])
    way = trim(model, ("small", ""), long)
    assert len(way.path.moves) == len(long.moves)
    assert measure(model, way.path).preemptions < measure(model, long).preemptions


def test_a_first_trace_that_was_no_shortest_one_is_a_fault_of_ours():
    program = program_of(BUSY)
    model = compile_program(program)
    first = explore(program)
    (small,) = [v for v in first.violations if v.property == "small"]
    object.__setattr__(small, "witnesses", (follow(model, [0, 1, 1, 2, 2]),))
    with pytest.raises(InternalError, match="is not the shortest"):
        shorten(program, first, Options(shortest="auto", shortest_budget=1))


def test_without_a_budget_nothing_changes():
    program = program_of(LOST)
    first = explore(program)
    assert shorten(program, first, Options(shortest="auto", shortest_budget=0)) is first
    assert shorten(program, first, Options()) is first


def test_an_interrupt_ends_the_second_search():
    program = program_of(LOST)
    first = explore(program, Options(search="dfs"))
    told = shorten(program, first, Options(shortest="auto", interrupted=lambda: True))
    assert {(v.minimal, v.unproven) for v in told.violations} == {
        ("no", "fewer switches may do: it was interrupted")
    }


def test_a_way_that_is_longer_than_the_first_is_a_fault_of_ours():
    """The first search's way bounds the second's: a claim that is not so is not shown."""
    program = program_of(LOST)
    first = explore(program)
    (lost,) = [v for v in first.violations if v.property == "none_lost"]
    (path,) = lost.witnesses
    impossible = Path(path.initial, path.moves[:1])
    object.__setattr__(lost, "witnesses", (impossible,))
    with pytest.raises(InternalError, match="longer way"):
        shorten(program, first, Options(shortest="switches"))


def test_a_violation_that_is_not_there_is_a_fault_of_ours():
    program = program_of(LOST)
    first = explore(program)
    (lost,) = [v for v in first.violations if v.property == "none_lost"]
    object.__setattr__(lost, "object", "nowhere")
    with pytest.raises(InternalError, match="not found again"):
        shorten(program, first, Options(shortest="switches"))


def test_moves_name_where_threads_stand():
    _, found = find(LOST)
    (path,) = found["none_lost"].witnesses
    assert all(isinstance(move, Move) and move.location for move in path.moves)
    assert path.last == "state"


def test_what_was_cut_off_proves_nothing():
    """A step with more choices than are followed may hide a shorter way."""
    text = """
x = shared(U8)

@thread
def t():
    k = READ_ONCE(x)
    while k < 2:
        k = choose(range(2))
    WRITE_ONCE(x, 1)

@thread
def other():
    WRITE_ONCE(x, 2)
    assert READ_ONCE(x) == 1, "is_one"
"""
    _, found = find(text, first={"search": "dfs"})
    assert {v.minimal for v in found.values()} == {"no"}
    assert found["is_one"].unproven.endswith("more choices than are followed")
    assert len(found["is_one"].witnesses[0].moves) == 2  # the best that was seen


def test_a_program_that_fails_as_it_starts_has_a_trace_without_moves():
    text = (
        LOST
        + """
@initial
def begin():
    k = choose(range(2))
    assert k == 0, "heads"
"""
    )
    _, found = find(text)
    (path,) = found["heads"].witnesses
    assert (path.moves, path.last, found["heads"].minimal) == ((), "step", "switches")


@pytest.mark.skipif(not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler")
@pytest.mark.parametrize("text", [LOST, TWO_LOCKS, SPIN, RACING])
def test_backends_workers_and_reductions_change_no_trace(text):
    """Whoever found it first: what is told is a fact about the program."""
    program = program_of(text)
    firsts = [
        explore(program),
        explore(program, Options(search="random", seed=3)),
        explore(program, Options(reduce=frozenset({"por"}))),
        explore_native(program, Options(workers=1)),
        explore_native(program, Options(workers=2)),
        explore_native(program, Options(search="dfs")),
    ]
    for shortest in ("auto", "switches", "steps"):
        told = [shorten(program, first, Options(shortest=shortest)) for first in firsts]
        ways = [
            {(v.property, v.object): (v.witnesses, v.minimal, v.detail) for v in one.violations}
            for one in told
        ]
        assert all(one == ways[0] for one in ways)
        assert {minimal for _, minimal, _ in ways[0].values()} <= {"switches", "steps"}


def test_an_order_of_a_start_that_fails_is_told():
    """It was recorded, and no thread stands anywhere: telling it ended in an IndexError."""
    text = """
@struct(marked=True)
class Lock:
    word: U8

a = shared(Lock)
b = shared(Lock)

@thread
def t():
    precedes("lock-order", a, b)
    k = choose(range(2))
    assert k == 1, "is_one"
    precedes("lock-order", b, a)
    a.word = 1
"""
    model, found = find(text)
    cycle = found["lock-order"]
    assert [path.initial for path in cycle.witnesses] == [(0,), (1,)]
    for number, path in enumerate(cycle.witnesses):
        claim = Claim(cycle.property, cycle.object, cycle.detail)
        confirm_run(model, derive_run(model, path, claim, {}, number), path, claim, number)
