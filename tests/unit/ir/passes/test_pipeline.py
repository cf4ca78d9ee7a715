"""The passes together."""

import pytest
from small_programs import (
    apply,
    at,
    block,
    body,
    chain,
    load,
    local,
    num,
    program,
    step,
    store,
)

from modelcheck.diagnostics import InternalError
from modelcheck.ir.nodes import Alive, Assign, Branch, Check, Free, Object
from modelcheck.ir.passes import PASS_NAMES, run_passes
from modelcheck.ir.types import U8, Embedded

COUNT = load("v", at("x", "n")), store(at("x", "n"), local("v"))


def test_the_last_pass_is_the_default():
    given = program(chain(*COUNT))
    assert run_passes(given) == run_passes(given, after=PASS_NAMES[-1])


def test_one_may_stop_after_any_pass():
    given = program(chain(*COUNT))
    after = {name: run_passes(given, after=name) for name in PASS_NAMES}
    assert after["lower"] == given
    rest = {name: any(b.rest for b in p.templates[0].body.blocks) for name, p in after.items()}
    assert [name for name in PASS_NAMES if rest[name]] == ["join", "peel", "liveness", "prune"]
    live = {name: any(b.live for b in p.templates[0].body.blocks) for name, p in after.items()}
    assert [name for name in PASS_NAMES if live[name]] == ["liveness", "prune"]
    assert [len(after[name].objects) for name in ("liveness", "prune")] == [2, 1]


def test_an_unknown_pass_is_refused():
    with pytest.raises(InternalError, match="no pass is called `lowering`"):
        run_passes(program(chain(*COUNT)), after="lowering")


def test_verify_runs_before_the_first_pass():
    broken = program(body(step("s", load("unknown", at("x", "n")))))
    with pytest.raises(InternalError):
        run_passes(broken, after="lower")
    assert run_passes(broken, verify="no", after="lower") == broken


def test_freeze_and_fold_take_turns():
    """x.m is frozen, so the branch on it goes one way, so y.m is stored nowhere, so …"""
    given = program(
        body(
            step("s", load("v", at("x", "m")), to="t"),
            block("t", end=Branch(apply("==", local("v"), num(0)), "u", "w")),
            step("w", store(at("one")), to="u"),
            step("u", load("w", at("one")), to="z"),
            block("z", end=Branch(apply("==", local("w"), num(0)), "y", "a")),
            step("a", store(at("two")), to="y"),
            step("y", load("v", at("two")), to="e"),
            step("e", store(at("x", "n"), local("v"))),
        ),
        objects=(Object("one", "shared", U8), Object("two", "shared", U8)),
    )
    result = run_passes(given)
    [only] = result.templates[0].body.blocks
    assert only.instrs == (store(at("x", "n"), 0),)
    assert [obj.name for obj in result.objects] == ["x"]


def test_a_free_that_goes_takes_the_checks_with_it():
    check = Check(Alive(at("x", "n")), "use-after-free", at("x", "n"))
    dead = body(
        step("s", load("v", at("one")), to="t"),
        block("t", end=Branch(apply("==", local("v"), num(0)), "u", "f")),
        step("f", Free(local("p"), "Node"), to="u"),
        step("u", check, load("v", at("x", "n")), to="k"),
        step("k", store(at("x", "n"), local("v"))),
    )
    objects = (Object("one", "shared", U8), Object("x", "shared", Embedded("Node")))
    result = run_passes(program(dead, objects=objects), verify="no")
    assert [obj.mortal for obj in result.objects] == [False]
    assert [i for b in result.templates[0].body.blocks for i in b.instrs] == [*COUNT]


def test_a_second_run_changes_nothing():
    objects = (Object("o", "shared", Embedded("Outer")),)
    observer = Assign("w", apply("+", local("v"), num(1), type=U8))
    given = program(chain((COUNT[0], observer), store(at("x", "n"), local("w"))), objects=objects)
    once = run_passes(given)
    assert run_passes(once) == once
