"""What every operation of `modelcheck.kernel.atomic` returns and leaves behind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

KERNEL = Path(__file__).resolve().parents[3] / "modelcheck/kernel"
ORDERS = ("", "_relaxed", "_acquire", "_release")

# start, call, result (None: none), what is left; from Documentation/atomic_t.txt and the comments
# of include/linux/atomic/atomic-instrumented.h.
VOID = [
    (3, "atomic_set(v, 5)", None, 5),
    (3, "atomic_set_release(v, -5)", None, -5),
    (3, "atomic_inc(v)", None, 4),
    (3, "atomic_dec(v)", None, 2),
    (3, "atomic_add(4, v)", None, 7),
    (3, "atomic_sub(4, v)", None, -1),
]
PLAIN = [
    (3, "atomic_read(v)", 3, 3),
    (3, "atomic_read_acquire(v)", 3, 3),
    (1, "atomic_dec_and_test(v)", True, 0),
    (2, "atomic_dec_and_test(v)", False, 1),
    (-1, "atomic_inc_and_test(v)", True, 0),
    (0, "atomic_inc_and_test(v)", False, 1),
    (4, "atomic_sub_and_test(4, v)", True, 0),
    (4, "atomic_sub_and_test(3, v)", False, 1),
    (0, "atomic_inc_not_zero(v)", False, 0),
    (1, "atomic_inc_not_zero(v)", True, 2),
    (-1, "atomic_inc_not_zero(v)", True, 0),
    (-1, "atomic_inc_unless_negative(v)", False, -1),
    (0, "atomic_inc_unless_negative(v)", True, 1),
    (7, "atomic_add_unless(v, 2, 7)", False, 7),
    (6, "atomic_add_unless(v, 2, 7)", True, 8),
    (0, "atomic_dec_if_positive(v)", -1, 0),
    (1, "atomic_dec_if_positive(v)", 0, 0),
    (-4, "atomic_dec_if_positive(v)", -5, -4),
]
ORDERED = [
    (3, "atomic_add_return{}(4, v)", 7, 7),
    (3, "atomic_sub_return{}(4, v)", -1, -1),
    (3, "atomic_inc_return{}(v)", 4, 4),
    (3, "atomic_dec_return{}(v)", 2, 2),
    (3, "atomic_fetch_add{}(4, v)", 3, 7),
    (3, "atomic_fetch_sub{}(4, v)", 3, -1),
    (3, "atomic_xchg{}(v, 9)", 3, 9),
    (3, "atomic_cmpxchg{}(v, 3, 9)", 3, 9),
    (3, "atomic_cmpxchg{}(v, 4, 9)", 3, 3),
    (3, "xchg{}(v.counter, 9)", 3, 9),
    (3, "cmpxchg{}(v.counter, 3, 9)", 3, 9),
    (3, "cmpxchg{}(v.counter, 4, 9)", 3, 3),
]
TRIED = [
    (3, "atomic_try_cmpxchg{}(v, 3, 9)", (True, 3), 9),
    (3, "atomic_try_cmpxchg{}(v, 4, 9)", (False, 3), 3),
    (3, "try_cmpxchg{}(v.counter, 3, 9)", (True, 3), 9),
    (3, "try_cmpxchg{}(v.counter, 4, 9)", (False, 3), 3),
]


def with_orders(rows):
    return [
        (start, call.format(order), result, after)
        for start, call, result, after in rows
        for order in ORDERS
    ]


ROWS = VOID + PLAIN + with_orders(ORDERED) + with_orders(TRIED)


def called(call: str) -> str:
    return call.partition("(")[0]


def spec_of(rows) -> str:
    """A spec with one thread that checks each row: set, call, look at what is left."""
    names = sorted({called(call) for _, call, _, _ in rows} | {"atomic_set", "atomic_t"})
    lines = [
        f"from modelcheck.kernel import {', '.join(names)}",
        "from modelcheck.lang import shared, spec, thread",
        'spec("atomic-rows")',
        "v = shared(atomic_t)",
        "@thread",
        "def work():",
    ]
    for number, (start, call, result, after) in enumerate(rows):
        lines.append(f"    atomic_set(v, {start})")
        if result is None:
            lines.append(f"    {call}")
        elif isinstance(result, tuple):
            lines.append(f"    done{number}, seen{number} = {call}")
            lines.append(f'    assert done{number} == {result[0]}, "row_{number}"')
            lines.append(f'    assert seen{number} == {result[1]}, "row_{number}"')
        else:
            lines.append(f"    result{number} = {call}")
            lines.append(f'    assert result{number} == {result}, "row_{number}"')
        lines.append(f'    assert v.counter == {after}, "row_{number}"')
    return "\n".join(lines) + "\n"


def test_every_operation_does_what_the_kernel_says_in_one_step(explore):
    found = explore(spec_of(ROWS))
    assert found.violated == set()
    assert found.depth == 3 * len(ROWS)  # set, call, the assert that looks


@pytest.mark.parametrize(
    "wrong", [(3, "atomic_inc(v)", None, 5), (3, "atomic_inc_return(v)", 3, 4)]
)
def test_a_wrong_row_is_noticed(explore, wrong):
    assert explore(spec_of([wrong])).violated == {"row_0"}


def test_the_table_has_every_operation():
    tree = ast.parse((KERNEL / "atomic.py").read_text())
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {called(call) for _, call, _, _ in ROWS} == defined


def test_threads_cannot_come_between_load_and_store(explore):
    text = """
from modelcheck.kernel import atomic_inc, atomic_t
from modelcheck.lang import final, shared, spec, thread

spec("two-incs")

v = shared(atomic_t)

@thread(count=3)
def work():
    INCREMENT

@final
def all_counted():
    return v.counter == 3
"""
    assert explore(text.replace("INCREMENT", "atomic_inc(v)")).violated == set()
    # Marked accesses, two steps: no race, but a lost update.
    assert explore(
        text.replace("INCREMENT", "v.counter += 1").replace("atomic_inc, ", "")
    ).violated == {"all_counted"}


def test_a_counter_that_leaves_its_range_is_noticed(explore):
    text = """
from modelcheck.kernel import atomic_add, atomic_t
from modelcheck.lang import shared, spec, thread

spec("far")

v = shared(atomic_t, counter=120)

@thread
def work():
    atomic_add(8, v)
"""
    assert explore(text).violated == {"range"}


def test_cmpxchg_works_on_pointers(explore):
    text = """
from modelcheck.kernel import cmpxchg
from modelcheck.lang import Ptr, U8, final, shared, spec, struct, thread

spec("push")

@struct
class Node:
    next: Ptr["Node"]

@struct
class Head:
    first: Ptr[Node]

nodes = shared(Node, count=2)
head = shared(Head)

@thread(count=2)
def push(me):
    node = nodes[me]
    while True:
        first = READ_ONCE(head.first)
        WRITE_ONCE(node.next, first)
        if cmpxchg(head.first, first, node) is first:
            break

@final
def both_are_on_the_list():
    return head.first is not None and head.first.next is not None and head.first.next.next is None
""".replace("Ptr, U8,", "READ_ONCE, WRITE_ONCE, Ptr,")
    assert explore(text).violated == set()
