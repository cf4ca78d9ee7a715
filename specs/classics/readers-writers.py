"""Many readers or one writer: the first reader locks the writers out, the last lets them in.

Paper: P. J. Courtois, F. Heymans and D. L. Parnas, "Concurrent control with readers and writers",
Communications of the ACM 14(10), 1971, problem 1.
Kernel: the same duty as rwlock_t, include/linux/rwlock.h; the kernel counts in one word instead.
Left out: fairness. Writers may starve, which is problem 2 of the paper.
Try: variant reader_skips_room (the first reader does not lock the writers out), variant
last_reader_forgets (nobody lets the writers in again), variant count_unlocked (readers count
themselves without the lock).
"""

from modelcheck.lang import (
    Ptr,
    U8,
    atomic,
    flag,
    ghost,
    initial,
    invariant,
    param,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("readers-writers")

readers = param(2, min=1, max=6)
writers = param(2, min=1, max=3)
lock_count = flag(True)
reader_takes_room = flag(True)
last_reader_leaves_room = flag(True)


@struct(marked=True)
class Semaphore:
    count: U8


@struct
class Room:
    free: Semaphore
    reader_lock: Semaphore
    reader_count: U8
    reading: U8 = ghost(0)
    writing: U8 = ghost(0)


room = shared(Room)


@initial
def open_room():
    room.free.count = 1
    room.reader_lock.count = 1


def down(semaphore: Ptr[Semaphore]):
    with atomic(because="a semaphore operation is indivisible, as in the paper"):
        wait_until(semaphore.count > 0)
        semaphore.count -= 1


def up(semaphore: Ptr[Semaphore]):
    with atomic(because="a semaphore operation is indivisible, as in the paper"):
        semaphore.count += 1


@thread(count=readers)
def read():
    if lock_count:
        down(room.reader_lock)
    room.reader_count += 1
    if reader_takes_room and room.reader_count == 1:
        down(room.free)
    if lock_count:
        up(room.reader_lock)
    room.reading += 1
    if lock_count:
        down(room.reader_lock)
    room.reader_count -= 1
    room.reading -= 1
    if reader_takes_room and last_reader_leaves_room and room.reader_count == 0:
        up(room.free)
    if lock_count:
        up(room.reader_lock)


@thread(count=writers)
def write():
    down(room.free)
    room.writing += 1
    up(room.free)
    room.writing -= 1


@invariant
def writer_is_alone():
    return room.writing == 0 or (room.writing == 1 and room.reading == 0)


@reachable
def readers_share():
    return room.reading == readers


variant("reader_skips_room", reader_takes_room=False, violates="writer_is_alone")
variant("last_reader_forgets", last_reader_leaves_room=False, violates="deadlock")
variant("count_unlocked", lock_count=False, violates=("data-race", "deadlock", "writer_is_alone"))
