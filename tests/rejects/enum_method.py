"""Enums have no methods either."""

from modelcheck.lang import Enum, spec

spec("enum-method")

class Mode(Enum):
    OFF = 0

    def get(self):  # E: MC110
        return 0
