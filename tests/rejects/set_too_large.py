"""A set is one word."""

from modelcheck.lang import Int, Set, between, shared, spec, struct

spec("set-too-large")

@struct
class Table:
    seen: Set[Int] = between(0, 99)  # E: MC405


t = shared(Table)
