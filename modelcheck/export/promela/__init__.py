"""A program as Promela, the language of SPIN (G. J. Holzmann, "The SPIN Model Checker", 2003).

`write_oracle` is the form that has exactly our states and transitions, an outside witness for every
count and verdict; `write_processes` is the form a user of SPIN would write, for its own reduction.
Both are made from docs/ir.md and the program after all passes, not from any backend.
"""

from modelcheck.export.promela.oracle import write_oracle
from modelcheck.export.promela.processes import write_processes
from modelcheck.export.promela.words import Unsayable

__all__ = ["Unsayable", "write_oracle", "write_processes"]
