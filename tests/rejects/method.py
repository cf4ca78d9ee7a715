"""Structs have no methods."""

from modelcheck.lang import U8, spec, struct

spec("method")

@struct
class P:
    x: U8

    def get(self):  # E: MC110
        return self.x
