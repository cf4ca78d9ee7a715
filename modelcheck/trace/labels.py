"""Moves → what a state graph's edges are called: the thread, the line, what stands there."""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import State
from modelcheck.explore.result import Move
from modelcheck.trace.events import SourceLine
from modelcheck.trace.source import Source
from modelcheck.trace.steps import find_block


class Labels:
    """The labels of one program's moves; `sources` are the texts of the spec's files."""

    def __init__(self, model: Model, sources: Mapping[str, str]) -> None:
        self._model, self._source = model, Source(sources)
        self._lines: dict[tuple[str, str], SourceLine] = {}

    def tell(self, state: State, move: Move) -> str:
        """`put[0]: free(buffer) (line 20)`, with what is chosen where there is a choice."""
        thread = self._model.memory.threads[move.thread]
        line = self.locate(state, move)
        choices = f" [{', '.join(map(str, move.choices))}]" if move.choices else ""
        return f"{thread.name}: {line.text}{choices} (line {line.line})"

    def locate(self, state: State, move: Move) -> SourceLine:
        """The user's own line that a move's step is told at."""
        thread = self._model.memory.threads[move.thread]
        key = (thread.template, move.location)
        if key not in self._lines:
            block = find_block(self._model, state, move.thread)
            self._lines[key] = self._source.locate(block).at
        return self._lines[key]
