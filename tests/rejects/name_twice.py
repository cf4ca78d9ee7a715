"""Both places are shown."""

from modelcheck.lang import READ_ONCE, U16, U8, shared, spec, thread

spec("name-twice")

n = shared(U8)
n = shared(U16)  # E: MC202


@thread
def work():
    READ_ONCE(n)
