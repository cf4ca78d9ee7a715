"""Storing values of any form; which routines a field may hold."""

from __future__ import annotations

import ast

from modelcheck.frontend.kinds import literal
from modelcheck.frontend.lowering.arguments import Arguments
from modelcheck.frontend.lowering.terms import (
    constant,
    show_value,
)
from modelcheck.frontend.values import (
    NoneValue,
    Scalar,
    Storage,
    ThreadName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    FN,
    ArrayOf,
    Embedded,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
)


class Writing(Arguments):
    """Stores of settled values."""

    def write(self, target: Storage, value: Value, node: ast.AST, kind: ir.Kind | None) -> None:
        """Store a settled value of any form."""
        if isinstance(target.type, (Embedded, ArrayOf, QueueOf)):
            self.store(target, Scalar(constant(0, BOOL), BOOL), node)  # raises
            return
        scalar = self.as_scalar_for(value, target.type, node)
        if scalar.type != target.type and isinstance(target.type, SetType):
            scalar = self.fit_set(scalar, target.type, node)
        where = self.fn_field(target.place) if target.place.path else None
        if where is not None:
            self.note_fn(*where, scalar)
        self.store(target, scalar, node, kind)

    def as_scalar_for(self, value: Value, to: ScalarType, node: ast.AST) -> Scalar:
        """A value that exists at run time, None and routines by the type they go to."""
        if isinstance(value, Scalar):
            return value
        if isinstance(to, (PtrType, ThreadIdType)) and isinstance(value, ThreadName):
            return self.as_scalar(value, node, to)
        if isinstance(value, NoneValue):
            return self.convert(value, to, node, None)
        return self.as_scalar(value, node, to)

    def fit_set(self, value: Scalar, to: SetType, node: ast.AST) -> Scalar:
        """A written set of numbers as one of a wider range: its bits move."""
        found = value.type
        if value.constant == 0:
            return Scalar(ir.Const(0, to), to)
        if (
            isinstance(found, SetType)
            and isinstance(found.element, RangeType)
            and isinstance(to.element, RangeType)
            and to.element.lo <= found.element.lo
            and found.element.hi <= to.element.hi
        ):
            by = literal(found.element.lo - to.element.lo)
            return Scalar(ir.Apply("<<", (value.expr, by.expr), to), to)
        raise self.fail("MC247", f"{show_value(value)} does not fit this set", node)

    def note_fn(self, struct: str, field: str, value: Scalar) -> None:
        """Remember which routines a field may hold."""
        names = self.stored_fns.setdefault((struct, field), set())
        if isinstance(value.expr, ir.Const) and value.type == FN:
            names.update(n for n, i in self.world.routine_numbers.items() if i == value.constant)
        elif value.type == FN:
            names.update(self.world.routine_values)
