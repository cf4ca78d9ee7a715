"""NULL is None."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("name-of-c")

n = shared(U8)


@thread
def work():
    if READ_ONCE(n) == NULL:  # E: MC201
        pass
