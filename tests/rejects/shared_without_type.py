"""An object has a type."""

from modelcheck.lang import shared, spec

spec("shared-without-type")

n = shared()  # E: MC208
