"""What each kind of property means, and which violation comes first."""

from programs import increments, make_model, make_program

from modelcheck.checks import BUILT_IN
from modelcheck.explore.options import Options
from modelcheck.explore.result import Counts, Verdict
from modelcheck.explore.search import explore
from modelcheck.explore.walk import walk

COUNT = """
object x: shared U8
template up count 1
  entry a
  block a
    step
    store once x = 1:U8
    jump b
  block b
    step
    store once x = 2:U8
    jump c
  block c
    step
    store once x = 3:U8
    end
"""


def judge(name, kind, condition, check=""):
    return f"""
property {name}: {kind}
  entry a
  block a
    {check or "check True else" + ' "range"'}
    return {condition}
"""


def verdicts(text, options=None):
    result = explore(make_program(text), options)
    return result, {p.name: p for p in result.properties if p.kind != "built in"}


def test_an_invariant_is_judged_in_every_state_and_its_states_are_expanded():
    result, found = verdicts(COUNT + judge("low", "invariant", "($read(silent x) != 1:U8)"))
    assert result.counts == Counts(4, 3, 3)
    assert found["low"].verdict is Verdict.VIOLATED
    (violation,) = found["low"].violations
    assert (violation.depth, violation.minimal) == (1, "steps")
    assert [m.location for m in violation.witnesses[0].moves] == ["a"]
    assert violation.witnesses[0].last == "state"


def test_an_invariant_can_fail_in_the_initial_state():
    _, found = verdicts(COUNT + judge("high", "invariant", "($read(silent x) != 0:U8)"))
    assert found["high"].verdict is Verdict.VIOLATED
    (violation,) = found["high"].violations
    assert violation.depth == 0
    assert violation.witnesses[0].moves == ()


def test_every_invariant_that_breaks_in_a_state_is_violated():
    text = COUNT + judge("not_one", "invariant", "($read(silent x) != 1:U8)")
    text += judge("not_one_either", "invariant", "($read(silent x) != 1:U8)")
    _, found = verdicts(text)
    assert {p.verdict for p in found.values()} == {Verdict.VIOLATED}


def test_a_final_is_not_judged_where_threads_still_wait():
    text = """
object x: shared U8
template waits count 1
  entry a
  block a
    step
    wait ($read(once x) == 2:U8)
    end
template stores count 1
  entry a
  block a
    step
    store once x = 1:U8
    end
"""
    result, found = verdicts(text + judge("never", "final", "False"))
    assert {v.property for v in result.violations} == {"deadlock"}
    assert found["never"].verdict is Verdict.NOT_TESTED


def test_an_assert_that_no_property_declares_is_judged():
    text = COUNT.replace("store once x = 3:U8", 'assert ($read(silent x) != 2:U8) else "stray"')
    result, _ = verdicts(text)
    assert [v.property for v in result.violations] == ["stray"]


def test_a_library_check_that_only_the_start_makes_is_judged():
    text = (
        COUNT
        + """
initial
  entry go
  block go
    assert False else "lock-misuse"
    end
"""
    )
    result = explore(make_program(text))
    assert [(v.property, v.depth) for v in result.violations] == [("lock-misuse", 0)]


def test_a_final_is_judged_at_rest_only():
    text = COUNT + judge("is_three", "final", "($read(silent x) == 3:U8)")
    text += judge("is_two", "final", "($read(silent x) == 2:U8)")
    _, found = verdicts(text)
    assert found["is_three"].verdict is Verdict.VERIFIED
    assert found["is_two"].verdict is Verdict.VIOLATED
    assert found["is_two"].violations[0].depth == 3


def test_a_final_that_no_quiescent_state_asks_was_not_tested():
    text = """
object x: shared U8
template spin count 1
  entry a
  block a
    step
    store once x = 1:U8
    jump a
"""
    result, found = verdicts(text + judge("never", "final", "False"))
    assert found["never"].verdict is Verdict.NOT_TESTED
    assert "no quiescent state" in found["never"].reason
    assert result.coverage.unevaluated == ("never",)
    assert "not tested: never" in result.scope
    # Nothing can come to rest, which `stuck` says.
    assert {v.property for v in result.violations} == {"stuck"}


