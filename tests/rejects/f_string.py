"""No formatted text."""

from modelcheck.lang import U8, label, shared, spec, thread

spec("f-string")

n = shared(U8)


@thread
def work():
    label(f"value {n}")  # E: MC140
    assert n == 0, f"bad {n}"  # E: MC140
