"""Slots that were never used, and the threads that belong to them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations

import pytest
from checking import program_of, violated

from modelcheck.backends.python.model import compile_program
from modelcheck.ir.nodes import Apply, Const, Local, ObjectRoot, Program, Store
from modelcheck.ir.types import BOOL, RangeType
from modelcheck.reduce.canonical import Canonical
from modelcheck.reduce.permute import make_tables
from modelcheck.reduce.symmetry import find_symmetry
from reduce.symmetry_kit import (
    check_equivariance,
    count_orbits_by_text,
    find_holding,
    list_states,
    moved,
    search,
    verdicts,
)

TEXT = """
@struct(marked=True)
class Head:
    word: U8


@struct(marked=True)
class Node:
    head: Head
    value: U8


@struct(marked=True)
class Top:
    go: Bool
    line: Set[Ptr[Head]]
    busy: Set[Ptr[Head]]
    first: Ptr[Head]
    queue: Queue[Ptr[Head]] = queue(3)
    known: Set[Ptr[Head]] = ghost()
    last: Ptr[Head] = ghost(None)


nodes = pool(Node, count=3)
top = shared(Top)


@observer
def keep(head: Ptr[Head]):
    if top.last is None:
        top.last = head


@thread(each=Head)
def serve(head):
    {start}
    while True:
        with atomic():
            wait_until({wait}, idle=True)
            top.line.discard(head)
            top.busy.add(head)
        {served}
        top.busy.discard(head)


@thread(count=2)
def work():
    n = new(Node, value=0)
    {work}
    with atomic():
        n.head.word = 1
        top.line.add(n.head)
    {more}
"""
USUAL = {
    "start": "top.known.add(head)",
    "wait": "head in top.line",
    "served": "top.go = True",
    "work": "pass",
    "more": "pass",
}


def write(**given: str) -> str:
    return TEXT.format(**{**USUAL, **given})


def check_evenness(program: Program) -> int:
    """In every state, slots that were never used are alike, with all that goes with them; how many
    pairs were compared.
    """
    model = compile_program(program)
    memory = model.memory
    tables = make_tables(memory, find_holding(program))
    canonical = Canonical(tables)
    pools = {obj.name for obj in program.objects if obj.kind == "pool" and not obj.reuse}
    compared = 0
    states = list_states(model)
    assert states is not None
    for state in states:
        for first, count in tables.classes:
            unused = [
                number
                for number in range(first, first + count)
                for name, element in tables.points[number].elements
                if name in pools and state[memory.status_slot(name, element)] == 0
            ]
            for a, b in combinations(unused, 2):
                goes_to = list(range(len(tables.points)))
                goes_to[a], goes_to[b] = b, a
                assert canonical.move(state, goes_to) == state
                compared += 1
    return compared


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"start": "pass"},
        {"wait": "head in top.line and top.go", "work": "top.go = True"},
        {"wait": "head in top.line or head in top.busy"},
        {"wait": "(head in top.line or head in top.busy) and head.word == 1"},
        {"served": "top.first = head"},
        {"served": "free(head, around=True)"},
        {"more": "with atomic():\n        for h in top.line:\n            h.word = 2"},
    ],
)
def test_threads_of_slots_go_with_them(given):
    text = write(**given)
    assert moved(text) == {"serve", "nodes", "work"}
    program = program_of(text)
    assert check_evenness(program) > 0
    assert check_equivariance(program) > 0
    plain, reduced = search(program)
    assert verdicts(plain) == verdicts(reduced)
    assert reduced.counts.states < plain.counts.states / 2


def test_there_are_as_many_states_as_orbits():
    program = program_of(write())
    groups = [
        [
            {f"{name}[{old}]": f"{name}[{new}]" for name in names for old, new in enumerate(order)}
            for order in permutations(range(count))
        ]
        for names, count in ((("nodes", "serve"), 3), (("work",), 2))
    ]
    _, reduced = search(program)
    assert reduced.counts.states == count_orbits_by_text(program, groups)


TRAPS = {
    "the last that starts is kept": {"start": "top.last = head"},
    "one is kept at the start, if there is none": {"start": "keep(head)"},
    "they run before there is a slot": {"wait": "top.go", "work": "top.go = True"},
    "they run where they are not named": {"wait": "head not in top.line"},
    "they run once somebody says so": {"wait": "head in top.line or top.go"},
    "all names come to be where they are waited for": {
        "more": "top.line.add(top.first)",
        "work": (
            "with atomic():\n        for h in objects(Head):\n            top.first = h\n"
            "        for h in objects(Head, free=True):\n            top.first = h"
        ),
    },
    "all free slots are waited for": {
        "work": "with atomic():\n        top.line = {h for h in objects(Head, free=True)}",
    },
    "a free slot is waited for": {
        "work": (
            "with atomic():\n        for h in objects(Head, free=True):\n"
            "            top.line.add(h)"
        ),
    },
    "a free slot is queued": {
        "wait": "head in top.queue",
        "work": (
            "with atomic():\n        for h in objects(Head, free=True):\n"
            "            if len(top.queue) < 3:\n                top.queue.append(h)"
        ),
    },
    "a free slot is chosen": {
        "work": ("with atomic():\n        top.first = choose(h for h in objects(Head, free=True))"),
    },
    "a crash takes slots back": {"more": "if either():\n        crash()"},
}


@pytest.mark.parametrize("trap", TRAPS)
def test_slots_that_may_be_told_apart_are_not_exchanged(trap):
    text = write(**TRAPS[trap])
    assert "nodes" not in moved(text)
    program = program_of(text)
    check_equivariance(program)
    plain, reduced = search(program)
    assert verdicts(plain) == verdicts(reduced)


STARTED = """

