"""What threads are called when a text names several."""

import dataclasses

import pytest
from stories import HEADING, step

from modelcheck.trace.draw import draw_picture
from modelcheck.trace.events import Failure, Story
from modelcheck.trace.names import join_names

FIFTEEN = [f"user[{n}]" for n in range(15)]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["user[0]", "user[1]"], "user[0] and user[1]"),
        (FIFTEEN, "user[0-14]"),
        (["boss", *FIFTEEN, "z"], "boss, user[0-14] and z"),
        (["user[0]", "user[1]", "user[3]", "user[4]", "user[5]"], "user[0], user[1] and user[3-5]"),
        (["a[0]", "a[1]", "b[2]", "b[3]"], "a[0], a[1], b[2] and b[3]"),
        (["a[x]", "a[y]", "a[z]"], "a[x], a[y] and a[z]"),
    ],
)
def test_names(names, text):
    assert join_names(names) == text


def test_a_step_that_lets_many_go_on_says_so_once():
    events = (dataclasses.replace(step(1, 0, 3, "m = 1"), woken=tuple(range(1, 16))),)
    threads = ("boss", *FIFTEEN)
    story = Story(threads, tuple(range(16)), events, Failure("deadlock", "built in", "state"))
    (row,) = draw_picture(story, HEADING).rows
    assert [line.text for line in row.effects] == ["lets user[0-14] go on"]
