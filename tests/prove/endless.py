"""Endless specs that the tests of proofs ask about."""

from __future__ import annotations

from textwrap import dedent

from modelcheck import api
from modelcheck.frontend import load
from modelcheck.settings import choose_variant

# The holder gives the lock back only where it has it; the twin takes it without looking.
LOCK = '''
"""A lock that is taken and given back for ever."""

from modelcheck.lang import (
    Bool, U8, atomic, flag, ghost, invariant, lemma, reachable, shared, spec, struct, thread,
    variant, wait_until,
)

spec("lock")

looks = flag(True)


@struct(marked=True)
class Lock:
    taken: Bool


gate = shared(Lock)
inside: U8 = ghost(0)


@thread(count=2)
def worker():
    global inside
    while True:
        with atomic(because="test-and-set"):
            wait_until(not (looks and gate.taken))
            gate.taken = True
        inside += 1
        gate.taken = False
        inside -= 1


@invariant
def one_at_a_time():
    return inside <= 1


@reachable
def somebody():
    return inside == 1


variant("blind", looks=False, violates="one_at_a_time")
'''

# No bound on the number of rounds is known to the text, and only the lemma keeps them together.
EVEN = '''
"""Two words that change together, and one that follows."""

from modelcheck.lang import U8, atomic, invariant, lemma, shared, spec, struct, thread

spec("even")


@struct(marked=True)
class Pair:
    one: U8
    other: U8


pair = shared(Pair)


@thread
def work():
    while True:
        with atomic(because="both at once"):
            if pair.one == pair.other:
                pair.one += 2
                pair.other += 2
            else:
                pair.one += 1


@invariant
def never_one():
    return pair.one != 1
LEMMA'''

LEMMA = """

@lemma
def alike_and_even():
    return pair.one == pair.other and pair.one % 2 == 0
"""


COUNT = '''
"""Counts for ever."""

from modelcheck.lang import U8, atomic, invariant, shared, spec, thread

spec("count")

n = shared(U8)


@thread
def work():
    global n
    while True:
        with atomic(because="an increment"):
            n = n + 1


@invariant
def few():
    return n < 5


@invariant
def nearly_as_few():
    return n < 6
'''


def make(tmp_path, text, variant=None, **settings):
    path = tmp_path / "spec.py"
    path.write_text(dedent(text), encoding="utf-8")
    spec = load(path, "spec.py")
    return api.make_program(spec, choose_variant(spec.info, variant), settings)


def answers(proved):
    return {p.name: p.answer for p in proved.proofs if p.kind != "built in"}