@initial
def fill():
    n = new(Node, value=0)
    {code}
"""


@pytest.mark.parametrize(
    ("code", "is_symmetric"),
    [
        ("top.first = n.head", True),
        ("top.line.add(n.head)", True),
        ("for h in objects(Head, free=True):\n        top.first = h", False),
        ("for h in objects(Head, free=True):\n        h.word = 0", False),
    ],
)
def test_what_is_named_at_the_start(code, is_symmetric):
    text = write() + STARTED.format(code=code)
    assert ("nodes" in moved(text)) is is_symmetric
    program = program_of(text)
    if is_symmetric:
        assert check_evenness(program) > 0
    plain, reduced = search(program)
    assert verdicts(plain) == verdicts(reduced)


PAIRS = """
@struct(marked=True)
class File:
    word: U8
    by: ThreadId


files = shared(File, count={count})


@thread(count=2)
def reader(me):
    files[me].word = 1


@thread(count=2)
def writer(me):
    {code}
"""


@pytest.mark.parametrize(
    ("code", "count", "names"),
    [
        ("files[2 + me].word = 2", 4, {("reader", "files"), ("writer", "files")}),
        ("files[me + 2].by = current()", 4, {("reader", "files"), ("writer", "files")}),
        ("files[me + 3].by = current()", 5, {("reader", "files"), ("writer", "files")}),
        ("i = me + 2\n    files[i].word = 2", 4, {("reader", "files"), ("writer", "files")}),
        ("files[me + 1].word = 2", 3, set()),
        ("files[me + 2].word = files[me].word", 4, set()),
        ("files[3 - me].word = 2", 4, set()),
        ("files[(me + 2) % 4].word = 2", 4, set()),
        ("i = 0 if me == 0 else 1\n    files[i + 2].word = i", 4, set()),
        (
            "i = choose(range(2))\n    files[(1 if i == 0 else 2) + 1].word = 2",
            4,
            set(),
        ),
        ("i = choose(range(3))\n    files[i + 1].word = 2", 4, set()),
        ("files[me + 2].word = 2 if me == 1 else 3", 4, {("reader", "files")}),
    ],
)
def test_numbers_that_begin_later(code, count, names):
    text = PAIRS.format(code=code, count=count)
    program = program_of(text)
    found = {(*c.templates, *c.objects) for c in find_holding(program).classes}
    assert found - {("writer",)} == names
    check_equivariance(program)
    plain, reduced = search(program)
    assert verdicts(plain) == verdicts(reduced)
    assert violated(plain) == violated(reduced)


SUMS = """
@struct(marked=True)
class File:
    word: U8


files = shared(File, count=2)


@thread(count=2)
def writer():
    i = choose(range(2))
    j = choose(range(2))
    files[i].word = j
"""


def name_one_file(store: Store) -> Store:
    """`files[i].word = j` as `files[(i if j == 0 else 0) + 1 - 1].word = j`."""
    number, more = RangeType(0, 1), RangeType(1, 2)
    assert isinstance(store.value, Local)
    assert isinstance(store.place.root, ObjectRoot)
    is_0 = Apply("==", (store.value, Const(0, number)), BOOL)
    chosen = Apply("ite", (is_0, store.place.root.index, Const(0, number)), number)
    index = Apply("-", (Apply("+", (chosen, Const(1, number)), more), Const(1, number)), number)
    root = replace(store.place.root, index=index)
    return replace(store, place=replace(store.place, root=root))


def test_a_number_inside_a_sum_would_have_to_be_renamed():
    program = program_of(SUMS)
    assert moved(SUMS) == {"writer", "files"}
    (template,) = program.templates
    blocks = [
        replace(
            block,
            instrs=tuple(name_one_file(i) if isinstance(i, Store) else i for i in block.instrs),
        )
        for block in template.body.blocks
    ]
    body = replace(template.body, blocks=tuple(blocks))
    program = replace(program, templates=(replace(template, body=body),))
    assert all("files" not in known.objects for known in find_symmetry(program).classes)
    check_equivariance(program)
