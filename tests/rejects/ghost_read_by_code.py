"""The kernel has no ghosts."""

from modelcheck.lang import READ_ONCE, U8, ghost, shared, spec, thread

spec("ghost-read-by-code")

n = shared(U8)
seen: U8 = ghost(0)


@thread
def work():
    if seen == 0:  # E: MC302
        READ_ONCE(n)
