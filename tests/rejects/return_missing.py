"""A value on every way."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("return-missing")

n = shared(U8)


def get():
    if READ_ONCE(n) == 0:
        return 1


@thread
def work():
    get()  # E: MC270
