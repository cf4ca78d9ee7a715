"""Types stand at the top level."""

from modelcheck.lang import U8, spec, struct

spec("class-in-class")

@struct
class P:
    class Q:  # E: MC115
        x: U8
