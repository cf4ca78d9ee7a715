"""C reaches through a pointer with ->."""

from modelcheck.lang import U8, shared, spec, thread

spec("syntax-c-arrow")

n = shared(U8)


@thread
def work():
    p->x = 1  # E: MC006
