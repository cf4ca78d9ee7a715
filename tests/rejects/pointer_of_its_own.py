"""A pointer lives in a struct."""

from modelcheck.lang import Ptr, U8, shared, spec, struct

spec("pointer-of-its-own")

@struct
class Point:
    x: U8


p = shared(Ptr[Point])  # E: MC214
