"""There is no async."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("async-thread")

n = shared(U8)


@thread
async def work():  # E: MC116
    READ_ONCE(n)
