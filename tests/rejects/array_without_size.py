"""An array has a size."""

from modelcheck.lang import Array, Queue, U8, shared, spec, struct

spec("array-without-size")

@struct
class Table:
    slots: Array[U8]  # E: MC241
    line: Queue[U8]  # E: MC241


t = shared(Table)
