"""SPIN as a witness from outside: the same program, its own search, the same figures?

`python -m tests.oracle [SPEC…]` compares the verdict, states, transitions and depth of every
variant with what SPIN finds in the oracle form (`modelcheck export --to promela`), exactly.
"""
