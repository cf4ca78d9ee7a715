"""= in a condition."""

from modelcheck.lang import U8, shared, spec, thread

spec("syntax-assign-in-condition")

n = shared(U8)


@thread
def work():
    if n = 1:  # E: MC006
        pass
