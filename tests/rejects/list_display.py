"""No lists and dicts."""

from modelcheck.lang import U8, shared, spec, thread

spec("list-display")

n = shared(U8)


@thread
def work():
    x = [1, 2]  # E: MC145
    y = {1: 2}  # E: MC145
    z = []  # E: MC145
