"""Trace → the Informal Trace Format of Apalache, for the tools of TLA+ and Quint.

ADR-015 of Apalache (https://apalache-mc.org/docs/adr/015adr-trace.html): one JSON object with
`#meta`, `params`, `vars` and `states`.  A variable is an object of the spec; two more, with names
that no spec can give, say which step led to a state and where the threads stand.  Traces are
finite executions, so there is no `loop`.

| here | there |
|---|---|
| numbers | `{"#bigint": "3"}`; what is uninitialised is the string "uninitialised" |
| `Bool` | true, false |
| enums, `Ptr`, `ThreadId`, `Fn` | the name as a string, "None" for none |
| `Set` | `{"#set": [...]}` |
| `Queue` | a list, the front first |
| arrays, objects with several elements, pools, `per_thread` | `{"#map": [[index, value], ...]}`: of
  pools and objects that can be freed what is alive, by thread for `per_thread` |
| structs | records |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, assert_never  # Any: JSON values

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.ir.memory import ALIVE, UNINITIALISED, Memory
from modelcheck.ir.nodes import Object
from modelcheck.ir.types import (
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    FnType,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    ValueType,
    WordType,
)
from modelcheck.trace.derive import Run
from modelcheck.trace.events import StepEvent, describe_place
from modelcheck.trace.names import Names
from modelcheck.trace.replay import replay_runs
from modelcheck.trace.states import describe_failure
from modelcheck.trace.tour import Standing, StationTeller
from modelcheck.trace.trace import Trace

FORMAT = "https://apalache-mc.org/docs/adr/015adr-trace.html"
STEP, THREADS = "mc::step", "mc::threads"

Json = Any


def write_itf(trace: Trace, model: Model, sources: Mapping[str, str], part: int = 1) -> str:
    """A trace as ITF, a state on each line; `part` counts the orders of a lock cycle.

    A step that fails leads to no state: the last one is the state before it again, with that step.
    Raises as `replay_trace` does.
    """
    run = replay_runs(trace, model, sources)[part - 1]
    values = Values(model.memory)
    settings = {name: _read_setting(text) for name, text in trace.settings}
    names = [obj.name for obj in values.told]
    states = list(_list_states(run, model, sources, values))
    if states:
        states[0] |= settings
    top: dict[str, Json] = {
        "#meta": _make_meta(trace, run, part),
        "params": list(settings),
        "vars": [STEP, THREADS, *names],
    }
    head = json.dumps(top, indent=2, ensure_ascii=False).removesuffix("\n}")
    body = ",\n".join(f"    {json.dumps(state, ensure_ascii=False)}" for state in states)
    return f'{head},\n  "states": [\n{body}\n  ]\n}}\n'


def _make_meta(trace: Trace, run: Run, part: int) -> dict[str, Json]:
    failure = run.story.failure
    racing = [_tell_step(event, run.story.threads[event.thread]) for event in run.story.racing]
    return {
        "format": "ITF",
        "format-description": FORMAT,
        "description": "a trace of modelcheck",
        "source": trace.path,
        "spec": trace.spec,
        "variant": trace.variant,
        "property": trace.property,
        "object": trace.object,
        "detail": trace.detail or failure.detail,
        "ends-with": failure.ending,
        "minimal": trace.minimal,
        "part": part,
        "parts": len(trace.witnesses),
        **({"either-next": racing} if racing else {}),
    }


def _list_states(
    run: Run, model: Model, sources: Mapping[str, str], values: Values
) -> Iterator[dict[str, Json]]:
    """A state for each station of the path, the failing step's too."""
    teller = StationTeller(model, sources)
    story = run.story
    for number, visit in enumerate(run.visits):
        if not visit.state:  # the start fails: there is no state
            continue
        event = story.steps[number - 1] if number else None
        so_far = replace(story, steps=story.steps[:number])
        thread = story.threads[event.thread] if event is not None else ""
        meta: dict[str, Json] = {"index": number}
        step = "start"
        if event is not None:
            meta |= {"thread": thread, "path": event.at.path, "line": event.at.line}
            step = _tell_step(event, thread)
        if isinstance(visit.outcome.result, Failure):
            meta["fails"] = visit.outcome.result.property
            step += f" FAILS {describe_failure(visit.outcome.result)}"
        standings = teller.list_standings(so_far, visit.state)
        yield {
            "#meta": meta,
            STEP: step,
            THREADS: {
                "#map": [
                    [name, _tell_standing(standing)]
                    for name, standing in zip(story.threads, standings, strict=True)
                ]
            },
            **{obj.name: values.read(obj, visit.state) for obj in values.told},
        }


