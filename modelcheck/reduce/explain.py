"""Why steps are not put off: what each depends on, who sees it, and where threads go round."""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.ir.alias import Index, Pattern
from modelcheck.ir.dependence import Footprints, MemoryPart, Part
from modelcheck.ir.nodes import Program, StepInfo
from modelcheck.reduce.dependence import Dependence
from modelcheck.reduce.locations import Locations, list_members
from modelcheck.reduce.sticky import find_sticky


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What is known of one step.

    `meets` has, for each thing it shares, the steps of other threads that notice it there (template
    and location).  `seen_by` are the properties whose answer it may change.  `goes_round`: a state
    in which it is taken may be expanded fully.
    """

    template: str
    label: str
    step: StepInfo | None
    meets: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    seen_by: tuple[str, ...]
    goes_round: bool


def explain_steps(program: Program) -> list[StepFacts]:
    """The facts of all steps, template by template."""
    locations = Locations(program)
    dependence = Dependence(Footprints(program), locations)
    sticky = find_sticky(program, locations)
    counts = [template.count for template in program.templates]
    firsts = {sum(counts[:i]) for i in range(len(counts))}  # one thread stands for its template
    visible = {
        shown.name: dependence.visible(shown)
        for shown in program.properties
        if shown.kind in ("invariant", "reachable")
    }
    found = []
    for number, step in enumerate(locations.steps):
        if step is None or locations.threads[number] not in firsts:
            continue
        template, region = step
        met: dict[str, dict[tuple[str, str], None]] = {}
        for other in list_members(dependence.dependent(number)):
            there = locations.steps[other]
            if there is None or locations.threads[other] == locations.threads[number]:
                continue
            for part, _ in dependence.explain(number, other):
                where = met.setdefault(describe_part(part), {})
                where[there[0].name, there[1].entry.label] = None
        found.append(
            StepFacts(
                template.name,
                region.entry.label,
                region.entry.step,
                tuple((name, tuple(where)) for name, where in sorted(met.items())),
                tuple(name for name, seen in visible.items() if seen >> number & 1),
                bool(sticky[number]),
            )
        )
    return found


def describe_part(part: Part) -> str:
    """`nodes[].active.counter`, `the end of closer`."""
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
            case _:
                text += "[]"
    return text
