"""A bare name in a case matches everything."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("match-capture")

LIMIT = 3
n = shared(U8)


@thread
def work():
    match READ_ONCE(n):
        case LIMIT:  # E: MC129
            pass
