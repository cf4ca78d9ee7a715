"""What is called has a name."""

from modelcheck.lang import U8, shared, spec, thread

spec("call-of-a-call")

n = shared(U8)


@thread
def work():
    get()()  # E: MC150
    (lambda: n)()  # E: MC150
    (get if n else put)()  # E: MC150
