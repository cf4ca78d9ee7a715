"""Objects that are freed: whoever touches them later is seen, wherever the `free` stands."""

from __future__ import annotations

import pytest

from tests.checking import check_text, violated

ITEM = """
    @struct(marked=True)
    class Item:
        n: U8

    @struct(marked=True)
    class Head:
        first: Ptr[Item]

    item = shared(Item)
    head = shared(Head, first=item)
"""
USER = """
    @thread
    def uses():
        {use}
"""
FREER = """
    @thread
    def frees():
        free(item)
"""


@pytest.mark.parametrize(
    "use", ["item.n = 1", "v = item.n", "head.first.n = 1", "v = head.first.n"]
)
@pytest.mark.parametrize("order", ["uses first", "frees first"])
def test_a_shared_object_freed_by_another_thread_is_dead(use, order):
    """The thread that is lowered first must have its checks too."""
    # Somebody stores both, so that neither load is folded.
    stores = """
    @thread
    def stores():
        head.first = item
    """
    threads = [USER.format(use=use), FREER]
    if order == "frees first":
        threads.reverse()
    result = check_text(ITEM + "".join(threads) + stores)
    assert violated(result) == {"use-after-free"}
