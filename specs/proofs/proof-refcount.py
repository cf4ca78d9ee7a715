"""An object lives as long as anybody has a reference, however many do.

Model of a lookup by reference count, as `refcount_inc_not_zero()` and `refcount_dec_and_test()` of
include/linux/refcount.h (v6.12) are for: users take a reference if there still is one, and whoever
gives back the last one ends the object. `modelcheck prove proof-refcount --threads any` proves it
for as many users as there can be.

Left out: saturation at INT_MAX / 2, which so many threads do not reach; what keeps the memory of the
count itself (RCU: see selftest-lookup-and-get).
Worth breaking: `blind_get` takes a reference without asking whether there is one.
"""

from modelcheck.lang import (
    Bool,
    U32,
    atomic,
    flag,
    param,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("proof-refcount")

users = param(2, min=1, max=4)
get_checks = flag(True)


@struct(marked=True)
class Object:
    refs: U32 = 1
    lives: Bool = True


thing = shared(Object)


def refcount_inc_not_zero():
    got = False
    with atomic(because="one cmpxchg that succeeds"):
        if thing.refs > 0 or not get_checks:
            thing.refs += 1
            got = True
    return got


def refcount_dec_and_test():
    with atomic(because="one atomic_sub_return"):
        thing.refs -= 1
        last = thing.refs == 0
    return last


def put():
    if refcount_dec_and_test():
        thing.lives = False


@thread(count=users)
def use():
    if refcount_inc_not_zero():
        assert thing.lives, "used_while_it_lives"
        put()


@thread
def owner():
    put()


variant("blind_get", get_checks=False, violates="used_while_it_lives")
