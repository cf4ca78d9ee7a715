"""A field is not set while a file is read."""

from modelcheck.lang import U8, shared, spec, struct

spec("top-level-store")

@struct
class P:
    x: U8


p = shared(P)
p.x = 1  # E: MC105
