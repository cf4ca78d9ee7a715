"""Symmetry in a search: which canonical form its states have."""

from __future__ import annotations

from modelcheck.explore.options import Options
from modelcheck.ir.memory import Memory
from modelcheck.reduce.canonical import Canonical
from modelcheck.reduce.permute import make_tables
from modelcheck.reduce.symmetry import find_symmetry


def make_canonical(memory: Memory, options: Options) -> Canonical | None:
    """What makes a program's states canonical; None where nothing is exchanged."""
    if "symmetry" not in options.reduce:
        return None
    symmetry = find_symmetry(memory.program, memory)
    return Canonical(make_tables(memory, symmetry)) if symmetry.classes else None
