"""`struct task_struct` itself: what task.py works on, and lockdep.py looks at (v6.12).

Kept: what task.py keeps.  Left out: what it leaves out.
"""

from modelcheck.lang import (
    Bool,
    Enum,
    U8,
    ghost,
    per_thread,
    struct,
)


class TaskState(Enum):
    """`task->__state`: what `set_current_state` sets and `try_to_wake_up` resets."""

    TASK_RUNNING = 0
    TASK_INTERRUPTIBLE = 1
    TASK_UNINTERRUPTIBLE = 2


@struct(marked=True)
class Task:
    state: TaskState
    rcu_nesting: U8
    irqs_off: Bool
    softirqs_off: U8
    signal_pending: Bool
    exiting: Bool
    preempt_count: U8 = ghost(0)
    irqs_off_inside: U8 = ghost(0)  # in a step of the library that turns them off and on


tasks = per_thread(Task)
