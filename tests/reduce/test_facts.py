"""Conditions and their cases, evaluated side by side."""

from __future__ import annotations

import random

import pytest

from modelcheck.ir.nodes import (
    Apply,
    Const,
    Current,
    IsInitialised,
    Local,
    ObjectRoot,
    Place,
    Read,
)
from modelcheck.ir.ops import OPS
from modelcheck.ir.slots import UNINITIALISED
from modelcheck.ir.types import BOOL, RangeType, SetType, ThreadIdType
from modelcheck.reduce.facts import MOST_CASES, read_condition

INT = RangeType(-2, 5)
ID = ThreadIdType()
SET = SetType(ID)
NUMBER, OWNER, MEMBERS = (Place(ObjectRoot(name)) for name in ("n", "owner", "members"))
THREADS = range(3)


def draw_atom(rng):
    match rng.randrange(10):
        case 0:
            op = rng.choice(["==", "!=", "<", "<=", ">", ">="])
            sides = [Read(NUMBER), Const(rng.randint(-3, 6), INT)]
            if rng.random() < 0.5:
                sides.reverse()
            return Apply(op if op in OPS else "<", tuple(sides), BOOL)
        case 1:
            sides = [Read(OWNER), rng.choice([Current(), Const(rng.randint(0, 3), ID)])]
            if rng.random() < 0.5:
                sides.reverse()
            return Apply(rng.choice(["==", "!="]), tuple(sides), BOOL)
        case 2:
            own = Apply("-", (Current(), Const(1, INT)), INT)
            return Apply("bit-test", (Read(MEMBERS), rng.choice([own, Const(1, INT)])), BOOL)
        case 3:
            count = Apply("popcount", (Read(MEMBERS),), INT)
            return Apply(rng.choice(["==", "<"]), (Const(0, INT), count), BOOL)
        case 4:
            count = Apply("popcount", (Read(MEMBERS),), INT)
            return Apply("==", (count, Const(rng.randrange(3), INT)), BOOL)
        case 5:
            return Const(rng.randrange(2), BOOL)
        case 6:
            return Local("unknown")
        case 8:
            return IsInitialised(NUMBER)
        case 7:
            added = Apply("+", (Read(NUMBER), Const(1, INT)), INT)
            return Apply("<", (added, Const(2, INT)), BOOL)
        case _:
            return Apply("==", (Read(NUMBER), Const(rng.randint(-2, 5), INT)), BOOL)


def draw_condition(rng, depth=3):
    if depth == 0 or rng.random() < 0.2:
        return draw_atom(rng)
    match rng.choice(["not", "and", "or", "ite"]):
        case "not":
            return Apply("not", (draw_condition(rng, depth - 1),), BOOL)
        case "ite":
            return Apply("ite", tuple(draw_condition(rng, depth - 1) for _ in range(3)), BOOL)
        case op:
            return Apply(op, tuple(draw_condition(rng, depth - 1) for _ in range(2)), BOOL)


def evaluate(expr, world):
    """What an expression comes to."""
    match expr:
        case Const(value):
            return value
        case Local():
            return world["unknown"]
        case Current():
            return world["thread"] + 1
        case Read(place):
            return world[place.root.object]
        case IsInitialised(place):
            return int(world[place.root.object] != UNINITIALISED)
        case Apply(op, args):
            return int(OPS[op].meaning(*(evaluate(arg, world) for arg in args)))
    raise AssertionError(expr)


def is_so(fact, world):
    value = world[fact.place.root.object]
    if fact.test == "bit":
        found = value >> (world["thread"] if fact.own else fact.lo) & 1 == 1
    elif fact.own:
        found = value == world["thread"] + 1
    else:
        found = fact.lo <= value <= fact.hi
    return found == fact.wanted


def draw_world(rng):
    return {
        "n": rng.choice([rng.randint(-2, 5), rng.randint(-2, 5), UNINITIALISED]),
        "owner": rng.randint(0, 3),
        "members": rng.randrange(8),
        "thread": rng.choice(THREADS),
        "unknown": rng.randrange(2),
    }


@pytest.mark.parametrize("wanted", [True, False])
def test_cases_cover_a_condition_or_hold_nothing_else(wanted):
    rng = random.Random(f"facts {wanted}")
    covered = implied = 0
    for _ in range(1_500):
        condition = draw_condition(rng)
        weaker = read_condition(condition, wanted=wanted, unknown=True)
        stronger = read_condition(condition, wanted=wanted, unknown=False)
        assert max(len(weaker), len(stronger)) <= MOST_CASES
        for _ in range(12):
            world = draw_world(rng)
            value = bool(evaluate(condition, world)) == wanted
            if value:
                covered += any(weaker)
                assert any(all(is_so(f, world) for f in case) for case in weaker)
            if any(all(is_so(f, world) for f in case) for case in stronger):
                implied += any(stronger)
                assert value
    assert covered > 2_000
    assert implied > 2_000
