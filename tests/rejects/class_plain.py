"""A class says what it is."""

from modelcheck.lang import U8, spec

spec("class-plain")

class P:  # E: MC112
    x: U8
