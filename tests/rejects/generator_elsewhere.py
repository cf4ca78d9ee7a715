"""A generator is no value."""

from modelcheck.lang import U8, shared, spec, thread

spec("generator-elsewhere")

n = shared(U8)


@thread
def work():
    x = (i for i in range(3))  # E: MC137
    y = len(i for i in range(3))  # E: MC137
    z = set(i for i in range(3))  # E: MC137
    for i in (j for j in range(3)):  # E: MC137
        pass
