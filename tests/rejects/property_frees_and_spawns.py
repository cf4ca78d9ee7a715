"""A property does nothing."""

from modelcheck.lang import U8, free, invariant, pool, shared, spec, struct

spec("property-frees-and-spawns")

@struct
class Point:
    x: U8


points = pool(Point, count=1)
p = shared(Point)


@invariant
def fine():
    free(p)  # E: MC303
    return True
