"""Octal is 0o17."""

from modelcheck.lang import U8, WRITE_ONCE, shared, spec, thread

spec("syntax-leading-zero")

n = shared(U8)


@thread
def work():
    WRITE_ONCE(n, 017)  # E: MC006
