"""Hash compaction: what is found is real; of what is not, it is said how doubtful that is."""

import shutil

import pytest
from checking import program_of
from programs import increments

from modelcheck import api
from modelcheck.explore.ending import describe_omission
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import COMPACT_BITS, Options
from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore
from modelcheck.gate import Exit, choose_check_exit
from modelcheck.settings import choose_variant
from modelcheck.specfiles import find_spec

UNREACHABLE = """
x = shared(U8)


@thread
def write():
    global x
    x = 1


@reachable
def reaches_two():
    return x == 2
"""

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler"
)


def compact(program, bits=COMPACT_BITS, **options):
    return explore_native(program, Options(compact_bits=bits, **options))


def make_spec_program(name, variant=None):
    spec = api.load_spec(find_spec(name))
    return api.make_program(spec, choose_variant(spec.info, variant))


def test_nothing_is_verified():
    result = compact(increments(3, 3))
    assert result.counts == explore(increments(3, 3)).counts
    assert not result.exhausted
    assert result.stopped_by == ""
    assert {p.verdict for p in result.properties} == {Verdict.INCONCLUSIVE}
    assert {p.reason for p in result.properties} == {result.omission}
    assert result.omission in result.scope


def test_a_path_is_not_called_the_shortest():
    """A state that was omitted may have been on a shorter one."""
    program = make_spec_program("kernfs-release-once", "no_released_check")
    assert {v.minimal for v in compact(program).violations} == {"no"}
    assert {v.minimal for v in explore_native(program).violations} == {"steps"}


def test_exit_code_is_that_of_doubt_unless_it_is_accepted():
    result = compact(increments(2, 2))
    assert choose_check_exit(result) is Exit.UNDECIDED
    assert choose_check_exit(result, accept_compact=True) is Exit.OK
    stopped = compact(increments(4, 3), max_states=1000)
    assert stopped.stopped_by == "max-states"
    assert choose_check_exit(stopped, accept_compact=True) is Exit.UNDECIDED
    exact = explore(increments(2, 2), Options(max_states=3))
    assert choose_check_exit(exact, accept_compact=True) is Exit.UNDECIDED


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("kernfs-release-once", "no_released_check"),
        ("peterson", "turn_first"),
        ("dining-philosophers", "grab"),
        ("two-phase-commit", "impatient"),
    ],
)
def test_violations_are_those_of_the_exact_search(name, variant):
    """The paths are other ones: the exact search goes back to the least predecessor."""
    program = make_spec_program(name, variant)
    exact, found = explore(program), compact(program)
    expected = [(v.property, v.object, v.depth, v.detail) for v in exact.violations]
    got = [(v.property, v.object, v.depth, v.detail) for v in found.violations]
    # What needs the whole space cannot be told.
    kinds = {p.name: p.kind for p in program.properties}
    expected = [v for v in expected if v[0] != "stuck" and kinds.get(v[0]) != "reachable"]
    assert got == expected
    lengths = [len(v.witnesses[0].moves) for v in found.violations]
    assert lengths == [len(v.witnesses[0].moves) for v in exact.violations if v.property != "stuck"]
    assert choose_check_exit(found, accept_compact=True) is Exit.FOUND


def test_a_reachable_that_was_not_seen_is_in_doubt():
    program = program_of(UNREACHABLE)
    assert [v.property for v in explore(program).violations] == ["reaches_two"]
    found = {p.name: p.verdict for p in compact(program).properties}
    assert found["reaches_two"] is Verdict.INCONCLUSIVE


def test_few_bits_omit_about_as_many_states_as_the_theory_says():
    """With n states and b bits n^2 / 2^(b+1) pairs are expected to have equal hashes."""
    program, n = increments(3, 4), 42_237
    for bits in (22, 24, 26):
        expected = n * n / 2 ** (bits + 1)
        omitted = n - compact(program, bits).counts.states
        assert expected / 2 < omitted < expected * 2, bits


def test_states_are_omitted_no_more_often_than_the_bound_says():
    runs, omissions, bounds = 0, 0, 0.0
    for program, n in ((increments(2, 4), 541), (increments(3, 3), 7_646)):
        for bits in range(20, 44, 2):
            bound = n * n / 2 ** (bits + 1)
            if bound < 0.5:
                runs += 1
                bounds += bound
                omissions += compact(program, bits).counts.states < n
    assert runs >= 12
    assert omissions <= bounds + 3  # the hash is fixed: so is what happens


@pytest.mark.parametrize(
    ("states", "bits", "shown"),
    [
        (10**6, 63, "5.5e-8"),
        (10**9, 63, "5.5e-2"),
        (10**12, 63, "1"),
        (2, 3, "2.5e-1"),
    ],
)
def test_the_bound_is_rounded_upwards(states, bits, shown):
    assert describe_omission(states, bits) == (f"hash-compacted, p(any state omitted) < {shown}")


def test_without_compaction_nothing_is_said():
    assert describe_omission(10**6, None) == ""
