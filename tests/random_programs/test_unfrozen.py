"""What nothing stores is no access; were it one, every verdict would be the same."""

import sys

import pytest

import modelcheck.ir.passes.freeze  # noqa: F401  # the package has a function of that name
from modelcheck.explore.options import Options
from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore
from modelcheck.ir.passes import run_passes
from random_programs.plain import make_spec
from random_programs.text_program import load_program, make_text
from tests.checking import load_text

FROZEN = sys.modules["modelcheck.ir.passes.freeze"].Frozen
AT_STATES = {"deadlock", "leak", "stuck", "data-race", "lock-order"}  # no step fails with these
CODE = {"built in", "assert"}
SEEDS = {"text": range(160), "plain": range(40)}


def list_sources(form):
    """Programs that do not ask who has ended: a thread that only looks at what is frozen has."""
    for seed in SEEDS[form]:
        text = make_text(seed) if form == "text" else make_spec(seed)[0]
        if "finished(" not in text:
            yield seed, load_program(seed) if form == "text" else load_text(text).program({})


def find_verdicts(source, most_states):
    result = explore(run_passes(source), Options(max_states=most_states))
    failing = {p.name for p in result.properties if p.violations and p.kind in CODE}
    if failing - AT_STATES or not result.exhausted:  # a step that fails hides what is joined to it
        return None
    found = {p.name for p in result.properties if p.verdict is not Verdict.VERIFIED}
    if any(template.interrupts for template in source.templates):
        found.discard("data-race")  # with its thread, which stands still behind its first step
    return found


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "plain"])
def test_nothing_depends_on_what_is_frozen(form, monkeypatch):
    found = {seed: find_verdicts(source, 3_000) for seed, source in list_sources(form)}
    monkeypatch.setattr(FROZEN, "holds", lambda *_: False)
    monkeypatch.setattr(FROZEN, "holds_for_itself", lambda *_: False)
    compared = 0
    for seed, source in list_sources(form):
        if found[seed] is not None and (thawed := find_verdicts(source, 30_000)) is not None:
            assert thawed == found[seed], seed
            compared += 1
    assert compared > len(SEEDS[form]) // 3
