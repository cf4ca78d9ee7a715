"""Modules are not imported whole."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("import-module")

import modelcheck.kernel  # E: MC101
n = shared(U8)


@thread
def work():
    READ_ONCE(n)
