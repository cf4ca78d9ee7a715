"""One level deep."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("assign-nested-tuple")

n = shared(U8)


@thread
def work():
    (a, b), c = READ_ONCE(n)  # E: MC131
    [a, b] = READ_ONCE(n)  # E: MC131
    for a, b in n:  # E: MC131
        pass
    for n.x in n:  # E: MC131
        pass
