"""Compare modelcheck with its peers: time to verdict, states/s, bytes/state, workers; say what of
the native backend's requirements was met, and where the time of both backends goes.

    python bench/bench.py FOLDER [--quick | --large | --huge] [--rounds N] [--model NAME]…
                                 [--size SIZE]… [--tool NAME]… [--workers N]
                                 [--harmony PROGRAM] [--tlc JAR]
    python bench/bench.py FOLDER --gain [--quick] [--model NAME]… [--size THREADS]… [--jobs N]
                                 [--timeout SECONDS] [--most-states N] [--most-megabytes N]
    python bench/bench.py FOLDER --traces

Writes bench.json and bench.md to FOLDER; with `--gain` gain.json and gain.md: the states that are
stored with reductions, ours and SPIN's, for two to six equal threads; with `--traces` traces.md:
how long traces are as they were found and as they are told.  Peers that are not installed are
listed as such.  The counts are facts: a tool that has others than it must ends the program.
The times are this machine's; one of them ends it too: the states per second that DESIGN promises of
`python`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gain import GainLimits
from gain_bench import bench_gains
from machine import describe_machine
from measure import measure_model
from models import MODELS, Model, Size
from ours import NATIVE
from processes import CommandError
from requirements import judge_requirements
from spending import Spending, find_spending
from stages import Journey, find_journeys
from tables import write_tables
from tool import Tool
from tools import list_tools
from traces import list_lines

from modelcheck import api
from modelcheck.specfiles import find_spec

WORKERS = (1, 2, 4, 8, 16)  # of ours, as far as there are cores
SECONDS, HUGE_SECONDS = 600.0, 3600.0  # for one command
FLOOR = 30_000  # states/s that the python backend promises on increments
PROFILED = {"increments": {"threads": 3, "rounds": 4}, "krefs": {"threads": 5}}


def main() -> int:
    """Measure, write, compare with the floor."""
    options = _read_options()
    if options.gain:
        return _bench_gains(options)
    if options.traces:
        return _list_traces(options.folder)
    models = [m for m in MODELS if not options.model or m.name in options.model]
    tools = list_tools(options.harmony, options.tlc, *_choose_workers(options.workers))
    tools = tuple(t for t in tools if not options.tool or t.name in options.tool)
    left_out: list[str] = []

    def leave_out(text: str) -> None:
        _complain(text)
        left_out.append(text)

    try:
        rows = [
            row
            for model in models
            for row in measure_model(
                model,
                _choose_sizes(model, options),
                tools,
                rounds=options.rounds,
                timeout=options.timeout or (HUGE_SECONDS if options.huge else SECONDS),
                complain=leave_out,
            )
        ]
        journeys = _find_journeys(models, tools, options.rounds)
    except CommandError as error:
        _complain(str(error))
        return 1
    spendings = _find_spendings(models, is_quick=options.quick)
    requirements = judge_requirements(rows, journeys)
    machine = describe_machine()
    versions = {t.name.partition(",")[0]: t.version for t in tools}
    text = write_tables(
        machine,
        versions,
        rows,
        left_out=left_out,
        requirements=requirements,
        journeys=journeys,
        spendings=spendings,
    )
    found = {
        "machine": machine,
        "tools": {name: version or None for name, version in versions.items()},
        "rounds": options.rounds,
        "requirements": [asdict(one) for one in requirements],
        "rows": [asdict(row) for row in rows],
        "left_out": left_out,
        "journeys": {title: asdict(journey) for title, journey in journeys.items()},
        "spending": {title: asdict(spending) for title, spending in spendings.items()},
    }
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / "bench.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (options.folder / "bench.md").write_text(text, encoding="utf-8")
    print(text, end="")  # noqa: T201 (a program)
    return _judge_floor(spendings)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare modelcheck with its peers.")
    parser.add_argument("folder", type=Path, help="where bench.json and bench.md go")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="the smallest size of each model only")
    size.add_argument("--large", action="store_true", help="large sizes too: minutes, gigabytes")
    size.add_argument("--huge", action="store_true", help="all sizes: hours, twelve gigabytes")
    parser.add_argument("--gain", action="store_true", help="count what reductions give instead")
    parser.add_argument("--traces", action="store_true", help="list how long traces are instead")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is run")
    parser.add_argument(
        "--timeout", type=float, help="seconds for one command, or search of --gain"
    )
    parser.add_argument("--model", action="append", help="only this model (may be repeated)")
    parser.add_argument("--size", action="append", help="only this size, such as 4x4")
    parser.add_argument("--tool", action="append", help="only this row, such as 'SPIN, exported'")
    parser.add_argument("--workers", type=int, help="beside one; all cores if not given")
    parser.add_argument("--harmony", default="harmony", help="the program, if not on the PATH")
    parser.add_argument("--tlc", type=Path, help="tla2tools.jar")
    parser.add_argument("--most-states", type=int, help="--gain: of a search of ours")
    parser.add_argument("--most-megabytes", type=int, help="--gain: of a search of SPIN's")
    parser.add_argument("--jobs", type=int, help="--gain: so many specs at a time; else all cores")
    return parser.parse_args()


def _bench_gains(options: argparse.Namespace) -> int:
    usual = GainLimits()
    limits = GainLimits(
        options.most_states or usual.states,
        options.most_megabytes or usual.megabytes,
        options.timeout or usual.seconds,
    )
    return bench_gains(
        options.folder,
        limits,
        names=options.model or (),
        sizes=options.size or (),
        jobs=options.jobs or len(os.sched_getaffinity(0)),
        is_quick=options.quick,
    )


def _list_traces(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in list_lines(()))
    (folder / "traces.md").write_text(text, encoding="utf-8")
    print(text, end="")  # noqa: T201 (a program)
    return 0


def _choose_workers(wanted: int | None) -> tuple[list[int], list[int]]:
    """Ours, with which it is seen how that scales, and the peers'."""
    cores = len(os.sched_getaffinity(0))
    if wanted is not None:
        return sorted({1, wanted}), sorted({1, wanted})
    return [n for n in WORKERS if n <= cores], sorted({1, cores})


def _choose_sizes(model: Model, options: argparse.Namespace) -> list[Size]:
    if options.quick:
        return [model.sizes[0]]
    return [
        size
        for size in model.sizes
        if (not options.size or size.shown in options.size)
        and (options.huge or not size.is_huge)
        and (options.huge or options.large or not size.is_large)
    ]


def _find_journeys(
    models: Sequence[Model], tools: Sequence[Tool], rounds: int
) -> dict[str, Journey]:
    is_native = any(tool.name == NATIVE and tool.version for tool in tools)
    wanted = is_native and any(model.name == "krefs" for model in models)
    return find_journeys(rounds) if wanted else {}


def _find_spendings(models: Sequence[Model], *, is_quick: bool) -> dict[str, Spending]:
    spendings = {}
    for model in models:
        if model.name in PROFILED:
            settings = model.sizes[0].settings if is_quick else PROFILED[model.name]
            spec = api.load_spec(find_spec(str(model.spec)))
            program = api.make_program(spec, spec.info.default, settings)
            title = f"{model.name} {'x'.join(map(str, settings.values()))}"
            spendings[title] = find_spending(program)
    return spendings


def _judge_floor(spendings: dict[str, Spending]) -> int:
    rates = [s.states_per_second for title, s in spendings.items() if "increments" in title]
    if rates and max(rates) < FLOOR:
        _complain(f"below {FLOOR:,} states/s")
        return 1
    return 0


def _complain(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr)  # noqa: T201 (a program)


if __name__ == "__main__":
    sys.exit(main())
