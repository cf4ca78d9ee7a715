"""The tables behind an `mc_model`: templates, threads, properties, possible races, pointers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from modelcheck.backends.facts import find_first_numbers, find_target, list_flags
from modelcheck.backends.native.names import Names
from modelcheck.backends.native.tables import Tables
from modelcheck.backends.native.unit import Part
from modelcheck.backends.native.words import write_bool, write_string, write_value, write_word
from modelcheck.ir.layout import WORD_BITS
from modelcheck.ir.memory import Slot, Thread
from modelcheck.ir.nodes import Crash, Program, Property, Spawn, Template
from modelcheck.ir.races import Candidates
from modelcheck.ir.regions import can_fail, find_step_regions, has_choices
from modelcheck.ir.types import PtrType, SetType
from modelcheck.reduce.tables import Lookup, StubbornTables, Tests, find_origins

_KINDS = {"invariant": "MC_INVARIANT", "final": "MC_FINAL", "reachable": "MC_REACHABLE"}


class ModelTables:
    """Adds the tables of one program to its file, and the model."""

    def __init__(
        self,
        tables: Tables,
        names: Names,
        watched: Mapping[str, frozenset[int]],
        candidates: Candidates,
    ) -> None:
        self._tables = tables
        self._unit = tables.unit
        self._memory = tables.memory
        self._program = tables.program
        self._names = names
        self._watched = watched
        self._candidates = candidates

    def emit(self, symbol: str, stubborn: StubbornTables | None, symmetry: str) -> None:
        """Add everything; `symmetry` is the C expression of its tables."""
        templates = [self._write_template(t) for t in self._program.templates]
        threads = [self._write_thread(t) for t in self._memory.threads]
        properties = [p for p in self._program.properties if p.body is not None]
        races = list(self._list_races())
        elements, roots = self._list_pointers()
        start = [write_word(word) for word in self._tables.layout.pack(self._memory.start)]
        fields = [
            ("version", "MC_MODEL_VERSION"),
            ("name", write_string(self._program.name)),
            ("words", str(self._tables.layout.words)),
            ("slot_count", str(len(self._memory.slots))),
            ("fields", "m_fields"),
            ("templates", self._add("m_templates", "mc_template", templates)),
            ("template_count", str(len(templates))),
            ("threads", self._add("m_threads", "mc_thread", threads)),
            ("thread_count", str(len(threads))),
            ("moves_others", write_bool(_moves_others(self._program))),
            ("start", "m_start"),
            ("start_words", self._add("m_start_words", "uint64_t", start)),
            (
                "properties",
                self._add(
                    "m_properties", "mc_property", list(map(self._write_property, properties))
                ),
            ),
            ("property_count", str(len(properties))),
            ("races", self._add("m_races", "mc_race", races)),
            ("race_count", str(len(races))),
            ("stubborn", "NULL" if stubborn is None else self._add_stubborn(stubborn)),
            ("elements", self._add("m_elements", "mc_element", elements)),
            ("element_count", str(len(elements))),
            ("roots", self._add("m_roots", "mc_pointer", roots)),
            ("root_count", str(len(roots))),
            ("symmetry", symmetry),
        ]
        lines = [f"extern const mc_model {symbol};", f"const mc_model {symbol} = {{"]
        lines += [f"    .{name} = {value}," for name, value in fields]
        lines.append("};")
        self._unit.add(Part.MODEL, symbol, "\n".join(lines))

    def _add(self, name: str, type_: str, items: list[str]) -> str:
        """Add a table of one item a line; `NULL` where there is none."""
        if not items:
            return "NULL"
        lines = [f"static const {type_} {name}[] = {{", *(f"    {item}," for item in items), "};"]
        self._unit.add(Part.MODEL, name, "\n".join(lines))
        return name

    # -----------------------------------------------------------------------------------------
    # Templates and threads

    def _write_template(self, template: Template) -> str:
        first = find_first_numbers(self._memory, template) if template.interrupts else frozenset()
        items = []
        for number, region in enumerate(find_step_regions(template.body)):
            block = region.entry
            is_watched = number in self._watched[template.name]
            watch = self._names.watch(template, block) if is_watched else "NULL"
            facts = (
                has_choices(self._memory.lookup, region),
                number in first,
                block.atomic,
            )
            flags = ", ".join(map(write_bool, facts))
            items.append(f"{{{self._names.step(template, block)}, {watch}, {flags}}}")
        table = self._add(self._names.locations(template.name), "mc_location", items)
        return f"{{{write_string(template.name)}, {table}, {len(items)}}}"

    def _write_thread(self, thread: Thread) -> str:
        memory = self._memory
        names = [template.name for template in self._program.templates]
        target = find_target(memory, thread)
        template = memory.lookup.template(thread.template)
        flags = () if target is None else list_flags(memory, template, target)
        slots = ", ".join(map(str, (*flags, 0, 0)[:2]))
        handlers = [t.number for t in memory.threads if find_target(memory, t) == thread.number]
        table = self._unit.add_table("m_handlers", "uint32_t", list(map(str, handlers)))
        shown = -1 if target is None else target
        number = names.index(thread.template)
        return f"{{{number}, {shown}, {{{slots}}}, {len(flags)}, {table}, {len(handlers)}}}"

    # -----------------------------------------------------------------------------------------
    # Properties and races

    def _write_property(self, property_: Property) -> str:
        kind = _KINDS[property_.kind]
        fails = write_bool(property_.body is not None and can_fail(property_.body))
        judge = self._names.judge(property_.name)
        return f"{{{write_string(property_.name)}, {judge}, {kind}, {fails}}}"

    def _list_races(self) -> Iterator[str]:
        tables: dict[tuple[str, str], str] = {}
        for (a, b), pairs in sorted(self._candidates.items()):
            templates = (self._memory.threads[a].template, self._memory.threads[b].template)
            if templates not in tables:
                rows, columns = map(self._memory.ended, templates)
                words = [0] * (rows * columns // WORD_BITS + 1)
                for i, j in pairs:
                    bit = i * columns + j
                    words[bit // WORD_BITS] |= 1 << bit % WORD_BITS
                shown = list(map(write_word, words))
                tables[templates] = self._unit.add_table("m_pairs", "uint64_t", shown)
            yield f"{{{a}, {b}, {tables[templates]}}}"

    def _add_stubborn(self, stubborn: StubbornTables) -> str:
        words = len(stubborn.sticky) // WORD_BITS + 1
        gates = []
        for number, gate in enumerate(stubborn.gates):
            rows = stubborn.around[number] if number < len(stubborn.around) else ()
            openers = [
                ", ".join(
                    (
                        f"{{{self._add_tests(opener.tests)}",
                        self._add_row(find_origins(stubborn.reach, opener.locations), words),
                        self._add_row(find_origins(rows, opener.locations), words) + "}",
                    )
                )
                for opener in gate.openers
            ]
            fields = (
                self._add_tests(gate.tests),
                write_word(gate.threads),
                self._add_row(gate.locations, words),
                self._unit.add_table(
                    "m_around", "uint64_t", [w for row in rows for w in _write_row(row, words)]
                ),
                self._unit.add_table("m_openers", "mc_opener", openers),
                str(len(openers)),
            )
            gates.append(f"{{{', '.join(fields)}}}")
        watched = []
        for one in stubborn.watched:
            cases = self._unit.add_table("m_cases", "uint64_t", list(map(write_word, one.cases)))
            users = self._write_users(one.steps, one.origins, words)
            watched.append(f"{{{cases}, {len(one.cases)}, {users}}}")
        shown = [
            "mc_choose_stubborn",
            self._add(
                "m_stances",
                "mc_stance *const",
                [self._add_stances(lookups) for lookups in stubborn.lookups],
            ),
            str(words),
            self._add_users("m_dependent", stubborn.dependent, stubborn.dependent_origins, words),
            self._add_users("m_enabling", stubborn.enabling, stubborn.enabling_origins, words),
            self._add_rows("m_sticky", stubborn.sticky, words),
            self._add("m_gates", "mc_gate", gates),
            str(len(gates)),
            str(len(stubborn.around)),
            self._add("m_seen", "uint64_t", list(map(write_word, stubborn.seen))),
            self._add("m_watched", "mc_watched", watched),
        ]
        line = f"static const mc_stubborn m_stubborn = {{{', '.join(shown)}}};"
        self._unit.add(Part.MODEL, "m_stubborn", line)
        return "&m_stubborn"

    def _add_tests(self, tests: Tests) -> str:
        """A table of tests, and how many they are."""
        lines = []
        for test in tests:
            flags = ", ".join(map(write_bool, (test.is_bit, test.own, test.wanted)))
            bounds = f"{write_value(test.lo)}, {write_value(test.hi)}"
            lines.append(f"{{{test.slot}, {flags}, {bounds}}}")
        return f"{self._unit.add_table('m_tests', 'mc_test', lines)}, {len(lines)}"

    def _add_stances(self, lookups: Sequence[Lookup]) -> str:
        """Where one thread stands, by its program counter."""
        lines = []
        for one in lookups:
            digits = [
                f"{{{slot}, {size}}}" for slot, size in zip(one.slots, one.sizes, strict=True)
            ]
            numbers = [str(n) if n >= 0 else "UINT32_MAX" for n in one.numbers]
            lines.append(
                f"{{{self._unit.add_table('m_digits', 'mc_digit', digits)}, {len(digits)}, "
                f"{self._unit.add_table('m_numbers', 'uint32_t', numbers)}}}"
            )
        return self._unit.add_table("m_standing", "mc_stance", lines)

    def _add_users(
        self, name: str, steps: Sequence[int], origins: Sequence[int], words: int
    ) -> str:
        """By location, some steps and where a thread stands that can come to one of them."""
        pairs = zip(steps, origins, strict=True)
        return self._add(name, "mc_users", [self._write_users(*pair, words) for pair in pairs])

    def _write_users(self, steps: int, origins: int, words: int) -> str:
        return f"{{{self._add_row(steps, words)}, {self._add_row(origins, words)}}}"

    def _add_row(self, row: int, words: int) -> str:
        """One set of locations."""
        return self._unit.add_table("m_row", "uint64_t", _write_row(row, words))

    def _add_rows(self, name: str, rows: Sequence[int], words: int) -> str:
        """Sets of locations, each a line of words."""
        return self._add(name, "uint64_t", [", ".join(_write_row(row, words)) for row in rows])

    # -----------------------------------------------------------------------------------------
    # Pointers, for `leak`

    def _list_pointers(self) -> tuple[list[str], list[str]]:
        """The elements of pools with the pointers in them, and the pointers outside."""
        memory = self._memory
        pools = [o.name for o in self._program.objects if o.kind == "pool"]
        keys = [(name, i) for name in pools for i in range(memory.element_count(name))]
        numbers = {key: number for number, key in enumerate(keys)}
        inside: dict[tuple[str, int], list[str]] = {key: [] for key in keys}
        roots = []
        for slot in memory.slots if pools else ():
            shown = self._write_pointer(slot, numbers)
            if shown and slot.object in pools:
                inside[slot.object, slot.element].append(shown)
            elif shown:
                roots.append(shown)
        elements = []
        for (name, i), pointers in inside.items():
            table = self._unit.add_table("m_inside", "mc_pointer", pointers)
            elements.append(f"{{{memory.status_slot(name, i)}, {table}, {len(pointers)}}}")
        return elements, roots

    def _write_pointer(self, slot: Slot, numbers: Mapping[tuple[str, int], int]) -> str:
        """A slot that may lead to elements of pools; empty if it does not."""
        if slot.ghost or slot.role == "queue-length":
            return ""
        match slot.type:
            case PtrType(struct) | SetType(PtrType(struct)):
                places = self._memory.places(struct)
            case _:
                return ""
        around = [str(numbers.get((place.object, place.element), -1)) for place in places]
        table = self._unit.add_table("m_around", "int32_t", around)
        is_set = write_bool(isinstance(slot.type, SetType))
        return f"{{{slot.number}, {len(places)}, {table}, {is_set}}}"


def _moves_others(program: Program) -> bool:
    """Whether a step may move the program counter of another thread than its own.

    Were this wrong, a path would not be found, and the run would end with an error.
    """
    return any(
        isinstance(instr, Spawn | Crash)
        for template in program.templates
        for block in template.body.blocks
        for instr in block.instrs
    )


def _write_row(row: int, words: int) -> list[str]:
    """A set as words, the lowest first."""
    mask = (1 << WORD_BITS) - 1
    return [write_word(row >> WORD_BITS * i & mask) for i in range(words)]
