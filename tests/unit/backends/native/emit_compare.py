"""Does generated C say of a program what the python backend says?  Every state, thread, choice."""

from __future__ import annotations

import subprocess
from array import array
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from modelcheck.backends.native.emit import Emitted, emit_model
from modelcheck.backends.native.numbers import Site
from modelcheck.backends.python.failures import make_fail
from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Order, Outcome, list_outcomes
from modelcheck.backends.subjects import Subject
from modelcheck.explore.leak import LeakCheck
from modelcheck.ir.layout import Layout, pack_slots
from modelcheck.ir.nodes import Const, Kind, ObjectRoot, Place, PointerRoot, Program
from modelcheck.ir.races import find_candidates
from modelcheck.ir.types import PtrType

RUNTIME = Path(__file__).parents[4] / "modelcheck/backends/native/runtime"
HERE = Path(__file__).parent
WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Werror")
BLOCKED, IDLE, DONE, FAILED = range(4)
KINDS = ("invariant", "final", "reachable")


@dataclass
class Case:
    """A program, both ways."""

    name: str
    model: Model
    layout: Layout
    emitted: Emitted
    states: list

    @classmethod
    def make(cls, name: str, program: Program, most_states: int, symbol: str) -> Case:
        model = Model(program)
        layout = pack_slots(model.memory)
        emitted = emit_model(program, model.memory, layout, symbol)
        return cls(name, model, layout, emitted, find_states(model, most_states))


@dataclass
class Tally:
    """What was compared."""

    programs: int = 0
    states: int = 0
    steps: int = 0
    outcomes: int = 0
    failures: int = 0
    orders: int = 0
    watched: int = 0
    accesses: int = 0
    judged: int = 0
    unanswered: int = 0
    closed: int = 0
    leaks: int = 0


def find_states(model: Model, most: int) -> list:
    """The reachable states, breadth-first, up to a number."""
    found = {}
    for outcome in model.start():
        if not isinstance(outcome.result, Failure):
            found.setdefault(outcome.result)
    waiting = list(found)
    for state in waiting:
        for thread in range(len(model.memory.threads)):
            for outcome in model.outcomes(state, thread):
                if not isinstance(outcome.result, Failure) and outcome.result not in found:
                    if len(found) >= most:
                        return list(found)
                    found[outcome.result] = None
                    waiting.append(outcome.result)
    return list(found)


def build(folder: Path, cases: list[Case], flags: tuple[str, ...]) -> Path:
    """The driver with all models."""
    names = []
    for i, case in enumerate(cases):
        path = folder / f"model_{i}.c"
        path.write_text(case.emitted.text, encoding="utf-8")
        names.append(str(path))
    table = folder / "models.c"
    symbols = [f"m_model_{i}" for i in range(len(cases))]
    table.write_text(
        '#include "model.h"\n'
        + "".join(f"extern const mc_model {s};\n" for s in symbols)
        + "extern const mc_model *const models[];\nextern const size_t model_count;\n"
        + f"const mc_model *const models[] = {{{', '.join('&' + s for s in symbols)}}};\n"
        + f"const size_t model_count = {len(cases)};\n",
        encoding="utf-8",
    )
    program = folder / "driver"
    fixed = [str(RUNTIME / name) for name in ("way.c", "objects.c")]
    command = ["cc", *WARNINGS, *flags, f"-I{RUNTIME}", "-o", str(program)]
    command += [*names, str(table), str(HERE / "emit_driver.c"), *fixed]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    return program


class Reader:
    """The driver's numbers, one after the other."""

    def __init__(self, numbers: array) -> None:
        self._numbers = numbers
        self._at = 0

    def take(self) -> int:
        self._at += 1
        return self._numbers[self._at - 1]

    def several(self, count: int) -> tuple[int, ...]:
        self._at += count
        return tuple(self._numbers[self._at - count : self._at])

    def list(self, size: int) -> list[tuple[int, ...]]:
        found = []
        while self.take():
            found.append(self.several(size))
        return found

    @property
    def is_done(self) -> bool:
        return self._at == len(self._numbers)


@dataclass
class Way:
    result: int
    choices: tuple[int, ...]
    orders: tuple
    accesses: frozenset
    site: int
    subject: int
    words: tuple[int, ...]


def read_ways(reader: Reader, words: int) -> list[Way]:
    found = []
    while reader.take():
        result = reader.take()
        choices = reader.several(reader.take())
        orders = tuple(reader.several(3) for _ in range(reader.take()))
        accesses = frozenset(reader.several(2) for _ in range(reader.take()))
        site, subject = reader.several(2)
        packed = tuple(word & (1 << 64) - 1 for word in reader.several(words))
        found.append(Way(result, choices, orders, accesses, site, subject, packed))
    return found


