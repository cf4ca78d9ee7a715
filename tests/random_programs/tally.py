"""What a set of random programs is like: what they violate, and what they are made of."""

from __future__ import annotations

import statistics as numbers
from collections import Counter
from dataclasses import dataclass, field

from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import Load, Program, Store
from modelcheck.ir.types import PtrType
from random_programs.agree import Comparison


@dataclass
class Tally:
    """Counts over the programs drawn; `compared`, `broken` and `finer` over all candidates."""

    compared: int = 0
    too_large: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    states: list[int] = field(default_factory=list)
    violating: int = 0
    cyclic: int = 0
    sharing: int = 0
    several_starts: int = 0
    finer: int = 0
    untested: int = 0
    violated: Counter[str] = field(default_factory=Counter)

    def note(self, comparison: Comparison) -> None:
        """Count a candidate, whatever its size."""
        if comparison.naive is None:
            self.too_large += 1
        else:
            self.compared += 1
            self.broken.update(list_kinds(comparison))
            self.finer += comparison.finer

    def add(self, source: Program, comparison: Comparison) -> None:
        found, program = comparison.naive, comparison.program
        assert found is not None
        assert program is not None
        self.states.append(found.states)
        self.violating += bool(found.violated)
        self.cyclic += found.has_cycle
        self.sharing += shares_pointers(program)
        self.several_starts += found.initial > 1
        self.untested += bool(found.not_tested)
        self.violated.update(list_kinds(comparison))

    def share(self, count: int) -> float:
        return count / len(self.states)

    @property
    def median(self) -> float:
        return numbers.median(self.states)

    def report(self) -> str:
        if not self.states:
            return "no programs"
        parts = {
            "violate something": self.violating,
            "have cycles": self.cyclic,
            "share pointers": self.sharing,
            "have several initial states": self.several_starts,
            "have something not tested": self.untested,
        }
        lines = [f"{len(self.states)} programs, median {self.median:.0f} states"]
        lines += [f"  {100 * self.share(count):5.1f} % {what}" for what, count in parts.items()]
        lines.append(f"  {100 * self.finer / self.compared:5.1f} % of all run with finer steps too")
        lines += [
            f"  {100 * self.share(self.violated[name]):5.1f} % violate {name}"
            f" ({100 * count / self.compared:.1f} % of all)"
            for name, count in self.broken.most_common()
        ]
        return "\n".join(lines)


def list_kinds(comparison: Comparison) -> set[str]:
    """What a program violates: built-in checks by name, its own properties by kind."""
    assert comparison.naive is not None
    kinds = comparison.kinds | dict.fromkeys(("my_order",), "lock-order")
    return {kinds.get(name, name) for name in comparison.naive.violated}


def shares_pointers(program: Program) -> bool:
    """Whether two threads access one kind of pointer in memory, one of them storing it."""
    lookup = Lookup(program)
    loads, stores = Counter[str](), Counter[str]()
    for template in program.templates:
        here: set[tuple[str, str]] = set()
        for block in template.body.blocks:
            for instr in block.instrs:
                if isinstance(instr, Load | Store) and instr.kind.is_access:
                    of = lookup.place_type(instr.place)
                    if isinstance(of, PtrType):
                        here.add((type(instr).__name__, of.struct))
        for what, struct in here:
            (loads if what == "Load" else stores)[struct] += template.count
    return any(
        stores[s] and loads[s] and (stores[s] > 1 or loads[s] > 1 or len(program.templates) > 1)
        for s in stores
    )
