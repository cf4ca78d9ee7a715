"""Reference counts of files: `file_ref_t` of include/linux/file_ref.h, fs/file.c (v6.13 and later).

Kept: 0 is one reference; a get adds without looking, and has one where the result is not negative;
it does **not** put a failed one back, because the file may be another one by then; a put
subtracts, and where nothing is left two putters may try to mark it dead: one succeeds.  While
a put may still touch the count, preemption is off, which holds grace periods off: it is a reader of
RCU here.  Zones as in the kernel, with 8 bits: valid 0 … 127, saturated about -96, dead about -32.
Checked: `refcount` for a put of a dead or saturated count, `file_ref_inc` without a reference, an
overflow, and an object freed that is not dead.
Left out: 64 bits.
"""

from modelcheck.lang import (
    Bool,
    Int,
    Ptr,
    atomic,
    between,
    on_free,
    struct,
)

from .rcu import rcu_read_lock, rcu_read_unlock

FILE_REF_ONEREF = 0
FILE_REF_MAXREF = 127
FILE_REF_SATURATED = -96
FILE_REF_RELEASED = -64
FILE_REF_DEAD = -32
FILE_REF_NOREF = -1


@struct(marked=True)
class file_ref_t:
    refcnt: Int = between(-128, 127)


def file_ref_init(ref: Ptr[file_ref_t], cnt: Int):
    """include/linux/file_ref.h, file_ref_init.  One step."""
    ref.refcnt = cnt - 1


def file_ref_get(ref: Ptr[file_ref_t]) -> Bool:
    """include/linux/file_ref.h, file_ref_get: whether it has a reference now.  One step."""
    with atomic():
        prior = ref.refcnt
        assert prior != FILE_REF_MAXREF, "refcount: overflow"
        if prior == FILE_REF_MAXREF:
            ref.refcnt = FILE_REF_SATURATED
        else:
            ref.refcnt = prior + 1
        return prior >= FILE_REF_NOREF and prior != FILE_REF_MAXREF


def file_ref_inc(ref: Ptr[file_ref_t]):
    """include/linux/file_ref.h, file_ref_inc: the caller has a reference already.  One step."""
    with atomic(rmw="relaxed"):
        prior = ref.refcnt
        assert prior >= 0, "refcount: file_ref_inc on a released file reference"
        assert prior != FILE_REF_MAXREF, "refcount: overflow"
        if prior == FILE_REF_MAXREF:
            ref.refcnt = FILE_REF_SATURATED
        else:
            ref.refcnt = prior + 1


def file_ref_put(ref: Ptr[file_ref_t]) -> Bool:
    """include/linux/file_ref.h, file_ref_put: whether it was the last, and nobody can get another.
    One step, two where none is left."""
    with atomic():
        prior = ref.refcnt
        assert prior >= 0, "refcount: imbalanced put on file reference count"
        if prior < 0:
            bad_put(ref, prior)
            return False
        ref.refcnt = prior - 1
        if prior > 0:
            return False
        rcu_read_lock()
    with atomic(rmw="release", because="one cmpxchg; preemption is on again behind it"):
        dead = ref.refcnt == FILE_REF_NOREF
        if dead:
            ref.refcnt = FILE_REF_DEAD
        rcu_read_unlock()
        return dead


def file_ref_put_close(ref: Ptr[file_ref_t]) -> Bool:
    """include/linux/file_ref.h, file_ref_put_close: the same at once.  One step."""
    with atomic(because="a loop with one cmpxchg"):
        prior = ref.refcnt
        assert prior >= 0, "refcount: imbalanced put on file reference count"
        if prior < 0:
            bad_put(ref, prior)
        elif prior == FILE_REF_ONEREF:
            ref.refcnt = FILE_REF_DEAD
        else:
            ref.refcnt = prior - 1
        return prior == FILE_REF_ONEREF


def bad_put(ref: Ptr[file_ref_t], prior: Int):
    """fs/file.c, __file_ref_put_badval: back into the middle of its zone."""
    if prior >= FILE_REF_RELEASED:
        ref.refcnt = FILE_REF_DEAD
    else:
        ref.refcnt = FILE_REF_SATURATED


def file_ref_read(ref: Ptr[file_ref_t]) -> Int:
    """include/linux/file_ref.h, file_ref_read: how many there are.  One step."""
    seen = ref.refcnt
    if seen >= 0:
        return seen + 1
    return 0


@on_free(file_ref_t)
def file_ref_freed(ref: Ptr[file_ref_t]):
    """An object goes only when its count is dead."""
    assert FILE_REF_RELEASED <= ref.refcnt and ref.refcnt < FILE_REF_NOREF, (
        "refcount: freed while it is not dead"
    )
