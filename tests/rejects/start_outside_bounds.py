"""A start value lies in the range."""

from modelcheck.lang import Int, between, shared, spec, struct

spec("start-outside-bounds")

@struct
class Meter:
    level: Int = between(0, 9)


m = shared(Meter, level=10)  # E: MC223
