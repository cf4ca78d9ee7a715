"""A lambda takes none."""

from modelcheck.lang import U8, shared, spec, thread, wait_until

spec("lambda-with-parameters")

n = shared(U8)


@thread
def work():
    wait_until(get(lambda x: x == n))  # E: MC134
    wait_until(get(lambda *x: x == n))  # E: MC134
