"""Warnings: which `atomic` does more than one instruction could and does not say why."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import indent

import pytest

from modelcheck.api import load_spec, make_program
from modelcheck.diagnostics import Span
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes
from modelcheck.specfiles import find_specs
from tests.examples import load_example
from tests.test_language_guide import ACCEPTED

ROOT = Path(__file__).resolve().parents[3]

HEAD = """
from modelcheck.kernel.atomic import atomic_inc, atomic_read, atomic_set, atomic_t
from modelcheck.kernel.mutex import Mutex, lockdep_assert_held, mutex_lock, mutex_unlock
from modelcheck.lang import (
    Array, Bool, Ptr, Queue, READ_ONCE, Set, ThreadId, U8, WRITE_ONCE, alive, array, atomic, choose,
    current, either, finished, free, ghost, initial, irqs, local, new, observer, per_thread, pool,
    queue, shared, spawn, spec, struct, thread, wait_until,
)

spec("lint")


@struct(marked=True)
class Pair:
    one: U8
    other: U8
    fixed: U8
    seen: U8 = ghost(0)
    many: Array[U8] = array(3)
    todo: Queue[U8] = queue(3)
    who: Set[ThreadId]
    next: Ptr["Pair"]
    count: atomic_t


pair = shared(Pair)
spare = shared(Pair)
pairs = pool(Pair, count=4)
lock = shared(Mutex)
own = per_thread(Pair)
watched: U8 = ghost(0)


def take(place: Ptr[Pair]):
    place.one += 1


def link(head: Ptr[Pair], item: Ptr[Pair]):
    item.next = head.next
    head.next = item


@observer
def look():
    global watched
    watched = pair.one + pair.other


@thread(spawned=1)
def helper():
    WRITE_ONCE(pair.one, 1)


@thread
def stores_everything():  # else a field that nothing stores is no access
    WRITE_ONCE(pair.one, 2)
    WRITE_ONCE(pair.other, 2)
    WRITE_ONCE(pair.many[0], 1)
    WRITE_ONCE(pair.many[1], 1)
    WRITE_ONCE(pair.next, spare)
    WRITE_ONCE(spare.one, 3)
    WRITE_ONCE(spare.next, pair)
    pair.todo.append(1)


@thread
def work():
    global watched
