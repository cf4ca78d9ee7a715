"""A choice with nothing to choose from keeps nothing from happening that came before it."""

import pytest

from tests.checking import check_text, violated

CHOICE = """
    limit = shared(U8, start=3)
    n = shared(U8)
    UNFROZEN

    @thread
    def pick():
        first = READ_ONCE(limit)
        WRITE_ONCE(n, 1)
        device = choose((i for i in range(3) if CONDITION), idle=True)
        WRITE_ONCE(n, device + 2)

    @invariant
    def never_one():
        return n != 1

    @final
    def one():
        return n == 1
"""
UNFROZEN = """
    @thread
    def other():
        WRITE_ONCE(limit, 3)
"""


@pytest.mark.parametrize("changes", ["", UNFROZEN])
@pytest.mark.parametrize(
    "condition",
    [
        "i >= limit",  # memory, which may never change
        "i >= first",
        "6 // (i + first - 2) < 0",  # what may fail
        "6 // (i + limit - 2) < 0",
    ],
)
def test_the_store_before_it_happens(condition, changes):
    text = CHOICE.replace("CONDITION", condition).replace("UNFROZEN", changes)
    assert violated(check_text(text)) == {"never_one"}


@pytest.mark.parametrize("change", ["", "WRITE_ONCE(k, 1)"])
def test_the_start_before_it_is_one(change):
    text = f"""
    k = shared(U8)
    n = shared(U8)

    @initial
    def begin():
        global k
        k = choose(range(2))

    @thread
    def pick():
        device = choose((i for i in range(1) if i >= k), idle=True)
        WRITE_ONCE(n, device)

    @thread
    def other():
        WRITE_ONCE(n, 0)
        {change}

    @invariant
    def k_is_zero():
        return k == 0
    """
    assert violated(check_text(text)) == {"k_is_zero"}


def test_pointers_of_which_none_leads_on():
    text = """
    @struct(marked=True)
    class Row:
        next: Ptr["Row"]
        n: U8

    rows = shared(Row, count=2)

    @thread
    def pick():
        rows[0].n = 1
        row = choose((r for r in rows if r.next is not None), idle=True)
        row.n = 2

    @invariant
    def untouched():
        return rows[0].n == 0
    """
    assert violated(check_text(text)) == {"untouched"}
