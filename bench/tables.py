"""The measurements as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from measure import Row
from spending import Spending

COLUMNS = (
    *("states", "transitions", "seconds", "build", "times ours"),
    *("states/s", "bytes/state"),
)

NOTES = """\
*seconds*: from the model's text to the verdict, all that is built on the way included, of which
*build* is what comes before the search's own process. *times ours*: the median, over the rounds, of
the ratio to our seconds in the same round. *states/s*: of the search, without the seconds that it
takes on the model's least size. *bytes/state*: the peak of resident memory over that on the least
size. A dash: too short to say, or not told.

SPIN, Rumur and TLC take our steps, one for one. SPIN's reduction and Rumur's symmetry store fewer
states by design. So does Harmony, which keeps threads as a bag (and counts its spawner's states as
well), and in whose krefs a thread's steps on its own word are none. Their states/s compare with
nothing: compare the seconds.
"""


def write_tables(
    machine: Mapping[str, str | int],
    versions: Mapping[str, str],
    rows: Sequence[Row],
    spendings: Mapping[str, Spending],
) -> str:
    """One Markdown document of all that was measured; an empty version means: not installed."""
    parts = ["# Bench", _list_facts(machine, versions), "## Time, rate, memory", _write_rows(rows)]
    parts.append(NOTES.rstrip())
    if any(row.workers > 1 for row in rows):
        parts += ["## More workers", _write_workers(rows)]
    if spendings:
        parts += ["## Where the python backend's time goes", _write_spendings(spendings)]
    return "\n\n".join(parts) + "\n"


def _list_facts(machine: Mapping[str, str | int], versions: Mapping[str, str]) -> str:
    lines = [f"* {name.replace('_', ' ')}: {value}" for name, value in machine.items()]
    lines += [f"* {tool}: {version or 'not installed'}" for tool, version in versions.items()]
    return "\n".join(lines)


def _write_rows(rows: Iterable[Row]) -> str:
    return write_table(
        ["model", "size", "tool", *COLUMNS],
        [
            (
                row.model,
                row.size,
                row.tool,
                row.states,
                row.transitions,
                row.seconds,
                row.build_seconds,
                row.times_ours,
                row.states_per_second,
                row.bytes_per_state,
            )
            for row in rows
        ],
        words=3,
    )


def _write_workers(rows: Iterable[Row]) -> str:
    """The search alone, with several workers beside with one, where it is long enough."""
    alone = {
        (row.model, row.size, row.tool): _search_seconds(row)
        for row in rows
        if row.workers == 1 and row.states_per_second is not None
    }
    lines: list[tuple[str | float | None, ...]] = []
    for row in rows:
        one = alone.get((row.model, row.size, row.tool.partition(",")[0]))
        if row.workers > 1 and one is not None:
            many = _search_seconds(row)
            gain = round(one / many, 2) if row.states_per_second is not None else None
            lines.append((row.model, row.size, row.tool, round(one, 3), round(many, 3), gain))
    heads = ["model", "size", "tool", "seconds, one worker", "seconds", "times as fast"]
    return write_table(heads, lines, words=3)


def _search_seconds(row: Row) -> float:
    return row.seconds - row.build_seconds - row.start_seconds


def _write_spendings(spendings: Mapping[str, Spending]) -> str:
    names = [part.name for part in next(iter(spendings.values())).parts]
    shares = {
        title: {part.name: f"{part.share:.0%}" for part in spending.parts}
        for title, spending in spendings.items()
    }
    lines: list[tuple[str | float | None, ...]] = [
        ("states/s", *(spending.states_per_second for spending in spendings.values())),
        *((name, *(shares[title][name] for title in spendings)) for name in names),
    ]
    by_share = write_table(["part of a run", *spendings], lines, words=1)
    blocks = [by_share]
    for title, spending in spendings.items():
        functions = [(f"`{f.name}`", f.calls, f"{f.share:.0%}") for f in spending.functions]
        blocks.append(write_table([f"{title}: cProfile", "calls", "share"], functions, words=1))
    return "\n\n".join(blocks)


def write_table(
    heads: Sequence[str], rows: Iterable[Sequence[str | float | None]], *, words: int
) -> str:
    """A table whose first columns are words, the others numbers; None is a dash."""
    lines = [
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * words + "---:|" * (len(heads) - words),
    ]
    lines += ["| " + " | ".join(map(_show, row)) + " |" for row in rows]
    return "\n".join(lines)


def _show(cell: str | float | None) -> str:
    if cell is None:
        return "-"
    return cell if isinstance(cell, str) else f"{cell:,}"
