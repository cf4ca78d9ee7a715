"""What locks in one bit of a word mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.bit_spinlock import (
    __bit_spin_unlock, __clear_bit_unlock, bit_spin_is_locked, bit_spin_lock, bit_spin_trylock,
    bit_spin_unlock, clear_bit_unlock, test_and_set_bit_lock,
)
from modelcheck.kernel.task import might_sleep
from modelcheck.lang import Bool, U8, WRITE_ONCE, final, shared, spec, struct, thread

spec("bit-spinlock-test")


@struct(marked=True)
class Page:
    flags: U8


page = shared(Page)
n = shared(U8)
m = shared(U8)
ok = shared(Bool)
"""


def thread(text, name="work", options=""):
    lines = "".join(f"    {line}\n" for line in text.split("; "))
    return f"\n@thread{options}\ndef {name}():\n    global n, m, ok\n{lines}"


def test_one_step_each(explore):
    found = explore(HEAD + thread("bit_spin_lock(3, page.flags); bit_spin_unlock(3, page.flags)"))
    assert (found.violated, found.states, found.depth) == (set(), 3, 2)


LOCKS = {
    "bit lock": ("bit_spin_lock(3, page.flags)", "bit_spin_unlock(3, page.flags)"),
    "bit lock, plain unlock": ("bit_spin_lock(3, page.flags)", "__bit_spin_unlock(3, page.flags)"),
}
FINAL = "\n@final\ndef none_lost():\n    return n == COUNT and page.flags == 0\n"


@pytest.mark.parametrize(("take", "give"), LOCKS.values(), ids=LOCKS.keys())
@pytest.mark.parametrize("count", [2, 3])
def test_one_at_a_time(explore, take, give, count):
    text = thread(f"{take}; n += 1; {give}", options=f"(count={count})")
    final = FINAL.replace("COUNT", str(count))
    assert explore(HEAD + text + final).violated == set()
    unlocked = thread("n += 1", options=f"(count={count})")
    assert explore(HEAD + unlocked + final).violated == {"none_lost", "data-race"}


def test_two_bits_are_two_locks(explore):
    one = thread("bit_spin_lock(0, page.flags); n += 1; bit_spin_unlock(0, page.flags)")
    two = thread("bit_spin_lock(1, page.flags); m += 1; bit_spin_unlock(1, page.flags)", "two")
    final = FINAL.replace("COUNT", "1 and m == 1")
    assert explore(HEAD + one + two + final).violated == set()
    assert explore(HEAD + one + two.replace("m += 1", "n += 1")).violated == {"data-race"}


def test_a_plain_unlock_loses_another_bit(explore):
    one = thread("bit_spin_lock(0, page.flags); __bit_spin_unlock(0, page.flags)")
    two = thread("test_and_set_bit_lock(1, page.flags)", "two")
    kept = "\n@final\ndef kept():\n    return page.flags == 2\n"
    assert explore(HEAD + one + two + kept).violated == {"kept"}
    whole = one.replace("__bit_spin_unlock", "bit_spin_unlock")
    assert explore(HEAD + whole + two + kept).violated == set()
    one = thread("test_and_set_bit_lock(0, page.flags); __clear_bit_unlock(0, page.flags)")
    assert explore(HEAD + one + two + kept).violated == {"kept"}
    whole = one.replace("__clear_bit_unlock", "clear_bit_unlock")
    assert explore(HEAD + whole + two + kept).violated == set()


def test_taking_it_twice_and_opposite_orders_deadlock(explore):
    twice = thread("bit_spin_lock(0, page.flags); bit_spin_lock(0, page.flags)")
    assert explore(HEAD + twice).violated == {"deadlock"}

    def nest(outer, inner, name):
        takes = f"bit_spin_lock({outer}, page.flags); bit_spin_lock({inner}, page.flags); "
        gives = f"bit_spin_unlock({inner}, page.flags); bit_spin_unlock({outer}, page.flags)"
        return thread(takes + gives, name)

    assert explore(HEAD + nest(0, 1, "one") + nest(1, 0, "two")).violated == {"deadlock"}
    assert explore(HEAD + nest(0, 1, "one") + nest(0, 1, "two")).violated == set()


def test_misuse_is_seen(explore):
    take, give = "bit_spin_lock(0, page.flags)", "bit_spin_unlock(0, page.flags)"
    assert explore(HEAD + thread(f"WRITE_ONCE(n, 1); {give}")).violated == {"lock-misuse"}
    assert explore(HEAD + thread(f"{take}; {give}; __{give}")).violated == {"lock-misuse"}
    assert explore(HEAD + thread(f"{take}; WRITE_ONCE(n, 1)")).violated == {"lock-misuse"}
    assert explore(HEAD + thread(f"{take}; {give}")).violated == set()


def test_nobody_sleeps_inside(explore):
    take, give = "bit_spin_lock(0, page.flags)", "bit_spin_unlock(0, page.flags)"
    assert explore(HEAD + thread(f"{take}; might_sleep(); {give}")).violated == {"sleep-in-atomic"}
    assert explore(HEAD + thread(f"{take}; {give}; might_sleep()")).violated == set()


def test_trylocks_tell_the_truth(explore):
    text = thread(
        "free = not bit_spin_is_locked(2, page.flags); one = bit_spin_trylock(2, page.flags); "
        "held = bit_spin_is_locked(2, page.flags); two = bit_spin_trylock(2, page.flags); "
        "set_ = test_and_set_bit_lock(2, page.flags); bit_spin_unlock(2, page.flags); "
        "clear = not test_and_set_bit_lock(2, page.flags); clear_bit_unlock(2, page.flags); "
        "ok = free and one and held and not two and set_ and clear"
    )
    found = explore(HEAD + text + "\n@final\ndef all_true():\n    return ok and page.flags == 0\n")
    assert found.violated == set()
    assert found.depth == 9