def compare(folder: Path, cases: list[Case], flags: tuple[str, ...] = ("-O1",)) -> Tally:
    """Compare all cases; an AssertionError names the first difference."""
    program = build(folder, cases, flags)
    given = array("Q")
    for case in cases:
        given.append(len(case.states))
        given.extend(chain.from_iterable(map(case.layout.pack, case.states)))
    done = subprocess.run([program], input=given.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, f"{[c.name for c in cases]}: {done.stderr.decode()}"
    numbers = array("q")
    numbers.frombytes(done.stdout)
    reader = Reader(numbers)
    tally = Tally()
    for case in cases:
        Comparison(case, reader, tally).run()
    assert reader.is_done
    return tally


class Comparison:
    """One program's numbers against the python backend."""

    def __init__(self, case: Case, reader: Reader, tally: Tally) -> None:
        self.case = case
        self.reader = reader
        self.tally = tally
        self.model = case.model
        self.memory = case.model.memory
        self.packed: dict = {}

    def run(self) -> None:
        case, reader = self.case, self.reader
        self.tally.programs += 1
        ways = read_ways(reader, case.layout.words)
        assert self.outcomes_of(ways) == self.pack(self.model.start()), f"{case.name}: start"
        pairs = find_candidates(self.memory)
        expected = {(a, b, i, j) for (a, b), found in pairs.items() for i, j in found}
        assert set(reader.list(4)) == expected, f"{case.name}: possible races"
        watched = {(self.memory.threads[a].template, i) for a, _, i, _ in expected}
        watched |= {(self.memory.threads[b].template, j) for _, b, _, j in expected}
        leaks = LeakCheck(self.memory)
        elements = [
            self.memory.element_name(o, i)
            for o in self.model.program.objects
            if o.kind == "pool"
            for i in range(self.memory.element_count(o.name))
        ]
        for state in case.states:
            self.tally.states += 1
            for thread in self.memory.threads:
                if state[thread.pc] != self.memory.ended(thread.template):
                    self.compare_step(state, thread, watched)
            self.compare_judges(state)
            found = [elements[i] for (i,) in reader.list(1)]
            assert found == [f.object for f in leaks.find(state)], f"{case.name}: leaks of {state}"
            self.tally.leaks += len(found)

    def compare_step(self, state, thread, watched) -> None:
        reader, where = self.reader, f"{self.case.name}: {thread.name} in {state}"
        words = self.case.layout.words
        step = self.model._steps[thread.number][state[thread.pc]]
        expected = step(state)
        ways = read_ways(reader, words)
        self.compare_ways(where, ways, expected)
        is_watched = bool(reader.take())
        assert is_watched == ((thread.template, state[thread.pc]) in watched), where
        if is_watched:
            noting = read_ways(reader, words)
            self.compare_ways(f"{where}, watched", noting, expected)
            self.compare_accesses(where, state, thread.number, noting)
        has_choices, is_atomic, is_open = reader.several(3)
        if not has_choices:
            assert len(ways) == 1, where
            assert not ways[0].orders, where
        if isinstance(expected, list):
            assert has_choices, where
        block = self.model.block(state, thread.number)
        assert block is not None
        assert bool(is_atomic) == block.atomic, where
        gated = self.model.tables[thread.number][state[thread.pc]](state)
        assert gated == (expected if is_open else BLOCKED), f"{where}: gate"
        self.tally.closed += not is_open
        self.tally.steps += 1

    def compare_ways(self, where, ways, expected) -> None:
        if isinstance(expected, int):
            assert min(way.result for way in ways) == expected, where
            assert all(way.result in (BLOCKED, IDLE) for way in ways), where
            return
        outcomes = list_outcomes(expected)
        found = self.outcomes_of(ways)
        assert found == self.pack(outcomes), where
        self.tally.outcomes += len(outcomes)
        self.tally.failures += sum(isinstance(o.result, Failure) for o in outcomes)
        self.tally.orders += sum(len(o.orders) for o in outcomes)

    def compare_accesses(self, where, state, thread, ways) -> None:
        expected = [
            frozenset(
                (touch.key, touch.is_write + 2 * (touch.kind is Kind.PLAIN))
                for touch in way.touched
                if touch.kind.is_access
            )
            for way in self.model.watch(state, thread)
            if way.result is not None
        ]
        found = [way.accesses for way in ways if way.result in (DONE, FAILED)]
        assert found == expected, where
        self.tally.watched += len(found)
        self.tally.accesses += sum(map(len, found))

    def compare_judges(self, state) -> None:
        for property_ in self.model.program.properties:
            if property_.body is None:
                continue
            where = f"{self.case.name}: {property_.name} of {state}"
            answer, can_fail, kind = self.reader.several(3)
            expected = self.model.judges[property_.name](state)
            assert answer == (2 if isinstance(expected, Failure) else int(expected)), where
            assert bool(can_fail) == (property_.name in self.model.fallible), where
            assert KINDS[kind] == property_.kind, where
            self.tally.judged += 1
            self.tally.unanswered += answer == 2

    def outcomes_of(self, ways: list[Way]) -> list:
        emitted = self.case.emitted
        found = []
        for way in ways:
            if way.result not in (DONE, FAILED):
                continue
            orders = tuple(
                Order(emitted.order_properties[p], emitted.labels[a], emitted.labels[b])
                for p, a, b in way.orders
            )
            done = way.result == DONE
            result = way.words if done else self.explain(emitted.sites[way.site], way.subject)
            found.append((way.choices, result, orders))
        return found

    def pack(self, outcomes: list[Outcome]) -> list:
        return [
            (
                o.choices,
                o.result if isinstance(o.result, Failure) else self.words(o.result),
                o.orders,
            )
            for o in outcomes
        ]

    def words(self, state):
        if state not in self.packed:
            self.packed[state] = self.case.layout.pack(state)
        return self.packed[state]

    def explain(self, site: Site, number: int) -> Failure:
        """The failure as the python backend tells it."""
        if not site.struct and not site.object:
            assert number == 0
            return Failure(site.property, detail=site.message)
        root = ObjectRoot(site.object)
        if not site.object:
            root = PointerRoot(Const(0, PtrType(site.struct)), site.struct)
        subject = Subject(Place(root), site.struct, site.below)
        return make_fail(self.memory, site.property, site.message, subject)(number)
