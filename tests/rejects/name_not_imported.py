"""A name of the language that was not imported."""

from modelcheck.lang import U8, shared, spec, thread

spec("name-not-imported")

n = shared(U8)


@thread
def work():
    spin_unlock_irqrestore(n)  # E: MC201
    kmalloc(n)  # E: MC201
