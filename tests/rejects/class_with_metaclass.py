"""There are no metaclasses."""

from modelcheck.lang import Enum, spec

spec("class-with-metaclass")

class Mode(Enum, metaclass=type):  # E: MC112
    OFF = 0
