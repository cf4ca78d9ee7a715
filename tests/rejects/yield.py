"""Routines do not yield."""

from modelcheck.lang import U8, shared, spec, thread

spec("yield")

n = shared(U8)


@thread
def work():
    yield 1  # E: MC117
    x = yield from n  # E: MC117
