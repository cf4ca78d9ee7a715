"""Which line of which file a step is shown at, and with which text."""

import pytest

from modelcheck.diagnostics import Span
from modelcheck.ir.nodes import Block, End, StepInfo
from modelcheck.trace.source import Source, show_file

SPEC = """\
def down(s):
    with atomic(
        because="why"
    ):
        # a comment
        wait_until(s.count > 0)  # sleeps
        s.count -= 1
        s.taken += 1
    after = 1


with atomic(because="one"):
    if x:
        y = choose(
            1, 2
        )
"""
SOURCE = Source({"s.py": SPEC, "modelcheck/kernel/mutex.py": "def lock():\n    lock.owner = 1\n"})


def spot(line, text, *calls, path="s.py", label=""):
    step = StepInfo(
        span=Span(path, line),
        calls=tuple(Span(*call) for call in calls),
        routine="lock",
        text=text,
        label=label,
    )
    return SOURCE.locate(Block(label="b", instrs=(), end=End(), step=step))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (2, "atomic: wait_until(s.count > 0); s.count -= 1; ..."),
        (12, "atomic: if x: y = choose(1, 2)"),
    ],
)
def test_an_atomic_is_told_by_its_first_statements(line, text):
    assert spot(line, 'with atomic(because="…"):').at.text == text


def test_a_library_step_stands_at_the_innermost_line_of_the_spec():
    found = spot(2, "lock.owner = 1", ("s.py", 9), path="modelcheck/kernel/mutex.py")
    assert (str(found.at), found.at.text) == ("s.py:9", "after = 1")
    assert str(found.inside) == "kernel/mutex.py:2"
    assert found.routine == "lock"


def test_a_library_routine_that_calls_back_stands_at_the_specs_own_line():
    found = spot(6, "wait_until(s.count > 0)", ("s.py", 9), ("modelcheck/kernel/mutex.py", 2))
    assert str(found.at) == "s.py:6"
    assert found.inside is None
    assert str(found.caller) == "s.py:9"


def test_a_library_thread_stands_at_its_own_line():
    found = spot(2, "lock.owner = 1", path="modelcheck/kernel/mutex.py")
    assert str(found.at) == "kernel/mutex.py:2"
    assert found.inside is None


def test_comments_are_no_part_of_a_line():
    assert SOURCE.read(Span("s.py", 6)).text == "wait_until(s.count > 0)"
    assert SOURCE.read(Span("s.py", 5)).text == ""
    assert SOURCE.read(Span("gone.py", 1)).text == ""


def test_a_label_is_shown_with_its_step():
    assert spot(9, "after = 1", label="phase two").at.text == "after = 1  (phase two)"


def test_a_folder_of_the_users_that_is_called_modelcheck_is_no_library():
    assert show_file("modelcheck/specs/a.py") == "modelcheck/specs/a.py"
    assert show_file("modelcheck/kernel/rcu.py") == "kernel/rcu.py"
