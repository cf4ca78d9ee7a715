"""Which threads of the processes form keep control and locals to themselves, and which cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.export.promela.expressions import Speaker
from modelcheck.export.promela.interpret import Starts
from modelcheck.export.promela.options import Option, Options
from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Crash, Wait
from modelcheck.ir.types import PtrType, SetType


@dataclass(frozen=True, slots=True)
class Placing:
    """Where things are kept.

    `own`: the threads with control and locals of their own; `exact`: those of them whose counter in
    memory says where they stand; `idle`: the locations where they may rest; `kept`: the slots that
    are in memory (all but the locals of those threads).
    """

    own: frozenset[int]
    exact: frozenset[int]
    idle: Mapping[int, tuple[int, ...]]
    kept: tuple[int, ...]


def place_threads(speaker: Speaker, options: Options, starts: Starts) -> Placing:
    """Decide it for a program."""
    memory = speaker.memory
    own: set[int] = set()
    idle: dict[int, tuple[int, ...]] = {}
    if not _must_be_shared(memory, options, starts):
        for thread in memory.threads:
            template = memory.lookup.template(thread.template)
            if template.spawned or template.interrupts:
                continue
            known = [_find_idle(memory, option) for option in options.of(thread)]
            if None in known:
                continue
            own.add(thread.number)
            if numbers := tuple(i for i, rests in enumerate(known) if rests):
                idle[thread.number] = numbers
    gone = {
        thread.locals_base + i
        for thread in memory.threads
        if thread.number in own
        for i in range(memory.local_slot_count(thread.template))
    }
    kept = tuple(slot.number for slot in memory.slots if slot.number not in gone)
    return Placing(frozenset(own), frozenset(idle), idle, kept)


def _must_be_shared(memory: Memory, options: Options, starts: Starts) -> bool:
    """Whether no thread can keep control and locals to itself: `crash` takes them, the threads
    start in several ways (or never), or what a wait behind a store would find has to be tried.
    """
    blocks = [block for t in memory.program.templates for block in t.body.blocks]
    if any(isinstance(instr, Crash) for block in blocks for instr in block.instrs):
        return True
    hidden = [slot.number for slot in memory.slots if slot.role in ("pc", "local")]
    if len({tuple(state[n] for n in hidden) for state in starts.states}) != 1:
        return True
    return any(option.late for option in options.all)


def _find_idle(memory: Memory, option: Option) -> bool | None:
    """Whether a thread that can't step at a location rests there; None where that depends on the
    state, or where its locals count (what they lead to is no leak).
    """
    waits = [i for i in option.region.instructions() if isinstance(i, Wait)]
    if not any(wait.idle for wait in waits):
        return False
    if option.gate != 1 or not all(wait.idle for wait in waits):
        return None
    types = local_types(option.region.body)
    holds = any(isinstance(types[name], PtrType | SetType) for name in option.location.live)
    has_pools = any(o.kind == "pool" for o in memory.program.objects)
    return None if holds and has_pools else True
