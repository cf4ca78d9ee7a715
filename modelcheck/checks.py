"""The names of the built-in checks (DESIGN 3.4), in the order in which they are judged."""

from __future__ import annotations

FAULTS = (
    "null-dereference",
    "use-after-free",
    "double-free",
    "uninitialised",
    "out-of-bounds",
    "range",
    "capacity",
    "arithmetic",
    "diverges",
)
STATE_CHECKS = ("deadlock", "stuck", "leak", "data-race")
LIBRARY_CHECKS = (
    "lock-order",
    "lock-misuse",
    "sleep-in-atomic",
    "refcount",
    "rcu-misuse",
    "work-misuse",
    "text-use-after-unload",
)
BUILT_IN = FAULTS + STATE_CHECKS + LIBRARY_CHECKS
