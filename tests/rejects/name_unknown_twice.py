"""Each unknown name is told."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("name-unknown-twice")

n = shared(U8)


@thread
def work():
    READ_ONCE(a)  # E: MC201
    READ_ONCE(b)  # E: MC201
