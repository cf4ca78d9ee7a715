"""Members and pointers have no arithmetic."""

from modelcheck.lang import Enum, Ptr, U8, current, shared, spec, struct, thread

spec("arithmetic-on-symbols")

class Mode(Enum):
    OFF = 0
    ON = 1


mode = shared(Mode)


@struct
class Node:
    next: Ptr[Node]
    key: U8


@struct
class Head:
    first: Ptr[Node]


h = shared(Head)
nodes = shared(Node, count=2)


@thread
def work():
    x = Mode.ON + 1  # E: MC256
    y = h.first + 1  # E: MC256
    z = current() + 1  # E: MC256
