"""A pool holds structs."""

from modelcheck.lang import U8, pool, spec

spec("pool-of-numbers")

p = pool(U8, count=2)  # E: MC211
