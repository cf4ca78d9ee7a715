"""Facts that hold of every program's states because of how a state is laid out (docs/ir.md).

They are proved like any other lemma before anything rests on them; to an induction they say what
exploration never has to: that what is dead is 0, and that a value fits its type.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.backends.smt.system import System, list_shapes
from modelcheck.backends.smt.terms import Value
from modelcheck.explore.properties import Judged
from modelcheck.ir.memory import ALIVE
from modelcheck.ir.regions import list_locations
from modelcheck.prove.goals import Bad, Goal

LEMMA = "lemma"  # the kind of these goals, and of their claims


def list_structure(system: System) -> tuple[Goal, ...]:
    """The facts, each as a goal with a name that no property has."""
    facts = {
        "$values": list(list_shapes(system)),
        "$locals": list(_list_dead_locals(system)),
        "$objects": list(_list_dead_fields(system)),
        "$queues": list(_list_behind_queues(system)),
    }
    terms = system.terms
    return tuple(
        Goal(Judged(name, LEMMA), (Bad(terms.negate(terms.all_of(values)), LEMMA),))
        for name, values in facts.items()
        if terms.all_of(values) is not True
    )


def _list_dead_locals(system: System) -> Iterator[Value]:
    """Where a thread stands its other locals are 0."""
    terms, memory, state = system.terms, system.memory, system.state
    for thread in memory.threads:
        template = memory.lookup.template(thread.template)
        count = memory.local_slot_count(thread.template)
        slots = range(thread.locals_base, thread.locals_base + count)
        live = [
            {memory.local_slot(thread.template, name) for name in block.live}
            for block in list_locations(template.body)
        ]
        for number, kept in enumerate([*live, set[int | None]()]):
            stands = terms.equal(state[thread.pc], number)
            for offset, slot in enumerate(slots):
                if offset not in kept:
                    yield _implies(system, stands, _is_zero(system, slot))


def _list_dead_fields(system: System) -> Iterator[Value]:
    """The fields of an object that is not alive are 0, but for those that outlive it."""
    terms, memory, state = system.terms, system.memory, system.state
    for obj in memory.program.objects:
        for element in range(memory.lookup.instances(obj)):
            status = memory.status_slot(obj.name, element)
            kept = memory.free_values(obj.name)
            if obj.kind == "per_thread":
                thread = memory.threads[element]
                ended = memory.ended(thread.template)
                is_dead = terms.equal(state[thread.pc], ended)
            elif status is not None:
                is_dead = terms.negate(terms.equal(state[status], ALIVE))
            else:
                continue
            for slot, value in zip(memory.element_slots(obj.name, element), kept, strict=True):
                if value is not None:
                    yield _implies(system, is_dead, _is_zero(system, slot))


def _list_behind_queues(system: System) -> Iterator[Value]:
    """The elements of a queue behind its length are 0."""
    terms, memory, state = system.terms, system.memory, system.state
    length = 0
    for slot in memory.slots:
        if slot.role == "queue-length":
            length = slot.number
        elif slot.role == "queue-element":
            is_behind = terms.apply("<=", (state[length], slot.number - length - 1))
            yield _implies(system, is_behind, _is_zero(system, slot.number))


def _implies(system: System, condition: Value, value: Value) -> Value:
    return system.terms.any_of((system.terms.negate(condition), value))


def _is_zero(system: System, slot: int) -> Value:
    return system.terms.negate(system.terms.as_bool(system.state[slot]))
