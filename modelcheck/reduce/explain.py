"""Why steps are not put off: what each depends on, who sees it, and where threads go round."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modelcheck.ir.alias import Index, Pattern
from modelcheck.ir.dependence import Footprints, MemoryPart, Part
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Choose, New, Program, StepInfo
from modelcheck.ir.regions import find_step_regions, list_exits, list_locations
from modelcheck.reduce.dependence import Dependence
from modelcheck.reduce.gates import Gate, Gates, Test, Tests
from modelcheck.reduce.locations import Locations, list_members, make_set
from modelcheck.reduce.sticky import find_sticky


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What is known of one step.

    `meets` has, for each thing it shares, the steps of other threads that notice it there (template
    and location).  `waits` has, for each condition that keeps it from being taken, the steps that
    may end that, and what has to hold of who takes them.  `seen_by` are the properties whose answer
    it may change.  `goes_round`: a state in which it is taken may be expanded fully.
    """

    template: str
    label: str
    step: StepInfo | None
    meets: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    waits: tuple[tuple[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]], ...]
    seen_by: tuple[str, ...]
    goes_round: bool


def explain_steps(program: Program) -> list[StepFacts]:
    """The facts of all steps, template by template."""
    footprints = Footprints(program)
    locations = Locations(program, footprints.instances)
    dependence = Dependence(footprints, locations)
    gates = Gates(program, locations, footprints).find()
    sticky = find_sticky(program, locations)
    counts = [template.count for template in program.templates]
    firsts = {sum(counts[:i]) for i in range(len(counts))}  # one thread stands for its template
    visible = {
        shown.name: dependence.visible(shown)
        for shown in program.properties
        if shown.kind in ("invariant", "reachable")
    }
    several = frozenset(obj.name for obj in program.objects if obj.count is not None)
    numbers: dict[tuple[str, str], list[int]] = {  # of a step, wherever its pointers point
        (template.name, label): []
        for template in program.templates
        for label in footprints.memory.locations(template.name)
        if template.count
    }
    for number, step in enumerate(locations.steps):
        if step is not None and locations.threads[number] in firsts:
            numbers[step[0].name, step[1].entry.label].append(number)
    found = []
    for (template, label), alike in numbers.items():
        if not alike:
            continue  # no thread comes there
        met: dict[str, dict[tuple[str, str], None]] = {}
        for number, other in ((a, b) for a in alike for b in list_members(dependence.dependent(a))):
            there = locations.steps[other]
            if there is None or locations.threads[other] == locations.threads[number]:
                continue
            for part, _ in dependence.explain(number, other):
                where = met.setdefault(describe_part(_forget_element(part, several)), {})
                where[there[0].name, there[1].entry.label] = None
        here, step = make_set(alike), locations.steps[alike[0]]
        found.append(
            StepFacts(
                template,
                label,
                None if step is None else step[1].entry.step,
                tuple((name, tuple(where)) for name, where in sorted(met.items())),
                tuple(
                    dict.fromkeys(
                        _describe_gate(gate, footprints.memory, locations)
                        for gate in gates
                        if gate.locations & here
                    )
                ),
                tuple(name for name, seen in visible.items() if seen & here),
                any(sticky[number] for number in alike),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class StoppingStep:
    """A step behind which a state may be stored though there is one way on: `goes_back` to a
    location before it, or `chooses` (several ways may be open).
    """

    template: str
    label: str
    step: StepInfo | None
    goes_back: bool
    chooses: bool


def explain_chains(program: Program) -> list[StoppingStep]:
    """The steps that may end a chain of states that are passed through, template by template."""
    lookup = Lookup(program)
    found = []
    for template in program.templates:
        numbers = {block.label: n for n, block in enumerate(list_locations(template.body))}
        for region in find_step_regions(template.body) if template.count else ():
            entry = region.entry
            exits = list_exits(template.body, region)
            goes_back = any(numbers[label] <= numbers[entry.label] for label in exits)
            chooses = any(
                isinstance(instr, Choose)
                or (isinstance(instr, New) and lookup.object(instr.pool).reuse)
                for block in region.blocks
                for instr in block.instrs
            )
            if goes_back or chooses:
                step = StoppingStep(template.name, entry.label, entry.step, goes_back, chooses)
                found.append(step)
    return found


def _describe_gate(
    gate: Gate, memory: Memory, locations: Locations
) -> tuple[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]]:
    """When a gate is closed, and who may open it where."""
    openers = []
    for opener in gate.openers:
        where: dict[tuple[str, str], None] = {}
        for number in list_members(opener.locations):
            if (step := locations.steps[number]) is not None:
                where[step[0].name, step[1].entry.label] = None
        openers.append((_describe_tests(opener.tests, memory), tuple(where)))
    return _describe_tests(gate.tests, memory), tuple(openers)


def _describe_tests(tests: Tests, memory: Memory) -> str:
    """`m.owner is not None and m.owner is not its own`."""
    return " and ".join(_describe_test(test, memory) for test in tests)


def _describe_test(test: Test, memory: Memory) -> str:
    name, verb = memory.slots[test.slot].name, "is" if test.wanted else "is not"
    if test.is_bit:
        return f"{'it' if test.own else f'number {test.lo}'} {verb} in {name}"
    if test.own:
        return f"{name} {verb} its own"
    if test.lo == test.hi:
        return f"{name} {verb} {memory.describe(test.slot, test.lo)}"
    known = memory.slots[test.slot]
    if test.lo <= known.lo:
        return f"{name} {verb} at most {test.hi}"
    return f"{name} {verb} at least {test.lo}"


def _forget_element(part: Part, several: frozenset[str]) -> Part:
    """The same for any element of an object: which one it is depends on where pointers point."""
    if isinstance(part, MemoryPart) and part.pattern.object in several:
        return replace(part, pattern=replace(part.pattern, element=Index.ANY))
    return part


def describe_part(part: Part) -> str:
    """`nodes[].active.counter`, `m.owner (its own)`, `the end of closer`."""
    if isinstance(part, MemoryPart):
        life = "the life of " if part.aspect != "value" else ""
        return f"{life}{_describe_pattern(part.pattern)}"
    aspects = {
        "ended": "start and end",
        "running": "running",
        "irqs": "irqs",
        "softirqs": "softirqs",
    }
    return f"{aspects[part.aspect]} of {part.template}"


def _describe_pattern(pattern: Pattern) -> str:
    text = pattern.object + ("[]" if isinstance(pattern.element, Index) else "")
    for part in pattern.path:
        match part:
            case str():
                text += f".{part}"
            case int():
                text += f"[{part}]"
            case Index.OWN:
                text += " (its own)"
            case Index.ANY:
                text += "[]"
    return text
