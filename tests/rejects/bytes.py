"""No bytes."""

from modelcheck.lang import U8, shared, spec, thread

spec("bytes")

n = shared(U8)


@thread
def work():
    x = b"abc"  # E: MC139
