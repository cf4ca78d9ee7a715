"""Random programs from the middle, and looked at twice: nothing is found that is not there."""

from __future__ import annotations

from random import Random

import pytest

from modelcheck.backends.python.model import compile_program
from modelcheck.backends.python.outcomes import Failure
from modelcheck.explore.look import look
from modelcheck.explore.options import Begin, Options
from modelcheck.explore.ran import find_ran
from modelcheck.explore.result import Path, Verdict
from modelcheck.explore.search import explore
from modelcheck.explore.walk import make_move
from modelcheck.ir.passes import run_passes
from modelcheck.trace.confirm import confirm_run
from modelcheck.trace.derive import Claim, derive_run
from random_programs.sample import make

MOST_STATES = 400
COUNT = {"ir": 60, "text": 30}  # seeds
STEPS = (0, 1, 3, 8)


def list_whole(form):
    """Programs of a moderate size with what is known of them."""
    for seed in range(COUNT[form]):
        program = run_passes(make(seed, form))
        whole = explore(program, Options(max_states=MOST_STATES))
        if whole.exhausted and whole.counts.states:
            yield seed, program, whole


def draw_way(model, dice, steps):
    """A path of so many steps, if there is one."""
    starts = [o for o in model.start() if not isinstance(o.result, Failure)]
    first = dice.choice(starts)
    state, moves = first.result, []
    while len(moves) < steps:
        turns = [
            (thread.number, outcome)
            for thread in model.memory.threads
            for outcome in model.outcomes(state, thread.number)
            if not isinstance(outcome.result, Failure)
        ]
        if not turns:
            break
        thread, outcome = dice.choice(turns)
        moves.append(make_move(model.memory, state, thread, outcome.choices))
        state = outcome.result
    return Path(first.choices, tuple(moves))


@pytest.mark.parametrize("form", ["ir", "text"])
def test_from_the_middle_only_what_is_so_is_found_and_nothing_is_verified(form):
    begun = violated = spared = 0
    for seed, program, whole in list_whole(form):
        model = compile_program(program)
        known = {(v.property, v.object) for v in whole.violations}
        for steps in STEPS:
            way = draw_way(model, Random(seed * 100 + steps), steps)
            part = explore(program, Options(begin=Begin(way, "here")))
            found = {(v.property, v.object) for v in part.violations}
            assert found <= known, f"seed {seed}, after {way}"
            assert part.counts.states <= whole.counts.states
            for judged in part.properties:
                is_seen = judged.kind == "reachable" and judged.witness is not None
                if not judged.violations:
                    verdict = Verdict.VERIFIED if is_seen else Verdict.INCONCLUSIVE
                    assert judged.verdict is verdict, f"seed {seed}, after {way}"
            assert part.verdict in (Verdict.VIOLATED, Verdict.INCONCLUSIVE)
            for violation in part.violations:
                claim = Claim(violation.property, violation.object, violation.detail)
                for number, path in enumerate(violation.witnesses):
                    common = min(len(path.moves), len(way.moves))  # an order on the way there
                    assert path.moves[:common] == way.moves[:common]
                    assert common == len(way.moves) or path.last == "edge"
                    confirm_run(model, derive_run(model, path, claim, {}), path, claim, number)
            begun += 1
            violated += bool(found)
            spared += bool(known - found)
    assert begun >= 2 * COUNT[form]
    assert violated >= 10
    assert spared >= 10  # else to begin in the middle would be to begin at the start


@pytest.mark.parametrize("form", ["ir", "text"])
def test_a_second_look_sees_what_the_search_saw(form):
    looked = 0
    for seed, program, whole in list_whole(form):
        seen, plain = look(program), compile_program(program)
        ran = find_ran(seen)
        assert seen.is_whole
        assert len(seen.states) == whole.counts.states, f"seed {seed}"
        assert max(seen.depths) == whole.counts.depth, f"seed {seed}"
        assert {at: n for at, n in ran.taken.items() if n} == whole.coverage.taken, f"seed {seed}"
        for state in seen.states[:50]:
            for thread in range(len(plain.tables)):
                assert seen.model.outcomes(state, thread) == plain.outcomes(state, thread)
            for name, judge in plain.judges.items():
                assert seen.model.judges[name](state) == judge(state), f"seed {seed}"
        looked += 1
    assert looked >= COUNT[form] // 2
