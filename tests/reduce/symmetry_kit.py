"""What the tests of symmetry share: programs from text, all states, exchanges, runs."""

from __future__ import annotations

import re
from random import Random

from checking import program_of

from modelcheck.backends.python.model import Model, compile_program
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.explore.leak import LeakCheck
from modelcheck.explore.options import Options
from modelcheck.explore.orbits import Orbits
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.result import Result
from modelcheck.explore.search import explore
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Program
from modelcheck.reduce.permute import Tables, make_tables
from modelcheck.reduce.symmetry import Symmetry, find_symmetry

SYMMETRIC = Options(reduce=frozenset({"symmetry"}))


def find_holding(program: Program) -> Symmetry:
    """The symmetry of a program, with assumptions only where they hold."""
    symmetry = find_symmetry(program)
    failing = {violation.property for violation in explore(program, Options()).violations}
    return (
        symmetry if failing.isdisjoint(symmetry.assumed) else find_symmetry(program, assumes=False)
    )


def symmetry_of(text: str, **settings) -> Symmetry:
    return find_symmetry(program_of(text, **settings))


def moved(text: str, **settings) -> set[str]:
    """The names of the templates and objects that are exchanged."""
    classes = symmetry_of(text, **settings).classes
    return {name for known in classes for name in (*known.templates, *known.objects)}


def verdicts(result: Result) -> dict[str, object]:
    return {p.name: p.verdict for p in result.properties}


def list_states(model: Model, most: int = 20_000) -> list[State] | None:
    """All reachable states; None where there are more."""
    found: dict[State, None] = {}
    waiting: list[State] = []

    def add(reached: State | Failure) -> None:
        if not isinstance(reached, Failure) and reached not in found:
            found[reached] = None
            waiting.append(reached)

    for outcome in model.start():
        add(outcome.result)
    for state in waiting:
        if len(found) > most:
            return None
        for thread in range(len(model.memory.threads)):
            for outcome in model.outcomes(state, thread):
                add(outcome.result)
    return waiting


def shuffle(rng: Random, tables: Tables) -> list[int]:
    """A random exchange."""
    goes_to = list(range(len(tables.points)))
    for first, count in tables.classes:
        part = goes_to[first : first + count]
        rng.shuffle(part)
        goes_to[first : first + count] = part
    return goes_to


class Looker:
    """All that anybody can tell of a state, apart from the names of what is exchanged."""

    def __init__(self, program: Program) -> None:
        self.model = compile_program(program)
        self.tables = make_tables(self.model.memory, find_holding(program))
        self.orbits = Orbits(self.model.memory, self.tables)
        self.canonical = self.orbits.canonical
        self._race = RaceCheck(self.model)
        self._leak = LeakCheck(self.model.memory)

    def describe(self, state: State) -> dict[str, object]:
        model, rename = self.model, self.orbits.represent
        steps, stopped = [], []
        for thread, table in zip(model.memory.threads, model.tables, strict=True):
            for outcome in model.outcomes(state, thread.number):
                reached = outcome.result
                steps.append(
                    (
                        thread.template,
                        (reached.property, rename(reached.object), sorted(reached.declared))
                        if isinstance(reached, Failure)
                        else self.canonical(reached),
                        outcome.orders,
                    )
                )
            step = table[state[thread.number]]
            if step is not None and isinstance(result := step(state), int):
                stopped.append((thread.template, result))
        answers = {name: judge(state) for name, judge in model.judges.items()}
        return {
            "form": self.canonical(state),
            "steps": sorted(steps, key=repr),
            "stopped": sorted(stopped),
            "races": sorted({rename(failure.object) for failure, _, _ in self._race.find(state)}),
            "leaks": sorted(rename(failure.object) for failure in self._leak.find(state)),
            "answers": {n: a if isinstance(a, bool) else "fails" for n, a in answers.items()},
        }


def check_equivariance(
    program: Program, seed: int = 0, samples: int = 60, most: int = 20_000
) -> int:
    """What is exchanged does what the original does; how many states were compared.

    This is what the analysis of the text claims, asked of the running program.
    """
    looker = Looker(program)
    if not looker.tables.points:
        return 0
    rng = Random(seed)
    states = list_states(looker.model, most)
    if states is None:
        return 0
    chosen = rng.sample(states, min(samples, len(states)))
    for state in chosen:
        mirrored = looker.canonical.move(state, shuffle(rng, looker.tables))
        assert looker.describe(mirrored) == looker.describe(state), program.name
    return len(chosen)


def count_orbits_by_text(program: Program, groups: list[list[dict[str, str]]]) -> int:
    """How many orbits the reachable states have, by another way: states are written as text, and
    names are exchanged in the text.  Each group lists all exchanges of one class.
    """
    model = compile_program(program)
    states = list_states(model)
    assert states is not None
    renamings: list[dict[str, str]] = [{}]
    for group in groups:
        renamings = [{**known, **more} for known in renamings for more in group]
    seen: set[frozenset[str]] = set()
    orbits = 0
    for state in states:
        lines = write_state(model.memory, state)
        if lines in seen:
            continue
        orbits += 1
        seen |= {rename_lines(lines, renaming) for renaming in renamings}
    return orbits


def write_state(memory: Memory, state: State) -> frozenset[str]:
    lines = (
        f"{slot.name} = {memory.describe(slot.number, value)}"
        for slot, value in zip(memory.slots, state, strict=True)
    )
    return frozenset(map(sort_sets, lines))


def sort_sets(line: str) -> str:
    """A set is shown in order of its members' numbers."""
    return re.sub(r"\{(.*)\}", lambda f: f"{{{', '.join(sorted(f[1].split(', ')))}}}", line)


def rename_lines(lines: frozenset[str], renaming: dict[str, str]) -> frozenset[str]:
    pattern = re.compile("|".join(map(re.escape, renaming)))
    return frozenset(
        sort_sets(pattern.sub(lambda found: renaming[found[0]], line)) for line in lines
    )


def search(program: Program) -> tuple[Result, Result]:
    """The result without and with symmetry."""
    return explore(program, Options()), explore(program, SYMMETRIC)
