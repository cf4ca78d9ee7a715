"""Built-in names are taken."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("assert-named-like-a-check")

n = shared(U8)


@thread
def work():
    assert READ_ONCE(n) == 0, "deadlock"  # E: MC308
