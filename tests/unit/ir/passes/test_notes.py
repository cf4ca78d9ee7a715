"""What is kept from pass to pass is what would be found again."""

import pytest

from modelcheck.api import load_spec
from modelcheck.ir.passes import MAX_ROUNDS, ONCE, REPEATED, run_passes
from modelcheck.ir.passes.notes import LastMemo, Memo, Notes
from modelcheck.ir.text import print_program
from modelcheck.specfiles import find_spec


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
