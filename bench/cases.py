"""What the gain table counts: specs with equal threads, and which parameter says how many.

Everything else of a spec is as in its default, so a row is what a user gets who raises one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models import HERE, ROOT

Area = Literal["bench", "kernel", "classic"]

THREADS = (2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Case:
    """A spec, the parameter that counts its equal threads, and the numbers of them.

    `hand` is a Promela model of the same routine, as one would write it without us; it takes the
    number as -DTHREADS.  With -DDIES its processes end and die, else they stop at a false guard.
    `patience`: so many times the usual limits are allowed.
    """

    name: str
    area: Area
    spec: Path
    parameter: str
    threads: tuple[int, ...] = THREADS
    hand: Path | None = None
    patience: int = 1


def _bench(name: str, threads: tuple[int, ...] = THREADS, patience: int = 1) -> Case:
    spec, hand = HERE / f"specs/{name}.py", HERE / f"models/{name}.pml"
    return Case(name, "bench", spec, "threads", threads, hand, patience)


def _kernel(folder: str, name: str, parameter: str, *, has_hand: bool = False) -> Case:
    hand = HERE / f"models/{name}.pml" if has_hand else None
    return Case(name, "kernel", ROOT / f"specs/{folder}/{name}.py", parameter, hand=hand)


def _classic(name: str, parameter: str) -> Case:
    return Case(name, "classic", ROOT / f"specs/classics/{name}.py", parameter)


CASES = (
    _bench("krefs", (2, 3, 4, 5, 6, 7), patience=6),  # ten million states are required
    _bench("phils"),
    _bench("filter", (2, 3, 4, 5)),  # the model of the peers goes up to five
    _kernel("kernfs", "kernfs-active-drain", "ops", has_hand=True),
    _kernel("kernfs", "kernfs-hide-show-poll", "pollers"),
    _kernel("kernfs", "kernfs-mmap-drain", "files"),
    _kernel("kernfs", "kernfs-node-lifetime", "finders"),
    _kernel("kernfs", "kernfs-open-node-rcu", "pollers"),
    _kernel("kernfs", "kernfs-open-vs-remove", "openers"),
    _kernel("kernfs", "kernfs-release-once", "closers", has_hand=True),
    _kernel("kernfs", "kernfs-release-once-full", "closers"),
    _kernel("kernfs", "kernfs-self-removal", "writers"),
    _kernel("psi", "psi-poll-uaf", "selects"),
    _kernel("psi", "psi-pressure-write-vs-release", "writers"),
    _kernel("psi", "psi-trigger-replace", "writers"),
    _kernel("psi", "rmmod-late-callback", "users"),
    _classic("dining-philosophers", "philosophers"),
    _classic("increments", "threads"),
    _classic("readers-writers", "readers"),
    _classic("two-phase-commit", "managers"),
)

# Specs of these folders that have no row, and why.
NO_EQUAL_THREADS = {
    "kernfs-notify-list": "one driver and its interrupt",
    "kernfs-priv-consumer": "one holder and one driver",
    "peterson": "two threads by design",
    "two-jugs": "no threads that are alike",
}
