"""What a thread loads is no bookkeeping."""

from modelcheck.lang import READ_ONCE, U8, ghost, shared, smp_load_acquire, spec, thread

spec("ghost-loads")

n = shared(U8)
seen: U8 = ghost(0)


@thread
def work():
    global seen
    seen = READ_ONCE(n)  # E: MC325
    seen += smp_load_acquire(n)  # E: MC325
    seen = n
