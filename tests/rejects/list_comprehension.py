"""There are no lists."""

from modelcheck.lang import U8, shared, spec, thread

spec("list-comprehension")

n = shared(U8)


@thread
def work():
    x = [i for i in range(3)]  # E: MC136
    y = {i: i for i in range(3)}  # E: MC136
    z = all([i for i in range(3)])  # E: MC136
