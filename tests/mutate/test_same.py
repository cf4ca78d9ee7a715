"""Which programs count as one: what threads do and properties ask is never left out."""

from __future__ import annotations

import pytest

from modelcheck import api
from modelcheck.frontend import load_text
from modelcheck.mutate.same import count_plain, tell_meaning
from tests.mutate.texts import COUNTER

TEXT = COUNTER.replace("flag, ghost", "READ_ONCE, WRITE_ONCE, flag, ghost, smp_load_acquire")


def compile_text(folder, text):
    spec = load_text(folder / "counter.py", "counter.py", text)
    return api.make_program(spec, spec.info.default)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    counter.rounds = 1", "    counter.rounds = 2"),
        ("    counter.rounds = 1\n", ""),
        ("    counter.rounds = 1", "    WRITE_ONCE(counter.rounds, 1)"),
        ("    add()\n    counter.rounds = 1", "    counter.rounds = 1\n    add()"),
        ("counter.value <= 200", "counter.value <= 201"),
        ("counter.value <= 200", "counter.rounds <= 200"),
        (
            "    mutex_lock(counter.lock)\n",
            "    seen = counter.value\n    mutex_lock(counter.lock)\n",
        ),
        ("@thread(count=2)", "@thread(count=1)"),
        ("shared(Counter)", "shared(Counter, value=1)"),
        ("    counter.value += 1\n    if", "    counter.value -= 1\n    if"),
        ("@reachable", "@final"),
    ],
)
def test_these_are_different_programs(tmp_path, old, new):
    assert TEXT.count(old) == 1
    changed = compile_text(tmp_path, TEXT.replace(old, new))
    assert tell_meaning(changed) != tell_meaning(compile_text(tmp_path, TEXT))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def add", "# a line more\n\n\ndef add"),
        ("    if twice:\n        counter.value += 1\n", ""),
        ("    counter.rounds = 1", "    once = 1\n    counter.rounds = once"),
        ("    counter.rounds = 1", "    if True:\n        counter.rounds = 1"),
    ],
)
def test_these_are_one_program(tmp_path, old, new):
    assert TEXT.count(old) == 1
    changed = compile_text(tmp_path, TEXT.replace(old, new))
    assert tell_meaning(changed) == tell_meaning(compile_text(tmp_path, TEXT))


def test_orders_other_than_plain_are_one_thing_under_sc(tmp_path):
    marked = "    add()\n    seen = READ_ONCE(counter.rounds)\n"
    one = TEXT.replace("    add()\n", marked)
    acquire = one.replace("READ_ONCE(counter", "smp_load_acquire(counter")
    plain = one.replace("READ_ONCE(counter.rounds)", "counter.rounds")
    programs = [compile_text(tmp_path, text) for text in (one, acquire, plain)]
    told = [tell_meaning(program) for program in programs]
    assert told[0] == told[1] != told[2]
    assert count_plain(programs[2]) == count_plain(programs[0]) + 1
