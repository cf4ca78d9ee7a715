"""A comment that would be shown reversed."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("bidi-character")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)  # ‮ txet # E: MC009
