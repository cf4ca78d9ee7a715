"""Four contexts."""

from modelcheck.lang import READ_ONCE, U8, context, shared, spec, thread

spec("context-unknown")

n = shared(U8)


@thread(context="irq")  # E: MC220
def work():
    READ_ONCE(n)
