"""A file is one spec."""

from modelcheck.lang import spec

spec("spec-twice")

spec("another")  # E: MC316
