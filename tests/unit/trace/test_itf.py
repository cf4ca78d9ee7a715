"""Traces as ITF: what the format asks for, every value as the spec has it, the step that fails."""

from __future__ import annotations

import pytest
from itf_reader import read_itf
from specs_for_traces import (
    CHOICES,
    DEADLOCK,
    KERNFS,
    ORDER,
    RACE,
    STUCK,
    USE_AFTER_FREE,
    check,
    line_of,
)

from modelcheck.trace.itf import STEP, THREADS, write_itf

KINDS = """
from modelcheck.lang import (
    Array, Bool, Enum, Int, Ptr, Queue, Set, ThreadId, U8, U32, array, between, current, flag,
    free, ghost, new, per_thread, pool, queue, shared, spec, struct, thread
)

spec("kinds")

more = flag(True)


class Mode(Enum):
    READ = 0
    WRITE = 1


@struct(marked=True)
class Inner:
    wide: U32
    signed: Int = between(-3, 3)


@struct(marked=True)
class Item:
    value: U8
    other: U8


@struct(marked=True)
class All:
    yes: Bool
    mode: Mode
    inner: Inner
    numbers: Array[U8] = array(2)
    waiting: Queue[U8] = queue(3)
    threads: Set[ThreadId]
    owner: ThreadId
    first: Ptr[Item]


@struct(marked=True)
class Own:
    count: U8


box = shared(All)
items = pool(Item, count=2)
twins = shared(Inner, count=2)
own = per_thread(Own)
seen: U8 = ghost(0)


@thread(count=2)
def fill(me):
    global seen
    if me == 0:
        item = new(Item, value=7)
        box.first = item
        box.mode = Mode.WRITE
        box.yes = True
        box.inner.wide = 4000000000
        box.inner.signed = -3
        box.numbers[1] = 5
        box.waiting.append(9)
        box.waiting.append(8)
        box.threads.add(current())
        box.owner = current()
        own[current()].count = 2
        twins[1].wide = 3
        seen = 1
        item.other = 1
        box.first = None
        free(item)
        assert not box.yes or not more, "stop_here"
"""


def itf_of(checked, name, part=1):
    return read_itf(write_itf(checked.record(name), checked.model, checked.sources, part))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (KERNFS, "released_once"),
        (USE_AFTER_FREE, "use-after-free"),
        (DEADLOCK, "deadlock"),
        (RACE, "data-race"),
        (CHOICES, "never_five"),
        (STUCK, "stuck"),
        (ORDER, "lock-order"),
    ],
)
def test_every_kind_of_trace_is_what_the_format_asks_for(text, name, tmp_path):
    checked = check(tmp_path, text)
    violation = checked.violation(name)
    value = itf_of(checked, name)
    assert len(value["states"]) == len(violation.witnesses[0].moves) + 1
    assert value["#meta"]["property"] == name
    assert "loop" not in value
    assert [state["#meta"]["index"] for state in value["states"]] == list(
        range(len(value["states"]))
    )


def test_every_value_is_what_the_spec_says(tmp_path):
    checked = check(tmp_path, KINDS)
    value = itf_of(checked, "stop_here")
    assert value["params"] == ["more"]
    assert value["states"][0]["more"] is True
    full = next(s for s in value["states"] if s["seen"] == {"#bigint": "1"})
    (item,) = full["items"]["#map"]
    assert item[0] == {"#bigint": "0"}
    assert item[1] == {"value": {"#bigint": "7"}, "other": "uninitialised"}
    box = full["box"]
    assert box["yes"] is True
    assert box["mode"] == "WRITE"
    assert box["inner"] == {"wide": {"#bigint": "4000000000"}, "signed": {"#bigint": "-3"}}
    assert box["numbers"] == {
        "#map": [[{"#bigint": "0"}, {"#bigint": "0"}], [{"#bigint": "1"}, {"#bigint": "5"}]]
    }
    assert box["waiting"] == [{"#bigint": "9"}, {"#bigint": "8"}]
    assert box["threads"] == {"#set": ["fill[0]"]}
    assert box["owner"] == "fill[0]"
    assert full["twins"]["#map"] == [
        [{"#bigint": "0"}, {"wide": {"#bigint": "0"}, "signed": {"#bigint": "0"}}],
        [{"#bigint": "1"}, {"wide": {"#bigint": "3"}, "signed": {"#bigint": "0"}}],
    ]
    assert dict(full["own"]["#map"])["fill[0]"] == {"count": {"#bigint": "2"}}
    first, last = value["states"][0], value["states"][-1]
    assert first["box"]["first"] == last["box"]["first"] == "None"
    assert first["items"] == last["items"] == {"#map": []}
    assert any(state["box"]["first"] == "items[0]" for state in value["states"])


def test_values_are_those_of_the_states_of_the_path(tmp_path):
    checked = check(tmp_path, CHOICES)
    value = itf_of(checked, "never_five")
    numbers = [int(state["x"]["n"]["#bigint"]) for state in value["states"]]
    assert numbers == [3, 3, 5, 5]


def test_the_step_that_fails_stands_last_with_the_state_before_it(tmp_path):
    value = itf_of(check(tmp_path, USE_AFTER_FREE), "use-after-free")
    before, last = value["states"][-2:]
    assert last["#meta"]["fails"] == "use-after-free"
    assert " FAILS use-after-free of " in last[STEP]
    hidden = ("#meta", STEP, THREADS)
    assert {k: v for k, v in before.items() if k not in hidden} == {
        k: v for k, v in last.items() if k not in hidden
    }
    assert all("fails" not in state["#meta"] for state in value["states"][:-1])


def test_steps_and_threads_tell_the_line_where_they_are(tmp_path):
    checked = check(tmp_path, DEADLOCK)
    value = itf_of(checked, "deadlock")
    assert value["states"][0][STEP] == "start"
    for state in value["states"][1:]:
        assert state[STEP].startswith(f"{state['#meta']['thread']}, line {state['#meta']['line']}")
    stands = dict(value["states"][-1][THREADS]["#map"])
    assert set(stands) == {thread.name for thread in checked.model.memory.threads}
    assert {stand["condition"] for stand in stands.values()} == {"waits"}


def test_a_race_names_both_steps_that_can_come_next(tmp_path):
    value = itf_of(check(tmp_path, RACE), "data-race")
    assert [text.partition(",")[0] for text in value["#meta"]["either-next"]] == [
        "reader",
        "writer",
    ]


def test_each_order_of_a_circle_has_a_trace_of_its_own(tmp_path):
    checked = check(tmp_path, ORDER)
    parts = [itf_of(checked, "lock-order", part) for part in (1, 2)]
    assert [value["#meta"]["part"] for value in parts] == [1, 2]
    lines = [value["states"][-1]["#meta"]["line"] for value in parts]
    assert lines == [line_of(ORDER, "a.n = 1"), line_of(ORDER, "b.n = 1")]
