"""As many names as values."""

from modelcheck.lang import U8, shared, spec, thread

spec("unpack-count")

n = shared(U8)


def both():
    return 1, 2


@thread
def work():
    a, b, c = both()  # E: MC291
    a, b = n  # E: MC291
