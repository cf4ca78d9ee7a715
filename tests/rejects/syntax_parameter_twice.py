"""Two parameters of one name."""

from modelcheck.lang import spec, thread

spec("syntax-parameter-twice")

def get(a, a):  # E: MC006
    return a


@thread
def work():
    pass
