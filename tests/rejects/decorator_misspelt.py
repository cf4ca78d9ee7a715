"""A near miss is named."""

from modelcheck.lang import spec

spec("decorator-misspelt")

@tread  # E: MC113
def get():
    return 1
