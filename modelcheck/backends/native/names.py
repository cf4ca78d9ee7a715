"""The C names of a program's functions: those of the spec, made different where they clash."""

from __future__ import annotations

from modelcheck.backends.native.words import give_names
from modelcheck.ir.nodes import Block, Program, Template
from modelcheck.ir.regions import list_locations


class Names:
    """One program's names; each kind of function has a prefix of its own."""

    def __init__(self, program: Program) -> None:
        self._templates = give_names("", (t.name for t in program.templates))
        places = (f"{t.name} {b.label}" for t in program.templates for b in list_locations(t.body))
        self._steps = give_names("", places)
        self._judges = give_names("m_judge_", (p.name for p in program.properties))

    def step(self, template: Template, location: Block) -> str:
        """The step of a location."""
        return f"m_step_{self._steps[f'{template.name} {location.label}']}"

    def watch(self, template: Template, location: Block) -> str:
        """The step of a location that notes its accesses."""
        return f"m_watch_{self._steps[f'{template.name} {location.label}']}"

    def start(self, template: str) -> str:
        """What a thread does before its first location."""
        return f"m_start_{self._templates[template]}"

    def spawn(self, template: str) -> str:
        """What starts the next free thread of a template."""
        return f"m_spawn_{self._templates[template]}"

    def locations(self, template: str) -> str:
        """The table of a template's locations."""
        return f"m_locations_{self._templates[template]}"

    def judge(self, property_: str) -> str:
        """The judge of a property."""
        return self._judges[property_]
