"""Nothing waits while a file is read."""

from modelcheck.lang import U8, shared, spec, wait_until

spec("wait-until-at-the-top")

n = shared(U8)


wait_until(n == 0)  # E: MC105
