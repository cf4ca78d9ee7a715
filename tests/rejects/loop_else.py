"""Loops have no else."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("loop-else")

n = shared(U8)


@thread
def work():
    for i in range(2):
        READ_ONCE(n)
    else:
        READ_ONCE(n)  # E: MC124
    while READ_ONCE(n) == 0:
        pass
    else:
        pass  # E: MC124
