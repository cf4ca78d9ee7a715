"""Declarations stand at the top."""

from modelcheck.lang import U8, shared, spec, thread, variant

spec("declaration-in-routine")

n = shared(U8)


@thread
def work():
    m = shared(U8)  # E: MC275
    spec("x")  # E: MC275
    variant("x")  # E: MC275
