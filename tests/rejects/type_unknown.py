"""A type that is none."""

from modelcheck.lang import U8, shared, spec, struct

spec("type-unknown")

n = shared(U8)


@struct
class Point:
    x: u8  # E: MC201
    y: n  # E: MC235


p = shared(Point)
