"""A Ref takes a place."""

from modelcheck.lang import READ_ONCE, Ref, U8, shared, spec, thread

spec("argument-no-place")

n = shared(U8)


def bump(place: Ref[U8]):
    place += 1


@thread
def work():
    bump(3)  # E: MC269
    READ_ONCE(3)  # E: MC269
