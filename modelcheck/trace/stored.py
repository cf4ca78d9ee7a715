"""Trace → JSON → trace: the file that `check -o` writes and `replay` reads (trace.schema.json).

One object with a version.  Reading takes nothing for granted: whatever is missing or of another
kind is named, and nothing of the file is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar  # Any: JSON values

from modelcheck.diagnostics import Span, SpecError
from modelcheck.explore.result import Counts
from modelcheck.trace.events import SourceLine
from modelcheck.trace.needs import Need
from modelcheck.trace.trace import DroppedStep, Trace, TraceStep, Witness

SCHEMA = "modelcheck-trace-1"
ENDINGS = ("step", "state", "race", "edge")
PROOFS = ("steps", "switches", "no")

Json = dict[str, Any]
T = TypeVar("T")


def write_trace(trace: Trace) -> str:
    """The text of a trace file."""
    value: Json = {
        "schema": SCHEMA,
        "spec": trace.spec,
        "path": trace.path,
        "spec_hash": trace.spec_hash,
        "variant": trace.variant,
        "settings": dict(trace.settings),
        "property": trace.property,
        "object": trace.object,
        "detail": trace.detail,
        "depth": trace.depth,
        "minimal": trace.minimal,
        **({"unproven": trace.unproven} if trace.unproven else {}),
        "scope": list(trace.scope),
        "counts": {
            "states": trace.counts.states,
            "transitions": trace.counts.transitions,
            "depth": trace.counts.depth,
        },
        "witnesses": [_witness_to_json(w) for w in trace.witnesses],
        **({} if trace.needs is None else {"needs": list(map(_need_to_json, trace.needs))}),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _need_to_json(need: Need) -> Json:
    return {"step": need.first, "before": need.second, "text": need.text}


def _witness_to_json(witness: Witness) -> Json:
    return {
        "initial": list(witness.initial),
        "last": witness.last,
        "steps": [_step_to_json(s) for s in witness.steps],
        "race": [_step_to_json(s) for s in witness.race],
        **({"unrelated": witness.unrelated} if witness.unrelated else {}),
        **({"dropped": list(map(_dropped_to_json, witness.dropped))} if witness.dropped else {}),
    }


def _dropped_to_json(step: DroppedStep) -> Json:
    return {
        "after": step.after,
        "thread": step.thread,
        "step": step.step,
        "choices": list(step.choices),
    }


def _step_to_json(step: TraceStep) -> Json:
    return {
        "thread": step.thread,
        "step": step.step,
        "choices": list(step.choices),
        "path": step.at.path,
        "line": step.at.line,
        "text": step.at.text,
        "inside": step.inside,
        "changes": list(step.changes),
    }


def read_trace(text: str, path: str) -> Trace:
    """The trace in a file's text; `path` names the file in messages.

    Raises SpecError MC401 for anything that is no trace of this version.
    """
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        _refuse(path, "it is not JSON", line, getattr(error, "colno", 1))
    top = _Reader(path, "", value)
    schema = top.text("schema")
    if schema != SCHEMA:
        _refuse(path, f"its `schema` is `{schema}`, and this version reads `{SCHEMA}`")
    counts = top.inner("counts")
    return Trace(
        top.text("spec"),
        top.text("path"),
        top.text("spec_hash"),
        top.optional_text("variant"),
        tuple(top.inner("settings").pairs()),
        top.text("property"),
        top.text("object"),
        top.text("detail"),
        top.number("depth"),
        top.one_of("minimal", PROOFS),
        top.text("unproven", ""),
        top.texts("scope"),
        Counts(
            counts.number("states"), counts.number("transitions"), counts.optional_number("depth")
        ),
        tuple(top.each("witnesses", _read_witness)),
        tuple(top.each("needs", _read_need)) if top.has("needs") else None,
    )


def _read_need(value: _Reader) -> Need:
    return Need(value.number("step"), value.number("before"), value.text("text"))


def _read_witness(value: _Reader) -> Witness:
    return Witness(
        value.numbers("initial"),
        value.one_of("last", ENDINGS),
        tuple(value.each("steps", _read_step)),
        tuple(value.each("race", _read_step)),
        value.number("unrelated", 0),
        tuple(value.each("dropped", _read_dropped)) if value.has("dropped") else (),
    )


def _read_dropped(value: _Reader) -> DroppedStep:
    return DroppedStep(
        value.number("after"), value.text("thread"), value.text("step"), value.numbers("choices")
    )


def _read_step(value: _Reader) -> TraceStep:
    return TraceStep(
        value.text("thread"),
        value.text("step"),
        value.numbers("choices"),
        SourceLine(value.text("path"), value.number("line"), value.text("text")),
        value.text("inside"),
        value.texts("changes"),
    )


def _refuse(path: str, reason: str, line: int = 1, col: int = 1) -> NoReturn:
    raise SpecError(
        "MC401",
        f"this is no trace file: {reason}",
        Span(path, line, col),
        help="`modelcheck check SPEC -o DIR` writes one",
    )


class _Reader:
    """One JSON object, asked for its fields; what is missing or of another kind is refused."""

    # JSON values have no static type before they are read.
    def __init__(self, path: str, name: str, value: Any) -> None:
        self._path, self._name = path, name
        if not isinstance(value, dict):
            _refuse(path, f"`{name}` is no object" if name else "it is no JSON object")
        self._value: Json = value

    def has(self, key: str) -> bool:
        """Whether there is such a field."""
        return key in self._value

    def text(self, key: str, default: str | None = None) -> str:
        """A text; with a default the key may be missing."""
        value = self._get(key) if default is None else self._value.get(key, default)
        return value if isinstance(value, str) else self._fail(key, "a text")

    def optional_text(self, key: str) -> str | None:
        """A text or null."""
        return None if self._get(key) is None else self.text(key)

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number from 0 on; with a default the key may be missing."""
        value = self._get(key) if default is None else self._value.get(key, default)
        return int(value) if _is_number(value) else self._fail(key, "a number")

    def optional_number(self, key: str) -> int | None:
        """A number or null."""
        return None if self._get(key) is None else self.number(key)

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        """One of some words."""
        value = self.text(key)
        return value if value in known else self._fail(key, f"one of {', '.join(known)}")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._get(key)
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self._fail(key, "a list of texts")
        return tuple(value)

    def numbers(self, key: str) -> tuple[int, ...]:
        """A list of numbers."""
        value = self._get(key)
        if not isinstance(value, list) or not all(map(_is_number, value)):
            self._fail(key, "a list of numbers")
        return tuple(value)

    def inner(self, key: str) -> _Reader:
        """An object."""
        return _Reader(self._path, self._join(key), self._get(key))

    def pairs(self) -> list[tuple[str, str]]:
        """All fields of an object of texts."""
        return [(key, self.text(key)) for key in self._value]

    def each(self, key: str, read: Callable[[_Reader], T]) -> list[T]:
        """A list of objects."""
        value = self._get(key)
        if not isinstance(value, list):
            self._fail(key, "a list")
        name = self._join(key)
        return [read(_Reader(self._path, f"{name}[{i}]", v)) for i, v in enumerate(value)]

    def _get(self, key: str) -> Any:
        if key not in self._value:
            _refuse(self._path, f"`{self._join(key)}` is missing")
        return self._value[key]

    def _join(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _fail(self, key: str, wanted: str) -> NoReturn:
        _refuse(self._path, f"`{self._join(key)}` is not {wanted}")


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
