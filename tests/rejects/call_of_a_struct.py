"""A struct is no routine."""

from modelcheck.lang import U8, spec, struct, thread

spec("call-of-a-struct")

@struct
class Point:
    x: U8


@thread
def work():
    p = Point(x=1)  # E: MC266
