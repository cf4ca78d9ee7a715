"""Defaults are constants."""

from modelcheck.lang import spec

spec("default-mutable")

def f(a=[], b={}, c=g(), d=1.5, e="x"):  # E: MC119 MC119 MC119 MC119 MC119
    pass
