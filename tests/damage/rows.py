"""The damage table: every row, by area.

A row is kept current with the code that it breaks.  Where no test notices an edit that could make
a violation `verified`, the test is what is missing.
"""

from tests.damage import (
    rows_backend,
    rows_checks,
    rows_explore,
    rows_frontend,
    rows_fuse,
    rows_gate,
    rows_ir,
    rows_looking,
    rows_mutate,
    rows_native,
    rows_needs,
    rows_pages,
    rows_prove,
    rows_reduce,
    rows_repair,
    rows_rounds,
    rows_runtime,
    rows_shortest,
    rows_symmetry,
)
from tests.damage.row import Row

ROWS: tuple[Row, ...] = (
    *rows_frontend.ROWS,
    *rows_ir.ROWS,
    *rows_backend.ROWS,
    *rows_native.ROWS,
    *rows_runtime.ROWS,
    *rows_explore.ROWS,
    *rows_checks.ROWS,
    *rows_gate.ROWS,
    *rows_reduce.ROWS,
    *rows_fuse.ROWS,
    *rows_symmetry.ROWS,
    *rows_pages.ROWS,
    *rows_rounds.ROWS,
    *rows_shortest.ROWS,
    *rows_looking.ROWS,
    *rows_needs.ROWS,
    *rows_mutate.ROWS,
    *rows_repair.ROWS,
    *rows_prove.ROWS,
)
