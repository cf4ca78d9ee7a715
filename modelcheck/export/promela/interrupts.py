"""What interrupts allow: which threads stand still, and which handlers may start."""

from __future__ import annotations

from modelcheck.export.promela.expressions import Speaker
from modelcheck.export.promela.regions import find_first
from modelcheck.export.promela.words import Value, say_all, say_any, say_or
from modelcheck.ir.memory import Memory, Thread


def say_gate(speaker: Speaker, thread: Thread, location: str) -> Value:
    """What interrupts allow: a handler starts only while they are on, and its target stands
    still until it ends.
    """
    memory = speaker.memory
    found: list[Value] = []
    template = memory.lookup.template(thread.template)
    target = find_target(memory, thread)
    if target is not None and location in find_first(template):
        over = speaker.is_equal(speaker.slot(target.pc), memory.ended(target.template))
        bases = [memory.irqs_base]
        bases += [memory.softirqs_base] if template.context == "softirq" else []
        flags: list[Value] = [
            speaker.slot(base + target.number) for base in bases if base is not None
        ]
        found.append(say_or(over, say_all(flags)))
    for handler in memory.threads:
        if find_target(memory, handler) != thread:
            continue
        pc = speaker.slot(handler.pc)
        own = memory.lookup.template(handler.template)
        rests = [memory.location_number(own.name, label) for label in find_first(own)]
        rests.append(memory.ended(own.name))
        found.append(say_any([speaker.is_equal(pc, number) for number in sorted(rests)]))
    return say_all(found)


def find_target(memory: Memory, thread: Thread) -> Thread | None:
    """On whose CPU a handler runs."""
    name = memory.lookup.template(thread.template).interrupts
    if not name:
        return None
    targets = memory.threads_of(name)
    return targets[0] if len(targets) == 1 else targets[thread.index]
