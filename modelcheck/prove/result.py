"""What is known of a program after a proof was tried: plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from modelcheck.explore.result import Result
from modelcheck.gate import Exit
from modelcheck.ir.nodes import Program

TRIVIAL = "no step and no state can violate it"
"""How a property is proved that nothing in the program tells of."""

Method = Literal["auto", "bounded", "induction", "spacer"]


class Answer(Enum):
    """What is known of a property."""

    PROVED = "proved"
    VIOLATED = "violated"
    OPEN = "open"
    NOT_ASKED = "not asked"  # no formula tells of it


@dataclass(frozen=True, slots=True)
class Station:
    """A state on the way to the failure of an induction, and which thread moves on from it (None:
    the last one; a failing step of a thread is the last word).
    """

    state: tuple[int, ...]
    thread: int | None


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A counterexample to induction: a run through states that are good for all that is assumed, to
    one that is not.  Whether its first state can be reached is not known.
    """

    stations: tuple[Station, ...]
    kind: str  # of the claim: "step", "property", "deadlock", …
    ending: str = ""  # what happens there, if that is not the violation itself


@dataclass(frozen=True, slots=True)
class Proof:
    """One property: what is known, and how (`by`).

    `depth` is the number of steps up to which no bad state exists (None: none was looked for).
    """

    name: str
    kind: str
    answer: Answer
    by: str = ""
    depth: int | None = None
    failure: Counterexample | None = None


@dataclass(frozen=True, slots=True)
class Proving:
    """One attempt: each property, and the run to the nearest violation as an ordinary result (None
    without one).  `depth` is how far was searched, `is_over` whether no run is longer.
    """

    proofs: tuple[Proof, ...]
    depth: int
    is_over: bool
    violation: Result | None = None
    stopped: bool = False  # for lack of time, or by an interrupt
    family: str = ""  # for which programs it holds, where that is more than one
    counted: tuple[str, ...] = ()  # the parameters that stand for any number
    program: Program | None = field(default=None, repr=False)  # of counterexamples, if another one

    @property
    def answer(self) -> Answer:
        """Violated before open before proved; what no formula tells of does not count."""
        answers = {proof.answer for proof in self.proofs}
        for answer in (Answer.VIOLATED, Answer.OPEN, Answer.PROVED):
            if answer in answers:
                return answer
        return Answer.OPEN

    def list_with(self, answer: Answer) -> Sequence[Proof]:
        """The properties of which this is known."""
        return [proof for proof in self.proofs if proof.answer is answer]


def choose_prove_exit(proving: Proving | None) -> Exit:
    """The exit code of `prove`; None: the variant cannot be checked yet.

    Soundness: 0 needs that every property that was asked is proved.
    """
    match proving.answer if proving is not None else Answer.OPEN:
        case Answer.PROVED:
            return Exit.OK
        case Answer.VIOLATED:
            return Exit.FOUND
        case _:
            return Exit.UNDECIDED
