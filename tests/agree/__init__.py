"""The native search against the python backend: whole results, field by field.

`batch` builds many programs as one executable, `compare` runs one of them in every way and says
what differs, and `python -m tests.agree` does that with any number of random programs.
"""
