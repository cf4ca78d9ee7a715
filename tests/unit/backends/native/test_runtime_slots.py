"""What C does to packed states, one slot, queue or pool at a time, is what Python does to slots."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest
from runtime_program import compile_c, run_c

from modelcheck.backends.facts import PoolFacts
from modelcheck.backends.python import runtime as python
from modelcheck.diagnostics import InternalError
from modelcheck.ir.layout import WORD_BITS, Layout, Packed, slot_bits
from modelcheck.ir.memory import FREED, NEVER_USED, Slot

LEAST, GREATEST = -(1 << 63), (1 << 63) - 1
VERBS = ("append", "appendleft", "pop", "popleft", "remove", "clear", "contains")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    files = ("objects.c", "way.c", "memory.c")
    checks = ("-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all")
    return compile_c(tmp_path_factory.mktemp("slots"), "runtime_slots.c", files, *checks)


def obey(program, lines):
    return run_c(program, said="\n".join(lines) + "\n")


def make_slot(number, lo, hi, *, may_be_uninitialised=False):
    return Slot(number, f"s{number}", "field", lo, hi, may_be_uninitialised=may_be_uninitialised)


def pack(slots, rng):
    """Where slots may lie: one behind the other or with gaps, none across two words."""
    packed, word, shift = [], 0, 0
    for slot in slots:
        bits = slot_bits(slot)
        shift += rng.choice((0, 0, 0, 1, 7))
        if shift + bits > WORD_BITS:
            word, shift = word + 1, 0
        packed.append(Packed(slot, word, shift % WORD_BITS, bits))
        shift += bits
    return Layout("random", tuple(packed), word + 1)


def describe(layout):
    yield f"layout {layout.words} {len(layout.packed)}"
    for p in layout.packed:
        last = p.slot.hi - p.slot.lo + p.slot.may_be_uninitialised
        mask = (1 << p.bits) - 1
        unset = int(p.slot.may_be_uninitialised)
        yield f"{p.word} {p.shift} {mask:x} {last:x} {p.slot.lo} {unset}"


def write_words(layout, values):
    return " ".join(f"{word:x}" for word in layout.pack(values))


def make_layout(rng):
    slots = []
    for number in range(rng.randint(1, 30)):
        bits = rng.choice((0, 1, 1, 2, 3, 8, 8, 13, 31, 32, 33, 61, 63, 64))
        span = (1 << bits) - 1 if rng.random() < 0.5 else rng.randrange(1 << bits)
        lo = max(LEAST, min(rng.choice((0, 0, -1, -7, LEAST, GREATEST - span)), GREATEST - span))
        unset = span < (1 << 62) and rng.random() < 0.3
        slots.append(make_slot(number, lo, lo + span, may_be_uninitialised=unset))
    return pack(slots, rng)


@pytest.mark.parametrize("seed", range(40))
def test_what_fits_is_stored_there_alone_and_what_does_not_is_refused(seed, program):
    rng = Random(seed)
    layout = make_layout(rng)
    slots = [p.slot for p in layout.packed]
    values = [rng.choice((s.lo, s.hi, rng.randint(s.lo, s.hi))) for s in slots]
    lines = [*describe(layout), "set " + " ".join(map(str, values))]
    expected = [f" {write_words(layout, values)}"]
    for slot in slots:
        for value in (slot.lo, slot.hi, rng.randint(slot.lo, slot.hi)):
            values[slot.number] = value
            lines.append(f"put {slot.number} {value}")
            expected.append(f"{value} {write_words(layout, values)}")
        # One beyond, and what has the same low bits.
        size = 1 << slot_bits(slot)
        for value in {slot.lo - 1, slot.hi + 1, slot.lo - size, slot.hi + size, LEAST, GREATEST}:
            if LEAST <= value <= GREATEST and not slot.lo <= value <= slot.hi:
                lines.append(f"try put {slot.number} {value}")
                expected.append("refused")
    assert obey(program, lines) == expected


@dataclass
class Queue:
    """A queue among other slots, as both sides see it."""

    layout: Layout
    at: int
    capacity: int
    lo: int
    hi: int


def make_queue(rng):
    capacity, at = rng.randint(1, 6), rng.randint(0, 3)
    lo, hi = rng.choice(((0, 1), (0, 5), (-3, 3), (0, 200), (0, 1 << 40)))
    slots = [make_slot(n, 0, 3) for n in range(at)]
    slots.append(make_slot(at, 0, capacity))
    slots += [make_slot(at + 1 + n, lo, hi) for n in range(capacity)]
    slots.append(make_slot(len(slots), 0, 1))
    return Queue(pack(slots, rng), at, capacity, lo, hi)


@pytest.mark.parametrize("seed", range(20))
def test_queues_do_what_python_queues_do(seed, program):
    rng = Random(seed)
    queue = make_queue(rng)
    values = [p.slot.hi for p in queue.layout.packed]
    values[queue.at : queue.at + queue.capacity + 1] = [0] * (queue.capacity + 1)
    lines = [*describe(queue.layout), "set " + " ".join(map(str, values))]
    expected = [f" {write_words(queue.layout, values)}"]
    for _ in range(150):
        verb = rng.choice(VERBS + VERBS[:2] * 2)
        value = rng.choice((0, 1, rng.randint(queue.lo, queue.hi)))
        line = f"queue {verb} {queue.at} {value}"
        given = [value] if verb in ("append", "appendleft", "remove", "contains") else []
        count, after = values[queue.at], list(values)
        beyond = verb.startswith("append") and count == queue.capacity
        try:
            said = getattr(python, f"queue_{verb}")(after, queue.at, *given) if not beyond else 0
        except InternalError:
            beyond = True
        if beyond:
            lines.append(f"try {line}")
            expected.append("refused")
            continue
        lines.append(line)
        expected.append(f"{int(said or 0)} {write_words(queue.layout, after)}")
        values = after
    assert obey(program, lines) == expected


@dataclass
class Rank:
    """Stands for the choices of a way: always the same."""

    rank: int

    def pick(self, count):
        assert self.rank < count
        return self.rank


@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_new_takes_what_python_takes(seed, reuse, program):
    rng = Random(seed)
    count = rng.randint(1, 9)
    layout = pack([make_slot(n, 0, 3) for n in range(count + 2)], rng)
    values = [rng.choice((0, 1, 1, 2)) for _ in range(count + 2)]
    statuses = tuple(rng.sample(range(count + 2), count))
    pointers = tuple(3 * n + 1 for n in range(count))
    lines = [*describe(layout), "set " + " ".join(map(str, values)), f"pool {int(reuse)} {count}"]
    lines += [f"{status} {pointer}" for status, pointer in zip(statuses, pointers, strict=True)]
    free = frozenset({NEVER_USED, FREED} if reuse else {NEVER_USED})
    pool = python.Pool(PoolFacts(statuses, pointers, ((),) * count, free, reuse))
    expected = [f" {write_words(layout, values)}"]
    ways = sum(values[s] in free for s in statuses)
    for rank in range(ways if reuse else min(ways, 1)):
        after = list(values)
        pointer = pool.take(after, Rank(rank))
        expected.append(f"{int(pool.has_free_slot(values))} {pointer} {write_words(layout, after)}")
    lines.append("take" if ways else "try take")
    expected.append("end" if ways else "refused")
    assert obey(program, lines) == expected
