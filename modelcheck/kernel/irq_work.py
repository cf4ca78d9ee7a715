"""Work in hard interrupt context: include/linux/irq_work.h, kernel/irq_work.c (v6.12).

Kept: `irq_work_queue` claims PENDING and BUSY, the interrupt clears PENDING before the function (so it may
be queued again meanwhile, and runs again) and then BUSY, by a cmpxchg that fails if it was
claimed anew (`irq_work_single`): the work is touched after its function, which so may not free it.
`irq_work_sync` waits until it is not BUSY.
The library brings the threads: one hard interrupt for each irq_work.
Checked: `work-misuse` for an irq_work freed while it is pending or busy, and for waiting for it inside
itself; `sleep-in-atomic` for waiting where one may not sleep.
Left out: those on the stack (queueing one is `work-misuse`), CPUs, lazy work, the kthread of PREEMPT_RT.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Fn,
    Ptr,
    Set,
    ThreadId,
    atomic,
    current,
    ghost,
    observer,
    on_free,
    shared,
    struct,
    thread,
    wait_until,
)

from .lockdep import callback_returns
from .task import might_sleep


@struct(marked=True)
class IrqWork:
    """`struct irq_work`."""

    pending: Bool  # IRQ_WORK_PENDING
    busy: Bool  # IRQ_WORK_BUSY
    func: Fn
    runner: ThreadId = ghost(None)


@struct(marked=True)
class IrqWorkLists:
    """`raised_list` of all CPUs."""

    raised: Set[Ptr[IrqWork]]
    running: Set[Ptr[IrqWork]] = ghost()
    served: Set[Ptr[IrqWork]] = ghost()


irq_work_lists = shared(IrqWorkLists)


@thread(each=IrqWork, context=Context.HARDIRQ)
def irq_work_run(work):
    """kernel/irq_work.c, irq_work_run_list and irq_work_single."""
    irq_work_lists.served.add(work)
    while True:
        with atomic(because="what was on the list is this CPU's own; one xchg of the flags"):
            wait_until(work in irq_work_lists.raised, idle=True)
            irq_work_lists.raised.discard(work)
            work.pending = False
            func = work.func
        enter_irq_work(work)
        func(work)
        callback_returns()
        leave_irq_work(work)
        with atomic(because="a cmpxchg that does nothing if it was claimed again"):
            if not work.pending:
                work.busy = False
        irq_work_ends(work)


def init_irq_work(work: Ptr[IrqWork], func):
    """include/linux/irq_work.h, init_irq_work.  One step."""
    with atomic(because="nobody else knows it yet"):
        work.pending = False
        work.busy = False
        work.func = func


def irq_work_queue(work: Ptr[IrqWork]) -> Bool:
    """kernel/irq_work.c, irq_work_queue: `False` where it was pending.  One step or two."""
    with atomic(because="irq_work_claim is one fetch_or"):
        if work.pending:
            return False
        irq_work_is_served(work)
        work.pending = True
        work.busy = True
    irq_work_lists.raised.add(work)
    return True


def irq_work_is_busy(work: Ptr[IrqWork]) -> Bool:
    """include/linux/irq_work.h, irq_work_is_busy.  One step."""
    return work.busy


def irq_work_sync(work: Ptr[IrqWork]):
    """kernel/irq_work.c, irq_work_sync: wait until it is not busy.  One step."""
    might_sleep()
    wait_until(not work.busy)


@observer
def irq_work_is_served(work: Ptr[IrqWork]):
    """Nobody would run one on the stack."""
    assert work in irq_work_lists.served, "work-misuse: an irq_work on the stack is left out here"


@observer
def enter_irq_work(work: Ptr[IrqWork]):
    """The function runs, and the work is touched after it."""
    work.runner = current()
    irq_work_lists.running.add(work)


@observer
def leave_irq_work(work: Ptr[IrqWork]):
    """The function has returned."""
    work.runner = None


@observer
def irq_work_ends(work: Ptr[IrqWork]):
    """It is not touched any more."""
    irq_work_lists.running.discard(work)


@on_free(IrqWork)
def irq_work_freed(work: Ptr[IrqWork]):
    """What is on the list or runs is still used."""
    assert work not in irq_work_lists.raised, "work-misuse: irq_work freed while pending"
    assert work not in irq_work_lists.running, "work-misuse: irq_work freed while it runs"
