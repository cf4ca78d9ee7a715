"""What users write for sizes, times, settings and things that come later, read or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from modelcheck.explore.options import Reduction  # not on the way to --help

_REDUCTIONS: tuple[Reduction, ...] = ("por", "symmetry", "fuse")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Size(click.ParamType[int]):
    """`4G`, `512M`, `100000`: bytes."""

    name = "size"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number of bytes."""
        match = re.fullmatch(
            r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", str(value).strip(), re.IGNORECASE
        )
        if match is None:
            self.fail(f"{value!r} is not a size; write for example 512M or 4G", param, ctx)
        size = int(float(match[1]) * _UNITS[match[2]])
        if size < 1:
            self.fail("a size is more than 0", param, ctx)
        return size


class Duration(click.ParamType[float]):
    """`10m`, `90s`, `1h30m`, `45`: seconds."""

    name = "time"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number of seconds."""
        text = str(value).strip()
        if re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h))+|\d+(\.\d+)?", text) is None:
            self.fail(f"{value!r} is not a time; write for example 90s or 10m", param, ctx)
        parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|)", text)
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
        if seconds <= 0:
            self.fail("a time is more than 0", param, ctx)
        return seconds


def read_settings(
    ctx: click.Context, param: click.Parameter, values: Sequence[str]
) -> dict[str, str]:
    """`-D closers=3` → {"closers": "3"}; the last one wins.  What the value means depends on
    the spec and is read there.
    """
    del ctx
    settings: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip().isidentifier() or not text.strip():
            raise click.BadParameter(f"{value!r}: write name=value", param=param)
        settings[name.strip()] = text.strip()
    return settings


def refuse_later_backend(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """What exists: `auto`, `python`, `native`."""
    del ctx
    if value == "smt":
        raise click.BadParameter(
            "smt explores no states; `modelcheck prove` asks z3",
            param=param,
        )
    return value


def read_reductions(
    ctx: click.Context, param: click.Parameter, value: str
) -> frozenset[Reduction] | None:
    """Names with commas between, or `none`: every state is visited; None for `auto`."""
    del ctx
    names = [name.strip() for name in value.split(",")]
    if names == ["auto"]:
        return None
    if names == ["none"]:
        return frozenset()
    unknown = [name for name in names if name not in _REDUCTIONS]
    if unknown:
        raise click.BadParameter(
            f"{unknown[0]!r} is none of auto, none, {', '.join(_REDUCTIONS)}", param=param
        )
    return frozenset(name for name in _REDUCTIONS if name in names)


def refuse_python_workers(backend: str, workers: int | None) -> None:
    """The python backend searches on one worker."""
    if backend == "python" and workers is not None and workers > 1:
        raise click.UsageError("the python backend has one worker; --workers is for native")


def refuse_beside_begin(given: Mapping[str, bool]) -> None:
    """What means nothing, or could not be done, where only a part of a spec is explored."""
    reasons = {
        "--variant": "the trace names it",
        "-D": "the trace names the settings",
        "--reduce": "that search has no reductions",
        "--compare-reductions": "that search has no reductions",
        "--shortest": "the trace that is told begins with the stored one",
        "--backend native": "the python backend explores",
        "--workers": "the python backend has one worker",
        "--compact": "the python backend explores",
        "--without": "no easier trace, and nothing that it needs, is looked for",
        **dict.fromkeys(("--coverage", "--listing", "--profile"), "it is about the whole spec"),
    }
    for option, is_given in given.items():
        if is_given:
            raise click.UsageError(f"no {option} with --from: {reasons[option]}")


def refuse_compact(backend: str, search: str, *, compact: bool, accept: bool) -> None:
    """Hash compaction is the native backend's, breadth-first."""
    if accept and not compact:
        raise click.UsageError("--accept-compact is for --compact")
    if compact and backend == "python":
        raise click.UsageError("--compact is for the native backend")
    if compact and search != "bfs":
        raise click.UsageError("--compact is for --search bfs")
