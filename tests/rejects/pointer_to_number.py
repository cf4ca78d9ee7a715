"""Pointers point to structs."""

from modelcheck.lang import Ptr, U8, shared, spec, struct

spec("pointer-to-number")

@struct
class Head:
    first: Ptr[U8]  # E: MC237


h = shared(Head)
