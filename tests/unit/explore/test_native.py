"""The native backend gives the result of the python backend, field by field."""

import dataclasses
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from programs import increments

from modelcheck import api
from modelcheck.backends.native.process import SearchDiedError, SearchProcess
from modelcheck.backends.python.model import compile_program
from modelcheck.explore.claims import Claim, ClaimError, Claims
from modelcheck.explore.judging import Judging
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Options
from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore
from modelcheck.ir.memory import Memory
from modelcheck.settings import choose_variant
from modelcheck.specfiles import find_spec
from tests.checking import program_of

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler"
)

SPECS = [*sorted(Path("specs").rglob("*.py")), Path("docs/put-twice.py")]
START = compile_program(increments(2, 1)).start()[0].result


@pytest.fixture(autouse=True)
def keep_in_the_test_run(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def agree(program, **options):
    ours = explore_native(program, Options(workers=2, ranges=True, **options))
    theirs = explore(program, Options(ranges=True, **options))
    assert ours.backend == "native"
    assert dataclasses.replace(ours, backend="python") == theirs
    return ours


def list_variants():
    for path in SPECS:
        info = api.load_spec(find_spec(str(path))).info
        for variant in (None, *(v.name for v in info.variants if not v.needs)):
            yield pytest.param(path, variant, id=f"{path.stem}-{variant or 'default'}")


@pytest.mark.parametrize(("path", "variant"), list(list_variants()))
def test_every_variant_has_the_same_result(path, variant):
    """On both backends; and with reductions the same verdicts, objects, coverage and ranges.

    Compiling all variants of the large specs takes minutes: `python -m tests.agree --specs` does.
    """
    program = make_spec_program(str(path), variant)
    is_large = path.parent.name in ("kernfs", "psi")
    full = explore(program, Options(ranges=True)) if is_large and variant else agree(program)
    reduced = explore(program, Options(ranges=True, reduce=POR))
    assert list_differences(full, reduced) == []
    if variant is None:
        agree(program, reduce=POR)
        dfs = explore(program, Options(ranges=True, reduce=POR, search="dfs")).counts
        assert dfs == dataclasses.replace(reduced.counts, depth=None)


POR = frozenset({"por"})


def list_differences(full, reduced):
    """What a reduction changed that it must not."""
    found = [
        name
        for name in ("untaken", "unevaluated", "ranges")
        if getattr(full.coverage, name) != getattr(reduced.coverage, name)
    ]
    for one, other in zip(full.properties, reduced.properties, strict=True):
        objects = [sorted({(v.object, v.names) for v in p.violations}) for p in (one, other)]
        if one.verdict != other.verdict or objects[0] != objects[1]:
            found.append(one.name)
    if reduced.counts.states > full.counts.states:
        found.append("states")
    return found


@pytest.mark.parametrize("search", ["bfs", "dfs", "random"])
@pytest.mark.parametrize("stop", ["first", "all"])
def test_every_search_has_the_same_result(search, stop):
    agree(make_spec_program("dining-philosophers"), search=search, stop=stop, seed=3)
    if search == "bfs" or stop == "all":
        agree(make_spec_program("peterson", "no_turn"), search=search, stop=stop, seed=3)


def make_spec_program(name, variant=None):
    spec = api.load_spec(find_spec(name))
    return api.make_program(spec, choose_variant(spec.info, variant))


@pytest.mark.parametrize("name", ["deadlock", "data-race", "stuck", "at_most_one_inside"])
def test_one_property_alone_has_the_same_result(name):
    agree(make_spec_program("peterson", "no_turn"), properties=frozenset({name}))
    agree(make_spec_program("peterson", "turn_first"), properties=frozenset({name}))


def test_a_run_that_judges_nothing_explores_all():
    assert agree(increments(2, 2), properties=frozenset()).counts.states == 57


def test_stuck_is_judged_above_the_limit_of_the_python_backend():
    program = increments(2, 2)
    ours = explore_native(program, Options(stuck_limit=1))
    assert ours.verdict is Verdict.VERIFIED
    assert explore(program, Options(stuck_limit=1)).verdict is Verdict.INCONCLUSIVE


def test_walks_end_after_so_many():
    result = agree(increments(2, 4), search="random", samples=3, seed=-5)
    assert result.stopped_by == "samples"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("max-states", Options(max_states=2000)),
        ("interrupt", Options(interrupted=lambda: True)),
        ("timeout", Options(timeout_seconds=1e-9)),
    ],
)
def test_a_limit_leaves_every_property_inconclusive(name, options):
    result = explore_native(increments(5, 4), options)
    assert result.stopped_by == name
    assert not result.exhausted
    assert {p.verdict for p in result.properties} == {Verdict.INCONCLUSIVE}


