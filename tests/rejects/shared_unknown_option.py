"""A near miss is named."""

from modelcheck.lang import U8, shared, spec

spec("shared-unknown-option")

n = shared(U8, cuont=2)  # E: MC210
