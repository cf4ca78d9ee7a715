"""The clauses that are exported: z3 reads them, and its answer is that of exploring."""

from __future__ import annotations

import pytest
import z3  # type: ignore[import-untyped]  # it has no types

from modelcheck import api
from modelcheck.cli import run
from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.prove.horn import write_horn
from modelcheck.settings import choose_variant
from modelcheck.specfiles import find_spec

ASKED = (
    ("kernfs-release-once", None, "bits"),
    ("kernfs-release-once", None, "ints"),
    ("kernfs-release-once", "no_released_check", "bits"),
    ("kernfs-release-once", "no_released_check", "ints"),
    ("selftest-two-mutexes", None, "bits"),
    ("selftest-two-mutexes", "same_order", "ints"),
    ("selftest-plain-increments", None, "bits"),
)

AT_START = '''
"""The start may fail."""

from modelcheck.lang import U8, choose, initial, reachable, shared, spec, thread

spec("start")

x = shared(U8)


@initial
def first():
    k = choose(range(3))  # 9 % 7 is 2
    assert k * 3 % 7 != WRONG, "of_the_start"


@thread
def work():
    global x
    x = 1


@reachable
def done():
    return x == 1
'''


def make(name, variant):
    spec = api.load_spec(find_spec(name))
    return api.make_program(spec, choose_variant(spec.info, variant), {})


def ask(text):
    solver = z3.SolverFor("HORN")
    solver.set("timeout", 120_000)
    solver.add(z3.parse_smt2_string(text))
    return str(solver.check())


@pytest.mark.parametrize(("name", "variant", "theory"), ASKED)
def test_the_answer_is_that_of_exploring(name, variant, theory):
    program = make(name, variant)
    verdicts = {p.name: p.verdict for p in explore(program).properties if p.kind != "reachable"}
    text = write_horn(program, theory)
    told = {line[2:] for line in text.splitlines() if line.startswith("; ")}
    assert verdicts.keys() - told <= {"stuck", "lock-order"}
    violated = {name for name in told if verdicts.get(name) is Verdict.VIOLATED}
    assert ask(text) == ("unsat" if violated else "sat")


@pytest.mark.parametrize(("wrong", "answer"), [(6, "unsat"), (2, "sat")])
def test_a_start_that_fails_is_a_violation(tmp_path, wrong, answer):
    path = tmp_path / "spec.py"
    path.write_text(AT_START.replace("WRONG", str(wrong)), encoding="utf-8")
    spec = load(path, "spec.py")
    text = write_horn(api.make_program(spec, choose_variant(spec.info, None), {}))
    assert "; of_the_start, at the start" in text
    assert "; not in here: done: a state that satisfies it is wanted" in text
    assert ask(text) == answer


def test_what_is_left_out_is_said(tmp_path):
    file = tmp_path / "it.smt2"
    arguments = ["selftest-two-mutexes", "--variant", "never_at_once", "--to", "smt2"]
    assert run(["export", *arguments, "--form", "ints", "-o", str(file)]) == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    assert (
        "; not in here: stuck: it is about all that can follow a state, not about a state" in lines
    )
    assert "; not in here: lock-order: one recorded order is no violation" in lines
    assert lines[-1] == "(check-sat)"
    assert "(declare-fun holds (Int" in "".join(lines).replace(" " * 13, " ")


@pytest.mark.parametrize(
    ("language", "form"), [("promela", "bits"), ("smt2", "oracle"), ("c", "ints")]
)
def test_a_form_of_another_language_is_refused(capsys, language, form):
    assert run(["export", "increments", "--to", language, "--form", form]) == 2
    assert f"--form {form} is not for --to {language}" in capsys.readouterr().err