def test_a_reachable_is_verified_with_a_shortest_witness_or_violated_without_one():
    text = COUNT + judge("two", "reachable", "($read(silent x) == 2:U8)")
    text += judge("nine", "reachable", "($read(silent x) == 9:U8)")
    result, found = verdicts(text)
    assert found["two"].verdict is Verdict.VERIFIED
    assert len(found["two"].witness.moves) == 2
    assert found["nine"].verdict is Verdict.VIOLATED
    assert found["nine"].violations[0].witnesses == ()
    assert result.headline.property == "nine"


def test_a_seen_reachable_stays_verified_when_a_limit_ends_the_run():
    text = COUNT + judge("one", "reachable", "($read(silent x) == 1:U8)")
    text += judge("nine", "reachable", "($read(silent x) == 9:U8)")
    _, found = verdicts(text, Options(max_states=2))
    assert found["one"].verdict is Verdict.VERIFIED
    assert found["nine"].verdict is Verdict.INCONCLUSIVE


def test_a_check_that_fails_inside_a_property_violates_it():
    check = 'check ($read(silent x) != 2:U8) else "null-dereference" says "nobody there"'
    text = COUNT + judge("careful", "invariant", "True", check)
    text += judge("seen_early", "reachable", "($read(silent x) == 0:U8)", check)
    _, found = verdicts(text)
    for name in ("careful", "seen_early"):
        assert found[name].verdict is Verdict.VIOLATED
        (violation,) = found[name].violations
        assert violation.depth == 2
        assert "null-dereference: nobody there" in violation.detail


def test_properties_are_listed_in_their_order_and_library_checks_only_where_used():
    result, _ = verdicts(COUNT + judge("low", "invariant", "True"))
    names = [p.name for p in result.properties]
    assert names == ["low", *(n for n in BUILT_IN if n in names)]
    assert "leak" in names
    assert "lock-order" not in names
    text = COUNT.replace(
        "    step\n    store once x = 3",
        "    step\n    assert ($read(silent x) == 9:U8) "
        'else "lock-misuse" of x\n    store once x = 3',
    )
    result, _ = verdicts(text)
    (violation,) = result.violations
    assert (violation.property, violation.object, violation.names) == ("lock-misuse", "x", ("x",))
    assert violation.depth == 3
    assert violation.witnesses[0].last == "step"


def test_only_the_wanted_properties_are_judged():
    text = COUNT + judge("low", "invariant", "False") + judge("other", "invariant", "True")
    result, found = verdicts(text, Options(properties=frozenset({"other"})))
    assert list(found) == ["other"]
    assert result.verdict is Verdict.VERIFIED
    assert len(result.properties) == 1


def test_stop_first_ends_with_the_level_of_the_first_violation():
    # At depth 1 a step fails and, one level on, an invariant breaks: both have depth 2.
    text = COUNT.replace("template up count 1", "template up count 2")
    text = text.replace(
        "    store once x = 2:U8", '    check False else "range"\n    store once x = 2:U8'
    )
    text += judge("low", "invariant", "($read(silent x) != 1:U8)")
    result, _ = verdicts(text, Options(stop="first"))
    assert result.stopped_by == "first"
    assert not result.exhausted
    assert [(v.property, v.depth) for v in result.violations] == [("low", 1), ("range", 2)]
    assert result.headline.property == "low"
    assert result.verdict is Verdict.VIOLATED
    others = [p for p in result.properties if not p.violations]
    assert {p.verdict for p in others} == {Verdict.INCONCLUSIVE}


def test_a_run_ends_once_every_judged_property_is_violated():
    text = COUNT + judge("low", "invariant", "($read(silent x) != 1:U8)")
    result, _ = verdicts(text, Options(properties=frozenset({"low"})))
    assert (result.stopped_by, result.exhausted) == ("decided", False)
    assert result.verdict is Verdict.VIOLATED
    assert result.counts.states == 3


