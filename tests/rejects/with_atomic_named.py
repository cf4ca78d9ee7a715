"""An atomic block has no name."""

from modelcheck.lang import READ_ONCE, U8, atomic, shared, spec, thread

spec("with-atomic-named")

n = shared(U8)


@thread
def work():
    with atomic() as a:  # E: MC123
        READ_ONCE(n)
    with atomic(), atomic():  # E: MC123
        READ_ONCE(n)
    with atomic:  # E: MC123
        READ_ONCE(n)
