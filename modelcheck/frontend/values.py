"""What an expression of a spec can stand for while a program is made of it.

Only `Scalar` exists at run time; the others are known to the front end alone.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelcheck.diagnostics import Span
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import EnumType, ScalarType, ValueType
from modelcheck.records import record

if TYPE_CHECKING:
    from modelcheck.frontend.modules import Module


@record(frozen=True, slots=True)
class Scalar:
    """A value of a type.  `literal`: a number written in the spec, which takes any number type."""

    expr: ir.Expr
    type: ScalarType
    literal: bool = False

    @property
    def constant(self) -> int | None:
        """The value, where it is known."""
        return self.expr.value if isinstance(self.expr, ir.Const) else None


@record(frozen=True, slots=True)
class NoneValue:
    """`None`, before it is known of which type."""


@record(frozen=True, slots=True)
class Storage:
    """A place: what it holds is not loaded yet.  A struct's place is a reference to it."""

    place: ir.Place
    type: ValueType
    ghost: bool = False
    marked: bool = False
    shown: str = ""  # as the spec writes it, for messages


@record(frozen=True, slots=True)
class ObjectArray:
    """An object with several elements, or one per thread."""

    name: str
    type: ValueType
    count: int
    per_thread: bool = False
    ghost: bool = False


@record(frozen=True, slots=True)
class TypeName:
    """A type used by name."""

    type: ValueType
    bounded: bool = True  # False for a bare `Int`


@record(frozen=True, slots=True)
class EnumClass:
    """An enum; its members are attributes."""

    type: EnumType


@record(frozen=True, slots=True)
class FieldName:
    """`File.f_pos`: a field of a struct, in `allow` and `stable=`."""

    struct: str
    field: str


@record(frozen=True, slots=True)
class Routine:
    """A `def` of some file."""

    name: str
    node: ast.FunctionDef
    module: Module
    observer: bool = False


@record(frozen=True, slots=True)
class Closure:
    """A `lambda` without arguments, with the names it sees."""

    node: ast.Lambda
    names: Mapping[str, object]
    module: Module


@record(frozen=True, slots=True)
class TupleValue:
    """What a routine returns with commas."""

    items: tuple[Value, ...]


@record(frozen=True, slots=True)
class ThreadName:
    """A thread declaration used as a value: `finished(drain)`, `spawn(worker, …)`."""

    name: str
    count: int


@record(frozen=True, slots=True)
class Pool:
    """A pool used by name: only `new(T)` draws from it."""

    name: str
    struct: str


@record(frozen=True, slots=True)
class Builtin:
    """A name of `modelcheck.lang` or a Python built-in the language knows."""

    name: str


@record(frozen=True, slots=True)
class Items:
    """What `for` can run over: values known to the front end, each with the condition under
    which it takes part (None: always).
    """

    items: tuple[tuple[Value, ir.Expr | None], ...]
    ordered: bool = True


@record(frozen=True, slots=True)
class Text:
    """A string, legal only where a builtin takes one."""

    text: str
    span: Span


Value = (
    Scalar
    | NoneValue
    | Storage
    | ObjectArray
    | TypeName
    | EnumClass
    | FieldName
    | Routine
    | Closure
    | TupleValue
    | ThreadName
    | Pool
    | Builtin
    | Items
    | Text
)
