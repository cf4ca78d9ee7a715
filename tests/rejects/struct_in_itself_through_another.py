"""Nor through another."""

from modelcheck.lang import shared, spec, struct

spec("struct-in-itself-through-another")

@struct
class A:
    b: "B"  # E: MC215


@struct
class B:
    a: A


head = shared(A)
