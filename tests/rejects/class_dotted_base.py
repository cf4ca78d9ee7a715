"""A base is a plain name."""

from modelcheck.lang import spec

spec("class-dotted-base")

class Mode(enum.Enum):  # E: MC112
    OFF = 0
