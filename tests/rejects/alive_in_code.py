"""The kernel cannot ask."""

from modelcheck.lang import U8, alive, free, new, pool, spec, struct, thread

spec("alive-in-code")

@struct
class Point:
    x: U8


points = pool(Point, count=1)


@thread
def work():
    p = new(Point)
    if alive(p):  # E: MC306
        free(p)
