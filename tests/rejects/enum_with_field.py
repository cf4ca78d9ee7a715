"""An enum has members."""

from modelcheck.lang import Enum, U8, spec

spec("enum-with-field")

class Mode(Enum):
    OFF: U8  # E: MC114
    A, B = 0, 1  # E: MC114
