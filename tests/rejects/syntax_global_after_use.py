"""`global` stands before the first use."""

from modelcheck.lang import U8, shared, spec, thread

spec("syntax-global-after-use")

n = shared(U8)


@thread
def work():
    n = 1
    global n  # E: MC006
