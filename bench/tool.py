"""What a tool is, and what it is asked to do.

A tool that is not installed has no version and is listed as missing.  `is_plain` tools keep threads
apart and reduce nothing, so their counts must be those of `models.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path

from models import Model, Settings, Size
from processes import CommandError, Finished

Command = Sequence[str | Path]
ROUNDING = 1e-7  # of a number of eight digits


@dataclass(frozen=True, slots=True)
class Job:
    """What to run, in an empty folder: what is not timed, what comes before the first state, then
    the search, in one of several ways of which the fastest counts.

    `fresh` is a folder that is to be gone before each search; `environment` is the search's.
    """

    build: tuple[Command, ...]
    searches: tuple[Command, ...]
    prepare: tuple[Command, ...] = ()
    fresh: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a tool says it saw; no transitions where it does not tell.

    `is_rounded`: it told eight digits of large numbers only.
    """

    states: int
    transitions: int | None
    is_rounded: bool = False

    def agree_with(self, known: Counts) -> bool:
        """Whether they are the known ones, as far as they were told."""
        if not self.is_rounded:
            return self == known
        pairs = ((self.states, known.states), (self.transitions, known.transitions))
        return all(
            told is not None and right is not None and isclose(told, right, rel_tol=ROUNDING)
            for told, right in pairs
        )


@dataclass(frozen=True, slots=True)
class Tool:
    """One row of the tables.  `plan` is given the model, its settings, an empty folder and the
    number of states expected (for the sizes of tables).

    `most_states`: at more, it takes too long or does not fit.
    """

    name: str
    version: str
    suffix: str  # of the peers' models; empty: takes the spec itself
    plan: Callable[[Model, Settings, Path, int], Job]
    read_counts: Callable[[Finished], Counts]
    is_plain: bool = True
    needs_symmetry: bool = False
    workers: int = 1
    most_states: int | None = None
    is_ours: bool = False

    def can_run(self, model: Model) -> bool:
        """Whether the tool is there and has a model."""
        return (
            bool(self.version)
            and (not self.suffix or model.file(self.suffix) is not None)
            and (model.has_symmetry or not self.needs_symmetry)
        )

    def can_hold(self, size: Size) -> bool:
        """Whether it is asked to do as much."""
        return self.most_states is None or size.states <= self.most_states


def find_file(model: Model, suffix: str) -> Path:
    """The peers' model with that suffix; raises `CommandError`."""
    path = model.file(suffix)
    if path is None:
        raise CommandError(f"{model.name} has no {suffix} model")
    return path
