"""Which of the shortest paths is told: the least at every level, in whatever order it was met."""

from pathlib import Path as File

import pytest
from programs import increments, make_model

from modelcheck import api
from modelcheck.backends.python.model import compile_program
from modelcheck.backends.python.outcomes import Failure
from modelcheck.explore.options import Options
from modelcheck.explore.result import Move, Path
from modelcheck.explore.search import explore
from modelcheck.explore.walk import walk
from modelcheck.explore.worklists import SplitMix
from modelcheck.specfiles import find_spec

DIAMOND = """
object x: shared U8
object y: shared U8
template t count 1
  entry a
  local %v: U8
  block a
    step
    %v = choose 3
    store once x = wrap8((2 - %v):Int[-253..2]):U8
    jump b
  block b
    step
    store once x = 0:U8
    jump c
  block c
    step
    store once y = 1:U8
    end

property never: invariant
  entry a
  block a
    return ($read(silent y) == 0:U8)
"""


def find_least_path(model, path):
    """The canonical path to the end of `path`, by a search that keeps every state's least parent
    by sorting, level by level.
    """
    end = [visit.state for visit in walk(model, path)][-1]
    begins = {}
    for outcome in model.start():
        if not isinstance(outcome.result, Failure):
            begins.setdefault(outcome.result, outcome.choices)
    levels = [sorted(begins)]
    parents = {}
    while levels[-1] and end not in levels[-1]:
        known = {state for level in levels for state in level}
        found = {}
        for state in levels[-1]:
            for thread in range(len(model.memory.threads)):
                for outcome in model.outcomes(state, thread):
                    target = outcome.result
                    if not isinstance(target, Failure) and target not in known:
                        rank = (state, thread, outcome.choices)
                        found[target] = min(found.get(target, rank), rank)
        parents |= found
        levels.append(sorted(found))
    moves = []
    state = end
    while state in parents:
        state, thread, choices = parents[state]
        moves.append(Move(thread, model.location(state, thread), choices))
    return Path(begins[state], tuple(reversed(moves)))


def without_last(path):
    """The part of a path that leads to the state before its failing step."""
    moves = path.moves[:-1] if path.last in ("step", "edge") else path.moves
    return Path(path.initial, moves)


def list_programs():
    yield increments(2, 2)
    for file in sorted(File("specs/classics").glob("*.py")):
        spec = api.load_spec(find_spec(str(file)))
        for variant in (spec.info.default, *spec.info.variants):
            yield api.make_program(spec, variant)


def list_paths(result):
    for told in result.properties:
        yield from (path for v in told.violations for path in v.witnesses if path.moves)
        if told.witness is not None:
            yield told.witness


def test_every_path_goes_back_by_the_least_state_of_each_level():
    compared = 0
    for program in list_programs():
        model = compile_program(program)
        for path in list_paths(explore(program)):
            assert without_last(path) == find_least_path(model, without_last(path)), program.name
            compared += 1
    assert compared > 5


def test_a_later_parent_takes_the_place_of_a_greater_one_with_its_choices():
    model = make_model(DIAMOND)
    (violation,) = explore(model.program).violations
    assert violation.witnesses[0] == find_least_path(model, violation.witnesses[0])
    assert violation.witnesses[0].moves[0] == Move(0, "a", (2,))


@pytest.mark.parametrize("search", ["dfs", "random"])
def test_paths_of_other_searches_can_be_taken(search):
    model = make_model(DIAMOND)
    (violation,) = explore(model.program, Options(search=search)).violations
    assert [visit.state for visit in walk(model, violation.witnesses[0])]


def test_the_numbers_of_a_random_search_are_splitmix64():
    numbers = SplitMix(1234567)
    assert [numbers.next() for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]
