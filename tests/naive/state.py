"""A state by names, and what makes and unmakes the things in it."""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.ir.nodes import Object
from naive.world import ENDED, NOT_STARTED, UNINITIALISED, Spot, World

NEVER, ALIVE, FREED, DISCARDED = "never used", "alive", "freed", "discarded"


@dataclass
class State:
    """Threads by their number, objects by name and element, memory by spot."""

    at: dict[int, str]
    values: dict[int, dict[str, int]]
    irqs: dict[int, int]
    softirqs: dict[int, int]
    status: dict[tuple[str, int], str]
    memory: dict[Spot, object]

    def copy(self) -> State:
        return State(
            dict(self.at),
            {thread: dict(values) for thread, values in self.values.items()},
            dict(self.irqs),
            dict(self.softirqs),
            dict(self.status),
            dict(self.memory),
        )

    def freeze(self):
        """The state as something that can be stored: equal exactly where the states are."""
        return (
            tuple(sorted(self.at.items())),
            tuple((t, tuple(sorted(v.items()))) for t, v in sorted(self.values.items())),
            tuple(sorted(self.irqs.items())),
            tuple(sorted(self.softirqs.items())),
            tuple(self.status.items()),
            tuple(self.memory.items()),
        )


def thaw(frozen) -> State:
    at, values, irqs, softirqs, status, memory = frozen
    return State(
        dict(at),
        {thread: dict(items) for thread, items in values},
        dict(irqs),
        dict(softirqs),
        dict(status),
        dict(memory),
    )


def start_state(world: World) -> State:
    """Before any code has run."""
    state = State({}, {}, {}, {}, {}, {})
    for number, (template, _) in enumerate(world.threads):
        state.at[number] = ENDED if template.spawned else NOT_STARTED
        state.values[number] = {}
        state.irqs[number] = state.softirqs[number] = 1
    for obj in world.objects.values():
        for element in world.elements(obj):
            if obj.kind != "per_thread":
                state.status[obj.name, element] = ALIVE if obj.kind == "shared" else NEVER
            for leaf in world.leaves[obj.name]:
                spot = (obj.name, element, leaf.path)
                state.memory[spot] = first_value(world, state, obj, element, leaf)
    return state


def first_value(world: World, state: State, obj, element: int, leaf) -> object:
    """What a leaf holds before anything happened (and again after a crash)."""
    start = world.start_of(obj, element, leaf)
    if obj.kind == "shared":
        return start
    if obj.kind == "pool":
        return start if leaf.ghost or leaf.stable else leaf.zero
    if obj.kind == "per_thread":
        return start if leaf.ghost or state.at[element] != ENDED else leaf.zero
    return leaf.zero


def is_alive(world: World, state: State, spot: Spot, *, stable: bool) -> bool:
    name, element, path = spot
    obj = world.objects[name]
    if obj.kind == "per_thread":
        return state.at[element] != ENDED
    status = state.status[name, element]
    return status == ALIVE or (stable and status == FREED and outlives_free(obj, path))


def outlives_free(obj: Object, path: tuple) -> bool:
    """Whether a part of a slot lies in a stable field, or a whole slot has one."""
    kept = {name.split(".")[-1] for name in obj.stable}
    return bool(kept) if path == () else path[0] in kept


def free_slots(world: World, state: State, pool: str) -> list[int]:
    obj = world.objects[pool]
    usable = (NEVER, FREED) if obj.reuse else (NEVER,)
    return [e for e in world.elements(obj) if state.status[pool, e] in usable]


def allocate(world: World, state: State, pool: str, element: int) -> None:
    state.status[pool, element] = ALIVE
    for leaf in world.leaves[pool]:
        if not leaf.ghost and not leaf.stable:
            state.memory[pool, element, leaf.path] = UNINITIALISED


def free(world: World, state: State, name: str, element: int) -> None:
    obj = world.objects[name]
    comes_back = obj.reuse and not obj.stable
    state.status[name, element] = NEVER if comes_back else FREED
    for leaf in world.leaves[name]:
        if not leaf.ghost and not leaf.stable:
            state.memory[name, element, leaf.path] = leaf.zero


def discard(world: World, state: State, name: str, element: int) -> None:
    state.status[name, element] = DISCARDED
    for leaf in world.leaves[name]:
        if not leaf.ghost:
            state.memory[name, element, leaf.path] = leaf.zero


def enter(world: World, state: State, name: str, element: int) -> None:
    state.status[name, element] = ALIVE
    for leaf in world.leaves[name]:
        start = world.start_of(world.objects[name], element, leaf)
        state.memory[name, element, leaf.path] = start


def leave(world: World, state: State, name: str, element: int) -> None:
    state.status[name, element] = NEVER
    for leaf in world.leaves[name]:
        state.memory[name, element, leaf.path] = leaf.zero


def begin_thread(world: World, state: State, thread: int) -> None:
    """A slot is spawned: its per-thread objects are new, ghosts too."""
    state.at[thread] = NOT_STARTED
    state.values[thread] = {}
    for obj in world.objects.values():
        if obj.kind == "per_thread":
            for leaf in world.leaves[obj.name]:
                start = world.start_of(obj, thread, leaf)
                state.memory[obj.name, thread, leaf.path] = start


def end_thread(world: World, state: State, thread: int) -> None:
    """What belongs to the thread dies; the ghosts of its per-thread objects stay."""
    template, copy = world.threads[thread]
    state.at[thread] = ENDED
    state.values[thread] = {}
    state.irqs[thread] = state.softirqs[thread] = 1
    for obj in world.objects.values():
        if obj.kind == "per_thread":
            for leaf in world.leaves[obj.name]:
                if not leaf.ghost:
                    state.memory[obj.name, thread, leaf.path] = leaf.zero
        elif obj.kind == "local" and obj.template == template.name:
            leave(world, state, obj.name, copy)


def crash(world: World, state: State, survivor: int) -> None:
    """All other threads end; memory goes back to its start, but for what outlives a crash.

    The survivor's own `local` objects are on its stack and stay.
    """
    for thread in state.at:
        if thread != survivor:
            end_thread(world, state, thread)
    for obj in world.objects.values():
        if obj.kind == "local":
            continue
        for element in world.elements(obj):
            if obj.kind != "per_thread":
                state.status[obj.name, element] = ALIVE if obj.kind == "shared" else NEVER
            for leaf in world.leaves[obj.name]:
                stays = leaf.durable or (leaf.ghost and obj.kind != "per_thread")
                if not stays:
                    spot = (obj.name, element, leaf.path)
                    state.memory[spot] = first_value(world, state, obj, element, leaf)
