"""Every value has a range."""

from modelcheck.lang import Int, shared, spec, struct

spec("int-without-bounds")

@struct
class Meter:
    level: Int  # E: MC239


m = shared(Meter)
