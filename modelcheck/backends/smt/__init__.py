"""Backend `smt`: the program as formulas over its slots, for z3."""
