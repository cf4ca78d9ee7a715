"""A setting lies within."""

from modelcheck.lang import U8, param, shared, spec, variant

spec("variant-outside-bounds")

size = param(2, min=1, max=4)

n = shared(U8, count=size)

variant("large", size=9)  # E: MC319
