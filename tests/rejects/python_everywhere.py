"""All errors of a phase are told at once, in order."""

from modelcheck.lang import U8, shared, spec, thread

spec("python-everywhere")

import os  # E: MC101
n = shared(U8)


@thread
def work(*a):  # E: MC118
    try:  # E: MC122
        x = [1.5]  # never reached
    finally:
        pass
    print("x")  # E: MC141
    y = n / 2.0  # E: MC148 MC138
