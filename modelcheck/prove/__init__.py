"""Proofs by z3: bounded search, k-induction, Spacer."""
