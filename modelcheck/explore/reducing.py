"""The reductions that the options name, made for one program."""

from __future__ import annotations

from modelcheck.explore.options import Options
from modelcheck.ir.nodes import Program
from modelcheck.reduce import StubbornTables, make_stubborn_tables


def make_tables(program: Program, options: Options) -> StubbornTables | None:
    """The tables of partial-order reduction; None where it is not asked for, or not possible."""
    return make_stubborn_tables(program) if "por" in options.reduce else None
