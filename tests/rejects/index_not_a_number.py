"""An element has a number."""

from modelcheck.lang import Array, Int, Queue, READ_ONCE, Set, U8, array, between, queue, shared, spec, struct, thread

spec("index-not-a-number")

@struct
class Table:
    slots: Array[U8] = array(2)
    waiting: Queue[U8] = queue(2)
    seen: Set[Int] = between(0, 3)


t = shared(Table)


@thread
def work():
    READ_ONCE(t.slots[True])  # E: MC252
