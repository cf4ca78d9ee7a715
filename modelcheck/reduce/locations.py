"""Where threads may stand and where they can come from there: all threads' locations as numbers.

The locations of all threads are numbered in one row: those of the first thread in the order of
`list_locations`, then its end (where it stands when it has ended), then the next thread.  Sets of
them are integers, a bit for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelcheck.ir.nodes import Block, End, Program, Spawn, Template
from modelcheck.ir.regions import (
    Region,
    find_entry,
    find_region,
    find_step_regions,
    list_exits,
    list_locations,
    list_start_blocks,
)


class Locations:
    """The locations of one program.

    `base[t]` is the number of the first location of thread t, `ends[t]` that of its end; `threads`
    has the thread by number, `steps` template and region (None for an end).  `successors[i]` is the
    set to which the step at i may lead; of a spawned thread's end, to where a `Spawn` puts it.
    `reach[i]` is everything a thread may come to from i, i too.
    """

    def __init__(self, program: Program) -> None:
        self._bodies = {template.name: template.body for template in program.templates}
        self.base: list[int] = []
        self.ends: list[int] = []
        self.steps: list[tuple[Template, Region] | None] = []
        self.threads: list[int] = []
        self.successors: list[int] = []
        for template in program.templates:
            for _ in range(template.count):
                self._add(template)
        self.reach = close(self.successors)

    def _add(self, template: Template) -> None:
        base = len(self.steps)
        labels = {b.label: base + i for i, b in enumerate(list_locations(template.body))}
        end = base + len(labels)
        self.threads += [len(self.base)] * (end + 1 - base)
        self.base.append(base)
        self.ends.append(end)
        for region in find_step_regions(template.body):
            self.steps.append((template, region))
            self.successors.append(self._find_exits(template, region, labels, end))
        self.steps.append(None)
        self.successors.append(self._find_starts(template, labels, end) if template.spawned else 0)

    def _find_exits(
        self, template: Template, region: Region, labels: dict[str, int], end: int
    ) -> int:
        ends = any(isinstance(block.end, End) for block in region.blocks)
        exits = (labels[label] for label in list_exits(template.body, region))
        return make_set(exits) | (ends << end)

    def _find_starts(self, template: Template, labels: dict[str, int], end: int) -> int:
        entry = find_entry(template.body)
        if entry.rest:
            return 1 << labels[entry.label]
        return self._find_exits(template, find_region(template.body, entry), labels, end)

    def spawners(self, name: str) -> int:
        """The locations whose step may spawn a thread of a template."""
        return make_set(
            number
            for number, step in enumerate(self.steps)
            if step is not None and name in self.list_spawned(step[1].blocks)
        )

    def list_spawned(self, blocks: Iterable[Block]) -> frozenset[str]:
        """The templates of which some blocks may spawn a thread, and those that its start may."""
        found: set[str] = set()
        work = list(blocks)
        while work:
            for instr in work.pop().instrs:
                if isinstance(instr, Spawn) and instr.template not in found:
                    found.add(instr.template)
                    work.extend(list_start_blocks(self._bodies[instr.template]))
        return frozenset(found)


def make_set(numbers: Iterable[int]) -> int:
    """The set of some numbers as an integer."""
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def list_members(numbers: int) -> list[int]:
    """The numbers in a set, ascending."""
    found = []
    while numbers:
        lowest = numbers & -numbers
        found.append(lowest.bit_length() - 1)
        numbers ^= lowest
    return found


def close(successors: Sequence[int]) -> list[int]:
    """For each number, itself and everything it leads to, over any number of edges."""
    targets = [list_members(numbers) for numbers in successors]
    reach = [1 << number for number in range(len(successors))]
    is_changing = True
    while is_changing:
        is_changing = False
        for number in reversed(range(len(reach))):
            found = reach[number]
            for target in targets[number]:
                found |= reach[target]
            if found != reach[number]:
                reach[number] = found
                is_changing = True
    return reach
