"""Names are ASCII."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("non-ascii-name")

größe = shared(U8)  # E: MC106


@thread
def wörk():  # E: MC106
    READ_ONCE(größe)  # E: MC106
