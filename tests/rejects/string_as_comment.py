"""Comments start with #."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("string-as-comment")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)
    """then something"""  # E: MC141
    READ_ONCE(n)
