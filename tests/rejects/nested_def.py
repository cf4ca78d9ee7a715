"""Routines are not nested."""

from modelcheck.lang import U8, shared, spec, thread

spec("nested-def")

n = shared(U8)


@thread
def work():
    def get():  # E: MC111
        return n
    get()
