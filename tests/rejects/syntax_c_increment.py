"""C counts with ++."""

from modelcheck.lang import U8, shared, spec, thread

spec("syntax-c-increment")

n = shared(U8)


@thread
def work():
    n++  # E: MC006
