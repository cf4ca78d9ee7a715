"""Files import each other."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("import-cycle")

from ._cycle import other
n = shared(U8)


@thread
def work():
    READ_ONCE(n)
