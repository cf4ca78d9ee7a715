"""Data races, as KCSAN means them: two threads can each take next a step that accesses one place,
at least one writes, at least one access is plain, and not both steps are `atomic`.

Which pairs of locations could ever race is found once (`ir/races.py`); only states with two
threads at such a pair are looked at, by running both steps with every access noted.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.backends.python.runtime import Touch
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import Kind
from modelcheck.ir.races import find_candidates
from modelcheck.ir.types import Embedded, QueueOf, ValueType

RACE = "data-race"

Turn = tuple[int, tuple[int, ...]]  # a thread and the choices of its step


class RaceCheck:
    """The check of a state: only pairs of steps that `find_candidates` names are compared."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._candidates = find_candidates(model.memory)

    @property
    def has_candidates(self) -> bool:
        """Whether any state can show a race."""
        return bool(self._candidates)

    def find(self, state: State) -> Iterator[tuple[Failure, Turn, Turn]]:
        """The races of a state: what about, and the two steps."""
        for (a, b), pairs in self._candidates.items():
            if (state[a], state[b]) in pairs:
                yield from self._compare(state, a, b)

    def _compare(self, state: State, a: int, b: int) -> Iterator[tuple[Failure, Turn, Turn]]:
        # An interrupt can stop a step that would be enabled by itself.
        if not self._model.outcomes(state, a) or not self._model.outcomes(state, b):
            return
        seen: set[int] = set()
        for first in self._model.watch(state, a):
            for second in self._model.watch(state, b):
                if first.result is None or second.result is None:
                    continue
                for key in _find_conflicts(first.touched, second.touched):
                    if key not in seen:
                        seen.add(key)
                        failure = self._describe(key, a, b)
                        yield failure, (a, first.choices), (b, second.choices)

    def _describe(self, key: int, a: int, b: int) -> Failure:
        memory = self._model.memory
        slot = memory.slots[key]
        fields = [part for part in slot.path if isinstance(part, str)]
        struct = find_innermost_struct(memory.lookup, slot.object, slot.path)
        label = f"{struct}.{fields[-1]}" if fields else slot.object
        names = tuple(dict.fromkeys(n for n in (slot.object, struct, label) if n))
        shown = slot.name.removesuffix(" (length)")
        detail = f"{memory.threads[a].name} and {memory.threads[b].name} access it at once"
        return Failure(RACE, shown, names, frozenset(names), detail)


def _find_conflicts(first: tuple[Touch, ...], second: tuple[Touch, ...]) -> Iterator[int]:
    for x in first:
        if not x.kind.is_access:
            continue
        for y in second:
            if (
                x.key == y.key
                and y.kind.is_access
                and (x.is_write or y.is_write)
                and (x.kind is Kind.PLAIN or y.kind is Kind.PLAIN)
            ):
                yield x.key


def find_innermost_struct(lookup: Lookup, name: str, path: tuple[str | int, ...]) -> str:
    """The struct around what lies at a path in an object; empty where there is none."""
    found: ValueType = lookup.object(name).type
    struct = ""
    for part in path:
        if isinstance(found, Embedded):
            struct = found.struct
            if not isinstance(part, str):
                break
            found = lookup.inner_type(found, part)
        elif isinstance(found, QueueOf):
            break
        else:
            found = getattr(found, "element", found)
    return struct