def _tell_step(event: StepEvent, thread: str) -> str:
    """`put[0], line 20: free(buffer)`, with the place inside a routine behind it."""
    inside = describe_place(event)
    where = f" ({inside})" if inside else ""
    return f"{thread}, line {event.at.line}: {event.at.text}{where}"


def _tell_standing(standing: Standing) -> dict[str, Json]:
    at = standing.at
    return {
        "condition": standing.condition,
        "line": {"#bigint": str(at.line if at is not None else 0)},
        "text": at.text if at is not None else "",
    }


def _read_setting(text: str) -> Json:
    """A setting as a trace keeps it: `3`, `True`, `MERGED`."""
    if text in ("True", "False"):
        return text == "True"
    try:
        return {"#bigint": str(int(text))}
    except ValueError:
        return text


class Values:
    """The objects of a program and their values in a state; `told` are those that hold anything
    but the library's own bookkeeping.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._names = Names(memory)
        self._slots = {
            (slot.object, slot.element, slot.path): slot
            for slot in memory.slots
            if slot.object and slot.role in ("field", "queue-length")
        }
        self._parts = {
            (slot.object, slot.path[:length])
            for slot in self._slots.values()
            if not self._names.is_bookkeeping(slot)
            for length in range(len(slot.path) + 1)
        }
        self.told = tuple(o for o in memory.program.objects if (o.name, ()) in self._parts)

    def read(self, obj: Object, state: State) -> Json:
        """What an object holds in a state."""
        memory = self._memory
        elements = range(memory.element_count(obj.name))
        living = {
            element: self._read(obj, element, obj.type, (), state)
            for element in elements
            if self._is_alive(obj, element, state)
        }
        if obj.kind in ("per_thread", "local"):
            owners = {e: memory.element_thread(obj, e) for e in living}
            named = {e: memory.threads[t].name for e, t in owners.items() if t is not None}
            return {"#map": [[named[element], value] for element, value in living.items()]}
        if obj.kind == "shared" and obj.count is None and not memory.has_status(obj):
            return living[0]
        return {"#map": [[_number(element), value] for element, value in living.items()]}

    def _is_alive(self, obj: Object, element: int, state: State) -> bool:
        status = self._memory.status_slot(obj.name, element)
        if status is not None and state[status] != ALIVE:
            return False
        thread = self._memory.element_thread(obj, element)
        return thread is None or self._names.runs(state, thread)

    def _read(
        self, obj: Object, element: int, type_: ValueType, path: tuple[str | int, ...], state: State
    ) -> Json:
        match type_:
            case Embedded(name):
                fields = self._memory.lookup.struct(name).fields
                return {
                    field.name: self._read(obj, element, field.type, (*path, field.name), state)
                    for field in fields
                    if (obj.name, (*path, field.name)) in self._parts
                }
            case ArrayOf(inner, count):
                return {
                    "#map": [
                        [_number(i), self._read(obj, element, inner, (*path, i), state)]
                        for i in range(count)
                    ]
                }
            case QueueOf(inner, _):
                slot = self._slots[obj.name, element, path].number
                length = state[slot]
                if length == UNINITIALISED:
                    return "uninitialised"
                return [self._show(inner, state[slot + 1 + i]) for i in range(length)]
            case _:
                slot = self._slots[obj.name, element, path].number
                return self._show(type_, state[slot])

    def _show(self, type_: ScalarType, value: int) -> Json:
        if value == UNINITIALISED:
            return "uninitialised"
        match type_:
            case BoolType():
                return bool(value)
            case WordType() | RangeType():
                return _number(value)
            case EnumType() | ThreadIdType() | PtrType() | FnType():
                return self._memory.show(type_, value)
            case SetType(element):
                first = self._memory.first_in_set(element)
                bits = (i for i in range(value.bit_length()) if value >> i & 1)
                return {"#set": [self._show(element, first + i) for i in bits]}
            case _:
                assert_never(type_)


def _number(value: int) -> dict[str, str]:
    """Any integer: JSON's own are only safe up to 2^53 (ADR-015)."""
    return {"#bigint": str(value)}