"""


def warnings_of(body: str, tmp_path: Path, head: str = HEAD):
    path = tmp_path / "lint.py"
    path.write_text(head + indent(body.strip("\n"), "    ") + "\n", encoding="utf-8")
    found = load(path, "lint.py")
    return found.warnings(run_passes(found.program({})))


def atomic(body: str, arguments: str = "") -> str:
    return f"with atomic({arguments}):\n{indent(body, '    ')}"


FIRES = {
    "two fields of one object": "pair.one = 1\npair.other = 1",
    "one field of two objects": "pair.one = 1\nspare.one = 1",
    "a copy from place to place": "pair.one = pair.other",
    "two loads": "a = pair.one\nb = pair.other",
    "two elements": "pair.many[0] = 1\npair.many[1] = 1",
    "a place and what it points to": "pair.next.one = 1",
    "along a list": "p = spare.next\np = p.next",
    "two stores": "pair.one = 1\npair.one = 2",
    "two updates": "pair.one += 1\npair.one += 1",
    "a condition on another place": "if pair.other == 0:\n    pair.one = 1",
    "on one way only": (
        "if either():\n    pair.one = 1\nelse:\n    pair.one = 1\n    pair.other = 1"
    ),
    "a wait for another place": "wait_until(pair.other == 2)\npair.one = 1",
    "a wait for two places": "wait_until(pair.one == 2 and pair.other == 2)\npair.one = 0",
    "a wait for a length": "wait_until(len(pair.todo) == 0)\npair.one = 0",
    "a wait for what a queue holds": "wait_until(2 not in pair.todo)\npair.one = 0",
    "two queue operations": "pair.todo.append(1)\npair.todo.append(2)",
    "a queue and a field": "pair.todo.append(1)\npair.one = 1",
    "a set and a field": "pair.who.add(current())\npair.one = 1",
    "a choice from memory": "n = choose(pair.one, pair.other)",
    "an allocation that is linked": "p = new(Pair)\npair.next = p",
    "a free and an access": "p = pair.next\nfree(spare)",
    "two allocations": "p = new(Pair)\nq = new(Pair)",
    "interrupts and a store": "irqs(False)\npair.one = 1",
    "a start and a store": "h = spawn(helper)\npair.one = 1",
    "marked accesses": "WRITE_ONCE(pair.one, 1)\nWRITE_ONCE(pair.other, 1)",
    "through a routine of the spec": "link(pair, spare)",
    "one place of each of two routines": "take(pair)\ntake(spare)",
    "a library routine": "mutex_lock(lock)",
    "two calls on one place": ("if atomic_read(pair.count) == 0:\n    atomic_set(pair.count, 2)"),
    "the pointer moved on": "p = spare\nx = p.one\np = choose(pair, spare)\np.one = x",
    "a loop": "for i in range(2):\n    pair.many[i] = 1",
    "an inner reason is none for the outer": atomic(
        "pair.one = 1\npair.other = 1", 'because="a lock"'
    ),
}

NEAR = {
    "nothing": "pass",
    "one load": "a = pair.one",
    "one store": "pair.one = 1",
    "an update": "pair.one += 1",
    "a store and its value": "pair.one -= 1\nlast = pair.one == 0",
    "test and set": "if pair.one == 0:\n    pair.one = 1",
    "compare and exchange": "old = pair.one\nif old == 2:\n    pair.one = 1",
    "exchange": "old = READ_ONCE(pair.one)\nWRITE_ONCE(pair.one, 1)",
    "wait and take": "wait_until(pair.one == 2)\npair.one = 0",
    "wait and count": "wait_until(pair.one > 0)\npair.one -= 1",
    "wait in either arm": (
        "if either():\n    wait_until(pair.one == 2)\nelse:\n    wait_until(pair.other == 2)"
    ),
    "one place on each way": "if either():\n    pair.one = 1\nelse:\n    pair.other = 1",
    "one store on each way": "if pair.one == 2:\n    pair.one = 3\nelse:\n    pair.one = 4",
    "if there, take": "if len(pair.todo) > 0:\n    n = pair.todo.popleft()",
    "wait and take from a queue": "wait_until(len(pair.todo) > 0)\nn = pair.todo.popleft()",
    "one set operation": "pair.who.add(current())",
    "if not there, add": "if current() not in pair.who:\n    pair.who.add(current())",
    "one element": "pair.many[1] += 1",
    "one place behind a pointer": "item.one += 1",
    "what nothing stores": "pair.one = pair.fixed + spare.fixed",
    "ghosts": "pair.one = 1\npair.seen += 1\nspare.seen += 1\nwatched = pair.other",
    "an observer": "pair.one = 1\nlook()",
    "an assert": 'pair.one = 1\nassert pair.other <= 2, "small"',
    "an observer of the library": "pair.one = 1\nlockdep_assert_held(lock)",
    "a routine of the spec": "take(pair)",
    "an allocation with its fields": "p = new(Pair, one=1, other=2)",
    "a thread that ended": "wait_until(finished(stores_everything))\npair.one = 1",
}


@pytest.mark.parametrize("name", FIRES)
def test_more_than_one_instruction_is_warned_about(name, tmp_path):
    (warning,) = warnings_of("item = READ_ONCE(pair.next)\n" + atomic(FIRES[name]), tmp_path)
    line = HEAD.count("\n") + 2
    assert warning.code == "MC501"
    assert warning.span == Span("lint.py", line, 10, line, 18)


def test_a_reason_is_enough(tmp_path):
    blocks = (atomic(body, 'because="a lock"') for body in FIRES.values())
    assert warnings_of("item = READ_ONCE(pair.next)\n" + "\n".join(blocks), tmp_path) == ()


@pytest.mark.parametrize("name", NEAR)
def test_what_one_instruction_does_is_not_warned_about(name, tmp_path):
    body = "item = READ_ONCE(pair.next)\nif item is None:\n    item = spare\n" + atomic(NEAR[name])
    assert warnings_of(body, tmp_path) == ()


def test_an_order_of_a_read_modify_write_is_a_reason(tmp_path):
    body = "wait_until(pair.one == 2)\npair.other = 1"
    assert warnings_of(atomic(body, 'rmw="acquire"'), tmp_path) == ()


def test_an_empty_reason_is_none(tmp_path):
    assert len(warnings_of(atomic("pair.one = 1\npair.other = 1", 'because=""'), tmp_path)) == 1


@pytest.mark.parametrize(
    ("name", "message", "line"),
    [
        ("a copy from place to place", "joins accesses to several places", 1),
        ("two stores", "joins several stores", 2),
        ("a library routine", "holds a routine that is a step of its own", None),
    ],
)
def test_it_says_what_is_too_much_and_where(name, message, line, tmp_path):
    (warning,) = warnings_of(atomic(FIRES[name]), tmp_path)
    assert warning.message == f"this `atomic` {message} and gives no reason"
    (other,) = warning.related
    if line is None:
        assert other.span.path.endswith("kernel/mutex.py")
    else:
        assert other.span.line == HEAD.count("\n") + 1 + line


def test_a_line_is_told_once_and_lines_in_order(tmp_path):
    body = """
        both(pair)
        both(spare)
        for i in range(3):
            with atomic():
                pair.one = i
                pair.other = i
    """
    head = HEAD.replace(
        "@observer",
        """
