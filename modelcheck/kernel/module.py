"""Modules and their text: `struct module` of include/linux/module.h, kernel/module/main.c (v6.12).

Kept: `try_module_get` first looks whether the module lives and then takes a reference, where one is
left; `delete_module` gives up the module's own reference, fails where others are left, and
afterwards nobody gets one; then the exit routine runs, and the text goes after a grace period.
Checked: `text-use-after-unload` by `module_text`, which stands where a routine of the module begins
or goes on, and for everything that is asked of a `struct module` that is gone, which lies in the
module itself (so who calls `try_module_get` needs something that keeps it: an RCU reader, a lock);
`refcount` for a put too many.
Left out: init routines that fail, forced unloading, and dependencies.
"""

from modelcheck.lang import (
    Bool,
    Enum,
    Int,
    Ptr,
    atomic,
    between,
    ghost,
    observer,
    struct,
)

from .rcu import synchronize_rcu


class ModuleState(Enum):
    """`enum module_state`."""

    MODULE_STATE_LIVE = 0
    MODULE_STATE_COMING = 1
    MODULE_STATE_GOING = 2
    MODULE_STATE_UNFORMED = 3


@struct(marked=True)
class Module:
    """`struct module`; declare it with `refcnt=1`, the module's own reference (MODULE_REF_BASE)."""

    state: ModuleState
    refcnt: Int = between(0, 31)
    text_gone: Bool = ghost(False)


@observer
def module_text(mod: Ptr[Module]):
    """The code that runs here is the module's.  No step."""
    assert not mod.text_gone, "text-use-after-unload: the module's text is gone"


@observer
def is_there(mod: Ptr[Module]):
    """kernel/module/main.c, free_module: `struct module` goes with the rest."""
    assert not mod.text_gone, "text-use-after-unload: the module is gone"


def try_module_get(mod: Ptr[Module]) -> Bool:
    """kernel/module/main.c, try_module_get: whether there is a reference now.  Two steps; `None`
    stands for the kernel itself."""
    if mod is None:
        return True
    state = mod.state
    is_there(mod)
    if state == ModuleState.MODULE_STATE_GOING:
        return False
    with atomic(because="atomic_inc_not_zero"):
        is_there(mod)
        if mod.refcnt == 0:
            return False
        mod.refcnt += 1
        return True


def __module_get(mod: Ptr[Module]):
    """kernel/module/main.c, __module_get: the caller has a reference already.  One step."""
    if mod is not None:
        with atomic(rmw="relaxed"):
            is_there(mod)
            assert mod.refcnt > 0, "refcount: __module_get without a reference"
            mod.refcnt += 1


def module_put(mod: Ptr[Module]):
    """kernel/module/main.c, module_put.  One step."""
    if mod is not None:
        with atomic(because="atomic_dec_if_positive"):
            is_there(mod)
            assert mod.refcnt > 0, "refcount: module_put without a reference"
            mod.refcnt -= 1


def module_refcount(mod: Ptr[Module]) -> Int:
    """kernel/module/main.c, module_refcount: without the module's own.  One step."""
    count = mod.refcnt
    is_there(mod)
    return count - 1


def try_stop_module(mod: Ptr[Module]) -> Bool:
    """kernel/module/main.c, try_stop_module: whether nobody holds it any more.  Two steps, or
    three."""
    with atomic(because="atomic_sub_return of the module's own reference"):
        assert mod.refcnt > 0, "refcount: unloaded twice"
        mod.refcnt -= 1
        left = mod.refcnt
    if left > 0:
        with atomic(because="atomic_add_unless: back, unless the others went meanwhile"):
            if mod.refcnt > 0:
                mod.refcnt += 1
                return False
    mod.state = ModuleState.MODULE_STATE_GOING
    return True


def free_module(mod: Ptr[Module]):
    """kernel/module/main.c, free_module: the text goes after a grace period.  Three steps."""
    mod.state = ModuleState.MODULE_STATE_UNFORMED
    synchronize_rcu()
    mod.text_gone = True


def delete_module(mod: Ptr[Module], module_exit) -> Bool:
    """kernel/module/main.c, delete_module: `False` (-EWOULDBLOCK) where it is in use."""
    if not try_stop_module(mod):
        return False
    module_exit()
    free_module(mod)
    return True
