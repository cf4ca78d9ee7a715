"""The least value first."""

from modelcheck.lang import between, shared, spec

spec("int-bounds-reversed")

n = shared(between(9, 0))  # E: MC240
