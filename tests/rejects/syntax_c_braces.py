"""C opens a block with a brace."""

from modelcheck.lang import U8, shared, spec, thread

spec("syntax-c-braces")

n = shared(U8)


@thread
def work():
    if (n == 0) {  # E: MC006
    }
