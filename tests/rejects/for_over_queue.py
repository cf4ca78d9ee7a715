"""A queue changes while one walks."""

from modelcheck.lang import Array, Int, Queue, Set, U8, array, between, queue, shared, spec, struct, thread

spec("for-over-queue")

@struct
class Table:
    slots: Array[U8] = array(2)
    waiting: Queue[U8] = queue(2)
    seen: Set[Int] = between(0, 3)


t = shared(Table)


@thread
def work():
    for x in t.waiting:  # E: MC130
        pass
    for x in t.seen:  # E: MC130
        pass
