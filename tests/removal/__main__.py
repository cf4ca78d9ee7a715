"""`python -m tests.removal [SPEC…] [--jobs N]`: which steps nobody misses; 1 if one is not named.

Every step of the spec's own code is removed by itself, and what is left is explored.  Where
nothing fails, tests/removal/redundant.toml must say why, or the spec itself; where something does,
it must not.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

from tests.removal.run import (
    describe,
    describe_end,
    find_faults,
    list_explained,
    list_specs,
    load_spec,
    read_entries,
    run_specs,
)
from tests.removal.steps import find_removals


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.removal", description=__doc__)
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="names; all without any")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--every", action="store_true", help="name all properties that notice")
    parser.add_argument("--survivors", action="store_true", help="do not print what was noticed")
    options = parser.parse_args()
    known = list_specs()
    unknown = [name for name in options.specs if name not in known]
    if unknown:
        parser.error(f"no spec of kernfs or psi is called {', '.join(unknown)}")
    names = options.specs or list(known)

    began = time.monotonic()
    ends = {}
    tally = {name: Counter() for name in names}
    for removal, end in run_specs([known[n] for n in names], options.jobs, every=options.every):
        ends[removal.key] = (removal, end)
        tally[removal.spec][end.status] += 1
        if not options.survivors or end.status in ("survives", "undecided"):
            say(f"{describe(removal.key)}  ->  {describe_end(end)}")
    for name in names:
        skipped = find_removals(load_spec(known[name]))[1]
        count = ", ".join(f"{n} {status}" for status, n in sorted(tally[name].items()))
        say(f"{name}: {tally[name].total()} removals: {count}; {len(skipped)} skipped")
    explained = list_explained(known[name] for name in names)
    faults = find_faults(ends, read_entries(), names, explained)
    for fault in faults:
        say(f"FAULT  {fault}")
    seconds = time.monotonic() - began
    say(f"{len(ends)} removals, {len(faults)} faults, {seconds:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
