"""`python -m tests.damage [ROW…] [--jobs N]`: which damages go unnoticed; 1 if any does."""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.damage.rows import ROWS
from tests.damage.run import find_unsound, run_rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.damage", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="ids of rows; all without any")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    options = parser.parse_args()
    known = {row.id: row for row in ROWS}
    unknown = [name for name in options.rows if name not in known]
    if unknown:
        parser.error(f"no row is called {', '.join(unknown)}")
    rows = [known[name] for name in options.rows] or list(ROWS)

    began = time.monotonic()
    faults = 0
    for test, end in find_unsound(rows).items():
        faults += 1
        print(f"UNDAMAGED  {test}: {end}", flush=True)
    for row, complaint in run_rows(rows, options.jobs):
        faults += bool(complaint)
        print(f"{'UNNOTICED' if complaint else 'noticed  '}  {row.id}  {complaint or row.wrong}")
        sys.stdout.flush()
    seconds = time.monotonic() - began
    print(f"{len(rows)} rows, {faults} faults, {seconds:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
