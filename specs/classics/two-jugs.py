"""Measure four litres with a jug of three and a jug of five.

Source: the puzzle of "Die Hard with a Vengeance" (1995), which every course on TLA+ begins with.
The trace of the expected violation is the answer: six pourings.
Left out: spilling. Nothing here is a kernel routine; the spec shows `choose`, `match` and bounded
numbers, and a property whose violation is what one wants to see.
Try: variant even_jugs: with jugs of two and four litres three cannot be measured.
"""

from modelcheck.lang import (
    Enum,
    Int,
    atomic,
    between,
    choose,
    default,
    invariant,
    param,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("two-jugs")

small_size = param(3, min=1, max=20)
big_size = param(5, min=1, max=20)
goal = param(4, min=1, max=20)


class Move(Enum):
    FILL_SMALL = 0
    FILL_BIG = 1
    EMPTY_SMALL = 2
    EMPTY_BIG = 3
    SMALL_TO_BIG = 4
    BIG_TO_SMALL = 5
    STOP = 6


@struct
class Jugs:
    small: Int = between(0, small_size)
    big: Int = between(0, big_size)


jugs = shared(Jugs)


@thread
def pour():
    while True:
        with atomic(because="one pouring is one step"):
            match choose(
                Move.FILL_SMALL,
                Move.FILL_BIG,
                Move.EMPTY_SMALL,
                Move.EMPTY_BIG,
                Move.SMALL_TO_BIG,
                Move.BIG_TO_SMALL,
                Move.STOP,
            ):
                case Move.FILL_SMALL:
                    jugs.small = small_size
                case Move.FILL_BIG:
                    jugs.big = big_size
                case Move.EMPTY_SMALL:
                    jugs.small = 0
                case Move.EMPTY_BIG:
                    jugs.big = 0
                case Move.SMALL_TO_BIG:
                    room = big_size - jugs.big
                    poured = room if room < jugs.small else jugs.small
                    jugs.small -= poured
                    jugs.big += poured
                case Move.BIG_TO_SMALL:
                    room = small_size - jugs.small
                    poured = room if room < jugs.big else jugs.big
                    jugs.big -= poured
                    jugs.small += poured
                case Move.STOP:
                    return


@invariant
def goal_is_never_measured():
    return jugs.big != goal


@reachable
def both_are_full():
    return jugs.small == small_size and jugs.big == big_size


default(violates="goal_is_never_measured")
variant("even_jugs", small_size=2, big_size=4, goal=3)
