"""No step of a kernel routine is there for nothing; and the tool can tell."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from tests.removal.run import (
    Entry,
    NotHoldingError,
    describe_end,
    find_faults,
    list_explained,
    list_specs,
    load_spec,
    read_entries,
    run_specs,
)
from tests.removal.steps import find_removals

SMALL = ("kernfs-priv-consumer", "kernfs-release-once")

# Two who change a number under a lock.  `rounds` is never asked about; `n` is ghost bookkeeping.
LOCKED = """
    '''A counter under a lock.'''

    from modelcheck.kernel.lockdep import lockdep_assert_held
    from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
    from modelcheck.lang import (
        U8, default, final, flag, ghost, label, shared, spec, struct, thread, variant,
    )

    spec("locked")

    late = flag(False)


    @struct
    class Counter:
        lock: Mutex
        value: U8
        rounds: U8
        n: U8 = ghost(0)


    counter = shared(Counter)


    def add(c):
        lockdep_assert_held(c.lock)
        c.value += 1
        c.n += 1


    def count_round(c):
        label("a round")
        if late:
            c.rounds += 1


    @thread(count=2)
    def work():
        mutex_lock(counter.lock)
        if counter.value > 7:
            mutex_unlock(counter.lock)
            return
        before = counter.value
        add(counter)
        count_round(counter)
        mutex_unlock(counter.lock)


    @final
    def nothing_lost():
        return counter.value == 2


    variant("late", late=True)
"""


@pytest.fixture
def ask_all(tmp_path):
    """What becomes of each removal of a spec given as text: `{"work: …": "noticed by …"}`."""

    def run(text):
        path = tmp_path / "locked.py"
        path.write_text(dedent(text), encoding="utf-8")
        ends = {r.key: (r, end) for r, end in run_specs([path])}
        return ends, {name(r): describe_end(end) for r, end in ends.values()}

    return run


def name(removal):
    return f"{removal.routine}: {removal.statement}{f' [{removal.nth}]' * (removal.nth > 1)}"


@pytest.mark.parametrize("spec", SMALL)
def test_no_step_is_there_for_nothing(spec):
    path = list_specs()[spec]
    ends = {r.key: (r, end) for r, end in run_specs([path])}
    assert len(ends) >= 10
    assert find_faults(ends, read_entries(), [spec], list_explained([path])) == []


def test_every_entry_is_of_a_spec_and_has_a_reason():
    entries = [e for e in read_entries() if e.spec not in list_specs()]
    assert [e.spec for e in entries] == []
    assert find_faults({}, read_entries(), [], list_explained(list_specs().values())) == []


def test_each_removal_is_told_from_the_others(ask_all):
    _, told = ask_all(LOCKED)
    unlock = "noticed by lock-misuse"
    assert told == {
        "add: c.value += 1": "noticed by nothing_lost",
        "count_round: c.rounds += 1": "survives (late)",
        "work: mutex_lock(counter.lock)": told["work: mutex_lock(counter.lock)"],
        "work: if counter.value > 7: … return": "survives (default, late)",
        "work: mutex_unlock(counter.lock)": "in no configuration that holds",
        "work: add(counter)": "noticed by nothing_lost",
        "work: count_round(counter)": "survives (late)",
        "work: mutex_unlock(counter.lock) [2]": unlock,
        "work: mutex_lock(counter.lock) … mutex_unlock(counter.lock)": told[
            "work: mutex_lock(counter.lock) … mutex_unlock(counter.lock)"
        ],
    }
    for lock in (
        "mutex_lock(counter.lock)",
        "mutex_lock(counter.lock) … mutex_unlock(counter.lock)",
    ):
        assert told[f"work: {lock}"].startswith("noticed by ")


def test_a_weakened_spec_is_a_fault(ask_all):
    """Without its property nobody misses the addition, and that is not listed."""
    ends, told = ask_all(LOCKED.replace("counter.value == 2", "counter.value <= 2"))
    assert told["add: c.value += 1"] == "survives (default, late)"
    faults = find_faults(ends, [], ["locked"])
    assert "locked add: c.value += 1: survives, and is not listed" in faults


def test_what_is_listed_must_survive_and_be_there(ask_all):
    ends, _ = ask_all(LOCKED)
    kept = [
        Entry("locked", "count_round", "c.rounds += 1", "bookkeeping", "nobody asks"),
        Entry("locked", "work", "count_round(counter)", "bookkeeping", "the same"),
        Entry("locked", "work", "if counter.value > 7: … return", "redundant", "two add once"),
    ]
    assert find_faults(ends, kept, ["locked"]) == []
    stale = Entry("locked", "add", "c.value += 1", "redundant", "wrong")
    assert find_faults(ends, [*kept, stale], ["locked"]) == [
        "locked add: c.value += 1: listed, but noticed by nothing_lost"
    ]
    gone = replace(stale, statement="c.value += 2")
    assert find_faults(ends, [*kept, gone], ["locked"]) == [
        "locked add: c.value += 2: listed, but there is no such step"
    ]
    assert find_faults(ends, [*kept, replace(kept[0], kind="none")], ["locked"]) == [
        "locked count_round: c.rounds += 1: listed twice",
        "locked count_round: c.rounds += 1: there is no kind `none`",
    ]
    assert find_faults(ends, [replace(kept[0], reason=" "), *kept[1:]], ["locked"]) == [
        "locked count_round: c.rounds += 1: listed without a reason"
    ]


def test_what_a_spec_explains_itself_needs_no_entry(ask_all, tmp_path):
    said = "    if counter.value > 7:  # mutate: survives drop-check: two add once"
    ends, _ = ask_all(LOCKED.replace("    if counter.value > 7:", said))
    explained = list_explained([tmp_path / "locked.py"])
    statement = "if counter.value > 7: … return"
    assert explained == {("locked", "work", statement, 1)}
    faults = find_faults(ends, [], ["locked"], explained)
    assert [fault for fault in faults if statement in fault] == []
    listed = [Entry("locked", "work", statement, "redundant", "two add once")]
    assert f"locked work: {statement}: listed, and explained in the spec" in find_faults(
        ends, listed, ["locked"], explained
    )


def test_a_spec_that_does_not_hold_is_no_measure(ask_all):
    with pytest.raises(NotHoldingError, match="locked default"):
        ask_all(LOCKED.replace("counter.value == 2", "counter.value == 3"))


def test_a_step_whose_value_is_used_is_skipped(tmp_path):
    path = tmp_path / "locked.py"
    path.write_text(dedent(LOCKED), encoding="utf-8")
    removals, skipped = find_removals(load_spec(path))
    assert [(s.statement, s.why) for s in skipped] == [
        ("before = counter.value", "its value is used")
    ]
    lines = dedent(LOCKED).count("\n")
    assert all(r.text.count("\n") == lines for r in removals)
