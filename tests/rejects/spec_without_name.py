"""A spec has a name."""  # E: MC318

from modelcheck.lang import U8, shared

n = shared(U8)
