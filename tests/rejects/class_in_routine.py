"""Types stand at the top level."""

from modelcheck.lang import U8, shared, spec, thread

spec("class-in-routine")

n = shared(U8)


@thread
def work():
    class Q:  # E: MC115
        x: U8
