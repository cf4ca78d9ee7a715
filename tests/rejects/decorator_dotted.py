"""Nor those of other modules."""

from modelcheck.lang import spec

spec("decorator-dotted")

@functools.cache  # E: MC113
def get():
    return 1
