"""What is written first is evaluated first, as in Python, and stays what it was."""

from __future__ import annotations

import pytest

from tests.checking import check_text, refusal, violated

MEMORY = """
@struct
class Row:
    cells: Array[U8] = array(2)
    busy: Bool
    hits: U8
    near: Queue[U8] = queue(2)
    wide: U16
    some: Set[Int] = between(0, 3)

rows = shared(Row, count=3)
out = shared(U8)
allow("data-race", because="not asked here")

@initial
def fill():
    rows[0].cells[0] = 1
    rows[0].cells[1] = 2
    rows[1].cells[0] = 10
    rows[1].cells[1] = 20
    rows[0].busy = True
"""


def result_of(body, declarations=""):
    """What a thread with a body leaves in `out`: the one value that a `final` does not miss."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    text = f"{MEMORY}\n{declarations}\n@thread\ndef t():\n    global out\n{lines}\n"
    finals = "\n".join(
        f"@final\ndef is_{n}():\n    return out == {n}\n" for n in (0, 1, 2, 3, 4, 7, 21, 30)
    )
    missed = violated(check_text(f"{text}\n{finals}"))
    return {n for n in (0, 1, 2, 3, 4, 7, 21, 30) if f"is_{n}" not in missed}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        # a round that goes on early
        (
            (
                "x: U8 = 9\nfor i in range(3):\n    if i > 0 and rows[0].busy:\n        continue\n"
                "    x = i\nout = x"
            ),
            0,
        ),
        (
            (
                "for i in range(3):\n    if i > 0 and rows[0].busy:\n        continue\n"
                "    x = i\nout = x"
            ),
            0,
        ),
        (
            (
                "for i in range(3):\n    if i > 0 and rows[0].busy:\n        continue\n"
                "    at = rows[i]\nout = at.cells[0]"
            ),
            1,
        ),
        # what a loop runs over
        (
            (
                "p: Ptr[Row] = rows[0]\nn: U8 = 0\nfor v in p.cells:\n    n += v\n    p = rows[1]\n"
                "out = n"
            ),
            3,
        ),
        ("i: U8 = 0\nn: U8 = 0\nfor v in rows[i].cells:\n    n += v\n    i = 1\nout = n", 3),
        (
            (
                "i: U8 = 0\nn: U8 = 0\nfor v in any_order(rows[i].cells):\n    n += v\n    i = 1\n"
                "out = n"
            ),
            3,
        ),
        (
            (
                "s: Set[Int] = between(0, 3)\ns.add(0)\ns.add(1)\nn: U8 = 0\n"
                "with atomic(because='x'):\n    for m in s:\n        s.clear()\n"
                "        n += 1\nout = n"
            ),
            2,
        ),
        # arrays of a tuple
        ("i: U8 = 0\na, b = rows[i].cells, rows[1].cells\ni = 1\nout = a[0]", 1),
        ("i: U8 = 0\na = rows[i].cells\ni = 1\nout = a[0]", 1),
        # numbers that the elements cannot be
        ("rows[0].near.append(44)\nif 300 in rows[0].near:\n    out = 1", 0),
        (
            (
                "rows[0].near.append(44)\nrows[0].wide = 300\n"
                "if rows[0].wide in rows[0].near:\n    out = 1"
            ),
            0,
        ),
        (
            (
                "rows[0].near.append(44)\nrows[0].wide = 44\n"
                "if rows[0].wide in rows[0].near:\n    out = 1"
            ),
            1,
        ),
    ],
)
def test_values(body, value):
    assert result_of(body) == {value}


def test_what_is_not_in_a_queue_is_not_removed_from_it():
    body = "rows[0].near.append(44)\n    rows[0].wide = 300\n    rows[0].near.remove(rows[0].wide)"
    result = check_text(f"{MEMORY}\n@thread\ndef t():\n    {body}\n")
    assert violated(result) == {"out-of-bounds"}


GHOSTS = """
@struct
class Log:
    line: Queue[U8] = ghost(queue(2))
    some: Set[Int] = ghost(between(0, 3))

