"""A call gives what the routine takes."""

from modelcheck.lang import U8, shared, spec, thread

spec("argument-count")

n = shared(U8)


def get(a):
    return a


@thread
def work():
    get()  # E: MC267
    get(1, 2)  # E: MC267
    get(1)
