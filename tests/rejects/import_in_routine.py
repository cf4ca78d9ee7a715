"""Imports stand at the top."""

from modelcheck.kernel import Mutex
from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("import-in-routine")

n = shared(U8)


@thread
def work():
    from modelcheck.kernel import Mutex  # E: MC104
    import os  # E: MC104
    READ_ONCE(n)
