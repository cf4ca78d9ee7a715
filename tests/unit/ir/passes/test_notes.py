"""What is kept from pass to pass is what would be found again."""

import pytest

from modelcheck.api import load_spec
from modelcheck.ir.nodes import Const, Local
from modelcheck.ir.passes import MAX_ROUNDS, ONCE, REPEATED, run_passes
from modelcheck.ir.passes.notes import LastMemo, Memo, Notes
from modelcheck.ir.text import print_program
from modelcheck.ir.traverse import Look, every_place, is_access, nodes_of, used_locals, walk_node
from modelcheck.specfiles import find_spec


def test_a_note_says_what_is_in_its_node():
    program = load_spec(find_spec("selftest-sleep-and-wake")).program({})
    notes, seen = Notes(), set()
    bodies = [*(t.body for t in program.templates), *(p.body for p in program.properties if p.body)]
    for node in (n for body in bodies for block in body.blocks for n in nodes_of(block)):
        note, exprs = notes.of(node), list(walk_node(node))
        assert notes.of(node) is note
        assert list(note.exprs) == exprs
        assert set(note.places) == set(every_place(node))
        assert note.used == used_locals(node) == set(note.locals)
        assert note.sees == any(isinstance(expr, Look) for expr in exprs)
        assert note.looks == any(map(is_access, exprs))
        assert note.is_plain == all(isinstance(expr, Const | Local) for expr in exprs)
        seen.add((note.sees, note.looks, note.is_plain))
    kinds = {(False, False, False), (False, False, True), (True, False, False), (True, True, False)}
    assert seen == kinds


def test_a_memo_goes_by_which_object_it_is():
    memo, asked = Memo(), []
    one, equal = [1], [1]
    values = [
        memo.get(key, lambda key: asked.append(key) or len(asked)) for key in (one, equal, one)
    ]
    assert values == [1, 2, 1]


@pytest.mark.parametrize("memo", [Memo(), LastMemo()])
def test_other_facts_empty_a_memo(memo):
    key = object()
    given = () if isinstance(memo, Memo) else ("given",)

    def value(facts):
        return memo.under(facts).get(key, *given, lambda *_: facts)

    assert [value(facts) for facts in ((1,), (1,), (2,), (1,))] == [(1,), (1,), (2,), (1,)]


def test_the_last_value_holds_for_an_equal_second_argument_only():
    memo, key, asked = LastMemo(), object(), []

    def value(given):
        asked.append(given)
        return dict(given)

    for given in ({"v": 1}, {"v": 1}, {"v": 2}, {"v": 1}):
        assert memo.get(key, given, lambda _, given: value(given)) == given
    assert asked == [{"v": 1}, {"v": 2}, {"v": 1}]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kernfs-priv-consumer", "rmmod-late-callback"])
def test_passes_that_remember_nothing_come_to_the_same(name):
    spec = load_spec(find_spec(name))
    for variant in (spec.info.default, *spec.info.variants):
        lowered = spec.program(variant.settings)
        program, before = lowered, None
        for _ in range(MAX_ROUNDS):
            if program == before:
                break
            before = program
            for _, run in REPEATED:
                program = run(program, Notes())
        for _, run in ONCE:
            program = run(program, Notes())
        assert print_program(program) == print_program(run_passes(lowered, verify="no"))
