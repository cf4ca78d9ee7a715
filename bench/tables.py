"""The measurements as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from measure import Row
from requirements import Requirement
from spending import Spending
from stages import Journey

COLUMNS = (
    *("states", "transitions", "seconds", "build", "times ours"),
    *("states/s", "bytes/state"),
)

JOURNEY_NOTES = """\
Cold: an empty cache, so the runtime is compiled as well, beside the model as far as there are
cores. First the parts of one run, then the whole as a command, then the compilers one file after
the other. `check` alone takes the python backend for so few states."""

NOTES = """\
*seconds*: from the model's text to the verdict, all that is built on the way included, of which
*build* is what comes before the search's own process (ours, which builds and searches in one
command, has none). *times ours*: the median, over the rounds, of the ratio to our seconds in the
same round, *modelcheck, native* where it is there. *states/s*: of the search, without the seconds
that it takes on the model's least size. *bytes/state*: the peak of resident memory, of all
processes together, over that on the least size. A dash: too short to say, or not told.

The native backend builds into an empty cache each time, its runtime too, but for *warm cache*.
*SPIN, exported* searches what `modelcheck export --to promela --form processes` writes of the same
program; writing it costs nothing here. Of two sizes of its table the better one counts. Its
processes end in steps of their own, so it has more states: its states/s are those of its own.

SPIN, Rumur and TLC take our steps, one for one. SPIN's reduction and Rumur's symmetry store fewer
states by design. So does Harmony, which keeps threads as a bag (and counts its spawner's states as
well), and in whose krefs a thread's steps on its own word are none. Their states/s compare with
nothing: compare the seconds. We judge `stuck` and data races as well; no peer is asked for them.
"""


def write_tables(
    machine: Mapping[str, str | int],
    versions: Mapping[str, str],
    rows: Sequence[Row],
    *,
    left_out: Sequence[str],
    requirements: Sequence[Requirement],
    journeys: Mapping[str, Journey],
    spendings: Mapping[str, Spending],
) -> str:
    """One Markdown document of all that was measured; an empty version means: not installed."""
    parts = ["# Bench", list_facts(machine, versions)]
    if requirements:
        parts += ["## Requirements", write_requirements(requirements)]
    parts += ["## Time, rate, memory", _write_rows(rows)]
    if left_out:
        parts.append("Left out, for it failed:\n\n" + "\n".join(f"* {line}" for line in left_out))
    parts.append(NOTES.rstrip())
    if workers := _list_workers(rows):
        heads = ["model", "size", "tool", "seconds, one worker", "seconds", "times as fast"]
        parts += ["## More workers", write_table(heads, workers, words=3)]
    if journeys:
        parts += ["## Where an end to end run goes", _write_journeys(journeys)]
    if spendings:
        parts += ["## Where the python backend's time goes", _write_spendings(spendings)]
    return "\n\n".join(parts) + "\n"


def write_requirements(requirements: Iterable[Requirement]) -> str:
    """What is required, what was measured, and whether that is enough."""
    lines = [
        (one.text, one.where, one.measured, one.demanded, "yes" if one.is_met else "no")
        for one in requirements
    ]
    heads = ["what is required", "of", "measured", "demanded", "met"]
    return write_table(heads, lines, words=5)


def _write_journeys(journeys: Mapping[str, Journey]) -> str:
    """Parts down, runs across; what is not in a run is a dash."""
    names = list(dict.fromkeys(name for one in journeys.values() for name in one.parts))
    lines: list[tuple[str | float | None, ...]] = [
        (name, *(one.parts.get(name) for one in journeys.values())) for name in names
    ]
    lines += [
        ("all of these", *(one.seconds for one in journeys.values())),
        ("`check --backend native`", *(one.native_seconds for one in journeys.values())),
        ("`check`", *(one.auto_seconds for one in journeys.values())),
        ("alone: cc of the model", *(one.model_seconds for one in journeys.values())),
        ("alone: cc of the runtime", *(one.runtime_seconds for one in journeys.values())),
    ]
    return write_table(["seconds", *journeys], lines, words=1) + "\n\n" + JOURNEY_NOTES


def list_facts(machine: Mapping[str, str | int], versions: Mapping[str, str]) -> str:
    """The machine and the versions of the tools, a line each."""
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


def _list_workers(rows: Sequence[Row]) -> list[tuple[str | float | None, ...]]:
    """The search alone, with several workers beside with one, where it is long enough."""
    alone = {
        (row.model, row.size, row.tool): row.search_seconds
        for row in rows
        if row.workers == 1 and row.states_per_second is not None
    }
    lines: list[tuple[str | float | None, ...]] = []
    for row in rows:
        name = row.tool.removesuffix(f", {row.workers} workers")
        one = alone.get((row.model, row.size, name))
        if row.workers > 1 and one is not None and row.states_per_second is not None:
            many = row.search_seconds
            gain = round(one / many, 2)
            lines.append((row.model, row.size, row.tool, round(one, 3), round(many, 3), gain))
    return lines


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
