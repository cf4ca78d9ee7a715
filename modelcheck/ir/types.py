"""The types of values and memory in a program.

Every scalar value is an integer, encoded as each class says.  How wide `ThreadIdType`,
`PtrType` and `FnType` are depends on the program; `memory.Memory.domain` answers.
"""

from __future__ import annotations

from modelcheck.records import record


@record(frozen=True, slots=True)
class BoolType:
    """False is 0, True is 1."""


@record(frozen=True, slots=True)
class WordType:
    """An unsigned word of 8, 16 or 32 bits; stores wrap."""

    bits: int


@record(frozen=True, slots=True)
class RangeType:
    """An exact integer in lo … hi; leaving the range is the violation `range`."""

    lo: int
    hi: int


@record(frozen=True, slots=True)
class EnumType:
    """Member i is the value i, in the order of declaration."""

    name: str
    members: tuple[str, ...]


@record(frozen=True, slots=True)
class ThreadIdType:
    """0 is None, i + 1 the i-th thread of the program."""


@record(frozen=True, slots=True)
class PtrType:
    """0 is None, i + 1 the i-th place of the struct in the program's memory."""

    struct: str


@record(frozen=True, slots=True)
class FnType:
    """0 is None, i + 1 the i-th of `Program.routines`."""


@record(frozen=True, slots=True)
class SetType:
    """A set as a bit mask: bit i stands for the i-th value of the element's domain, where the
    None of a ThreadId or pointer is left out (bit 0 is value 1).
    """

    element: BoolType | RangeType | EnumType | ThreadIdType | PtrType


ScalarType = BoolType | WordType | RangeType | EnumType | ThreadIdType | PtrType | FnType | SetType


@record(frozen=True, slots=True)
class Embedded:
    """A struct inside a struct, or the type of an object."""

    struct: str


@record(frozen=True, slots=True)
class ArrayOf:
    """`count` elements, numbered from 0."""

    element: ValueType
    count: int


@record(frozen=True, slots=True)
class QueueOf:
    """A bounded queue of at most `capacity` scalars."""

    element: ScalarType
    capacity: int


ValueType = ScalarType | Embedded | ArrayOf | QueueOf

BOOL = BoolType()
THREAD_ID = ThreadIdType()
FN = FnType()
U8, U16, U32 = WordType(8), WordType(16), WordType(32)
