"""Atomic counters and words: include/linux/atomic/atomic-instrumented.h (v6.12).

Kept: each operation is one step, and its order is that of Documentation/atomic_t.txt: void
read-modify-writes are relaxed, those that return something are full barriers unless suffixed.
`cmpxchg`, `xchg` and `try_cmpxchg` work on any place.
Differs: C's `try_cmpxchg(v, &old, new)` writes what it saw through a pointer to a local; here the
routine returns it: `done, old = try_cmpxchg(place, old, new)`.
Left out: 64-bit counters (`atomic_long_t` is `atomic_t` here) and wrapping: a counter that leaves
-128 … 127 violates `range`, because no model means to get there.
"""

from modelcheck.lang import (
    Bool,
    Int,
    Ptr,
    READ_ONCE,
    Ref,
    WRITE_ONCE,
    atomic,
    between,
    smp_load_acquire,
    smp_store_release,
    struct,
)


@struct(marked=True)
class atomic_t:
    counter: Int = between(-128, 127)


def atomic_read(v: Ptr[atomic_t]) -> Int:
    return v.counter


def atomic_read_acquire(v: Ptr[atomic_t]) -> Int:
    return smp_load_acquire(v.counter)


def atomic_set(v: Ptr[atomic_t], i: Int):
    v.counter = i


def atomic_set_release(v: Ptr[atomic_t], i: Int):
    smp_store_release(v.counter, i)


# Void operations: relaxed.


def atomic_add(i: Int, v: Ptr[atomic_t]):
    with atomic(rmw="relaxed"):
        v.counter += i


def atomic_sub(i: Int, v: Ptr[atomic_t]):
    with atomic(rmw="relaxed"):
        v.counter -= i


def atomic_inc(v: Ptr[atomic_t]):
    with atomic(rmw="relaxed"):
        v.counter += 1


def atomic_dec(v: Ptr[atomic_t]):
    with atomic(rmw="relaxed"):
        v.counter -= 1


# Operations with a result: full barriers, or as their suffix says.


