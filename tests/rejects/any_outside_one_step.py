"""Other threads would run in between."""

from modelcheck.lang import U8, shared, spec, thread

spec("any-outside-one-step")

a = shared(U8, count=2)


@thread
def work():
    if any(x == 1 for x in a):  # E: MC130
        pass
    y = sum(x for x in a)  # E: MC130
