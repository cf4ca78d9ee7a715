"""== for =."""

from modelcheck.lang import U8, shared, spec, thread

spec("unused-comparison")

n = shared(U8)


@thread
def work():
    global n
    n == 1  # E: MC128
    n + 1  # E: MC128
    not n  # E: MC128
    1  # E: MC128
    n, n  # E: MC128
