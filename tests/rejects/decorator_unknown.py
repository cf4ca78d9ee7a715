"""Only decorators of the language."""

from modelcheck.lang import spec

spec("decorator-unknown")

@cached  # E: MC113
def get():
    return 1
