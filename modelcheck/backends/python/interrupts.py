"""Interrupts as gates around steps.

A handler starts only while its target allows it, and the target stands still while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.backends.facts import find_first_numbers, find_target, list_flags
from modelcheck.backends.python.outcomes import BLOCKED, State, Step, StepResult
from modelcheck.ir.memory import Memory, Thread
from modelcheck.ir.nodes import Template


def gate_steps(memory: Memory, thread: Thread, steps: tuple[Step, ...]) -> Iterator[Step]:
    """A thread's steps, with what interrupts forbid: the handler's first step, and every step
    of a thread whose handler runs.
    """
    template = memory.lookup.template(thread.template)
    handlers = tuple(
        (t.number, _resting_numbers(memory, memory.lookup.template(t.template)))
        for t in memory.threads
        if find_target(memory, t) == thread.number
    )
    target = find_target(memory, thread)
    first = frozenset[int]() if target is None else find_first_numbers(memory, template)
    for number, step in enumerate(steps):
        gated = step
        if target is not None and number in first:
            ended = memory.ended(memory.threads[target].template)
            gated = _open_when(gated, list_flags(memory, template, target), target, ended)
        yield _stand_still(gated, handlers) if handlers else gated


def _resting_numbers(memory: Memory, template: Template) -> frozenset[int]:
    """The program counters of a handler that is not running: before its start, or ended."""
    return find_first_numbers(memory, template) | {memory.ended(template.name)}


def _open_when(step: Step, flags: tuple[int, ...], target: int, ended: int) -> Step:
    def gated(state: State) -> StepResult:
        if state[target] == ended or all(state[flag] for flag in flags):
            return step(state)
        return BLOCKED

    return gated


def _stand_still(step: Step, handlers: tuple[tuple[int, frozenset[int]], ...]) -> Step:
    def gated(state: State) -> StepResult:
        for handler, resting in handlers:
            if state[handler] not in resting:
                return BLOCKED
        return step(state)

    return gated
