"""Where threads may stand and where they can come from there: all threads' stances as numbers.

The stances of all threads (`stances`: locations, told apart by where pointers point) are numbered
in one row: those of the first thread, then its end (where it stands when it has ended), then the
next thread.  Sets of them are integers, a bit for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelcheck.ir.instances import Instances, Known
from modelcheck.ir.memory import Memory, Thread
from modelcheck.ir.nodes import Block, Program, Spawn, Template
from modelcheck.ir.regions import Region, find_step_regions, list_start_blocks
from modelcheck.ir.traverse import nodes_of, used_locals
from modelcheck.reduce.stances import END, Lookup, ThreadStances


class Locations:
    """The locations of one program, as far as threads stand there in different ways.

    `base[t]` is the number of the first one of thread t, `ends[t]` that of its end; `threads` has
    the thread by number, `steps` template and region (None for an end), `known` those of its
    pointers that the step uses.  `alike` has, for each step that is like no one before it, its
    number and the set of all that do the same.  `successors[i]` is the set to which the step at i
    may lead; of a spawned thread's end, to where a `Spawn` puts it.  `reach[i]` is everything a
    thread may come to from i, i too.  `lookups[t]` says for each location of thread t where in the
    row it stands.
    """

    def __init__(self, program: Program, instances: Instances | None = None) -> None:
        memory = Memory(program) if instances is None else instances.memory
        self._instances = instances or Instances(memory)
        self._memory = memory
        self._bodies = {template.name: template.body for template in program.templates}
        self.base: list[int] = []
        self.ends: list[int] = []
        self.steps: list[tuple[Template, Region] | None] = []
        self.known: list[Known] = []
        self.threads: list[int] = []
        self.successors: list[int] = []
        self.lookups: list[tuple[Lookup, ...]] = []
        for thread in memory.threads:
            self._add(memory.lookup.template(thread.template), thread)
        self.reach = close(self.successors)
        self.alike = self._find_alike()

    def _find_alike(self) -> dict[int, int]:
        firsts: dict[object, int] = {}
        found: dict[int, int] = {}
        for number, step in enumerate(self.steps):
            if step is not None:
                key = self.threads[number], step[1].entry.label, self.known[number]
                first = firsts.setdefault(key, number)
                found[first] = found.get(first, 0) | 1 << number
        return found

    def _add(self, template: Template, thread: Thread) -> None:
        base = len(self.steps)
        stances = ThreadStances(self._memory, self._instances, thread)
        end = base + len(stances.locations)
        self.threads += [thread.number] * (end + 1 - base)
        self.base.append(base)
        self.ends.append(end)
        regions = find_step_regions(template.body)
        self.steps += [(template, regions[location]) for location in stances.locations]
        used = [_list_used(region) for region in regions]
        self.known += [
            tuple(one for one in known if one[0] in used[location])
            for location, known in zip(stances.locations, stances.known, strict=True)
        ]
        targets = [*stances.targets, stances.starts if template.spawned else set()]
        self.successors += [
            make_set(end if to == END else base + to for to in found) for found in targets
        ]
        self.steps.append(None)
        self.known.append(())
        self.lookups.append(
            (*(one.begin_at(base) for one in stances.lookups), Lookup((), (), (end,)))
        )

    def stands(self, state: Sequence[int], thread: int) -> int:
        """Where in the row a thread stands in a state."""
        return self.lookups[thread][state[thread]].find(state)

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


def _list_used(region: Region) -> frozenset[str]:
    """The locals whose values a step uses."""
    nodes = (node for block in region.blocks for node in nodes_of(block))
    return frozenset(name for node in nodes for name in used_locals(node))


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
