"""Nothing can come after `_`."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("syntax-case-after-wildcard")

n = shared(U8)


@thread
def work():
    match READ_ONCE(n):
        case _:  # E: MC006
            pass
        case 1:
            pass
