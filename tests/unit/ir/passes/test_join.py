"""Which blocks are locations: a test for each thing that makes one, and for what does not."""

import pytest
from small_programs import (
    GHOST,
    ONCE,
    PLAIN,
    SILENT,
    apply,
    at,
    block,
    body,
    chain,
    find_block,
    instrs_of,
    load,
    local,
    num,
    program,
    step,
    store,
)

from modelcheck.ir.nodes import (
    Alive,
    Assert,
    Assign,
    Branch,
    Check,
    Choose,
    Const,
    Crash,
    Discard,
    Free,
    HasFreeSlot,
    HasFreeThread,
    IsFinished,
    New,
    Object,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    SetInterrupts,
    Spawn,
    Wait,
)
from modelcheck.ir.passes.join import join, merge_blocks
from modelcheck.ir.types import BOOL, THREAD_ID, Embedded

TRUE = Const(1, BOOL)
CHANGING = apply("==", Read(at("x", "n"), SILENT), num(1))
FIXED = apply("==", Read(at("x", "m"), SILENT), num(1))
GHOSTLY = apply("==", Read(at("x", "g"), GHOST), num(1))
WRITER = chain(store(at("x", "n")), (store(at("x", "g"), kind=GHOST),))
POOL = Object("pool", "pool", Embedded("Node"), count=1)


def locations(*blocks, objects=()):
    """The locations among some blocks, in a thread beside one that stores x.n and x.g."""
    given = program(body(*blocks), WRITER, objects=(POOL, *objects))
    return [b.label for b in join(given).templates[0].body.blocks if b.rest]


@pytest.mark.parametrize(
    "instr",
    [
        load("v", at("x", "n")),
        store(at("x", "n")),
        QueueOp("read", at("x", "q"), PLAIN),
        Assign("v", Read(at("x", "n"), ONCE)),
        Assign("b", apply("==", Read(at("x", "n"), ONCE), num(1))),
        Wait(TRUE),
        New("p", "pool"),
        Free(local("p"), "Node"),
        Discard(local("p"), "Node"),
        Spawn("v", "t1", ()),
        Crash(),
        SetInterrupts("irqs", TRUE),
        Assert(CHANGING, "p"),
        Check(CHANGING, "range", None),
        Assert(apply(">", QueueLength(at("x", "q")), num(0)), "p"),
        Assert(QueueContains(at("x", "q"), num(0)), "p"),
        Assert(Alive(at("x")), "p"),
        Assert(IsFinished(Const(1, THREAD_ID)), "p"),
        Assert(HasFreeThread("t1"), "p"),
        Assert(HasFreeSlot("pool"), "p"),
    ],
)
def test_these_make_a_step_a_location(instr):
    queue = QueueOp("append", at("x", "q"), PLAIN, value=num(1))
    assert "s" in locations(step("s", instr, to="t"), step("t", queue))
    assert "s" not in locations(block("s", instr, to="t"), step("t", queue))


@pytest.mark.parametrize(
    "instr",
    [
        Assign("v", num(1)),
        load("v", at("x", "g"), GHOST),
        store(at("x", "g"), kind=GHOST),
        Assert(GHOSTLY, "p"),
        Assert(FIXED, "p"),
        Assert(apply("==", local("v"), num(1)), "p"),
        Check(apply("==", local("v"), num(1)), "range", None),
        Choose("v", 2),
    ],
)
def test_these_do_not(instr):
    assert locations(step("s", instr)) == []


def test_a_branch_on_memory_makes_a_location():
    end = Branch(CHANGING, "t", "u")
    assert locations(step("s", end=end), block("t"), block("u")) == ["s"]


def test_a_choice_that_looks_at_memory_is_a_location():
    take = Assign("v", Read(at("x", "n"), SILENT))
    assert locations(step("s", Choose("w", 2), take)) == ["s"]


def test_a_choice_filtered_by_memory_is_a_location():
    assert locations(step("s", Choose("w", 2), Wait(CHANGING))) == ["s"]


