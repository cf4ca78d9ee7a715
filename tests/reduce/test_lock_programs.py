"""Random programs full of locks, flags and sets: the verdicts with reduction are those without."""

from __future__ import annotations

import random

import pytest

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, list_outcomes
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.reduce import StubbornSets, make_stubborn_tables
from reduce.traps_kit import POR, report
from tests.checking import program_of

PROGRAMS = 40  # to a test
MOST_STATES = 4_000

HEAD = """
    @struct(marked=True)
    class Lock:
        owner: ThreadId
        holder: ThreadId = ghost()

    @struct(marked=True)
    class Room:
        inside: Set[ThreadId]

    locks = shared(Lock, count=2)
    room = shared(Room)
    a = shared(U8)
    b = shared(U8)
    plain = shared(U8)
    seen0 = shared(U8)
    seen1 = shared(U8)
    seen2 = shared(U8)

    def take(lock: Ptr[Lock]):
        with atomic():
            assert lock.owner != current(), "twice"
            wait_until(lock.owner is None)
            lock.owner = current()
            lock.holder = current()

    def give(lock: Ptr[Lock]):
        with atomic():
            assert lock.owner == current(), "mine"
            lock.owner = None
            lock.holder = None

    def tries(lock: Ptr[Lock]) -> Bool:
        with atomic():
            if lock.owner is not None:
                return False
            lock.owner = current()
            lock.holder = current()
            return True
"""
FLAT = (
    *("WRITE_ONCE(a, {n} + 1)", "WRITE_ONCE(seen{t}, READ_ONCE(seen{t}) * 4 + READ_ONCE(a))") * 4,
    *("WRITE_ONCE(b, {n})", "WRITE_ONCE(b, READ_ONCE(a))", "room.inside.add(current())"),
    "room.inside.discard(current())",
    "wait_until(len(room.inside) >= {n})",
    "wait_until(a == {n} or b != {m})",
    "wait_until(locks[{i}].owner is not None or b == {n})",
    "assert locks[{i}].owner != current() or a != {n}, 'checked'",
    "READ_ONCE(locks[{i}].owner)",
    "locks[{i}].owner = None",
    "plain_store({n})",
)
NESTED = (
    "if READ_ONCE(a) == {n}:\n{body}",
    "if tries(locks[{i}]):\n{body}\n    give(locks[{i}])",
    "if READ_ONCE(locks[{i}].owner) is None:\n{body}\nelse:\n    WRITE_ONCE(a, {n})",
    "with atomic():\n    wait_until(a != {n})\n    WRITE_ONCE(b, {m})",
    "with atomic():\n    if locks[{i}].owner == current():\n        wait_until(b != {n})",
    "with atomic():\n    room.inside.clear()\n    wait_until(b != {n})",
    *("take(locks[{i}])\nif True:\n{body}\ngive(locks[{i}])",) * 5,
    "while READ_ONCE(b) == {n}:\n{body}",
)
PLAIN = """
    def plain_store(value: U8):
        global plain
        plain = value
"""
PROPERTIES = (
    ("invariant", "not (a == {n} and b == {m})"),
    ("invariant", "locks[0].owner is None or locks[0].owner != locks[1].owner or a != {n}"),
    ("invariant", "len(room.inside) < 2 or b == {n}"),
    ("reachable", "a == {n} and locks[{i}].owner is not None"),
    ("reachable", "len(room.inside) == {n} and a + b == {m}"),
    ("final", "a != {n} or b != {m}"),
)


def fill(rng, text, template=0):
    return text.format(
        i=rng.randrange(2), n=rng.randrange(3), m=rng.randrange(3), t=template, body="{body}"
    )


def draw_block(rng, length, depth, template):
    lines = []
    for _ in range(length):
        if depth and rng.random() < 0.5:
            text = fill(rng, rng.choice(NESTED), template)
            if "{body}" in text:
                body = draw_block(rng, rng.randint(1, 2), depth - 1, template)
                text = text.replace("{body}", indent(body, 4))
        else:
            text = fill(rng, rng.choice(FLAT), template)
        lines.append(text)
    return "\n".join(lines)


def indent(text, by):
    return "\n".join(" " * by + line for line in text.splitlines() if line.strip())


def draw(seed):
    rng = random.Random(f"locks {seed}")
    text = HEAD + PLAIN
    for number in range(3):
        count = rng.choice(("", "", "", "(count=2)"))
        body = indent(draw_block(rng, rng.randint(1, 3), 2, number), 8)
        text += f"\n    @thread{count}\n    def t{number}():\n{body}\n"
    for number, (kind, answer) in enumerate(rng.sample(PROPERTIES, 2)):
        text += f"\n    @{kind}\n    def p{number}():\n        return {fill(rng, answer)}\n"
    return program_of(text)


class Seen:
    """What a graph shows: where nothing is enabled, which steps are taken, and which fail how."""

    def __init__(self, model, sets=None):
        self.resting, self.taken, self.failing = set(), set(), set()
        starts = (o.result for o in model.start() if not isinstance(o.result, Failure))
        self.states = dict.fromkeys(starts)
        work = list(self.states)
        for state in work:
            if len(self.states) > MOST_STATES:
                return
            steps = [table[pc] for table, pc in zip(model.tables, state, strict=False)]
            results = [None if step is None else step(state) for step in steps]
            enabled = [t for t, r in enumerate(results) if not isinstance(r, int | None)]
            chosen = -1 if sets is None else sets.choose(state, results)
            if not enabled:
                self.resting.add(state)
            for thread in enabled:
                if not chosen >> thread & 1:
                    continue
                for outcome in list_outcomes(results[thread]):
                    reached = outcome.result
                    self.taken.add((thread, state[thread]))
                    if isinstance(reached, Failure):
                        self.failing.add((thread, state[thread], reached.property))
                    elif reached not in self.states:
                        self.states[reached] = None
                        work.append(reached)


@pytest.mark.parametrize("first", range(0, 120, PROGRAMS))
def test_reduced_programs_full_of_locks_end_in_the_same_states(first):
    """All states in which nothing is enabled are kept, not only the verdicts on them."""
    compared = fewer = 0
    for seed in range(first, first + PROGRAMS):
        program = draw(seed)
        model = Model(program)
        full = Seen(model)
        if len(full.states) > MOST_STATES:
            continue
        reduced = Seen(model, StubbornSets(make_stubborn_tables(program)))
        assert reduced.resting == full.resting, seed
        assert reduced.taken == full.taken, seed
        assert reduced.failing == full.failing, seed
        compared += 1
        fewer += len(reduced.states) < len(full.states)
    assert compared > PROGRAMS / 2
    assert fewer > PROGRAMS / 4


@pytest.mark.parametrize("first", range(0, 120, PROGRAMS))
def test_reduced_programs_full_of_locks_say_the_same(first):
    compared = fewer = 0
    for seed in range(first, first + PROGRAMS):
        program = draw(seed)
        full = explore(program, Options(max_states=MOST_STATES))
        if not full.exhausted:
            continue
        reduced = explore(program, POR)
        assert report(reduced) == report(full), seed
        compared += 1
        fewer += reduced.counts.states < full.counts.states
    assert compared > PROGRAMS / 2
    assert fewer > PROGRAMS / 4
