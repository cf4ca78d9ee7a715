"""Damages are noticed by the tests that their rows name; and the runner can tell.

Here every fourth damaged file has one damage; `make damage` tries all rows, twelve times as many,
and asks that all named tests pass in a copy without any.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.damage import run
from tests.damage.row import Row
from tests.damage.rows import ROWS
from tests.damage.run import ROOT, find_unsound, is_there, run_row, run_tests

# A row that holds, small and quick: what the rows below are made of.
GOOD = next(row for row in ROWS if row.id == "check-gives-up-with-0")


def choose_rows():
    """The first row for every fourth damaged file."""
    first = {row.file: row for row in reversed(ROWS)}
    return [first[file] for file in sorted(first)[::4]]


@pytest.mark.parametrize("row", choose_rows(), ids=lambda row: row.id)
def test_the_damage_is_noticed(row):
    assert run_row(row) == ""


def test_rows_have_names_of_their_own_and_cover_every_part():
    assert [name for name, count in Counter(row.id for row in ROWS).items() if count > 1] == []
    parts = Counter(row.file.partition("/")[0] for row in ROWS)
    assert all(parts[part] >= 20 for part in ("frontend", "ir", "backends", "explore")), parts


def test_a_harmless_edit_is_a_fault_of_the_row():
    harmless = replace(GOOD, new=GOOD.old.replace(":\n", ":  # harmless\n"))
    assert run_row(harmless) == f"{GOOD.tests[0]} notices nothing"


def test_an_edit_that_changes_nothing_is_a_fault_of_the_row():
    assert run_row(replace(GOOD, new=GOOD.old)) == "the edit changes nothing"


@pytest.mark.parametrize(("old", "count"), [("no such text anywhere", 0), ("return", "")])
def test_the_old_text_stands_there_exactly_once(old, count):
    complaint = run_row(replace(GOOD, old=old))
    assert complaint.startswith(f"the old text stands {count}")
    assert complaint.endswith("times in gate.py, not once")


def test_a_file_that_is_gone_is_a_fault_of_the_row():
    assert run_row(replace(GOOD, file="nowhere.py")) == "nowhere.py is gone"


def test_a_damaged_module_that_does_not_import_proves_nothing():
    assert "does not import: " in run_row(replace(GOOD, new="case nonsense("))
    missing = replace(GOOD, old="from enum import Enum, IntEnum", new="import modelcheck.nowhere")
    assert "does not import: ModuleNotFoundError" in run_row(missing)


def test_a_test_that_stops_at_an_error_proves_nothing():
    broken = replace(GOOD, new=GOOD.old.replace("Exit.UNDECIDED", "Exit.NO_SUCH_CODE"))
    assert "stops at an error and asserts nothing: AttributeError" in run_row(broken)


def test_an_assertion_of_the_checker_itself_proves_nothing():
    broken = replace(GOOD, new=GOOD.old.replace("return Exit.UNDECIDED", "assert not result"))
    assert "stops at an error and asserts nothing: AssertionError" in run_row(broken)


@pytest.mark.parametrize("test", ["tests/gate/test_judge.py::test_gone", "tests/gone.py::test_x"])
def test_a_named_test_must_be_there(test):
    assert not is_there(test)
    assert run_row(replace(GOOD, tests=(test,))) == f"there is no {test}"


def test_a_row_names_a_test():
    assert run_row(replace(GOOD, tests=())) == "it names no test"


def test_every_named_test_must_fail():
    other = "tests/gate/test_judge.py::test_expectations_read_as_written"
    assert run_row(replace(GOOD, tests=(*GOOD.tests, other))) == f"{other} notices nothing"


def test_a_test_that_fails_without_damage_is_told(monkeypatch):
    row = Row("x", "gate.py", "", "", "", ("tests/gate/test_judge.py::test_no_such_thing",))
    monkeypatch.setattr(run, "is_there", lambda _: True)
    assert find_unsound([row]) == {row.tests[0]: "was not run"}


def test_the_copy_is_what_is_imported(tmp_path):
    """A tree without a package imports the one that is installed, and that is no answer."""
    with run.copy_tree() as tree:
        (tree / "modelcheck").rename(tmp_path / "modelcheck")
        seen = run_tests(tree, GOOD.tests, "-")
    assert seen.error.startswith(("not the copy was imported", "the damaged checker does not"))


def test_the_snapshot_keeps_its_text():
    before = (run.make_snapshot() / "modelcheck" / GOOD.file).read_text(encoding="utf-8")
    assert run_row(GOOD) == ""
    assert (run.make_snapshot() / "modelcheck" / GOOD.file).read_text(encoding="utf-8") == before


def test_every_row_finds_the_text_that_it_breaks():
    """Also those that are not tried every time."""
    texts = {row.file: (ROOT / "modelcheck" / row.file).read_text(encoding="utf-8") for row in ROWS}
    assert [row.id for row in ROWS if texts[row.file].count(row.old) != 1] == []


def test_every_row_finds_the_tests_that_it_names():
    assert [f"{row.id}: {test}" for row in ROWS for test in row.tests if not is_there(test)] == []
