"""Random legal programs, made twice: as a program (`ir_program`) and as spec text (`text_program`).

A seed makes the same program everywhere.  `agree` compares the real explorer with the naive one,
`shrink` makes a failing program small, and `python -m tests.random_programs` runs any number.
"""
