"""Allocations are bounded."""

from modelcheck.lang import U8, pool, spec, struct

spec("pool-without-count")

@struct
class Point:
    x: U8


p = pool(Point)  # E: MC212
