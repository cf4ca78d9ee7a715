"""`struct` is for classes."""

from modelcheck.lang import spec, struct

spec("decorator-struct-on-routine")

@struct  # E: MC113
def work():
    pass
