"""No matrices."""

from modelcheck.lang import U8, shared, spec, thread

spec("matrix-product")

n = shared(U8)


@thread
def work():
    x = n @ n  # E: MC147
    x @= n  # E: MC147
