"""A list at the top level."""

from modelcheck.lang import spec

spec("list-shared")

table = []  # E: MC145
lookup = {}  # E: MC145
