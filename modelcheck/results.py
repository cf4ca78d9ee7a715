"""What `make results` writes: per spec a JSON file, per violated variant a DOT and an SVG picture.

    python -m modelcheck.results [--check] FOLDER [SPEC…]

The files are facts about the specs: no times, no machine names, the same bytes everywhere.  With
--check nothing is written, and a difference ends with 1; so does a judgement that is not as
expected, because a wrong verdict must not become a recorded one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelcheck import api
from modelcheck.explore.result import Result, Verdict
from modelcheck.gate import Outcome
from modelcheck.report.files import write_whole
from modelcheck.report.json import judgements_to_json, write_json

MAX_STATES = 1_000_000  # recorded without reductions up to here (DESIGN 7)


def make_results(specs: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The files by name, and what is wrong with the specs (nothing is, in a good tree)."""
    files: dict[str, str] = {}
    faults: list[str] = []
    options = api.Options(max_states=MAX_STATES, shortest="auto")
    for gated in api.gate(specs, options):
        if gated.errors is not None or gated.info is None:
            faults.append(str(gated.errors))
            continue
        faults += [
            f"{j.spec} {j.variant.name or '(default)'}: {reason}"
            for j in gated.judgements
            if j.outcome in (Outcome.UNEXPECTED, Outcome.SKIPPED)
            for reason in j.reasons
        ]
        name = gated.info.name
        larger = list(_explore_larger(gated))
        faults += [
            f"{name}, {next(iter(run.scope), '')}: {run.verdict.value}"
            for run in larger
            if run.verdict is not Verdict.VERIFIED
        ]
        judged = judgements_to_json(gated.info, gated.judgements, larger)
        files[f"{name}.json"] = write_json(judged)
        for run in gated.runs:
            if run.result is not None and run.result.violations:
                told = api.shorten(run, options)
                files.update(_draw(f"{name}.{run.variant.name or 'default'}", told))
    return files, faults


def _explore_larger(gated: api.GatedSpec) -> Iterator[Result]:
    """The default of a spec that is verified, with one more of each thing there can be more of.

    Not what is a variant already, and not what the default has none of and variants are about.
    """
    default = next((r for r in gated.runs if r.variant.name is None), None)
    if default is None or default.result is None or gated.info is None:
        return
    if default.result.verdict is not Verdict.VERIFIED:
        return
    for parameter in gated.info.parameters:
        larger = {parameter.name: parameter.default + 1}
        is_told = any(
            v.settings == larger or (parameter.default == 0 and parameter.name in v.settings)
            for v in gated.info.variants
        )
        if parameter.default < parameter.max and not is_told:
            choice = api.Choice(None, {parameter.name: str(parameter.default + 1)})
            run = api.check(gated.info.path, choice, api.Options(max_states=MAX_STATES))
            if run.result is not None:
                yield run.result


def _draw(stem: str, run: api.Run) -> Iterator[tuple[str, str]]:
    scenes = api.draw_scenes(run, api.name_command(run))
    if scenes:  # of a cycle of orders, the DOT has the first edge
        yield f"{stem}.dot", api.write_scenes(scenes, "dot")
        yield f"{stem}.svg", api.write_scenes(scenes, "svg")


def find_stale(folder: Path, files: dict[str, str]) -> list[str]:
    """The files in `folder` that are missing, differ, or belong to no spec any more."""
    found = folder.iterdir() if folder.is_dir() else ()  # the first time there is none
    there = {p.name: p for p in found if p.suffix in (".json", ".dot", ".svg")}
    stale = [n for n in sorted(there) if n not in files]
    for name, text in sorted(files.items()):
        if name not in there or there[name].read_text(encoding="utf-8") != text:
            stale.append(name)
    return stale


def main(arguments: Sequence[str]) -> int:
    """Write the results, or with `--check` compare them; the exit code."""
    only_check = "--check" in arguments
    folder, *specs = [a for a in arguments if a != "--check"]
    files, faults = make_results(specs)
    for fault in faults:
        print(f"results: {fault}", file=sys.stderr)  # noqa: T201 (a program)
    if faults:
        return 1
    stale = find_stale(Path(folder), files)
    if only_check:
        for name in stale:
            print(f"results: {folder}/{name} is not current; run `make results`")  # noqa: T201
        return 1 if stale else 0
    for name in stale:
        if name in files:
            write_whole(Path(folder, name), files[name])
        elif not specs:
            Path(folder, name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
