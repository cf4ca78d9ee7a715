"""Only built-in checks are silenced."""

from modelcheck.lang import READ_ONCE, U8, allow, final, shared, spec, thread

spec("allow-unknown-check")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@final
def done():
    return n == 0


allow("done", because="it may")  # E: MC313
