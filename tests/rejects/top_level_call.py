"""A routine is not called while a file is read."""

from modelcheck.lang import spec

spec("top-level-call")

def work():
    pass


work()  # E: MC105
print("hello")  # E: MC105
