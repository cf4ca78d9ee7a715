"""There is no such file."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("import-missing-file")

from .nothing import x  # E: MC204
n = shared(U8)


@thread
def work():
    READ_ONCE(n)
