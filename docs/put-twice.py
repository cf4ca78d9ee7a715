"""Two users put a buffer; whoever comes last frees it."""

from modelcheck.lang import U8, free, shared, spec, struct, thread

spec("put-twice")


@struct(marked=True)  # READ_ONCE and WRITE_ONCE throughout
class Buffer:
    users: U8


buffer = shared(Buffer, users=2)


@thread(count=2)
def put():
    buffer.users -= 1
    if buffer.users == 0:
        free(buffer)
