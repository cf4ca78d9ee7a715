"""The search: a compiled program in, verdicts, counts and traces out."""
