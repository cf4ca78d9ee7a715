"""The same for parameters."""

from modelcheck.lang import U8, spec

spec("annotation-of-parameter")

def f(a: 3, b: [U8]) -> {}:  # E: MC151 MC151 MC151
    pass
