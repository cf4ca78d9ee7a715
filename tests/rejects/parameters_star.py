"""Parameters are a fixed list."""

from modelcheck.lang import spec

spec("parameters-star")

def f(*args, **options):  # E: MC118 MC118
    pass


def g(a, /, b, *, c):  # E: MC118 MC118
    pass
