"""Nothing is decided while a file is read."""

from modelcheck.lang import U8, shared, spec

spec("top-level-if")

n = shared(U8)


if n:  # E: MC105
    m = shared(U8)
