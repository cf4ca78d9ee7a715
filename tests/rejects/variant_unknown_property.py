"""There is no such property."""

from modelcheck.lang import READ_ONCE, U8, default, final, shared, spec, thread, variant

spec("variant-unknown-property")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@final
def done():
    return n == 0


variant("broken", violates="dome")  # E: MC321
variant("other", also=("done", "no-such"))  # E: MC321
default(violates="deadlok")  # E: MC321
