"""The library has no such name."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("import-unknown-name")

from modelcheck.kernel import Mutx  # E: MC203

m = shared(Mutx)
n = shared(U8)


@thread
def work():
    READ_ONCE(n)
