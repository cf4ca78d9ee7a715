"""None of what?"""

from modelcheck.lang import Ptr, U8, shared, spec, struct, thread

spec("none-without-type")

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
    p = None  # E: MC253
    p = h.first
