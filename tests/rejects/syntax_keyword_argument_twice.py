"""An argument given twice."""

from modelcheck.lang import U8, shared, spec, thread, wait_until

spec("syntax-keyword-argument-twice")

n = shared(U8)


@thread
def work():
    wait_until(n == 0, idle=True, idle=True)  # E: MC006
