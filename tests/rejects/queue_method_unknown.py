"""A queue has no push."""

from modelcheck.lang import Array, Int, Queue, Set, U8, array, between, queue, shared, spec, struct, thread

spec("queue-method-unknown")

@struct
class Table:
    slots: Array[U8] = array(2)
    waiting: Queue[U8] = queue(2)
    seen: Set[Int] = between(0, 3)


t = shared(Table)


@thread
def work():
    t.waiting.push(1)  # E: MC289
    t.seen.append(1)  # E: MC289
