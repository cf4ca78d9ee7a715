"""Steps that `dependence` says cannot notice each other do not, in states of random programs."""

from collections import Counter
from itertools import permutations

import pytest
from random_programs.ir_program import make_program
from random_programs.text_program import load_program

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure
from modelcheck.ir.dependence import Footprints, may_depend
from modelcheck.ir.passes import run_passes

MAKE = {"ir": make_program, "text": load_program}
PROGRAMS, TOGETHER, STATES = 160, 20, 120


def list_states(model):
    """The first states of a program, breadth first."""
    found = dict.fromkeys(o.result for o in model.start() if not isinstance(o.result, Failure))
    queue = list(found)
    for state in queue:
        if len(queue) >= STATES:
            break
        for thread in model.memory.threads:
            for outcome in model.outcomes(state, thread.number):
                if not isinstance(outcome.result, Failure) and outcome.result not in found:
                    found[outcome.result] = None
                    queue.append(outcome.result)
    return queue


def what_it_does(model, state, thread):
    """A thread's step: by its choices, the failure and what is recorded, and where it leads."""
    found = {}
    for outcome in model.outcomes(state, thread):
        failed = isinstance(outcome.result, Failure)
        said = (outcome.result if failed else None, outcome.orders)
        found[outcome.choices] = (said, None if failed else outcome.result)
    return found


def find_differences(model, footprints, *, of_threads):
    """Where independent steps notice each other; how many pairs were tried, and said to depend."""
    templates = {t.name: t for t in model.program.templates}
    known = {}

    def footprint(state, thread):
        key = thread, model.location(state, thread)
        if key not in known:
            template = templates[model.memory.threads[thread].template]
            whose = thread if of_threads else None
            known[key] = footprints.of_step(template, key[1], whose)
        return known[key]

    tried = Counter()
    differences = []
    for state in list_states(model):
        standing = [t.number for t in model.memory.threads if model.location(state, t.number)]
        for a, b in permutations(standing, 2):
            if may_depend(footprint(state, a), footprint(state, b)):
                tried["dependent"] += 1
                continue
            tried["independent"] += 1
            before = what_it_does(model, state, a)
            for choices, (_, after) in what_it_does(model, state, b).items():
                if after is None:
                    continue
                then = what_it_does(model, after, a)
                if {c: said for c, (said, _) in then.items()} != {
                    c: said for c, (said, _) in before.items()
                }:
                    differences.append((model.location(state, a), model.location(state, b)))
                    continue
                for c, (_, other_way) in before.items():
                    if other_way is not None:
                        last = what_it_does(model, other_way, b).get(choices, (None, None))[1]
                        if last != then[c][1]:
                            differences.append((model.location(state, a), model.location(state, b)))
    return differences, tried


@pytest.mark.slow
@pytest.mark.parametrize("form", MAKE)
@pytest.mark.parametrize("of_threads", [False, True])
@pytest.mark.parametrize("first", range(0, PROGRAMS, TOGETHER))
def test_independent_steps_commute(form, of_threads, first):
    total = Counter()
    for seed in range(first, first + TOGETHER):
        program = run_passes(MAKE[form](seed))
        differences, tried = find_differences(
            Model(program), Footprints(program), of_threads=of_threads
        )
        assert differences == [], f"{form} {seed}"
        total += tried
    assert total["independent"] > 100
    assert total["dependent"] > 100
