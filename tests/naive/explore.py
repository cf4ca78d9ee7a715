"""Visit every state breadth-first and judge everything that `docs/ir.md` says can be judged."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from modelcheck.ir.nodes import Program
from modelcheck.ir.types import PtrType, QueueOf, SetType
from naive.run import Blocked, Failed, NeedsChoice, Runner
from naive.silence import is_allowed, list_leak_names, list_race_names
from naive.state import ALIVE, State, start_state, thaw
from naive.world import ENDED, Spot, World

MOST_DIVERGING = 40  # steps, each of MOST_BLOCKS blocks


class TooManyStates(Exception):  # noqa: N818
    """There are more states, or more steps that never end, than the caller wants to wait for."""


@dataclass
class Findings:
    """What there is to know about a program."""

    states: int = 0
    transitions: int = 0
    depth: int = 0
    quiescent: int = 0
    deadlocks: int = 0
    initial: int = 0
    violated: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)  # those of them that a step failed with
    not_tested: set[str] = field(default_factory=set)
    has_cycle: bool = False
    fails_at_start: bool = False


@dataclass
class Step:
    """What one thread can do next in a state."""

    ends: list[tuple[tuple[int, ...], object]] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    waits_idle: list[bool] = field(default_factory=list)
    accesses: set[tuple[Spot, bool, bool]] = field(default_factory=set)
    orders: set[tuple[str, str, str]] = field(default_factory=set)
    atomic: bool = False
    ended: bool = False

    @property
    def enabled(self) -> bool:
        return bool(self.ends or self.failures)

    @property
    def at_rest(self) -> bool:
        return self.ended or (bool(self.waits_idle) and all(self.waits_idle) and not self.enabled)


def try_all_choices(make_runner, act, step: Step) -> None:
    """Run something once for every sequence of choices it asks for, least first."""
    todo: list[tuple[int, ...]] = [()]
    while todo:
        choices = todo.pop()
        runner: Runner = make_runner(choices)
        try:
            act(runner)
        except NeedsChoice as need:
            todo += [(*choices, i) for i in reversed(range(need.count))]
            continue
        except Blocked as blocked:
            step.waits_idle.append(blocked.idle)
            continue
        except Failed as failed:
            step.failures.append(failed)
        else:
            step.ends.append((choices, runner.state.freeze()))
        step.accesses |= runner.accesses
        step.orders |= runner.orders


def begin(world: World) -> Step:
    """Everything before the first step, as if it were one."""

    def act(runner: Runner) -> None:
        runner.run_body(world.program.initial)
        for thread, (template, _) in enumerate(world.threads):
            if not template.spawned:
                runner.run_thread(thread, template.body.entry, from_location=False)

    step = Step()
    try_all_choices(lambda choices: Runner(world, start_state(world), choices), act, step)
    return step


def next_step(world: World, state: State, thread: int) -> Step:
    step = Step()
    label = state.at[thread]
    if label == ENDED:
        step.ended = True
        return step
    if is_forbidden(world, state, thread):
        return step
    template, _ = world.threads[thread]
    step.atomic = world.blocks[template.name][label].atomic
    try_all_choices(
        lambda choices: Runner(world, state.copy(), choices),
        lambda runner: runner.run_thread(thread, label, from_location=True),
        step,
    )
    return step


# ---------------------------------------------------------------------- interrupts


def has_started(world: World, state: State, thread: int) -> bool:
    template, _ = world.threads[thread]
    return state.at[thread] != ENDED and state.at[thread] not in world.entries[template.name]


def interrupted_by(world: World, thread: int) -> int | None:
    """The thread on whose CPU a handler runs."""
    template, copy = world.threads[thread]
    if not template.interrupts:
        return None
    one = world.templates[template.interrupts].count == 1
    return world.number_of(template.interrupts, 0 if one else copy)


def is_forbidden(world: World, state: State, thread: int) -> bool:
    for handler in range(len(world.threads)):
        if interrupted_by(world, handler) == thread and has_started(world, state, handler):
            return True
    target = interrupted_by(world, thread)
    if target is None or has_started(world, state, thread) or state.at[target] == ENDED:
        return False
    on = state.irqs[target]
    if world.threads[thread][0].context == "softirq":
        on = on and state.softirqs[target]
    return not on


# ---------------------------------------------------------------------- what a state shows


def races(world: World, steps: list[Step]) -> bool:
    for i, one in enumerate(steps):
        for two in steps[i + 1 :]:
            if one.atomic and two.atomic:
                continue
            for spot, writes, plain in one.accesses:
                for other, other_writes, other_plain in two.accesses:
                    if (
                        spot == other
                        and (writes or other_writes)
                        and (plain or other_plain)
                        and not is_allowed(world, "data-race", list_race_names(world, spot))
                    ):
                        return True
    return False


def leaks(world: World, state: State, steps: list[Step]) -> bool:
    """Whether a live pool object is named by nothing that counts."""
    held: set[tuple[str, int]] = set()

    def take(value, of) -> None:
        for pointer, struct in pointers_in(value, of):
            name, element, _ = world.places[struct][pointer - 1]
            visit(name, element)

    def visit(name: str, element: int) -> None:
        if (name, element) in held:
            return
        held.add((name, element))
        for leaf in world.leaves[name]:
            if not leaf.ghost:
                take(state.memory[name, element, leaf.path], leaf.type)

    for obj in world.objects.values():
        if obj.kind in ("shared", "per_thread", "local"):
            for element in world.elements(obj):
                visit(obj.name, element)
    for thread, (template, _) in enumerate(world.threads):
        for local in template.body.locals:
            take(state.values[thread].get(local.name, 0), local.type)
    return any(
        state.status[obj.name, element] == ALIVE
        and (obj.name, element) not in held
        and not is_allowed(world, "leak", list_leak_names(world, obj.name))
        for obj in world.objects.values()
        if obj.kind == "pool"
        for element in world.elements(obj)
    )


def pointers_in(value, of) -> list[tuple[int, str]]:
    """The pointers (not None) that a value is or holds."""
    if isinstance(of, QueueOf):
        parts = value if isinstance(value, tuple) else ()
        return [found for part in parts for found in pointers_in(part, of.element)]
    if not isinstance(value, int):
        return []
    if isinstance(of, PtrType):
        return [(value, of.struct)] if value else []
    if isinstance(of, SetType) and isinstance(of.element, PtrType):
        return [(bit + 1, of.element.struct) for bit in range(63) if value >> bit & 1]
    return []


def holds(world: World, state: State, body) -> bool | None:
    """Whether the body of a property returns True; None where a check in it fails."""
    try:
        return bool(Runner(world, state).run_body(body))
    except Failed:
        return None


# ---------------------------------------------------------------------- the search


def explore(program: Program, *, most_states: int = 100_000) -> Findings:
    """Explore all of a program (TooManyStates if that is more than `most_states`)."""
    world = World(program)
    found = Findings()
    orders: set[tuple[str, str, str]] = set()
    reached = {p.name for p in program.properties if p.kind == "reachable"}
    never_reached = set(reached)
    first = begin(world)
    found.fails_at_start = bool(first.failures)
    note_failures(world, found, first.failures)
    orders |= first.orders
    depth: dict[object, int] = {frozen: 0 for _, frozen in first.ends}
    found.initial = len(depth)
    todo = deque(depth)
    successors: dict[object, list[object]] = {}
    diverging = 0
    good: set[object] = set()  # quiescent, a deadlock, or something fails next
    while todo:
        frozen = todo.popleft()
        state = thaw(frozen)
        steps = [next_step(world, state, thread) for thread in range(len(world.threads))]
        successors[frozen] = [target for step in steps for _, target in step.ends]
        failures = [failure for step in steps for failure in step.failures]
        found.transitions += len(successors[frozen]) + len(failures)
        note_failures(world, found, failures)
        diverging += sum(failure.property == "diverges" for failure in failures)
        if diverging > MOST_DIVERGING:
            raise TooManyStates
        for step in steps:
            orders |= step.orders
        is_quiet = False
        if not any(step.enabled for step in steps):
            is_quiet = all(step.at_rest for step in steps)
            if is_quiet:
                found.quiescent += 1
            else:
                found.deadlocks += 1
            good.add(frozen)
        if failures:
            good.add(frozen)
        judge(world, state, steps, found, never_reached, is_quiet=is_quiet)
        for target in successors[frozen]:
            if target not in depth:
                depth[target] = depth[frozen] + 1
                if len(depth) > most_states:
                    raise TooManyStates
                todo.append(target)
    found.states = len(depth)
    found.violated |= found.failed
    found.depth = max(depth.values(), default=0)
    if depth:
        found.violated |= never_reached  # without a first state nothing is tested
    if found.deadlocks and not is_allowed(world, "deadlock"):
        found.violated.add("deadlock")
    if can_miss(successors, good) and not is_allowed(world, "stuck"):
        found.violated.add("stuck")
    orders = {o for o in orders if not is_allowed(world, o[0], o[1:])}
    found.violated |= {name for name in {o[0] for o in orders} if is_cyclic(name, orders)}
    if not found.quiescent:
        found.not_tested.update(p.name for p in program.properties if p.kind == "final")
        has_pools = any(obj.kind == "pool" for obj in program.objects)
        if has_pools and not is_allowed(world, "leak"):
            found.not_tested.add("leak")
    found.has_cycle = has_cycle(successors)
    return found


def note_failures(world: World, found: Findings, failures: list[Failed]) -> None:
    found.failed |= {f.property for f in failures if not is_allowed(world, f.property, f.names)}


def judge(world, state, steps, found: Findings, never_reached: set[str], *, is_quiet) -> None:
    """Everything that is asked of one state."""
    if races(world, steps):
        found.violated.add("data-race")
    if is_quiet and leaks(world, state, steps):
        found.violated.add("leak")
    for prop in world.program.properties:
        if prop.kind == "assert" or (prop.kind == "final" and not is_quiet):
            continue
        answer = holds(world, state, prop.body)
        if prop.kind == "reachable":
            if answer:
                never_reached.discard(prop.name)
            if answer is None:
                found.violated.add(prop.name)
        elif not answer:
            found.violated.add(prop.name)


def can_miss(successors: dict[object, list[object]], good: set[object]) -> bool:
    """Whether from some state nothing good can be reached."""
    before: dict[object, list[object]] = {}
    for source, targets in successors.items():
        for target in targets:
            before.setdefault(target, []).append(source)
    reaching = set(good)
    todo = list(good)
    while todo:
        for source in before.get(todo.pop(), ()):
            if source not in reaching:
                reaching.add(source)
                todo.append(source)
    return len(reaching) < len(successors)


def is_cyclic(name: str, orders: set[tuple[str, str, str]]) -> bool:
    """Whether what was recorded under a name goes round."""
    after: dict[object, list[object]] = {}
    for property_, first, second in orders:
        if property_ == name:
            after.setdefault(first, []).append(second)
            after.setdefault(second, [])
    return has_cycle(after)


def has_cycle(after: dict[object, list[object]]) -> bool:
    """Whether a graph has a cycle: what is left when nodes that lead nowhere are taken away."""
    left = {node: len(targets) for node, targets in after.items()}
    before: dict[object, list[object]] = {}
    for source, targets in after.items():
        for target in targets:
            before.setdefault(target, []).append(source)
    todo = [node for node, count in left.items() if count == 0]
    gone = 0
    while todo:
        gone += 1
        for source in before.get(todo.pop(), ()):
            left[source] -= 1
            if left[source] == 0:
                todo.append(source)
    return gone < len(after)