def test_a_choice_filtered_by_what_cannot_change_is_one():
    """Where nothing passes the filter, what happened before it must not be undone."""
    assert locations(step("s", Choose("w", 2), Wait(FIXED))) == ["s"]


def test_a_wait_behind_a_choice_inside_atomic_is_one():
    assert locations(step("s", Choose("w", 2), Wait(FIXED), atomic=True)) == ["s"]


def test_an_observer_behind_a_local_assert_makes_no_location():
    observer = Assign("w", Read(at("x", "n"), SILENT))
    assert locations(step("s", Assert(FIXED, "p"), observer)) == []


def test_an_atomic_counts_what_it_asks_behind_a_local_assert():
    asks = Check(CHANGING, "range", None)
    assert locations(step("s", Assert(FIXED, "p"), asks, atomic=True)) == ["s"]
    assert locations(step("s", Assert(FIXED, "p"), asks)) == []


def test_an_atomic_counts_all_its_blocks():
    access = load("v", at("x", "n"))
    start = step("s", to="t", atomic=True)
    middle = block("t", to="u", atomic=True, inner=True)
    assert locations(start, middle, block("u", access, atomic=True, inner=True)) == ["s"]


def test_an_atomic_does_not_count_what_follows_it():
    access = load("v", at("x", "n"))
    start = step("s", to="t", atomic=True)
    assert locations(start, block("t", to="u"), step("u", access)) == ["u"]


def test_inner_blocks_are_never_locations():
    access = load("v", at("x", "n"))
    assert locations(step("s", access, to="t"), step("t", access, inner=True)) == ["s"]


def test_a_ghost_queue_is_not_looked_at():
    ghost = Object("ghost", "shared", Embedded("Node"), ghost=True)
    look = Assert(apply(">", QueueLength(at("ghost", "q")), num(0)), "p")
    fill = QueueOp("append", at("ghost", "q"), GHOST, value=num(1))
    assert locations(step("s", look, fill), objects=(ghost,)) == []


# -- merging


def labels(*blocks):
    return [b.label for b in merge_blocks(body(*blocks)).blocks]


ACCESS, WORK = load("v", at("x", "n")), Assign("v", num(1))


def test_local_work_is_appended_to_the_block_before():
    given = body(step("s", ACCESS, to="t"), block("t", WORK, to="u"), block("u", WORK))
    [only] = merge_blocks(given).blocks
    assert only.instrs == (ACCESS, WORK, WORK)
    assert only.step is not None


def test_blocks_that_begin_a_step_are_not_appended():
    assert labels(step("s", ACCESS, to="t"), step("t", ACCESS)) == ["s", "t"]


def test_locations_are_not_appended():
    assert labels(step("s", ACCESS, to="t"), block("t", WORK, rest=True)) == ["s", "t"]


def test_blocks_with_two_ways_in_are_not_appended():
    fork = block("f", end=Branch(local("b"), "s", "t"))
    assert labels(fork, block("s", to="u"), block("t", to="u"), block("u", WORK)) == [
        "f",
        "s",
        "t",
        "u",
    ]


def test_a_way_in_that_nothing_reaches_does_not_count():
    assert labels(block("s", to="u"), block("t", to="u"), block("u", WORK)) == ["s"]


def test_the_end_of_an_atomic_stays_visible():
    assert labels(step("s", ACCESS, to="t", atomic=True), block("t", WORK)) == ["s", "t"]


def test_a_loop_is_not_appended_to_itself():
    assert labels(block("s", to="s")) == ["s"]
    assert labels(block("s", to="t"), block("t", WORK, to="s")) == ["s"]


def test_join_merges_after_deciding():
    given = program(body(step("s", ACCESS, to="t"), block("t", WORK)), WRITER)
    assert instrs_of(join(given)) == [ACCESS, WORK]
    assert find_block(join(given), "s").rest
