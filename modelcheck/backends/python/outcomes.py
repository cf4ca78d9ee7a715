"""What a step can come to: the vocabulary between generated steps and the search.

A generated step takes a state and returns one of

* a tuple: the only successor state;
* `BLOCKED` or `IDLE`: the step is disabled (`IDLE`: every path stopped at an idle wait);
* a `Failure`: the step fails, for its only choice;
* a list of `Outcome`s: a step with choices, or one that records orders; never empty.

The first case is by far the most frequent, so it costs one comparison of classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

State = tuple[int, ...]

BLOCKED: Final = 0
IDLE: Final = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step or a property fails, and of what: `object` as a report shows it, `names` what an
    expectation may call it, `declared` what `allow(on=…)` may call it.
    """

    property: str
    object: str = ""
    names: tuple[str, ...] = ()
    declared: frozenset[str] = frozenset()
    detail: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Order:
    """One recorded fact: `first`'s declaration was passed before `second`'s."""

    property: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One transition of a step: the choices that led to it, and where."""

    choices: tuple[int, ...]
    result: State | Failure
    orders: tuple[Order, ...] = ()


class CutOutcomes(list[Outcome]):
    """The outcomes of a step with more ways through its choices than are followed.

    A loop of local work that makes a choice in every round has 2^rounds ways.  What is missing was
    not visited, so a run that meets one is never exhausted.
    """


StepResult = State | int | Failure | list[Outcome]
Step = Callable[[State], StepResult]


def list_outcomes(result: StepResult) -> list[Outcome]:
    """The transitions behind a step's result, in the order of their choices; none if disabled."""
    if isinstance(result, list):
        return result
    if isinstance(result, int):
        return []
    return [Outcome((), result)]
