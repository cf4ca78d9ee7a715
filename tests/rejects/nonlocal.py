"""There is nothing around a routine."""

from modelcheck.lang import U8, shared, spec, thread

spec("nonlocal")

n = shared(U8)


@thread
def work():
    nonlocal n  # E: MC127
    n = 1
