"""The brackets do not match."""

from modelcheck.lang import U8, shared, spec, thread, wait_until

spec("syntax-wrong-bracket")

n = shared(U8)


@thread
def work():
    wait_until(n == 0]  # E: MC006
