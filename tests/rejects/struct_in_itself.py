"""A struct cannot contain itself."""

from modelcheck.lang import shared, spec, struct

spec("struct-in-itself")

@struct
class Node:
    next: Node  # E: MC215


head = shared(Node)
