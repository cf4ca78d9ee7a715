"""An enum has no such member."""

from modelcheck.lang import Enum, WRITE_ONCE, shared, spec, thread

spec("member-unknown")

class Mode(Enum):
    OFF = 0
    ON = 1


mode = shared(Mode)


@thread
def work():
    WRITE_ONCE(mode, Mode.IDLE)  # E: MC229
