"""`thread` is for routines."""

from modelcheck.lang import U8, spec, struct, thread

spec("decorator-thread-on-class")

@thread  # E: MC113
@struct
class P:
    x: U8
