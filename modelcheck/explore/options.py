"""What a run is asked to do: order of the search, limits, and which properties to judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from modelcheck.explore.result import Path

Search = Literal["bfs", "dfs", "random"]
Stop = Literal["first", "all"]
Backend = Literal["auto", "python", "native"]
Reduction = Literal["por", "symmetry", "fuse"]
Shortest = Literal["auto", "switches", "steps", "no"]
REDUCTIONS: tuple[Reduction, ...] = ("por", "symmetry", "fuse")  # in the order they are named

STUCK_LIMIT = 1_000_000  # states up to which the python backend judges `stuck` (DESIGN 3.4)
COMPACT_BITS = 63  # of hash compaction, where nobody asks for fewer
REDUCE_BEYOND = 1_000_000  # states; to explore so many in C takes less than making the tables can
SHORTEST_BUDGET = 50_000  # states that the search for an easier trace may store


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, for a progress line."""

    states: int
    transitions: int
    depth: int
    waiting: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Begin:
    """Where a search begins instead of in the initial states: at the end of a path of the program.

    `told` is how the scope line names it: "step 5 of put-twice.trace.json".
    """

    path: Path
    told: str


@dataclass(frozen=True, slots=True)
class Options:
    """How to explore.

    `max_memory` is in bytes (None: 80 % of what is available when the run starts).  `properties`
    are the names to judge (None: all).  `samples` ends a random search after that many walks.
    `compact_bits` asks the native backend for hash compaction, with so many bits (1 … 63) a state.
    `reduce` names the reductions (DESIGN 6): verdicts are the same with any of them; with
    `reduce_beyond` a program of more than so many states is explored with all there are.
    `symmetry_assumes`: symmetry may rest on checks that never fail; where one does, the run begins
    again without.  `workers` are those of the native backend (None: one for each core).  `ranges`
    asks for the values that fields took.  `progress` is called about twice a second; `interrupted`
    is asked as often, and ends the run when true.  `shortest` says what the traces of violations
    are to have the fewest of (`explore.shorten`; "auto": of switches if that can be proven, else of
    steps), and `shortest_budget` how many states may be stored to prove it: no result but the
    traces depends on the two.  `begin` (python backend, no reductions) is where to begin; such a
    run never counts as exhausted.
    """

    search: Search = "bfs"
    seed: int = 0
    stop: Stop = "all"
    max_states: int | None = None
    max_memory: int | None = None
    timeout_seconds: float | None = None
    samples: int | None = None
    properties: frozenset[str] | None = None
    stuck_limit: int = STUCK_LIMIT
    variant: str | None = None
    backend: Backend = "auto"
    workers: int | None = None
    reduce: frozenset[Reduction] = frozenset()
    reduce_beyond: int | None = None
    symmetry_assumes: bool = True
    compact_bits: int | None = None
    ranges: bool = False
    shortest: Shortest = "no"
    shortest_budget: int = SHORTEST_BUDGET
    begin: Begin | None = None
    progress: Callable[[Progress], None] | None = None
    interrupted: Callable[[], bool] | None = None

    @property
    def asks_for_ranges(self) -> bool:
        """Whether the values of fields are told: under symmetry names stand for one another."""
        return self.ranges and "symmetry" not in self.reduce
