"""Leaks: what is alive at the end and cannot be reached."""

import pytest
from programs import make_program

from modelcheck.explore.search import explore

NEW = """
struct Link
  field next: Ptr[Node]

struct Node
  field value: U8
  field link: struct Link

struct Head
  field first: Ptr[Node]
  field inner: Ptr[Link]
  field shadow: Ptr[Node] ghost
  field waiting: Queue[Ptr[Node], 2]
  field members: Set[Ptr[Node]]

object head: shared struct Head
object nodes: pool struct Node count 2

template make count 1
  entry a
  local %n: Ptr[Node]
  local %o: Ptr[Node]
  block a
    step
    %n = new nodes
    jump b
  block b
    step
    %o = new nodes
    jump c
  block c atomic
    step
    STORE
    store silent {Node %n}.value = 1:U8
    store once {Node %o}.value = 1:U8
    END
"""

END = "end"


def find(store, end=END, header='program "t"'):
    text = NEW.replace("STORE", store).replace("END", end)
    result = explore(make_program(text, header=header))
    return sorted((v.property, v.object) for v in result.violations)


LEAKS = [("leak", "nodes[0]"), ("leak", "nodes[1]")]


def test_what_nothing_leads_to_is_leaked():
    assert find("store once head.first = None:Ptr[Node]") == LEAKS


@pytest.mark.parametrize(
    "store",
    [
        "store once head.first = %o",
        "store once head.inner = $address({Node %o}.link)",
        "queue once head.waiting append(%o)",
        'store once head.members = "bit-set"(0:Set[Ptr[Node]], (%o - 1:U8):U8):Set[Ptr[Node]]',
    ],
)
def test_shared_pointers_queues_sets_and_embedded_structs_keep_an_object(store):
    store = store.replace('"bit-set"', "bit-set")
    assert find(store) == LEAKS[:1]


def test_a_chain_is_followed():
    chain = "store once head.first = %o\n    store once {Node %o}.link.next = %n"
    assert find(chain) == []


def test_a_chain_that_begins_nowhere_is_leaked_as_a_whole():
    assert find("store once {Node %o}.link.next = %n\n    store once {Node %n}.link.next = %o") == (
        LEAKS
    )


def test_a_ghost_pointer_keeps_nothing():
    assert find("store ghost head.shadow = %o\n    store once head.first = %n") == LEAKS[1:]


def test_a_freed_object_is_not_leaked():
    assert find("store once head.first = %o\n    store silent {Node %n}.value = 1:U8") == LEAKS[:1]
    free = "jump d\n  block d\n    step\n    free {Node %n}\n    end"
    assert find("store once head.first = %o", free) == []


IDLE = """jump d
  block d
    step
    wait idle ($read(once head.first) == %o)
    store once head.first = %n
    end"""


def test_a_live_local_of_a_thread_at_an_idle_wait_keeps_an_object():
    assert find("store once head.first = None:Ptr[Node]", IDLE) == []


def test_allow_silences_the_leak_of_one_pool_or_struct():
    store = "store once head.first = None:Ptr[Node]"
    for on in ("nodes", "Node"):
        assert find(store, header=f'program "t"\nallow "leak" on "{on}" because "x"') == []
    assert find(store, header='program "t"\nallow "leak" on "head" because "x"') == LEAKS
