"""An empty body is pass."""

from modelcheck.lang import U8, shared, spec, thread

spec("ellipsis")

n = shared(U8)


@thread
def work():
    ...  # E: MC142