def both(p: Ptr[Pair]):
    with atomic():
        p.one = 1
        p.other = 1


@observer""",
        1,
    ).replace("@thread\ndef work", "@thread(count=2)\ndef work")
    first, second = warnings_of(body.replace("\n        ", "\n"), tmp_path, head)
    assert first.span.line == head[: head.index("        p.one = 1")].count("\n")
    assert second.span.line == head.count("\n") + 4


def test_an_atomic_before_another_is_no_part_of_it(tmp_path):
    body = f"{atomic('pair.one = 1')}\n{atomic('pair.other = 1')}\npair.many[0] = 1"
    assert warnings_of(body, tmp_path) == ()


def test_the_library_is_not_looked_at(tmp_path):
    body = "pair.one = 1\nmutex_lock(lock)\nmutex_unlock(lock)\natomic_inc(pair.count)"
    assert warnings_of(body, tmp_path) == ()


def test_what_a_variant_leaves_out_is_not_warned_about(tmp_path):
    path = tmp_path / "lint.py"
    text = HEAD.replace("atomic, choose", "atomic, flag, choose").replace(
        "pairs = pool", "split = flag(False)\npairs = pool"
    )
    body = "with atomic():\n        pair.one = 1\n        if split:\n            pair.other = 1\n"
    path.write_text(f"{text}    {body}", encoding="utf-8")
    found = load(path, "lint.py")
    for split, count in ((False, 0), (True, 1)):
        assert len(found.warnings(run_passes(found.program({"split": split})))) == count


def test_files_that_a_spec_imports_are_looked_at(tmp_path):
    (tmp_path / "part.py").write_text(
        "from modelcheck.lang import U8, atomic, shared\n\n"
        "n = shared(U8)\nm = shared(U8)\n\n\n"
        "def both():\n    global n, m\n    with atomic():\n        n = 1\n        m = 1\n",
        encoding="utf-8",
    )
    path = tmp_path / "lint.py"
    path.write_text(
        "from modelcheck.lang import READ_ONCE, spec, thread\nfrom .part import both, m, n\n\n"
        'spec("lint")\n\n\n@thread\ndef work():\n    both()\n\n\n'
        "@thread\ndef reader():\n    READ_ONCE(n)\n    READ_ONCE(m)\n",
        encoding="utf-8",
    )
    found = load(path, "lint.py")
    (warning,) = found.warnings(run_passes(found.program({})))
    assert Path(warning.span.path).name == "part.py"
    assert warning.span.line == 9


# -- what is shipped


def gives_no_reason(text: str) -> bool:
    """Whether a file has an `atomic()` that could be warned about."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "atomic"
        and not {"because", "rmw"} & {keyword.arg for keyword in node.keywords}
        for node in ast.walk(ast.parse(text))
    )


def test_the_specs_give_their_reasons(monkeypatch):
    monkeypatch.chdir(ROOT)
    files = find_specs(["specs", "bench/specs"])
    assert len(files) >= 10
    for file in files:
        if gives_no_reason(file.path.read_text(encoding="utf-8")):
            found = load_spec(file)
            for variant in (found.info.default, *found.info.variants):
                assert found.warnings(make_program(found, variant)) == (), file.shown


@pytest.mark.parametrize("example", ACCEPTED, ids=lambda e: e.name)
def test_the_examples_of_the_guide_give_their_reasons(example, tmp_path):
    found = load_example(example, tmp_path)
    for variant in (found.info.default, *found.info.variants):
        assert found.warnings(make_program(found, variant)) == ()
