"""A pointer is no number."""

from modelcheck.lang import Ptr, U8, shared, spec, struct, thread

spec("compare-pointer-with-number")

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
    if h.first == 0:  # E: MC258
        pass
    if h.first == 1:  # E: MC258
        pass
