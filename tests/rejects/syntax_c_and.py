"""C writes &&, Python writes `and`."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("syntax-c-and")

n = shared(U8)


@thread
def work():
    if READ_ONCE(n) == 0 && True:  # E: MC006
        pass
