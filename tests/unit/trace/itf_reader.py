"""What ADR-015 of Apalache says of a trace, asked of JSON: the page's grammar, nothing of ours."""

from __future__ import annotations

import json
import re
from keyword import iskeyword

SAFE = 2**53 - 1
BIG = re.compile(r"-?[0-9]+")
FORMS = {"#bigint", "#tup", "#set", "#map", "#unserializable"}


def read_itf(text: str) -> dict:
    value = json.loads(text)
    assert set(value) <= {"#meta", "params", "vars", "states", "loop"}
    assert {"vars", "states"} <= set(value)
    assert isinstance(value.get("#meta", {}), dict)
    params, names = value.get("params", []), value["vars"]
    for listed in (params, names):
        assert all(isinstance(name, str) for name in listed)
        assert len(set(listed)) == len(listed)
    assert not set(params) & set(names)
    for number, state in enumerate(value["states"]):
        held = {name: held for name, held in state.items() if name != "#meta"}
        assert isinstance(state.get("#meta", {}), dict)
        expected = {*names, *params} if number == 0 else set(names)
        assert set(held) == expected
        for expression in held.values():
            check_expression(expression)
    if "loop" in value:
        assert 0 <= value["loop"] < len(value["states"])
    return value


def check_expression(value) -> None:
    match value:
        case bool() | str():
            pass
        case int():
            assert -SAFE <= value <= SAFE
        case list():
            for element in value:
                check_expression(element)
        case dict():
            marked = [name for name in value if name.startswith("#")]
            if not marked:
                # Readers in Python make named tuples of records.
                assert all(name.isidentifier() and not iskeyword(name) for name in value)
                for held in value.values():
                    check_expression(held)
                return
            assert len(value) == 1
            (form,), (held,) = value.keys(), value.values()
            assert form in FORMS
            if form == "#bigint":
                assert BIG.fullmatch(held)
                return
            assert isinstance(held, list)
            for element in held:
                if form == "#map":
                    assert isinstance(element, list)
                    assert len(element) == 2
                check_expression(element)
            if form in ("#map", "#set"):
                keys = [json.dumps(e[0] if form == "#map" else e, sort_keys=True) for e in held]
                assert len(set(keys)) == len(keys)
        case _:
            raise AssertionError(f"{value!r} is no expression")
