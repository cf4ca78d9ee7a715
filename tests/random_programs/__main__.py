"""Run random programs until one shows a disagreement: `python -m tests.random_programs`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent


def main() -> int:
    """Compare `--count` programs, from `--seed` on; the exit code is 1 if any disagrees."""
    sys.path.insert(0, str(TESTS))
    from random_programs.sample import draw, take
    from random_programs.shrink import save, shrink
    from random_programs.tally import Tally

    parser = argparse.ArgumentParser(prog="random_programs", description=main.__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--form", choices=("ir", "text", "both"), default="both")
    parser.add_argument("--no-shrink", action="store_true", help="only print the seeds")
    parser.add_argument("--any-size", action="store_true", help="small programs too: quick")
    options = parser.parse_args()
    programs = take if options.any_size else draw
    tally, failed, seed = Tally(), Counter[str](), options.seed
    began = time.monotonic()
    while tally.compared < options.count:
        form = ("ir", "text")[seed % 2] if options.form == "both" else options.form
        for number, source, comparison in programs(seed, form):
            tally.note(comparison)
            if comparison.differences:
                sort = comparison.differences[0][:60]
                print(
                    f"{form} {number} (seed {seed}): {'; '.join(comparison.differences)}",
                    flush=True,
                )
                failed[sort] += 1
                if not options.no_shrink and failed[sort] == 1:
                    small, why = shrink(source, comparison.differences)
                    print(f"  shrunk: {save(small, why, TESTS / 'regressions')}", flush=True)
        if comparison.naive is not None:
            tally.add(source, comparison)
        seed += 1
        if seed % 100 == 0:
            print(f"seed {seed}: {tally.compared} compared", file=sys.stderr, flush=True)
    print(tally.report())
    seconds = time.monotonic() - began
    print(f"seeds {options.seed} to {seed - 1}: {tally.compared} programs compared,", end=" ")
    print(f"{tally.too_large} too large, {failed.total()} disagree; {seconds:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
