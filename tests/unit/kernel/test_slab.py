"""What `kfree` means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel import kfree
from modelcheck.lang import Ptr, U8, new, pool, shared, spec, struct, thread

spec("slab-test")

@struct
class Item:
    value: U8

items = pool(Item, count=2)
"""


def run(explore, *body: str):
    return explore(HEAD + "\n@thread\ndef work():\n" + "".join(f"    {line}\n" for line in body))


def test_allocate_and_free_are_a_step_each(explore):
    found = run(explore, "item = new(Item)", "kfree(item)")
    assert found.violated == set()
    assert found.depth == 2


def test_freeing_none_does_nothing(explore):
    found = run(explore, "kept = new(Item)", "item: Ptr[Item] = None", "kfree(item)", "kfree(kept)")
    assert found.violated == set()
    assert found.depth == 2


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (("item = new(Item)", "kfree(item)", "kfree(item)"), "double-free"),
        (("item = new(Item)", "kfree(item)", "item.value = 1"), "use-after-free"),
        (("item = new(Item)", "item.value = 1"), "leak"),
        (("item = new(Item)", "assert item.value == 0, 'own'", "kfree(item)"), "uninitialised"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_misuse_is_seen(explore, body, fault):
    assert run(explore, *body).violated == {fault}
