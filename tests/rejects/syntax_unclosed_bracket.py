"""The bracket is reported where it opens."""

from modelcheck.lang import U8, shared, spec, thread, wait_until

spec("syntax-unclosed-bracket")

n = shared(U8)


@thread
def work():
    wait_until((n == 0)  # E: MC006
    pass
