"""Counters with a cell for each CPU: lib/percpu_counter.c, include/linux/percpu.h (v6.12).

Kept: `this_cpu_add` is one step on a cell nobody else writes to at that moment; a sum loads one cell
after the other, so it may see a number that never was: an increment it has passed by and the
decrement that comes later on another CPU.
Left out: the batch (`percpu_counter_add_batch` folds a large cell into `count`), and migration: the
cell is that of the CPU that the caller names.
"""

from modelcheck.lang import (
    Array,
    Int,
    Ptr,
    U8,
    array,
    atomic,
    between,
    struct,
)


@struct(marked=True)
class PercpuCounter:
    """`struct percpu_counter`, or any `int __percpu *`, for two CPUs."""

    counters: Array[Int] = array(2, between(-8, 7))


def percpu_counter_add(fbc: Ptr[PercpuCounter], cpu: U8, amount: Int):
    """lib/percpu_counter.c, percpu_counter_add on a CPU.  One step."""
    with atomic(rmw="relaxed", because="preemption is off, or it is one instruction"):
        fbc.counters[cpu] += amount


def percpu_counter_inc(fbc: Ptr[PercpuCounter], cpu: U8):
    """include/linux/percpu_counter.h, percpu_counter_inc on a CPU.  One step."""
    percpu_counter_add(fbc, cpu, 1)


def percpu_counter_dec(fbc: Ptr[PercpuCounter], cpu: U8):
    """include/linux/percpu_counter.h, percpu_counter_dec on a CPU.  One step."""
    percpu_counter_add(fbc, cpu, -1)


def percpu_counter_sum(fbc: Ptr[PercpuCounter]) -> Int:
    """lib/percpu_counter.c, __percpu_counter_sum; fs/namespace.c, mnt_get_count.  Two steps."""
    return fbc.counters[0] + fbc.counters[1]
