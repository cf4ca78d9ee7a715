"""States per second of the python backend on the spec `increments`.

    python bench/bench.py FOLDER

Writes bench.json and bench.md.  The counts are facts and are compared with the known ones; the
times are this machine's.
"""

import json
import sys
import time
from pathlib import Path

from modelcheck import api
from modelcheck.explore.search import explore
from modelcheck.specfiles import find_spec

# threads, rounds: states, transitions, depth
KNOWN = {
    (2, 4): (541, 910, 16),
    (3, 3): (7_646, 18_843, 18),
    (3, 4): (42_237, 110_595, 24),
}
REPEATS = 3
FLOOR = 30_000  # states/s that the python backend promises


def measure(threads: int, rounds: int) -> dict[str, int]:
    """The best of some runs; ends the program if the counts are wrong."""
    spec = api.load_spec(find_spec("increments"))
    settings = {"threads": threads, "rounds": rounds}
    program = api.make_program(spec, spec.info.default, settings)
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        counts = explore(program).counts
        best = min(best, time.perf_counter() - start)
    found = (counts.states, counts.transitions, counts.depth)
    if found != KNOWN[threads, rounds]:
        sys.exit(f"bench: {threads}x{rounds} gives {found}, not {KNOWN[threads, rounds]}")
    return {
        "threads": threads,
        "rounds": rounds,
        "states": counts.states,
        "transitions": counts.transitions,
        "milliseconds": round(best * 1000),
        "states_per_second": round(counts.states / best),
    }


def main(folder: Path) -> int:
    """Measure, write, compare with the floor."""
    rows = [measure(*size) for size in KNOWN]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    lines = [
        "| increments | states | transitions | ms | states/s |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {r['threads']}x{r['rounds']} | {r['states']:,} | {r['transitions']:,}"
            f" | {r['milliseconds']:,} | {r['states_per_second']:,} |"
            for r in rows
        ),
    ]
    text = "\n".join(lines) + "\n"
    (folder / "bench.md").write_text(text, encoding="utf-8")
    print(text, end="")  # noqa: T201 (a program)
    fastest = max(r["states_per_second"] for r in rows)
    if fastest < FLOOR:
        print(f"bench: below {FLOOR:,} states/s", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
