"""Structs have no ancestors."""

from modelcheck.lang import U8, spec, struct

spec("class-with-base")

@struct
class P:
    x: U8


@struct
class Q(P):  # E: MC112
    y: U8
