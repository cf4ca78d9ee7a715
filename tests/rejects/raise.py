"""There is no raise."""

from modelcheck.lang import U8, shared, spec, thread

spec("raise")

n = shared(U8)


@thread
def work():
    raise ValueError  # E: MC126
