"""There is no loop to leave."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("syntax-break-outside-loop")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)
    break  # E: MC006
