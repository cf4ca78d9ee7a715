"""What only a thread has: a number, a CPU, a stack, a machine that may crash."""

from modelcheck.lang import (
    U8,
    context,
    crash,
    current,
    initial,
    irqs,
    local,
    shared,
    softirqs,
    spec,
    struct,
    thread,
)

spec("initial-has-no-thread")


@struct
class Frame:
    x: U8


n = shared(U8)


def prepare():
    frame = local(Frame)  # E: MC305
    frame.x = 1
    irqs(False)  # E: MC305


@initial
def begin():
    prepare()
    softirqs(False)  # E: MC305
    someone = current()  # E: MC305
    where = context()  # E: MC305
    crash()  # E: MC305


@thread
def work():
    global n
    n = 1
    crash()
