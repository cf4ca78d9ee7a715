"""C writes `else if`."""

from modelcheck.lang import U8, shared, spec, thread

spec("syntax-c-else-if")

n = shared(U8)


@thread
def work():
    if n == 0:
        pass
    else if n == 1:  # E: MC006
        pass
