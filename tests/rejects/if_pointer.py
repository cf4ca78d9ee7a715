"""A pointer has no truth."""

from modelcheck.lang import Ptr, U8, shared, spec, struct, thread

spec("if-pointer")

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
    p = h.first
    if p:  # E: MC257
        pass
    if not p:  # E: MC257
        pass
    while h.first:  # E: MC257
        pass
