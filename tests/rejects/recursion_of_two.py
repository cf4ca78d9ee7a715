"""Nor through another."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("recursion-of-two")

n = shared(U8)


def ping():
    READ_ONCE(n)
    pong()  # E: MC264


def pong():
    ping()


@thread
def work():
    ping()
