"""Quotes pasted from a document."""

from modelcheck.lang import U8, label, shared, spec, thread

spec("syntax-typographic-quote")

n = shared(U8)


@thread
def work():
    label(“first”)  # E: MC006
