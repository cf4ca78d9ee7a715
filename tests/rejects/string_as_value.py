"""Strings are no values."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread, wait_until

spec("string-as-value")

n = shared(U8)


@thread
def work():
    x = "idle"  # E: MC141
    wait_until(n == "idle")  # E: MC141
    READ_ONCE("n")  # E: MC141
    return "done"  # E: MC141
