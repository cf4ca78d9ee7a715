"""Interrupts as gates around steps.

A handler starts only while its target allows it, and the target stands still while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.backends.python.emit import find_region, list_locations
from modelcheck.backends.python.outcomes import BLOCKED, State, Step, StepResult
from modelcheck.diagnostics import InternalError
from modelcheck.ir.memory import Memory, Thread
from modelcheck.ir.nodes import Block, Body, Template
from modelcheck.ir.traverse import successors


def gate_steps(memory: Memory, thread: Thread, steps: tuple[Step, ...]) -> Iterator[Step]:
    """A thread's steps, with what interrupts forbid: the handler's first step, and every step
    of a thread whose handler runs.
    """
    template = memory.lookup.template(thread.template)
    handlers = tuple(
        (t.number, _resting_numbers(memory, memory.lookup.template(t.template)))
        for t in memory.threads
        if _find_target(memory, t) == thread.number
    )
    target = _find_target(memory, thread)
    first = frozenset[int]() if target is None else _first_numbers(memory, template)
    for number, step in enumerate(steps):
        gated = step
        if target is not None and number in first:
            ended = memory.ended(memory.threads[target].template)
            gated = _open_when(gated, _list_flags(memory, template, target), target, ended)
        yield _stand_still(gated, handlers) if handlers else gated


def _find_target(memory: Memory, thread: Thread) -> int | None:
    """The thread on whose CPU an interrupt handler runs."""
    name = memory.lookup.template(thread.template).interrupts
    if not name:
        return None
    targets = memory.threads_of(name)
    if len(targets) != 1 and thread.index >= len(targets):
        raise InternalError(f"`{thread.name}` interrupts no copy of `{name}`")
    return targets[0 if len(targets) == 1 else thread.index].number


def _list_flags(memory: Memory, template: Template, target: int) -> tuple[int, ...]:
    """The slots that must all be on for a handler to start."""
    bases = [memory.irqs_base]
    if template.context == "softirq":
        bases.append(memory.softirqs_base)
    return tuple(base + target for base in bases if base is not None)


def _first_numbers(memory: Memory, template: Template) -> frozenset[int]:
    """The locations where a handler stands before it has started.

    Soundness: a handler that came back there would seem not to have started, and its
    target would go on; so a template that can is refused.
    """
    by_label = {block.label: block for block in template.body.blocks}
    entry = by_label[template.body.entry]
    first = {entry.label} if entry.rest else _list_exits(template.body, entry)
    for location in list_locations(template.body):
        if back := first & _list_exits(template.body, location):
            raise InternalError(f"`{template.name}` comes back to its start, {sorted(back)}")
    return frozenset(memory.location_number(template.name, label) for label in first)


def _resting_numbers(memory: Memory, template: Template) -> frozenset[int]:
    """The program counters of a handler that is not running: before its start, or ended."""
    return _first_numbers(memory, template) | {memory.ended(template.name)}


def _list_exits(body: Body, entry: Block) -> set[str]:
    """The locations at which a step from `entry` may end."""
    by_label = {block.label: block for block in body.blocks}
    region = find_region(body, entry)
    return {to for block in region.blocks for to in successors(block.end) if by_label[to].rest}


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
