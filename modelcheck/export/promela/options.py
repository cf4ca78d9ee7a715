"""The steps a thread may take, as options of a loop: their guards, who is enabled, who rests.

A wait behind a store is *late*: no guard on the state can say whether it holds.  So the end of each
step tries, on a copy of memory, what every late way would do next, and keeps the answer in a
variable; it is a function of the state, so it adds no states.  (`functions.py`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelcheck.export.promela.expressions import Speaker
from modelcheck.export.promela.guards import Guards, Way
from modelcheck.export.promela.interpret import Asks, Disabled, Fails, Run, Vector
from modelcheck.export.promela.interrupts import say_gate
from modelcheck.export.promela.regions import Region, find_region
from modelcheck.export.promela.words import Value, say_all, say_and, say_any, say_not
from modelcheck.ir.memory import Thread
from modelcheck.ir.nodes import Block

BLOCKED, RESTING, ENABLED = range(3)  # what a late way's variable says


@dataclass(frozen=True, slots=True)
class Option:
    """One step of one thread."""

    thread: Thread
    location: Block
    number: int
    region: Region
    gate: Value
    ways: tuple[Way, ...]
    late: Mapping[tuple[int, ...], str]  # the variables of its late ways

    @property
    def can_rest(self) -> bool:
        """Whether a thread can stand here and be unable to step."""
        return self.gate != 1 or any(way.enabled != 1 for way in self.ways)


class Options:
    """All options of some threads."""

    def __init__(self, speaker: Speaker, threads: Sequence[Thread]) -> None:
        self._speaker = speaker
        self._memory = speaker.memory
        self._dialect = speaker.dialect
        self._guards = Guards(speaker)
        self._threads = threads
        self.all = tuple(
            self._make_option(thread, block, number)
            for thread in threads
            for number, block in enumerate(self._list_locations(thread))
        )

    def of(self, thread: Thread) -> Iterator[Option]:
        """Those of one thread."""
        return (option for option in self.all if option.thread == thread)

    def _list_locations(self, thread: Thread) -> list[Block]:
        body = self._memory.lookup.template(thread.template).body
        return [block for block in body.blocks if block.rest]

    def _make_option(self, thread: Thread, block: Block, number: int) -> Option:
        body = self._memory.lookup.template(thread.template).body
        region = find_region(body, block)
        ways = self._guards.list_ways(thread, region)
        late = {
            way.choices: "_".join(["e", str(thread.number), str(number), *map(str, way.choices)])
            for way in ways
            if way.enabled is None
        }
        gate = say_gate(self._speaker, thread, block.label)
        return Option(thread, block, number, region, gate, ways, late)

    def declare(self, state: Vector | None) -> list[str]:
        """The variables of late ways; `state` is the only initial state, if there is one."""
        return [
            f"byte {variable} = {self._try_at_start(option, choices, state)};"
            for option in self.all
            for choices, variable in option.late.items()
        ]

    def is_enabled(self, state: Vector) -> bool:
        """Whether some step is enabled in a state (interrupts allow all at the start)."""
        return any(
            self._try(option, way.choices, state) == ENABLED
            for option in self.all
            if state[option.thread.pc] == option.number
            for way in option.ways
        )

    def say_guard(self, option: Option, way: Way) -> Value:
        """When an option can be taken one way."""
        at = self._speaker.is_equal(self._speaker.slot(option.thread.pc), option.number)
        return say_all([at, option.gate, self._say_way(option, way)])

    # ------------------------------------------------------------------------ trials

    @property
    def are_late(self) -> bool:
        """Whether there is anything to try."""
        return any(option.late for option in self.all)

    def _try_at_start(self, option: Option, choices: tuple[int, ...], state: Vector | None) -> int:
        if state is None or state[option.thread.pc] != option.number:
            return BLOCKED
        return self._try(option, choices, state)

    def _try(self, option: Option, choices: tuple[int, ...], state: Vector) -> int:
        run = Run(self._memory, list(state), choices)
        try:
            run.step(option.thread, option.location)
        except Disabled as disabled:
            return RESTING if disabled.is_idle else BLOCKED
        except Asks:
            return RESTING
        except Fails:
            pass
        return ENABLED if run.position == len(choices) else RESTING

    def say_enabled(self, thread: Thread) -> Value:
        """Whether some step of a thread is enabled."""
        pc = self._speaker.slot(thread.pc)
        always: Value = f"({pc} < {self._memory.ended(thread.template)})"
        sometimes: list[Value] = []
        for option in self.all:
            if option.thread != thread:
                continue
            at = self._speaker.is_equal(pc, option.number)
            ways = say_any([self._say_way(option, way) for way in option.ways])
            enabled = say_and(option.gate, ways)
            if enabled != 1:
                always = say_and(always, say_not(at))
                sometimes.append(say_and(at, enabled))
        return say_any([always, *sometimes])

    def _say_way(self, option: Option, way: Way) -> Value:
        if way.enabled is not None:
            return way.enabled
        return f"({self._say_late(option, way.choices)} == {ENABLED})"

    def _say_late(self, option: Option, choices: tuple[int, ...]) -> str:
        return self._dialect.state + option.late[choices]

    def say_resting(self) -> Value:
        """Whether every thread has ended or waits idly; asked where none is enabled."""
        found: list[Value] = []
        for option in self.all:
            at = self._speaker.is_equal(self._speaker.slot(option.thread.pc), option.number)
            stops: list[Value] = [say_not(option.gate)]
            for way in option.ways:
                if way.blocked is not None:
                    stops.append(way.blocked)
                else:
                    stops.append(f"({self._say_late(option, way.choices)} == {BLOCKED})")
            blocked = say_any(stops)
            found.append(say_not(say_and(at, blocked)))
        return say_all(found)
