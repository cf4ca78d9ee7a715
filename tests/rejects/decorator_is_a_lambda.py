"""A decorator is a name."""

from modelcheck.lang import READ_ONCE, U8, shared, spec

spec("decorator-is-a-lambda")

n = shared(U8)


@(lambda f: f)  # E: MC113
def work():
    READ_ONCE(n)
