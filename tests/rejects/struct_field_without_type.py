"""A field has a type."""

from modelcheck.lang import spec, struct

spec("struct-field-without-type")

@struct
class P:
    x = 3  # E: MC114
    for i in range(3):  # E: MC114
        pass