log = shared(Log)
g: U8 = ghost(3)
kept: U8 = ghost(0)

@observer
def bump():
    global g
    g += 1
    return g

@observer
def now():
    return g

@observer
def push():
    log.line.append(5)
    return 1

@observer
def add():
    log.some.add(2)
    return 1

@observer
def least(a, b):
    return a

@observer
def look():
    global g, kept
    LOOK

@thread
def t():
    global out
    out = 1
    look()

@final
def ok():
    return OK
"""


@pytest.mark.parametrize(
    ("look", "ok"),
    [
        ("g += bump()", "g == 7"),
        ("kept = g + bump()", "kept == 7"),
        ("if g == bump():\n        kept = 1", "kept == 0"),
        ("if g != bump() and g == 4:\n        kept = 1", "kept == 1"),
        ("if g == 3 and bump() == 4 and g == 4:\n        kept = 1", "kept == 1"),
        ("if 0 < g < bump():\n        kept = 1", "kept == 1"),
        ("kept = min(g, bump())", "kept == 3"),
        ("a, b = g, bump()\n    kept = a", "kept == 3"),
        ("kept = least(g, bump())", "kept == 3"),
        ("kept = least(b=bump(), a=g)", "kept == 4"),
        ("kept = now() + bump()", "kept == 7"),
        ("kept = least(now(), bump())", "kept == 3"),
        ("a = now()\n    bump()\n    kept = a", "kept == 3"),
        ("kept = len(log.line) + push()", "kept == 1"),
        ("kept = sum(1 for n in log.line) + push()", "kept == 1"),
        ("kept = (1 if 5 in log.line else 0) + push()", "kept == 1"),
        ("kept = (1 if 2 in log.some else 0) + add()", "kept == 1"),
        ("kept = len(log.some) + add()", "kept == 1"),
    ],
)
def test_ghosts_are_read_before_what_stands_behind_them_stores(look, ok):
    text = GHOSTS.replace("LOOK", look).replace("OK", ok)
    assert violated(check_text(f"out = shared(U8)\n{text}")) == set()
    assert violated(check_text(f"out = shared(U8)\n{text.replace(ok, f'not ({ok})')}")) == {"ok"}


def test_keyword_arguments_are_evaluated_as_they_are_written():
    text = """
    @struct(marked=True)
    class S:
        x: U8
        y: U8

    s = shared(S)

    def f(a, b):
        assert not (b == 0 and a == 1), "old"

    @thread
    def writer():
        s.x = 1
        s.y = 1

    @thread
    def reader():
        CALL
    """
    for call in ("f(b=s.x, a=s.y)", "b = s.x\n        f(s.y, b)"):
        assert violated(check_text(text.replace("CALL", call))) == {"old"}
    for call in ("f(a=s.y, b=s.x)", "f(s.y, s.x)", "f(s.y, b=s.x)"):
        assert violated(check_text(text.replace("CALL", call))) == set()


@pytest.mark.parametrize("constant", ["", "i = 5"])
def test_a_loop_variable_is_no_name_after_its_loop(constant):
    text = f"""{constant}
out = shared(U8)

@thread
def t():
    global out
    for i in range(3):
        out = i
    out = i
"""
    assert refusal(text) == {"MC248"}


def test_what_a_local_is_given_in_later_rounds_is_in_its_range():
    text = """
    row = shared(U8)
    i = 1

    @thread
    def t():
        n = 0
        for i in range(10):
            n = i
        WRITE_ONCE(row, n)

    @final
    def ok():
        return row == 9
    """
    assert violated(check_text(text)) == set()
    computed = text.replace("n = 0", "pass").replace("n = i", "n = READ_ONCE(row) % (i + 1)")
    assert refusal(computed) == {"MC294"}
