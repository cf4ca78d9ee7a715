"""Enum comes from the language."""

from modelcheck.lang import spec

spec("import-enum-of-python")

from enum import IntEnum  # E: MC102
