"""A compiled program whose functions note what they run: for coverage, never for verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from modelcheck.backends.python.cover import BodyCover, Cover
from modelcheck.backends.python.emit import BodyEmitter, Text
from modelcheck.backends.python.model import Judge, Model
from modelcheck.ir.nodes import Body, Program, Template

T = TypeVar("T")


class CoveringModel(Model):
    """A model that does what any model of the program does, and counts in `cover` what ran."""

    def __init__(self, program: Program) -> None:
        self.cover = Cover()
        super().__init__(program)

    def _make_emitter(
        self, text: Text, owner: str, body: Body, template: Template | None
    ) -> BodyEmitter:
        self._namespace.values["note"] = self.cover.log.append
        cover = BodyCover(self.cover, owner)
        return BodyEmitter(
            self.memory, self._namespace, text, body, template, watches=False, cover=cover
        )

    def _observe(self, way: Callable[..., T]) -> Callable[..., T]:
        return self.cover.counting(way)

    def _observe_judge(self, judge: Judge) -> Judge:
        return self.cover.counting(judge, judges=True)
