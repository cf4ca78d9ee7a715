"""The string never ends."""

from modelcheck.lang import U8, label, shared, spec, thread

spec("syntax-unclosed-string")

n = shared(U8)


@thread
def work():
    label("first)  # E: MC006