def atomic_add_return(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic():
        value = v.counter + i
        v.counter = value
        return value


def atomic_add_return_acquire(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="acquire"):
        value = v.counter + i
        v.counter = value
        return value


def atomic_add_return_release(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="release"):
        value = v.counter + i
        v.counter = value
        return value


def atomic_add_return_relaxed(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="relaxed"):
        value = v.counter + i
        v.counter = value
        return value


def atomic_sub_return(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic():
        value = v.counter - i
        v.counter = value
        return value


def atomic_sub_return_acquire(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="acquire"):
        value = v.counter - i
        v.counter = value
        return value


def atomic_sub_return_release(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="release"):
        value = v.counter - i
        v.counter = value
        return value


def atomic_sub_return_relaxed(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="relaxed"):
        value = v.counter - i
        v.counter = value
        return value


def atomic_inc_return(v: Ptr[atomic_t]) -> Int:
    with atomic():
        value = v.counter + 1
        v.counter = value
        return value


def atomic_inc_return_acquire(v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="acquire"):
        value = v.counter + 1
        v.counter = value
        return value


def atomic_inc_return_release(v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="release"):
        value = v.counter + 1
        v.counter = value
        return value


def atomic_inc_return_relaxed(v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="relaxed"):
        value = v.counter + 1
        v.counter = value
        return value


def atomic_dec_return(v: Ptr[atomic_t]) -> Int:
    with atomic():
        value = v.counter - 1
        v.counter = value
        return value


def atomic_dec_return_acquire(v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="acquire"):
        value = v.counter - 1
        v.counter = value
        return value


def atomic_dec_return_release(v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="release"):
        value = v.counter - 1
        v.counter = value
        return value


def atomic_dec_return_relaxed(v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="relaxed"):
        value = v.counter - 1
        v.counter = value
        return value


def atomic_fetch_add(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic():
        seen = v.counter
        v.counter = seen + i
        return seen


def atomic_fetch_add_acquire(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="acquire"):
        seen = v.counter
        v.counter = seen + i
        return seen


def atomic_fetch_add_release(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="release"):
        seen = v.counter
        v.counter = seen + i
        return seen


def atomic_fetch_add_relaxed(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="relaxed"):
        seen = v.counter
        v.counter = seen + i
        return seen


def atomic_fetch_sub(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic():
        seen = v.counter
        v.counter = seen - i
        return seen


def atomic_fetch_sub_acquire(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="acquire"):
        seen = v.counter
        v.counter = seen - i
        return seen


def atomic_fetch_sub_release(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="release"):
        seen = v.counter
        v.counter = seen - i
        return seen


def atomic_fetch_sub_relaxed(i: Int, v: Ptr[atomic_t]) -> Int:
    with atomic(rmw="relaxed"):
        seen = v.counter
        v.counter = seen - i
        return seen


def atomic_sub_and_test(i: Int, v: Ptr[atomic_t]) -> Bool:
    with atomic():
        value = v.counter - i
        v.counter = value
        return value == 0


def atomic_dec_and_test(v: Ptr[atomic_t]) -> Bool:
    with atomic():
        value = v.counter - 1
        v.counter = value
        return value == 0


def atomic_inc_and_test(v: Ptr[atomic_t]) -> Bool:
    with atomic():
        value = v.counter + 1
        v.counter = value
        return value == 0


# Conditional operations: full barriers where they store, nothing where they do not.


def atomic_add_unless(v: Ptr[atomic_t], a: Int, u: Int) -> Bool:
    with atomic():
        seen = v.counter
        if seen == u:
            return False
        v.counter = seen + a
        return True


def atomic_inc_not_zero(v: Ptr[atomic_t]) -> Bool:
    with atomic():
        seen = v.counter
        if seen == 0:
            return False
        v.counter = seen + 1
        return True


def atomic_inc_unless_negative(v: Ptr[atomic_t]) -> Bool:
    with atomic():
        seen = v.counter
        if seen < 0:
            return False
        v.counter = seen + 1
        return True


def atomic_dec_if_positive(v: Ptr[atomic_t]) -> Int:
    """Decrement unless that would make it negative; the decremented value either way."""
    with atomic():
        value = v.counter - 1
        if value >= 0:
            v.counter = value
        return value


def atomic_xchg(v: Ptr[atomic_t], new: Int) -> Int:
    with atomic():
        seen = v.counter
        v.counter = new
        return seen


def atomic_xchg_acquire(v: Ptr[atomic_t], new: Int) -> Int:
    with atomic(rmw="acquire"):
        seen = v.counter
        v.counter = new
        return seen


def atomic_xchg_release(v: Ptr[atomic_t], new: Int) -> Int:
    with atomic(rmw="release"):
        seen = v.counter
        v.counter = new
        return seen


def atomic_xchg_relaxed(v: Ptr[atomic_t], new: Int) -> Int:
    with atomic(rmw="relaxed"):
        seen = v.counter
        v.counter = new
        return seen


def atomic_cmpxchg(v: Ptr[atomic_t], old: Int, new: Int) -> Int:
    with atomic():
        seen = v.counter
        if seen == old:
            v.counter = new
        return seen


def atomic_cmpxchg_acquire(v: Ptr[atomic_t], old: Int, new: Int) -> Int:
    with atomic(rmw="acquire"):
        seen = v.counter
        if seen == old:
            v.counter = new
        return seen


def atomic_cmpxchg_release(v: Ptr[atomic_t], old: Int, new: Int) -> Int:
    with atomic(rmw="release"):
        seen = v.counter
        if seen == old:
            v.counter = new
        return seen


def atomic_cmpxchg_relaxed(v: Ptr[atomic_t], old: Int, new: Int) -> Int:
    with atomic(rmw="relaxed"):
        seen = v.counter
        if seen == old:
            v.counter = new
        return seen


def atomic_try_cmpxchg(v: Ptr[atomic_t], old: Int, new: Int):
    with atomic():
        seen = v.counter
        if seen == old:
            v.counter = new
            return True, seen
        return False, seen


def atomic_try_cmpxchg_acquire(v: Ptr[atomic_t], old: Int, new: Int):
    with atomic(rmw="acquire"):
        seen = v.counter
        if seen == old:
            v.counter = new
            return True, seen
        return False, seen


def atomic_try_cmpxchg_release(v: Ptr[atomic_t], old: Int, new: Int):
    with atomic(rmw="release"):
        seen = v.counter
        if seen == old:
            v.counter = new
            return True, seen
        return False, seen


def atomic_try_cmpxchg_relaxed(v: Ptr[atomic_t], old: Int, new: Int):
    with atomic(rmw="relaxed"):
        seen = v.counter
        if seen == old:
            v.counter = new
            return True, seen
        return False, seen


# The same on any place of any type.


def xchg(place: Ref, new):
    with atomic():
        seen = READ_ONCE(place)
        WRITE_ONCE(place, new)
        return seen


def xchg_acquire(place: Ref, new):
    with atomic(rmw="acquire"):
        seen = READ_ONCE(place)
        WRITE_ONCE(place, new)
        return seen


def xchg_release(place: Ref, new):
    with atomic(rmw="release"):
        seen = READ_ONCE(place)
        WRITE_ONCE(place, new)
        return seen


def xchg_relaxed(place: Ref, new):
    with atomic(rmw="relaxed"):
        seen = READ_ONCE(place)
        WRITE_ONCE(place, new)
        return seen


def cmpxchg(place: Ref, old, new):
    with atomic():
        seen = READ_ONCE(place)
        if seen == old:
            WRITE_ONCE(place, new)
        return seen


def cmpxchg_acquire(place: Ref, old, new):
    with atomic(rmw="acquire"):
        seen = READ_ONCE(place)
        if seen == old:
            WRITE_ONCE(place, new)
        return seen


def cmpxchg_release(place: Ref, old, new):
    with atomic(rmw="release"):
        seen = READ_ONCE(place)
        if seen == old:
            WRITE_ONCE(place, new)
        return seen


def cmpxchg_relaxed(place: Ref, old, new):
    with atomic(rmw="relaxed"):
        seen = READ_ONCE(place)
        if seen == old:
            WRITE_ONCE(place, new)
        return seen


def try_cmpxchg(place: Ref, old, new):
    with atomic():
        seen = READ_ONCE(place)
        if seen == old:
            WRITE_ONCE(place, new)
            return True, seen
        return False, seen


def try_cmpxchg_acquire(place: Ref, old, new):
    with atomic(rmw="acquire"):
        seen = READ_ONCE(place)
        if seen == old:
            WRITE_ONCE(place, new)
            return True, seen
        return False, seen


def try_cmpxchg_release(place: Ref, old, new):
    with atomic(rmw="release"):
        seen = READ_ONCE(place)
        if seen == old:
            WRITE_ONCE(place, new)
            return True, seen
        return False, seen


def try_cmpxchg_relaxed(place: Ref, old, new):
    with atomic(rmw="relaxed"):
        seen = READ_ONCE(place)
        if seen == old:
            WRITE_ONCE(place, new)
            return True, seen
        return False, seen
