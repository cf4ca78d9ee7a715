"""Stored traces: their schema, their replay, and what happens when the spec or the file changes."""

import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest
from specs_for_traces import (
    CHOICES,
    DEADLOCK,
    KERNFS,
    ORDER,
    RACE,
    STUCK,
    USE_AFTER_FREE,
    check,
    line_of,
)

import modelcheck.trace
from modelcheck.diagnostics import InternalError, SpecError
from modelcheck.trace.replay import replay_trace
from modelcheck.trace.stored import read_trace, write_trace
from modelcheck.trace.text import write_text
from modelcheck.trace.trace import hash_sources

SCHEMA = json.loads(
    Path(modelcheck.trace.__file__).with_name("trace.schema.json").read_text(encoding="utf-8")
)
CASES = {
    "released_once": KERNFS,
    "use-after-free": USE_AFTER_FREE,
    "deadlock": DEADLOCK,
    "data-race": RACE,
    "never_five": CHOICES,
    "stuck": STUCK,
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    return {name: check(tmp_path_factory.mktemp("spec"), text) for name, text in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_stored_trace_fits_the_schema_and_reads_back(checked, name):
    trace = checked[name].record(name)
    text = write_trace(trace)
    jsonschema.validate(json.loads(text), SCHEMA)
    assert read_trace(text, "t.json") == trace
    assert write_trace(read_trace(text, "t.json")) == text


@pytest.mark.parametrize("name", CASES)
def test_every_trace_replays_after_it_was_read_from_its_text(checked, name):
    case = checked[name]
    trace = read_trace(write_trace(case.record(name)), "t.json")
    (picture,) = replay_trace(trace, case.model, case.sources, "modelcheck replay t.json")
    text = write_text(picture)
    assert text.startswith("VIOLATED  specs/spec.py")
    assert "(shortest)" in text
    assert name in text
    assert "replay: modelcheck replay t.json" in text


def test_a_whole_report_is_the_recorded_one(checked, golden):
    case = checked["use-after-free"]
    (picture,) = replay_trace(case.record("use-after-free"), case.model, case.sources)
    golden("trace/replayed.txt", write_text(picture))


def test_an_order_has_a_witness_for_each_edge_of_its_cycle(tmp_path):
    case = check(tmp_path, ORDER)
    trace = case.record("lock-order")
    pictures = replay_trace(trace, case.model, case.sources)
    assert trace.object == "a -> b -> a"
    assert [p.rows[0].does for p in pictures] == ["a.n = 1", "b.n = 1"]
    assert [p.rows[-1].does for p in pictures] == [
        'precedes("lock-order", a, b)',
        'precedes("lock-order", b, a)',
    ]
    swapped = dataclasses.replace(trace, witnesses=trace.witnesses[::-1])
    with pytest.raises(InternalError, match="does not show"):
        replay_trace(swapped, case.model, case.sources)


def test_a_line_above_moves_the_steps_and_the_message_says_where(checked, tmp_path):
    trace = checked["released_once"].record("released_once")
    moved = check(tmp_path, KERNFS.replace("@struct\n", "# a comment\n@struct\n"))
    with pytest.raises(SpecError) as caught:
        replay_trace(trace, moved.model, moved.sources)
    error = caught.value
    assert error.code == "MC402"
    locked = line_of(KERNFS, "mutex_lock(open_file_mutex)")
    released = line_of(KERNFS, "of.released = True")
    first = trace.witnesses[0].steps[0].at.line
    assert str(error.span) == f"specs/spec.py:{first + 1}:1"
    said = [(r.span.line, r.message) for r in error.related]
    assert (locked + 1, f"`mutex_lock(open_file_mutex)` was at line {locked}") in said
    assert (released + 1, f"`of.released = True` was at line {released}") in said


def test_a_changed_line_is_said_with_both_texts(checked, tmp_path):
    trace = checked["released_once"].record("released_once")
    text = KERNFS.replace("of.released = True", "of.released = not False")
    changed = check(tmp_path, text)
    with pytest.raises(SpecError) as caught:
        replay_trace(trace, changed.model, changed.sources)
    line = line_of(KERNFS, "of.released = True")
    (said,) = (r.message for r in caught.value.related)
    assert said == f"`of.released = True` at line {line} is now `of.released = not False`"


def test_a_change_elsewhere_is_refused_too(checked, tmp_path):
    trace = checked["released_once"].record("released_once")
    text = KERNFS.replace("of.calls == 1 ", "of.calls == 2 ")
    changed = check(tmp_path, text)
    with pytest.raises(SpecError, match="has changed") as caught:
        replay_trace(trace, changed.model, changed.sources)
    assert caught.value.related == ()
    assert "the same" in caught.value.note


def test_the_hash_is_of_names_and_texts_not_of_folders():
    assert hash_sources({"a/s.py": "x"}) == hash_sources({"b/c/s.py": "x"})
    assert hash_sources({"a/s.py": "x"}) != hash_sources({"a/s.py": "y"})
    assert hash_sources({"a/s.py": "x"}) != hash_sources({"a/r.py": "x"})


def tamper(trace, **facts):
    (witness,) = trace.witnesses
    return dataclasses.replace(trace, witnesses=(dataclasses.replace(witness, **facts),))


def test_a_path_that_the_program_cannot_take_is_our_fault(checked):
    case = checked["released_once"]
    trace = case.record("released_once")
    steps = trace.witnesses[0].steps
    with pytest.raises(InternalError, match="cannot be replayed"):
        replay_trace(tamper(trace, steps=(steps[-1], *steps)), case.model, case.sources)


def test_a_thread_that_is_not_there_is_our_fault(checked):
    case = checked["released_once"]
    trace = case.record("released_once")
    steps = trace.witnesses[0].steps
    stranger = dataclasses.replace(steps[0], thread="nobody")
    with pytest.raises(InternalError, match="cannot be replayed"):
        replay_trace(tamper(trace, steps=(stranger, *steps[1:])), case.model, case.sources)


@pytest.mark.parametrize("name", ["released_once", "deadlock", "use-after-free"])
def test_a_path_that_is_too_short_does_not_show_the_violation(checked, name):
    case = checked[name]
    trace = case.record(name)
    steps = trace.witnesses[0].steps[:-1]
    with pytest.raises(InternalError, match="does not show"):
        replay_trace(tamper(trace, steps=steps), case.model, case.sources)


@pytest.mark.parametrize("name", CASES)
def test_a_trace_of_another_property_does_not_show_it(checked, name):
    case = checked[name]
    trace = case.record(name)
    for other in ("double-free", "leak", "released_once", "stuck", "deadlock"):
        if other != name:
            with pytest.raises(InternalError, match="does not show"):
                replay_trace(dataclasses.replace(trace, property=other), case.model, case.sources)


def test_a_trace_of_another_object_does_not_show_it(checked):
    case = checked["use-after-free"]
    trace = dataclasses.replace(case.record("use-after-free"), object="seq")
    with pytest.raises(InternalError, match="does not show"):
        replay_trace(trace, case.model, case.sources)


def broken_files():
    yield "", "not JSON"
    yield "[]", "no JSON object"
    yield "{}", "`schema` is missing"
    yield "[" * 100_000, "not JSON"
    yield '{"schema": "modelcheck-trace-99"}', "modelcheck-trace-1"
    yield '{"schema": "modelcheck-trace-1"}', "is missing"


@pytest.mark.parametrize(("text", "reason"), list(broken_files()))
def test_what_is_no_trace_is_refused_with_its_reason(text, reason):
    with pytest.raises(SpecError, match=reason) as caught:
        read_trace(text, "t.json")
    assert caught.value.code == "MC401"
    assert caught.value.span.path == "t.json"


def list_damages(value, path=()):
    """Every way to put a value of another kind into a JSON tree, or to take a field out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield path, key, "gone"
            yield from list_damages(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield from list_damages(value[0], (*path, 0))
    if path:
        yield path[:-1], path[-1], "other"


def test_each_damaged_field_is_refused_by_reader_and_schema_alike(checked):
    text = write_trace(checked["data-race"].record("data-race"))
    damages = list(list_damages(json.loads(text)))
    assert len(damages) > 40
    for path, key, how in damages:
        if path[:1] == ("settings",):
            continue
        value = json.loads(text)
        inner = value
        for part in path:
            inner = inner[part]
        if how == "gone":
            del inner[key]
        else:
            inner[key] = 1.5
        with pytest.raises(SpecError):
            read_trace(json.dumps(value), "t.json")
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(value, SCHEMA)
