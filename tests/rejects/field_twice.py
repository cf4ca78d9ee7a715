"""A field is declared once."""

from modelcheck.lang import U16, U8, shared, spec, struct

spec("field-twice")

@struct
class Point:
    x: U8
    x: U16  # E: MC202


p = shared(Point)
