"""Operations on queues as statements: a length, then the elements, zeros behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from modelcheck.export.promela.expressions import Env
from modelcheck.export.promela.steps import StepWriter
from modelcheck.export.promela.words import Value, say_sum
from modelcheck.ir.nodes import QueueOp


def write_queue_op(writer: StepWriter, op: QueueOp, env: Env) -> None:
    """One operation on a queue."""
    if op.verb == "read":
        return
    speaker, lines = writer.speaker, writer.lines
    base = speaker.queue_at(op.place, env)
    dialect = speaker.dialect
    if isinstance(base, str):
        writer.assign(writer.scratch("v_base"), base)
        base = "v_base"

    def at(offset: Value) -> str:
        return speaker.slot(say_sum(dialect, [base, offset]))

    length = at(0)
    if op.value is not None:
        writer.assign(writer.scratch("v_item"), speaker.say(op.value, env))
    local = "" if op.local is None else str(env.locals[op.local])
    match op.verb:
        case "append":
            writer.assign(length, f"{length} + 1")
            writer.assign(at(length), "v_item")
        case "appendleft":
            writer.assign(writer.scratch("v_i"), length)
            with lines.loop(dialect.condition("(v_i > 0)")):
                writer.assign(at("v_i + 1"), at("v_i"))
                writer.assign("v_i", "v_i - 1")
            writer.assign(at(1), "v_item")
            writer.assign(length, f"{length} + 1")
        case "pop":
            writer.assign(local, at(length))
            writer.assign(at(length), 0)
            writer.assign(length, f"{length} - 1")
        case "popleft":
            writer.assign(local, at(1))
            writer.assign(writer.scratch("v_i"), 1)
            _write_shift(writer, at, length)
        case "remove":
            writer.assign(writer.scratch("v_i"), 1)
            test = f"(v_i <= {length} && {at('v_i')} != v_item)"
            with lines.loop(dialect.condition(test)):
                writer.assign("v_i", "v_i + 1")
            with lines.cases():
                lines.case(dialect.condition(f"(v_i <= {length})"))
                _write_shift(writer, at, length)
        case "clear":
            # Also where the length is not initialised, so everything is put to 0.
            for i in range(speaker.capacity(op.place) + 1):
                writer.assign(at(i), 0)
        case _:
            assert_never(op.verb)


def _write_shift(writer: StepWriter, at: Callable[[Value], str], length: str) -> None:
    """Close the gap at element i, counted from 1."""
    dialect = writer.speaker.dialect
    with writer.lines.loop(dialect.condition(f"(v_i < {length})")):
        writer.assign(at("v_i"), at("v_i + 1"))
        writer.assign("v_i", "v_i + 1")
    writer.assign(at(length), 0)
    writer.assign(length, f"{length} - 1")
