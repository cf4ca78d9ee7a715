"""Each mutator makes its mistake where there is a place for it, and nowhere else."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from modelcheck.cli import mutate as command
from modelcheck.mutate.edits import Edit, apply_edits
from modelcheck.mutate.mutant import find_mutants
from modelcheck.mutate.mutators import MUTATORS


def show(text, mutant):
    """The lines that differ, `-` before what the spec says and `+` before what the mutant does."""
    before, after = text.splitlines(), mutant.text.splitlines()
    changed = [
        line for line in difflib.ndiff(before, after) if line[0] in "-+" and line[2:].strip()
    ]
    return [line[0] + line[2:].strip() for line in changed]


@pytest.fixture(scope="module")
def shown(every):
    """mutator → what each of its mutants changes."""
    text = every.main.source.text
    found = {}
    for mutant in find_mutants(every):
        found.setdefault(mutant.mutator, []).append(show(text, mutant))
    return found


def test_the_command_knows_every_mutator():
    assert tuple(MUTATORS) == command.MUTATORS


def test_the_sample_has_a_place_for_every_mutator(shown):
    assert [name for name in MUTATORS if name not in shown] == []


@pytest.mark.parametrize(
    ("mutator", "change"),
    [
        (
            "drop-lock",
            ["-mutex_lock(table.lock)", "+pass", "-mutex_unlock(table.lock)", "+pass"],
        ),
        ("drop-unlock", ["-mutex_unlock(table.lock)", "+pass"]),
        (
            "drop-check",
            ["-if table.open:", "+if True:"],
        ),
        ("drop-check", ["-while table.open:", "+if table.open:"]),
        ("drop-check", ["-if atomic_dec_and_test(item.refs):", "+if True:"]),
        (
            "drop-get",
            ["-if item is None or not item_get(item):", "+if item is None or not True:"],
        ),
        ("drop-put", ["-item_put(item)", "+pass"]),
        ("drop-wake", ["-complete(table.gone)", "+pass"]),
        ("drop-wait", ["-wait_for_completion(table.gone)", "+pass"]),
        ("drop-grace", ["-synchronize_rcu()", "+pass"]),
        ("drop-free", ["-kfree(item)", "+pass"]),
        ("drop-step", ["-WRITE_ONCE(item.seen, 2)", "+pass"]),
        ("free-early", ["+kfree(item)", "-kfree(item)"]),
        (
            "free-early",
            [
                "-kfree_rcu(item, item.head)",
                "+kfree_early(item)",
                "+from modelcheck.kernel.slab import kfree as kfree_early",
            ],
        ),
        ("swap", ["+wait_for_completion(table.gone)", "-wait_for_completion(table.gone)"]),
        ("split-atomic", ['-with atomic(because="one thing"):', "+if True:"]),
        ("plain", ["-WRITE_ONCE(item.seen, 2)", "+item.seen = 2"]),
        (
            "plain",
            ["-rcu_assign_pointer(table.item, None)", "+table.item = None"],
        ),
    ],
)
def test_this_is_the_mistake(shown, mutator, change):
    assert change in shown[mutator], shown[mutator]


def test_an_atomic_operation_is_split_into_its_loads_and_stores(shown):
    [change] = [c for c in shown["split-atomic"] if any("dec_and_test" in line for line in c)]
    assert change == [
        "-if atomic_dec_and_test(item.refs):",
        "+if split_atomic_dec_and_test(item.refs):",
        "+from modelcheck.lang import Bool as split_Bool",
        "+from modelcheck.lang import Ptr as split_Ptr",
        "+from modelcheck.kernel.atomic import atomic_t as split_atomic_t",
        "+def split_atomic_dec_and_test(v: split_Ptr[split_atomic_t]) -> split_Bool:",
        "+value = v.counter - 1",
        "+v.counter = value",
        "+return value == 0",
    ]


def test_the_guide_tells_every_mutator():
    guide = (Path(__file__).resolve().parents[2] / "docs/mutation.md").read_text(encoding="utf-8")
    table = guide.partition("## The mistakes")[2].partition("## What becomes")[0]
    assert [name for name in MUTATORS if f"`{name}`" not in table] == []


def test_properties_ghosts_set_up_and_the_library_are_left_alone(every):
    routines = {mutant.routine for mutant in find_mutants(every)}
    assert routines == {"item_get", "item_put", "look", "end"}
    assert not any("looks" in mutant.statement for mutant in find_mutants(every))


def test_what_one_statement_computes_for_the_next_is_not_swapped(every):
    swapped = [m.statement for m in find_mutants(every, ["swap"])]
    assert "item = rcu_dereference(table.item)" not in swapped


def test_lines_keep_their_numbers(every):
    count = every.main.source.text.count("\n")
    for mutant in find_mutants(every):
        assert mutant.text.split("\n")[count - 1] == every.main.source.text.split("\n")[count - 1]


def test_mutants_are_in_the_order_of_lines_and_told_once(every):
    found = find_mutants(every)
    assert [m.line for m in found] == sorted(m.line for m in found)
    assert len({m.text for m in found}) == len(found)
    at = found[5].line
    assert [m.text for m in find_mutants(every, lines=[at])] == [
        m.text for m in found if m.line == at
    ]


def test_an_edit_with_fewer_lines_leaves_empty_ones():
    text = "a = (\n    1\n)\nb = 2\n"
    assert apply_edits(text, [Edit(1, 0, 3, 1, "pass")]) == "pass\n\n\nb = 2\n"
    two = [Edit(1, 0, 3, 1, "pass"), Edit(4, 4, 4, 5, "3")]
    assert apply_edits(text, two) == "pass\n\n\nb = 3\n"
