"""The reductions that the options name, made for one program."""

from __future__ import annotations

from modelcheck.explore.options import Options
from modelcheck.explore.properties import list_judged
from modelcheck.ir.nodes import Program
from modelcheck.reduce import StubbornTables, make_stubborn_tables


def make_tables(program: Program, options: Options) -> StubbornTables | None:
    """The tables of partial-order reduction; None where it is not asked for, or not possible."""
    if "por" not in options.reduce:
        return None
    judged = list_judged(program, options.properties)
    return make_stubborn_tables(program, frozenset(j.name for j in judged))
