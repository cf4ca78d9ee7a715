"""Copies of a system's variables, one for each station of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelcheck.backends.smt.system import System
from modelcheck.backends.smt.terms import Value


class Frames:
    """The stations of a run: `at(value, k)` is a value of the system there.

    Between stations k and k + 1 the thread `who` of station k moves, by the choices of station k.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.terms = system.terms
        self._variables = [value for _, value in system.variables]
        self._others = [system.who, *(value for value, _ in system.choices)]
        self._pairs: list[list[tuple[Any, Any]]] = []
        self._after = system.successor()
        terms = self.terms
        self.moves = terms.all_of((system.succeeds(), system.chosen()))

    def at(self, value: Value, k: int) -> Value:
        """A value at a station."""
        if isinstance(value, int):
            return value
        return self.terms.z3.substitute(value, *self._pairs_at(k))

    def state(self, k: int) -> list[Value]:
        """The variables of the state at a station, in the order of the system's."""
        return [new for _, new in self._pairs_at(k)[: len(self._variables)]]

    def others(self, k: int) -> list[Value]:
        """Who moves at a station, and by which choices: as variables."""
        return [new for _, new in self._pairs_at(k)[len(self._variables) :]]

    def start(self) -> Value:
        """That station 0 is an initial state."""
        system, terms = self.system, self.terms
        same = [
            terms.equal(self.at(value, 0), self.at(system.start.values[slot.number], 0))
            for slot, value in system.variables
        ]
        return terms.all_of((self.at(system.start.when, 0), self.at(system.chosen(), 0), *same))

    def step(self, k: int) -> Value:
        """That station k + 1 is what a move at station k leads to."""
        terms = self.terms
        after = [
            terms.equal(self.at(value, k + 1), self.at(self._after[slot.number], k))
            for slot, value in self.system.variables
        ]
        return terms.all_of((self.at(self.moves, k), *after))

    def differ(self, j: int, k: int) -> Value:
        """That two stations are not the same state."""
        terms = self.terms
        pairs = zip(self.state(j), self.state(k), strict=True)
        return terms.negate(terms.all_of(terms.equal(a, b) for a, b in pairs))

    def read(self, model: Any, k: int) -> tuple[int, ...]:
        """The state that a model of a solver has at a station."""
        slots = [slot.number for slot, _ in self.system.variables]
        known = dict(zip(slots, self.state(k), strict=True))
        return tuple(
            int(value)
            if isinstance(value, int)
            else self.terms.number(model.eval(known[number], model_completion=True))
            for number, value in enumerate(self.system.state)
        )

    def read_who(self, model: Any, k: int) -> int:
        """The thread that moves at a station of a model."""
        who = self.at(self.system.who, k)
        return self.terms.number(model.eval(who, model_completion=True))

    def _pairs_at(self, k: int) -> Sequence[tuple[Any, Any]]:
        while len(self._pairs) <= k:
            number = len(self._pairs)
            self._pairs.append(
                [
                    (old, self.terms.z3.Const(f"{old.decl().name()}@{number}", old.sort()))
                    for old in (*self._variables, *self._others)
                ]
            )
        return self._pairs[k]
