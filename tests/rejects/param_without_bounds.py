"""A size has bounds."""

from modelcheck.lang import param, spec

spec("param-without-bounds")

size = param(2)  # E: MC301
