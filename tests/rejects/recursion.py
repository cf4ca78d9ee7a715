"""A recursion without end."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("recursion")

n = shared(U8)


def down(depth):
    if READ_ONCE(n) == 0:
        down(depth + 1)  # E: MC264


@thread
def work():
    down(0)
