"""Sizes stand right of =."""

from modelcheck.lang import Array, U16, U8, between, spec, struct

spec("annotation-with-size")

@struct
class Table:
    slots: Array[U8, 4]  # E: MC151
    size: between(0, 9)  # E: MC151
    name: "not a type!"  # E: MC151
    kind: 3  # E: MC151
    flags: U8 | U16  # E: MC151
