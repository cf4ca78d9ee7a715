"""The first layer of the memory: threads, their locations and their own slots.

Program counters come first, then the threads' locals, then `irqs` and `softirqs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.ir.colour import colour_locals
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import Program, SetInterrupts
from modelcheck.ir.slots import Thread


class ThreadSlots:
    """Numbers the threads of a program and what belongs to them alone.

    `threads` by number.  `irqs_base` and `softirqs_base`: the flag of thread t is that slot plus t;
    None where nothing sets it.  `first_object_slot` is the slot behind all of these.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.lookup = Lookup(program)
        self._locations = {
            t.name: tuple(block.label for block in t.body.blocks if block.rest)
            for t in program.templates
        }
        self._location_numbers = {
            template: {label: number for number, label in enumerate(labels)}
            for template, labels in self._locations.items()
        }
        self.colours = colour_locals(program)
        self.threads = tuple(self._list_threads())
        used = _used_flags(program)
        count = len(self.threads)
        next_slot = count + sum(self.local_slot_count(t.template) for t in self.threads)
        self.irqs_base = next_slot if "irqs" in used else None
        next_slot += count if "irqs" in used else 0
        self.softirqs_base = next_slot if "softirqs" in used else None
        next_slot += count if "softirqs" in used else 0
        self.first_object_slot = next_slot

    def _list_threads(self) -> Iterator[Thread]:
        number = 0
        locals_base = self.lookup.thread_count
        for template in self.program.templates:
            for index in range(template.count):
                name = f"{template.name}[{index}]" if template.count > 1 else template.name
                yield Thread(number, template.name, index, name, number, locals_base)
                number += 1
                locals_base += len(self.colours[template.name].groups)

    def threads_of(self, template: str) -> tuple[Thread, ...]:
        """The copies of a template, in order."""
        return tuple(thread for thread in self.threads if thread.template == template)

    def locations(self, template: str) -> tuple[str, ...]:
        """The labels of the blocks where a thread may stand, by location number."""
        return self._locations[template]

    def location_number(self, template: str, label: str) -> int:
        """The program counter of a thread that stands at a location."""
        return self._location_numbers[template][label]

    def ended(self, template: str) -> int:
        """The program counter of a thread that has finished or was never spawned."""
        return len(self._locations[template])

    def local_slot(self, template: str, local: str) -> int | None:
        """A local's slot, counted from `locals_base`; None where it is part of no state."""
        return self.colours[template].offsets.get(local)

    def local_slot_count(self, template: str) -> int:
        """How many slots a thread has for its locals."""
        return len(self.colours[template].groups)


def _used_flags(program: Program) -> frozenset[str]:
    """Which of `irqs` and `softirqs` anything sets; a flag that nothing sets is always on."""
    bodies = (t.body for t in program.templates)
    return frozenset(
        instr.which
        for body in (*bodies, program.initial)
        for block in body.blocks
        for instr in block.instrs
        if isinstance(instr, SetInterrupts)
    )
