"""A block starts with a colon."""

from modelcheck.lang import U8, shared, spec, thread

spec("syntax-missing-colon")

n = shared(U8)


@thread
def work():
    if n == 0  # E: MC006
        pass
