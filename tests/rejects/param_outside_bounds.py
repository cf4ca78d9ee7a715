"""The default lies within."""

from modelcheck.lang import U8, param, shared, spec

spec("param-outside-bounds")

size = param(5, min=1, max=4)  # E: MC319

n = shared(U8, count=size)