def test_an_assert_is_unevaluated_if_no_step_with_it_was_taken():
    check = '    assert ($read(silent x) == 2:U8) else "late"\n    store once x = 3:U8'
    text = COUNT.replace("    store once x = 3:U8", check)
    text += "\nproperty late: assert\n"
    result, _ = verdicts(text)
    assert result.coverage.unevaluated == ()
    assert result.coverage.untaken == ()
    result, _ = verdicts(text, Options(max_states=2))
    assert result.coverage.unevaluated == ("late",)
    assert ("up", "c") in result.coverage.untaken


def test_stop_first_expands_the_level_of_a_failing_step():
    text = COUNT.replace(
        "    store once x = 2:U8", '    check False else "range"\n    store once x = 2:U8'
    )
    text = text.replace("template up count 1", "template up count 2")
    text += judge("both", "invariant", "not(($read(silent x) == 1:U8))")
    first = explore(make_program(text), Options(stop="first"))
    everything = explore(make_program(text))
    assert first.headline == everything.headline


def test_every_order_finds_the_same_violations():
    text = COUNT.replace("count 1", "count 2") + judge(
        "low", "invariant", "($read(silent x) != 2:U8)"
    )
    by_name = []
    for search in ("bfs", "dfs", "random"):
        result = explore(make_program(text), Options(search=search))
        by_name.append({(v.property, v.object) for v in result.violations})
        minimal = {v.minimal for v in result.violations}
        assert minimal == ({"steps"} if search == "bfs" else {"no"})
    assert by_name[0] == by_name[1] == by_name[2] == {("low", "")}


def test_every_witness_replays():
    text = COUNT.replace("count 1", "count 2") + judge(
        "low", "invariant", "($read(silent x) != 2:U8)"
    )
    model = make_model(text)
    for search in ("bfs", "dfs", "random"):
        for violation in explore(model.program, Options(search=search)).violations:
            (path,) = violation.witnesses
            *_, last = walk(model, path)
            assert model.judges["low"](last.state) is False


def test_where_every_way_to_start_is_disabled_nothing_is_verified():
    text = (
        COUNT
        + """
initial
  entry a
  local %v: U8
  block a
    %v = choose 2
    wait (%v == 7:U8)
    end
"""
    )
    result, _ = verdicts(text)
    assert result.counts.states == 0
    assert {p.verdict for p in result.properties} == {Verdict.NOT_TESTED}


def test_a_failure_in_the_start_is_a_violation_of_length_0():
    text = (
        COUNT
        + """
initial
  entry a
  local %v: U8
  block a
    %v = choose 2
    assert (%v == 0:U8) else "starts_well"
    end

property starts_well: assert
"""
    )
    result, found = verdicts(text)
    (violation,) = found["starts_well"].violations
    assert violation.depth == 0
    assert violation.witnesses[0].initial == (1,)
    assert result.counts == Counts(4, 3, 3)


def test_silenced_checks_are_not_judged_and_the_scope_line_says_so():
    text = COUNT.replace(
        "    store once x = 2:U8", '    check False else "range" of x\n    store once x = 2:U8'
    )
    header = 'program "test"\nallow "range" on "x" because "meant"'
    result = explore(make_program(text, header=header))
    assert not result.violations
    assert result.counts == Counts(2, 2, 1)
    assert "silenced: range on x (meant)" in result.scope
    header = 'program "test"\nallow "range" on "y" because "meant"'
    assert [v.property for v in explore(make_program(text, header=header)).violations] == ["range"]
    header = 'program "test"\nallow "range" on "" because "meant"'
    result = explore(make_program(text, header=header))
    assert "range" not in [p.name for p in result.properties]


def test_the_least_state_is_the_witness_among_equally_deep_ones():
    program = increments(2, 2)
    bfs = explore(program).violations
    assert bfs == explore(program).violations
