"""Two constants need each other."""

from modelcheck.lang import U8, shared, spec

spec("declaration-cycle")

a = b + 1  # E: MC206
b = a + 1

n = shared(U8, count=a)
