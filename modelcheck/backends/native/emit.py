"""A program as one C file: its steps, its start, its properties, and the tables the runtime needs.

The file includes `model.h`, which says what everything here is, and exports one symbol, an
`mc_model`.  The text is a pure function of the program: in order, without addresses or times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.backends.native.bodies import BodyEmitter
from modelcheck.backends.native.build import SYMBOL, Source
from modelcheck.backends.native.emit_symmetry import write_exchanges
from modelcheck.backends.native.emit_tables import ModelTables
from modelcheck.backends.native.helpers import need_helper
from modelcheck.backends.native.names import Names
from modelcheck.backends.native.numbers import Numbers, Site
from modelcheck.backends.native.tables import Tables
from modelcheck.backends.native.unit import Part, Unit
from modelcheck.backends.native.words import write_comment
from modelcheck.ir.layout import Layout
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Body, Program, Template
from modelcheck.ir.races import Candidates, find_candidates
from modelcheck.ir.regions import find_step_regions
from modelcheck.reduce.permute import Tables as Exchanges
from modelcheck.reduce.tables import StubbornTables


@dataclass(frozen=True, slots=True)
class Emitted:
    """A C file, and what its numbers mean: those of `mc_note_order` (labels and properties) and
    those of `mc_note_failure` (sites; site 0 is always `diverges`).  `reductions` are the files of
    the runtime that its tables name.
    """

    text: str
    labels: tuple[str, ...]
    order_properties: tuple[str, ...]
    sites: tuple[Site, ...]
    reductions: frozenset[str]

    def as_source(self, symbol: str = SYMBOL) -> Source:
        """What the compiler gets; `symbol` is the one it was emitted with."""
        return Source(self.text, symbol, self.reductions)


def emit_model(
    program: Program,
    memory: Memory,
    layout: Layout,
    symbol: str = SYMBOL,
    *,
    stubborn: StubbornTables | None = None,
    exchanges: Exchanges | None = None,
) -> Emitted:
    """The C file of a program that has gone through all passes.

    With `stubborn` only the steps of stubborn sets are taken; with `exchanges` states are kept in
    canonical form.

    Soundness: what these functions do is what the python backend does, state by state and in every
    choice; tests/unit/backends/native compares them on every spec and on random programs.
    """
    unit = Unit()
    tables = Tables(memory, layout, unit)
    emitter = _Emitter(tables, Names(program), Numbers())
    emitter.emit()
    emitter.emit_tables(symbol, stubborn, exchanges)
    numbers = emitter.numbers
    return Emitted(
        unit.write(_write_head(program), symbol),
        tuple(numbers.labels),
        tuple(numbers.orders),
        tuple(numbers.sites),
        frozenset(
            name
            for name, made in (("stubborn", stubborn), ("symmetry", exchanges))
            if made is not None
        ),
    )


def _write_head(program: Program) -> str:
    # Whatever a program compares or decides is the program's business, however odd it looks in C.
    return "\n".join(
        (
            write_comment(f"The program `{program.name}`; generated."),
            '#include "model.h"',
            "",
            '#pragma GCC diagnostic ignored "-Wtautological-compare"',
            '#pragma GCC diagnostic ignored "-Wint-in-bool-context"',
            '#pragma GCC diagnostic ignored "-Wtype-limits"',
            # What comes after a Check that always fails never runs.
            '#pragma GCC diagnostic ignored "-Warray-bounds"',
        )
    )


class _Emitter:
    """Adds the functions of one program to its file, in the order of the program."""

    def __init__(self, tables: Tables, names: Names, numbers: Numbers) -> None:
        self.numbers = numbers
        self._tables = tables
        self._unit = tables.unit
        self._program = tables.program
        self._names = names
        self._candidates = find_candidates(tables.memory)
        self._watched = _list_watched(tables.memory, self._candidates)

    def emit(self) -> None:
        """Add all functions."""
        for template in self._program.templates:
            self._emit_start(template)
            self._emit_spawn(template)
        self._emit_program_start()
        for template in self._program.templates:
            self._emit_steps(template)
        for property_ in self._program.properties:
            if property_.body is not None:
                name = self._names.judge(property_.name)
                body = self._emitter(property_.body, None)
                self._add(name, body.emit_judge(name))

    def emit_tables(
        self, symbol: str, stubborn: StubbornTables | None, exchanges: Exchanges | None
    ) -> None:
        """Add the tables, and the model that names them."""
        made = ModelTables(self._tables, self._names, self._watched, self._candidates)
        symmetry = "NULL" if exchanges is None else self._write_exchanges(exchanges)
        made.emit(symbol, stubborn, symmetry)

    def _write_exchanges(self, exchanges: Exchanges) -> str:
        return write_exchanges(self._unit, self._tables.layout, exchanges)

    def _add(self, name: str, text: str, prototype: str = "") -> None:
        self._unit.add(Part.FUNCTIONS, name, text, prototype)

    def _emitter(
        self, body: Body, template: Template | None, *, watches: bool = False
    ) -> BodyEmitter:
        return BodyEmitter(self._tables, self._names, self.numbers, body, template, watches=watches)

    def _emit_steps(self, template: Template) -> None:
        plain = self._emitter(template.body, template)
        watching = self._emitter(template.body, template, watches=True)
        for number, region in enumerate(find_step_regions(template.body)):
            name = self._names.step(template, region.entry)
            self._add(name, plain.emit_step(name, region))
            if number in self._watched[template.name]:
                name = self._names.watch(template, region.entry)
                self._add(name, watching.emit_step(name, region))

    def _emit_start(self, template: Template) -> None:
        name = self._names.start(template.name)
        body = self._emitter(template.body, template)
        self._add(name, body.emit_start(name, template.parameters))

    def _emit_spawn(self, template: Template) -> None:
        """Start the lowest ended thread of a template, and give its ThreadId."""
        name = self._names.spawn(template.name)
        threads = self._tables.memory.threads_of(template.name)
        first, behind = threads[0].number, threads[-1].number + 1
        numbers = range(len(template.parameters))
        declared = "".join(f", int64_t argument_{i}" for i in numbers)
        given = "".join(f", argument_{i}" for i in numbers)
        head = f"static mc_result {name}(uint64_t *m, mc_way *way, int64_t *id{declared})"
        lines = [
            f"{head} {{",
            f"  for (uint32_t thread = {first}; thread < {behind}; thread++) {{",
            f"    if (!{need_helper(self._tables, 'm_has_ended')}(m, thread)) continue;",
            "    mc_put(m, &m_fields[thread], 0); /* not ended, whatever its local work asks */",
        ]
        rebirths = self._tables.rebirths_of(template)
        if any(rebirths):
            table = self._tables.patches("m_rebirth", rebirths)
            lines.append(f"    mc_apply(m, {table}[thread - {first}]);")
        lines += [
            "    *id = (int64_t)thread + 1;",
            f"    return {self._names.start(template.name)}(m, thread, way{given});",
            "  }",
            f"  mc_refuse_value(&m_fields[{self._tables.nowhere}], {first}); /* unchecked */",
            "}",
        ]
        self._add(name, "\n".join(lines), f"{head};")

    def _emit_program_start(self) -> None:
        """Everything before the first state: the program's own start, then thread by thread."""
        body = self._emitter(self._program.initial, None)
        self._add("m_initial", body.emit_initial("m_initial"))
        lines = [
            "static mc_result m_start(uint64_t *m, mc_way *way) {",
            "  mc_result result = m_initial(m, way);",
        ]
        for template in self._program.templates:
            if template.spawned:
                continue
            threads = self._tables.memory.threads_of(template.name)
            first, behind = threads[0].number, threads[-1].number + 1
            start = self._names.start(template.name)
            loop = (
                f"for (uint32_t thread = {first}; thread < {behind} && result == MC_DONE; thread++)"
            )
            lines += [f"  {loop}", f"    result = {start}(m, thread, way);"]
        lines += ["  return result;", "}"]
        self._add("m_start", "\n".join(lines))


def _list_watched(memory: Memory, candidates: Candidates) -> Mapping[str, frozenset[int]]:
    """By template, the locations that occur in a pair that may race."""
    found: dict[str, set[int]] = {t.name: set() for t in memory.program.templates}
    for (a, b), pairs in candidates.items():
        found[memory.threads[a].template] |= {i for i, _ in pairs}
        found[memory.threads[b].template] |= {j for _, j in pairs}
    return {name: frozenset(numbers) for name, numbers in found.items()}
