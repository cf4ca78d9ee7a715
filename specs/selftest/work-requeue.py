"""An item that is queued while its function runs, runs once more, and never twice at once.

Kernel: kernel/workqueue.c, process_one_work and queue_work_on, v6.12.  PENDING is cleared before the
function is called; so `queue_work` succeeds from then on, and what its caller stored before it is
seen by the second run.
Try: variant pending_cleared_after, a worker made by hand that clears PENDING after the call, and so
loses what came during the run; variant queued_once.
"""

from modelcheck.kernel.workqueue import WorkStruct, queue_work, system_wq
from modelcheck.lang import (
    Bool,
    Context,
    Ptr,
    U8,
    WRITE_ONCE,
    atomic,
    final,
    flag,
    ghost,
    initial,
    invariant,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("work-requeue")

clear_before = flag(True)
queued_again = flag(True)


@struct(marked=True)
class Job:
    work: WorkStruct
    started: Bool
    runs: U8
    asked: U8
    done: U8
    inside: U8 = ghost(0)


@struct(marked=True)
class HandMade:
    """A work item of a worker that clears `pending` too late."""

    pending: Bool


job = shared(Job)
hand_made = shared(HandMade)


def run(work: Ptr[WorkStruct]):
    with atomic(because="only the start of the run matters"):
        job.runs += 1
        job.started = True
        job.inside += 1
    asked = job.asked
    job.done = asked
    job.inside -= 1


@initial
def fill():
    job.work.func = run


def submit():
    if clear_before:
        queue_work(system_wq, job.work)
    else:
        hand_made.pending = True


@thread(context=Context.KTHREAD, count=0 if clear_before else 1)
def late_worker():
    while True:
        wait_until(hand_made.pending, idle=True)
        run(job.work)
        hand_made.pending = False


@thread
def ask():
    WRITE_ONCE(job.asked, 1)
    submit()
    if queued_again:
        wait_until(job.started)
        WRITE_ONCE(job.asked, 2)
        submit()


@invariant
def never_twice_at_once():
    return job.inside <= 1


@final
def everything_is_done():
    return job.done == job.asked


@reachable
def runs_twice():
    return job.runs == 2


variant("queued_once", queued_again=False, violates="runs_twice")
variant("pending_cleared_after", clear_before=False, violates="everything_is_done")
