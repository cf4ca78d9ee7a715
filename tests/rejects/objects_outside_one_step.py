"""Other threads would run in between."""

from modelcheck.lang import U8, objects, shared, spec, struct, thread

spec("objects-outside-one-step")

@struct
class Point:
    x: U8


p0 = shared(Point)


@thread
def work():
    for p in objects(Point):  # E: MC130
        pass
