"""z3 with a deadline: the one place that starts it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from modelcheck.backends.smt.terms import Terms, Value


class OutOfTimeError(Exception):
    """The time for a proof is over, or somebody interrupted it."""


class Clock:
    """When to give up: at a time of the monotonic clock (None: never), or when interrupted."""

    def __init__(
        self, seconds: float | None = None, interrupted: Callable[[], bool] | None = None
    ) -> None:
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._interrupted = interrupted

    def sooner(self, seconds: float) -> Clock:
        """A clock that ends after some seconds, if this one does not before."""
        left = self.seconds_left()
        return Clock(seconds if left is None else min(seconds, left), self._interrupted)

    def longer(self, seconds: float) -> Clock:
        """A clock that goes on for some seconds whatever this one says, unless interrupted."""
        return Clock(seconds, self._interrupted)

    def seconds_left(self) -> float | None:
        """How much time there is; None where nothing limits it."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def is_over(self) -> bool:
        """Whether the time is."""
        if self._interrupted is not None and self._interrupted():
            return True
        return self.seconds_left() == 0.0

    def check(self) -> None:
        """Raise OutOfTimeError if the time is over."""
        if self.is_over():
            raise OutOfTimeError

    def limit(self) -> int:
        """What is left in milliseconds, as z3 wants it: at least 1."""
        left = self.seconds_left()
        return 0xFFFFFFFF if left is None else max(1, min(0xFFFFFFFF, int(left * 1000)))


class Solver:
    """A solver for formulas of one theory, incremental.

    Bit vectors go to z3's finite-domain solver, which keeps what it learned from one question to
    the next (z3, `QF_FD`); integers to its general one.
    """

    def __init__(self, terms: Terms, clock: Clock) -> None:
        z3 = terms.z3
        self._terms = terms
        self.clock = clock
        self._solver = z3.SolverFor("QF_FD") if terms.theory == "bits" else z3.Solver()

    def add(self, *values: Value) -> None:
        """Demand that Bools hold."""
        self._solver.add(*map(self._terms.term, values))

    def find(self, *values: Value, assuming: Iterable[Any] = ()) -> Any | None:
        """A model in which some more Bools hold, or None where there is none.

        Raises OutOfTimeError where z3 does not know, or refuses to be asked.
        """
        if any(value is False for value in values):
            return None
        self.clock.check()
        self._solver.push()
        try:
            self.add(*values)
            self._solver.set("timeout", self.clock.limit())
            try:
                answer = self._solver.check(*assuming)
            except self._terms.z3.Z3Exception as error:  # a formula that this solver refuses
                raise OutOfTimeError from error
            if answer == self._terms.z3.sat:
                return self._solver.model()
            if answer == self._terms.z3.unsat:
                return None
            raise OutOfTimeError
        finally:
            self._solver.pop()
