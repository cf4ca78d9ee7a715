"""A member is no number."""

from modelcheck.lang import Bool, Enum, WRITE_ONCE, shared, spec, struct, thread

spec("store-of-wrong-type")

class Mode(Enum):
    OFF = 0
    ON = 1


mode = shared(Mode)


@struct
class S:
    m: Mode
    b: Bool


mode2 = shared(S)


@thread
def work():
    WRITE_ONCE(mode, 1)  # E: MC247
    mode2.m = Mode.ON
    mode2.m = 1  # E: MC247
    mode2.b = 1  # E: MC247
