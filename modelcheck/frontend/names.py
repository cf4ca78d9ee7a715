"""The names of `modelcheck.lang`, as the front end knows them (DESIGN 3.8).

`tests/unit/frontend/test_builtins.py` holds this against the stub module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from modelcheck.ir.types import BOOL, FN, THREAD_ID, U8, U16, U32, ValueType

SCALAR_TYPES: dict[str, ValueType] = {
    "Bool": BOOL,
    "U8": U8,
    "U16": U16,
    "U32": U32,
    "ThreadId": THREAD_ID,
    "Fn": FN,
}
TYPE_NAMES = frozenset(SCALAR_TYPES) | {"Int", "Enum", "Ptr", "Ref", "Array", "Queue", "Set"}
FILE_NAMES = frozenset({"spec", "param", "flag", "default", "variant", "allow"})
RIGHT_NAMES = frozenset({"between", "array", "queue", "ghost", "durable", "places"})
OBJECT_NAMES = frozenset(
    {"any_order", "shared", "pool", "per_thread", "local", "new", "free", "discard", "alive"}
    | {"objects", "container_of"}
)
THREAD_NAMES = frozenset(
    {"spawn", "finished", "current", "threads", "context", "irqs", "softirqs", "crash", "atomic"}
    | {"wait_until", "choose", "either", "label", "precedes"}
)
ORDERING_NAMES = frozenset(
    {"READ_ONCE", "WRITE_ONCE", "rcu_dereference", "smp_load_acquire", "smp_store_release"}
    | {"smp_mb", "smp_wmb", "smp_rmb"}
)
DECORATORS = frozenset(
    {"struct", "thread", "initial", "invariant", "lemma", "final", "reachable", "observer"}
    | {"on_free"}
)
# Decorator → what kind of property it makes.
PROPERTY_KINDS: Mapping[str, Literal["invariant", "final", "reachable"]] = {
    "invariant": "invariant",
    "lemma": "invariant",
    "final": "final",
    "reachable": "reachable",
}
LATER_NAMES = frozenset({"eventually", "leads_to"})
LANG_NAMES = (
    TYPE_NAMES
    | FILE_NAMES
    | RIGHT_NAMES
    | OBJECT_NAMES
    | THREAD_NAMES
    | ORDERING_NAMES
    | DECORATORS
    | LATER_NAMES
    | {"Context"}
)
# What Python itself brings that the language knows.
PYTHON_NAMES = frozenset(
    {"range", "len", "min", "max", "sum", "any", "all", "abs", "set", "bool", "int"}
)
CONTEXTS = ("task", "kthread", "softirq", "hardirq")
