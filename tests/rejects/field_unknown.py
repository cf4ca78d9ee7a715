"""A near miss is named."""

from modelcheck.lang import Bool, READ_ONCE, shared, spec, struct, thread

spec("field-unknown")

@struct
class File:
    released: Bool


p = shared(File)


@thread
def work():
    READ_ONCE(p.released)
    READ_ONCE(p.relased)  # E: MC221
