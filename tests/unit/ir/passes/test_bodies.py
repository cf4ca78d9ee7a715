"""Rebuilding blocks and instructions by hand loses none of their fields."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from modelcheck.diagnostics import Span
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Block,
    Branch,
    Check,
    Const,
    End,
    Expr,
    Instr,
    Jump,
    Kind,
    Load,
    Local,
    ObjectRoot,
    Place,
    StepInfo,
    Store,
    Terminator,
)
from modelcheck.ir.passes.bodies import with_code
from modelcheck.ir.rebuild import map_end, map_instr, map_targets
from modelcheck.ir.types import U8

SPAN = Span("a.py", 1, 2, 3, 4)
HERE, THERE = Place(ObjectRoot("here", Local("x"))), Place(ObjectRoot("here", Const(1, U8)))
X, ONE = Local("x"), Const(1, U8)


def put_one(expr: Expr) -> Expr:
    return ONE if expr == X else expr


def same_fields(one: object, two: object) -> bool:
    """As `==`, what `compare=False` leaves out included."""
    names = [field.name for field in fields(one)]  # type: ignore[arg-type]  # a dataclass
    return type(one) is type(two) and all(getattr(one, n) == getattr(two, n) for n in names)


def test_a_block_with_other_code_keeps_the_rest() -> None:
    values = {"label": "b1", "instrs": (Assign("x", ONE),), "end": End(), "rmw": "relaxed"}
    values |= {"step": StepInfo(span=SPAN, text="x"), "live": ("x",)}
    values |= dict.fromkeys(("atomic", "inner", "rest"), True)
    assert values.keys() == {field.name for field in fields(Block)}
    block = Block(**values)  # type: ignore[arg-type]  # each of its own type
    code, end = (Assign("y", ONE),), Jump("b2")
    assert with_code(block, code, end) == replace(block, instrs=code, end=end)
    assert with_code(block, block.instrs, block.end) is block


@pytest.mark.parametrize(
    ("instr", "changes"),
    [
        (Check(X, "leak", HERE, "m", span=SPAN), {"condition": ONE, "subject": THERE}),
        (Check(X, "leak", None, "m", span=SPAN), {"condition": ONE}),
        (Assert(X, "p", "d", HERE, span=SPAN), {"condition": ONE, "subject": THERE}),
        (Load("y", HERE, Kind.ONCE, span=SPAN), {"place": THERE}),
        (Store(HERE, X, Kind.RELEASE, span=SPAN), {"place": THERE, "value": ONE}),
    ],
)
def test_a_rebuilt_instruction_keeps_the_rest(instr: Instr, changes: dict[str, object]) -> None:
    assert same_fields(map_instr(instr, put_one), replace(instr, **changes))  # type: ignore[arg-type]  # as it has


@pytest.mark.parametrize(
    ("end", "changes"),
    [
        (Jump("a", span=SPAN), {"target": "A"}),
        (Branch(X, "a", "b", span=SPAN), {"then": "A", "other": "B"}),
    ],
)
def test_a_terminator_that_leads_elsewhere_keeps_the_rest(
    end: Terminator, changes: dict[str, object]
) -> None:
    assert same_fields(map_targets(end, str.upper), replace(end, **changes))  # type: ignore[arg-type]  # as it has


def test_a_rebuilt_branch_keeps_the_rest() -> None:
    end = Branch(X, "a", "b", span=SPAN)
    assert same_fields(map_end(end, put_one), replace(end, condition=ONE))
