"""Whoever gives up says so: no limit ever gives a verdict `verified` or `not tested`."""

import pytest
from programs import increments, make_program

from modelcheck.explore import limits
from modelcheck.explore.options import Options
from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore

LIMITS = {
    "max-states": Options(max_states=2000),
    "timeout": Options(timeout_seconds=0.0),
    "max-memory": Options(max_memory=1),
    "interrupt": Options(interrupted=lambda: True),
    "samples": Options(search="random", samples=1),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_leaves_every_property_inconclusive(name):
    result = explore(increments(3, 3), LIMITS[name])
    assert result.stopped_by == name
    assert not result.exhausted
    assert {p.verdict for p in result.properties} == {Verdict.INCONCLUSIVE}
    assert all(f"stopped by {name} after" in p.reason for p in result.properties)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert any("not exhausted" in part for part in result.scope)


def test_a_space_of_exactly_max_states_is_exhausted():
    assert explore(increments(2, 2), Options(max_states=57)).exhausted
    assert not explore(increments(2, 2), Options(max_states=56)).exhausted


def test_ctrl_c_ends_a_run_with_what_is_known():
    def interrupt():
        raise KeyboardInterrupt

    result = explore(increments(3, 3), Options(interrupted=interrupt))
    assert result.stopped_by == "interrupt"
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.counts.states > 0


def test_memory_of_the_process_is_known():
    assert limits.read_resident_bytes() > 1 << 20
    available = limits.read_available_bytes()
    assert available is None or available > 0


def test_cgroup_limits_bound_the_available_memory(tmp_path, monkeypatch):
    limit, use = tmp_path / "max", tmp_path / "now"
    limit.write_text("5000\n")
    use.write_text("3000\n")
    monkeypatch.setattr(limits, "_CGROUP_FILES", ((str(limit), str(use)),))
    assert limits.read_available_bytes() == 2000
    limit.write_text("max\n")
    assert limits.read_available_bytes() != 2000


def test_progress_is_reported():
    seen = []
    limits_were = limits.SECONDS_BETWEEN_REPORTS
    try:
        limits.SECONDS_BETWEEN_REPORTS = 0.0
        explore(increments(3, 3), Options(progress=seen.append))
    finally:
        limits.SECONDS_BETWEEN_REPORTS = limits_were
    assert seen
    assert all(0 < p.states <= 7646 and p.transitions >= p.states - 1 for p in seen)


def test_a_start_whose_choices_are_not_all_followed_is_not_exhausted():
    result = explore(
        make_program("""
object x: shared U8

template t count 1
  entry a
  local %c: U8
  block a
    %c = choose 2
    if (%c == 0:U8) jump a else b
  block b
    step
    store once x = 1:U8
    end
""")
    )
    assert not result.exhausted
    verdicts = {p.name: p.verdict for p in result.properties}
    assert verdicts["diverges"] is Verdict.VIOLATED
    assert verdicts["deadlock"] is Verdict.INCONCLUSIVE
