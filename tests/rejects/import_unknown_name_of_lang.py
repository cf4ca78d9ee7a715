"""The language has no such name."""

from modelcheck.lang import READ_TWICE, U8, shared, spec, thread  # E: MC203

spec("import-unknown-name-of-lang")

n = shared(U8)


@thread
def work():
    READ_TWICE(n)
