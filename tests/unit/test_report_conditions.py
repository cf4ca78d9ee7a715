"""Which conditions of a spec only ever went one way, in the spec's own words."""

from __future__ import annotations

import pytest

from modelcheck.explore.look import look
from modelcheck.explore.ran import find_ran
from modelcheck.ir.passes import run_passes
from modelcheck.report.conditions import find_conditions, list_halves
from modelcheck.report.coverage import cut
from tests.checking import load_text

HEAD = """
    class Mode(Enum):
        UP = 0
        DOWN = 1

    @struct
    class Item:
        n: U8
        mode: Mode

    items = shared(Item, count=2)
    x = shared(U8)
    y = shared(U8)

    @thread
    def store():
        global y
        y = 1
        items[1].n = 1
        items[1].mode = Mode.DOWN

    @thread
    def ask():
        global x
"""


def halves(code):
    """What is said of a routine: the text of each condition with the value it never had."""
    lines = "\n".join(f"        {line}" for line in code.splitlines())
    spec = load_text(f"{HEAD}{lines}\n")
    found = list_halves(find_ran(look(run_passes(spec.program({})))), spec.sources)
    return {cut(spec.sources, half.span): half.never for half in found}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("if x == 0:\n    x = 2", {"x == 0": False}),
        ("if not x == 0:\n    x = 2", {"x == 0": False}),
        ("if x != 0:\n    x = 2", {"x != 0": True}),
        ("if y == 0:\n    x = 2", {}),
        ("if y == 7 or x == 0:\n    x = 2", {"y == 7": True, "x == 0": False}),
        ("if y <= 7 or x == 0:\n    x = 2", {"y <= 7": False}),
        ("if y == 7 and x == 0:\n    x = 2", {"y == 7": True}),
        ("if not (y <= 7 and x == 0):\n    x = 2", {"y <= 7": False, "x == 0": False}),
        ("while x == 3:\n    pass\nx = 1", {"x == 3": True}),
        ("with atomic():\n    if x == 0:\n        x = 2", {"x == 0": False}),
        ("if either():\n    x = 2", {}),
        ("for item in items:\n    if item.n <= 1:\n        x = 2", {"item.n <= 1": False}),
    ],
)
def test_the_value_that_a_condition_never_had(code, told):
    assert halves(code) == told


def test_the_copies_of_a_routine_are_one():
    """One call takes one way, another the other."""
    text = """
        x = shared(U8)
        y = shared(U8)

        def look(v):
            global y
            if x == v:
                y = 1

        @thread
        def ask():
            look(0)
            look(1)
        """
    spec = load_text(text)
    ran = find_ran(look(run_passes(spec.program({}))))
    assert list_halves(ran, spec.sources) == []


def test_branches_of_the_program_alone_are_not_told():
    code = "match items[0].mode:\n    case Mode.UP:\n        x = 1\n    case _:\n        x = 2"
    assert halves(code) == {}  # its cases have lines


def test_what_is_a_condition():
    text = "if f(a) and not b:\n    c = d\nassert e\nx = g if h else i\n"
    told = {
        text.splitlines()[line - 1][col - 1 : end - 1]
        for line, col, _, end in find_conditions(text)
    }
    assert told == {"f(a) and not b", "f(a)", "not b", "b", "e"}
