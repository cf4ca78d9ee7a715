"""Structs have identity."""

from modelcheck.lang import U8, shared, spec, struct, thread

spec("struct-copied")

@struct
class Point:
    x: U8
    y: U8


@struct
class Window:
    at: Point


p = shared(Window, count=2)


@thread
def work():
    p[0].at = p[1].at  # E: MC121
