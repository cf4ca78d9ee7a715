"""A reader of AUT files, written from CADP's manual page alone: strict where the page is."""

from __future__ import annotations

import re
from dataclasses import dataclass

HEADER = re.compile(r"des *\( *(\d+) *, *(\d+) *, *(\d+) *\)")
EDGE = re.compile(r'\( *(\d+) *, *"([^"]*)" *, *(\d+) *\)')
LONGEST_LABEL = 5000


@dataclass
class Automaton:
    first: int
    states: int
    edges: list[tuple[int, str, int]]

    def reached(self) -> set[int]:
        found, waiting = {self.first}, [self.first]
        after: dict[int, list[int]] = {}
        for source, _, target in self.edges:
            after.setdefault(source, []).append(target)
        while waiting:
            for target in after.get(waiting.pop(), []):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found


def read_aut(text: str) -> Automaton:
    assert text.isascii()
    assert text.endswith("\n")
    head, *lines = text.removesuffix("\n").split("\n")
    found = HEADER.fullmatch(head)
    assert found, head
    first, count, states = map(int, found.groups())
    edges = []
    for line in lines:
        assert line.isprintable()
        edge = EDGE.fullmatch(line)
        assert edge, line
        assert len(edge[2]) <= LONGEST_LABEL
        edges.append((int(edge[1]), edge[2], int(edge[3])))
    assert len(edges) == count
    assert all(source < states and target < states for source, _, target in edges)
    assert first == 0
    return Automaton(first, states, edges)
