"""Tuples are no values."""

from modelcheck.lang import U8, shared, spec, thread

spec("tuple-as-value")

n = shared(U8)


@thread
def work():
    x = (1, 2)  # E: MC146
    a = m[1, 2]  # E: MC146
    get((1, 2))  # E: MC146
