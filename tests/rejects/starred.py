"""Values are not spread."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("starred")

n = shared(U8)


@thread
def work():
    a, *b = READ_ONCE(n)  # E: MC133
    get(*a)  # E: MC133
    get(**b)  # E: MC133
