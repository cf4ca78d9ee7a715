"""No slices."""

from modelcheck.lang import U8, shared, spec, thread

spec("slice")

a = shared(U8, count=4)


@thread
def work():
    for x in a[1:]:  # E: MC144
        pass
    y = a[::2]  # E: MC144
