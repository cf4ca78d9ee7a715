"""Declarations come one by one."""

from modelcheck.lang import U8, shared, spec

spec("top-level-tuple")

a, b = shared(U8), shared(U8)  # E: MC105
