"""Fewer states: what need not be visited, and why nothing is lost by that (DESIGN 6).

`make_stubborn_tables` turns a program into integers once; small interpreters of those integers,
one in Python (`stubborn`) and one in C, choose in each state whose steps are taken.  What is chosen
is a function of the state alone, so the reduced graph is the same for every search.  `fuse` says
which states of that graph need not be stored.
"""

from modelcheck.reduce.explain import StepFacts, StoppingStep, explain_chains, explain_steps
from modelcheck.reduce.fuse import Fuse, WayOn
from modelcheck.reduce.stubborn import StubbornSets
from modelcheck.reduce.tables import StubbornTables, make_stubborn_tables

__all__ = [
    "Fuse",
    "StepFacts",
    "StoppingStep",
    "StubbornSets",
    "StubbornTables",
    "WayOn",
    "explain_chains",
    "explain_steps",
    "make_stubborn_tables",
]
