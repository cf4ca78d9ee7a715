"""Sizes are integers."""

from modelcheck.lang import param, spec

spec("float-param")

n = param(1.5, min=1, max=3)  # E: MC138
