"""Not both."""

from modelcheck.lang import Enum, spec, struct

spec("class-struct-and-enum")

@struct
class Mode(Enum):  # E: MC112
    OFF = 0
