"""Other statements need a routine."""

from modelcheck.lang import U8, shared, spec

spec("top-level-others")

n = shared(U8)



n += 1  # E: MC105
assert n == 1  # E: MC105
del n  # E: MC105
pass  # E: MC105
raise n  # E: MC105
global n  # E: MC105
return n  # E: MC105
with n:  # E: MC105
    pass
try:  # E: MC105
    pass
except ValueError:
    pass
