"""`is` is for pointers."""

from modelcheck.lang import U8, shared, spec, thread

spec("is-number")

n = shared(U8)


@thread
def work():
    if n is 0:  # E: MC143
        pass
    if n is not True:  # E: MC143
        pass
