"""There is no await."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("async-await")

n = shared(U8)


@thread
def work():
    await READ_ONCE(n)  # E: MC116
    async with n:  # E: MC116
        pass
    async for x in n:  # E: MC116
        pass
