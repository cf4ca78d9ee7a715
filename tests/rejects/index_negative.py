"""-1 is no index."""

from modelcheck.lang import Array, Int, Queue, READ_ONCE, Set, U8, array, between, queue, shared, spec, struct, thread

spec("index-negative")

a = shared(U8, count=2)
@struct
class Table:
    slots: Array[U8] = array(2)
    waiting: Queue[U8] = queue(2)
    seen: Set[Int] = between(0, 3)


t = shared(Table)


@thread
def work():
    READ_ONCE(a[-1])  # E: MC225
    READ_ONCE(t.slots[-1])  # E: MC225
