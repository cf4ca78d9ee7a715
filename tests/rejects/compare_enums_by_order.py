"""Members have no order."""

from modelcheck.lang import Enum, READ_ONCE, shared, spec, thread

spec("compare-enums-by-order")

class Mode(Enum):
    OFF = 0
    ON = 1


mode = shared(Mode)


@thread
def work():
    if READ_ONCE(mode) < Mode.ON:  # E: MC259
        pass
