"""The checker, broken on purpose: a table of edits, each of which a named test must notice.

`rows` is the table, by area; `run` applies one row to a copy of the tree and says what its tests
made of it; `inside` is what runs there.  `python -m tests.damage` or `make damage` runs it.
"""
