"""Memory is declared."""

from modelcheck.lang import U8, new, spec, struct, thread

spec("new-without-pool")

@struct
class Point:
    x: U8


@thread
def work():
    p = new(Point)  # E: MC279