def test_ctrl_c_ends_a_search_with_what_is_known():
    seen = []

    def interrupt():
        if seen and len(seen) < 3:
            seen.append(None)
            raise KeyboardInterrupt

    result = explore_native(
        increments(5, 4), Options(progress=seen.append, interrupted=interrupt, workers=1)
    )
    assert result.stopped_by == "interrupt"
    assert result.counts.states > 100_000
    assert result.verdict is Verdict.INCONCLUSIVE


def test_progress_may_come_before_an_answer(monkeypatch):
    # Tracing back in a large space takes a while, and the process reports progress meanwhile.
    numbers = {"states": 1, "transitions": 2, "depth": 3, "waiting": 4, "seconds": 1.0}
    progress = {"event": "progress", **numbers}
    read = SearchProcess.read
    held = []

    def read_late(self, seconds=None):
        if held:
            return held.pop()
        message = read(self, seconds)
        if message is None or message["event"] != "paths":
            return message
        held.append(message)
        return progress

    monkeypatch.setattr(SearchProcess, "read", read_late)
    seen = []
    program = make_spec_program("peterson", "turn_first")
    result = explore_native(program, Options(progress=seen.append))
    assert [p.waiting for p in seen if p.states == 1] == [4]
    assert result.violations


def test_a_search_that_is_killed_is_our_fault():
    def kill(_):
        os.kill(pids[0], signal.SIGKILL)

    pids = []
    make = SearchProcess.__init__

    def note(self, *arguments):
        make(self, *arguments)
        pids.append(self.pid)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SearchProcess, "__init__", note)
        with pytest.raises(SearchDiedError, match=r"SIGKILL.*kept: the C file"):
            explore_native(increments(5, 4), Options(progress=kill))


@pytest.mark.parametrize(
    ("kind", "name", "variant"),
    [
        ("step", "docs/put-twice.py", None),
        ("property", "peterson", "turn_first"),
        ("race", "readers-writers", "count_unlocked"),
        ("rest", "dining-philosophers", None),
    ],
)
def test_a_claim_that_the_python_backend_does_not_see_is_our_fault(
    kind, name, variant, monkeypatch
):
    def doubt(self, claim):
        raise ClaimError("no such thing")

    monkeypatch.setattr(Claims, f"_add_{kind}", doubt)
    with pytest.raises(SearchDiedError, match=r"claim that is not so .no such thing.*kept"):
        explore_native(make_spec_program(name, variant), Options())


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (Claim("step", (0, 0), 1, START, ((0, ()),)), "does not fail"),
        (Claim("step", (0, 0), 1, START, ((0, (7,)),)), "no step with the choices"),
        (Claim("step", (0, 0), 0, (), ((-1, (3,)),)), "the start has no choices"),
        (Claim("deadlock", (), 0, START, ()), "some step is enabled"),
        (Claim("race", (2,), 0, START, ((0, ()), (1, ()))), "do not race"),
        (Claim("miracle", (), 0, START, ()), "nothing of the kind"),
    ],
)
def test_a_false_claim_is_refused(claim, words):
    program = increments(2, 1)
    claims = Claims(Judging(Memory(program), Options()), (), ())
    with pytest.raises(ClaimError, match=words):
        claims.add(claim)


def test_counts_are_the_known_ones():
    result = agree(increments(3, 4))
    assert (result.counts.states, result.counts.transitions, result.counts.depth) == (
        42237,
        110595,
        24,
    )


def test_what_never_runs_is_no_reason_to_refuse_the_code():
    """The compiler sees that the pointer can be none of the places that there are."""
    program = program_of("""
        @struct
        class O:
            v: U8

        @struct
        class S:
            p: Ptr[O]

        s = shared(S)
        ob = shared(O, count=2)

        @thread
        def store():
            s.p = ob[0]

        @thread
        def work():
            with atomic(because="x"):
                p = s.p
                if p is not None and p is not ob[0] and p is not ob[1]:
                    p.v = 1
    """)
    agree(program)
