"""A thread is given its number."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("thread-with-two-parameters")

n = shared(U8)


@thread(count=2)
def work(me, other):  # E: MC298
    READ_ONCE(n)
