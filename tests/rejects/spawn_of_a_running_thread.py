"""Only spawned= threads are spawned."""

from modelcheck.lang import READ_ONCE, U8, shared, spawn, spec, thread

spec("spawn-of-a-running-thread")

n = shared(U8)


@thread
def other():
    READ_ONCE(n)


@thread
def work():
    spawn(other)  # E: MC282
