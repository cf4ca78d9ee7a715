"""The docstring never ends; it is reported where it begins."""

from modelcheck.lang import U8, label, shared, spec, thread

spec("syntax-unclosed-docstring")

n = shared(U8)


@thread
def work():
    label("first")
    """ a text  # E: MC006
    n = 1
