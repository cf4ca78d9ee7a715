"""There are no exceptions."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("try")

n = shared(U8)


@thread
def work():
    try:  # E: MC122
        READ_ONCE(n)
    except ValueError:
        pass
    finally:
        pass
