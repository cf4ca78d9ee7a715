"""A property as one function of what it looks at: every way through its body, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modelcheck.ir.nodes import Assign, Body, Branch, Check, Jump, Load, Read, Return
from modelcheck.ir.types import BoolType
from modelcheck.reduce.decisions import FAILED, Decisions
from modelcheck.reduce.normal import Form, Normal

MOST_NODES = 20_000  # of a diagram, and of blocks followed
_Known = tuple[tuple[str, Form], ...]


class TooLarge(Exception):  # noqa: N818  an answer, not an error
    """The property has more ways than are followed, or does what none should."""


class Follower:
    """Follows one body; `write` makes the writer of forms for locals with known values."""

    def __init__(
        self, body: Body, decisions: Decisions, write: Callable[[Mapping[str, Form]], Normal]
    ) -> None:
        self._blocks = {block.label: block for block in body.blocks}
        self._types = {local.name: local.type for local in body.locals}
        self._decisions = decisions
        self._write = write
        self._made: dict[tuple[str, _Known], int] = {}
        self._under_way: set[str] = set()

    def follow(self, label: str, known: Mapping[str, Form]) -> int:
        """What the body returns from a block on, as a decision diagram.

        Soundness: a check that fails is an end of its own, so a property that cannot be evaluated
        in one state and fails in its mirror image is not symmetric.
        """
        key = (label, tuple(sorted(known.items(), key=repr)))
        if key in self._made:
            return self._made[key]
        if label in self._under_way or len(self._made) + self._decisions.size > MOST_NODES:
            raise TooLarge
        self._under_way.add(label)
        result = self._made[key] = self._run(label, dict(known))
        self._under_way.discard(label)
        return result

    def _run(self, label: str, known: dict[str, Form]) -> int:
        choose = self._decisions.choose
        block = self._blocks[label]
        checks: list[int] = []
        for instr in block.instrs:
            writer = self._write(known)
            match instr:
                case Assign(local, value):
                    known[local] = self._evaluate(writer, local, value)
                case Load(local, place, kind):
                    known[local] = self._evaluate(writer, local, Read(place, kind))
                case Check(condition):
                    checks.append(writer.condition(condition))
                case _:
                    raise TooLarge
        writer = self._write(known)
        match block.end:
            case Return(value):
                result = writer.condition(value)
            case Jump(target):
                result = self.follow(target, known)
            case Branch(condition, then, other):
                test = writer.condition(condition)
                result = choose(test, self.follow(then, known), self.follow(other, known))
            case _:
                raise TooLarge
        for check in reversed(checks):
            result = choose(check, result, FAILED)
        return result

    def _evaluate(self, writer: Normal, local: str, value: object) -> Form:
        if isinstance(self._types[local], BoolType):
            return "bool", writer.condition(value)  # type: ignore[arg-type]
        return writer.of_assigned(local, value)  # type: ignore[arg-type]
