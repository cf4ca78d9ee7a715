"""A near miss is named."""

from modelcheck.lang import U8, shared, spec, thread, wait_until

spec("argument-name-unknown")

n = shared(U8)


def get(value):
    return value


@thread
def work():
    get(vlaue=1)  # E: MC268
    wait_until(n == 0, idel=True)  # E: MC268
