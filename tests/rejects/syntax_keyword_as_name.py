"""`class` is a keyword."""

from modelcheck.lang import U8, shared, spec, thread

spec("syntax-keyword-as-name")

n = shared(U8)


@thread
def work():
    class = 1  # E: MC006
