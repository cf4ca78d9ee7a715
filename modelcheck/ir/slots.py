"""What `memory.Memory` numbers: threads, slots and places, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelcheck.ir.types import ScalarType

UNINITIALISED = -(1 << 62)
"""What an uninitialised scalar holds: outside every domain."""

NEVER_USED, ALIVE, FREED, DISCARDED = range(4)
STATUS_NAMES = ("never used", "alive", "freed", "discarded")

Role = Literal[
    "pc", "local", "irqs", "softirqs", "status", "field", "queue-length", "queue-element"
]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread: copy `index` of a template, called `name` in the spec's words.

    Its program counter is the slot `pc`, its locals are the slots from `locals_base` on.
    """

    number: int
    template: str
    index: int
    name: str
    pc: int
    locals_base: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One number of a state.

    `name` is in the spec's words; `lo` … `hi` is what it can hold besides UNINITIALISED.  `type` is
    the scalar's type (a queue's length: of its elements), None where the role says it all.
    `thread` is the thread to which the slot belongs alone; `object`, `element`, `path` say
    which field it is, and `locals` which locals share it.
    """

    number: int
    name: str
    role: Role
    lo: int
    hi: int
    type: ScalarType | None = None
    may_be_uninitialised: bool = False
    thread: int | None = None
    object: str = ""
    element: int = 0
    path: Path = ()
    locals: tuple[str, ...] = ()
    ghost: bool = False
    durable: bool = False


@dataclass(frozen=True, slots=True)
class PlaceInfo:
    """One place of a struct; the pointer to it is `number` + 1.

    `slot` is its first slot, `status` the status slot of the object around it (None: it has none),
    `thread` the thread it dies with.  `shown` is its name in the spec's words; `names` are all
    names an expectation may use for it: the object, its own struct, the structs around it.
    `label` is its declaration: "open_file_mutex" for an object, "OpenFile.mutex" for a field;
    `order_class` is what recorded orders call it (classes.py).  `is_whole`: it is the whole of a
    pool slot or a shared object.
    """

    number: int
    struct: str
    object: str
    element: int
    path: Path
    slot: int
    status: int | None
    thread: int | None
    shown: str
    names: tuple[str, ...]
    label: str
    order_class: str
    is_whole: bool


def show_path(path: Path) -> str:
    """A path in the spec's words: `.fd[3]`."""
    return "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in path)
