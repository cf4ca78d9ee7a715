"""A second look: what ran in the states of a program, and what makes them so many."""

from __future__ import annotations

import pytest

from modelcheck.backends.python.model import compile_program
from modelcheck.explore.look import look
from modelcheck.explore.profile import make_profile
from modelcheck.explore.ran import find_ran
from modelcheck.explore.search import explore
from modelcheck.ir.text.show import Shower
from tests.checking import program_of

BRANCHES = """
    x = shared(U8)
    g: U8 = ghost(0)
    h: U8 = ghost(0)

    @thread
    def up():
        global x, g, h
        v: U8 = x
        if v == 0:
            g += 1
        else:
            h += 1
        x = 1
        if v == 0:
            x = 2

    @invariant
    def small():
        return x <= 1 or x == 2
    """


def lines_of(program):
    """How often each line ran, by its text."""
    return {line: count for (_, line), count in find_ran(look(program)).lines.items()}


def find_line(text, part):
    """The number of the line with a text, in the spec that `load_text` makes of it."""
    return 3 + next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_it_sees_the_states_and_transitions_of_the_search():
    program = program_of(BRANCHES)
    seen, result = look(program), explore(program)
    assert seen.is_whole
    assert len(seen.states) == result.counts.states
    assert sum(find_ran(seen).taken.values()) == result.counts.transitions
    assert max(seen.depths) == result.counts.depth
    assert {at: n for at, n in find_ran(seen).taken.items() if n} == result.coverage.taken


def test_a_model_that_takes_notes_does_what_every_model_does():
    program = program_of(BRANCHES)
    seen, plain = look(program), compile_program(program)
    for state in seen.states:
        for thread in range(len(plain.tables)):
            assert seen.model.outcomes(state, thread) == plain.outcomes(state, thread)
        for name, judge in plain.judges.items():
            assert seen.model.judges[name](state) == judge(state)


def test_local_work_that_no_thread_came_to_and_the_condition_before_it():
    program = program_of(BRANCHES)
    lines = lines_of(program)
    assert lines[find_line(BRANCHES, "g += 1")] == 1
    assert lines[find_line(BRANCHES, "h += 1")] == 0
    ran = find_ran(look(program))
    asked = {(half.span.line, half.never) for half in ran.halves}
    assert (find_line(BRANCHES, "if v == 0:"), False) in asked


def test_what_a_thread_ran_before_it_had_to_wait_does_not_count():
    text = """
        x = shared(Bool)
        g: U8 = ghost(0)

        @thread
        def wait():
            global g
            with atomic():
                if either():
                    g += 1
                    wait_until(x)

        @invariant
        def true():
            return g <= 1
        """
    program = program_of(text)
    assert lines_of(program)[find_line(text, "g += 1")] == 0


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("not armed or x == 1", ["not($read(ghost armed))"]),
        ("x <= 9 and (not armed or x == 1)", ["not($read(ghost armed))"]),
        (
            "not (armed and x == 1) or x == 2",
            ["not(($read(ghost armed) and ($read(silent x) == 1)))"],
        ),
        ("not x == 1 or not armed or x == 3", ["not($read(ghost armed))"]),
        ("x == 0 or not armed", []),
        ("x <= 9 or x == 77", ["($read(silent x) <= 9)"]),
        ("x <= 9", []),
    ],
)
def test_a_claim_whose_condition_never_holds_is_not_put_to_the_test(claim, told):
    program = program_of(f"""
        x = shared(U8)
        armed: Bool = ghost(False)

        @thread
        def up():
            global x, armed
            x = 1
            if x == 5:
                armed = True

        @invariant
        def claim():
            return {claim}
        """)
    vacuous = find_ran(look(program)).vacuous
    assert [Shower().expr(v.expr) for v in vacuous if v.expr is not None] == told
    assert {v.property for v in vacuous} <= {"claim"}


def test_a_claim_behind_an_if_or_with_checks_in_it_is_told_by_its_place():
    text = """
        @struct
        class Item:
            n: U8

        @struct
        class Head:
            first: Ptr[Item]

        head = shared(Head)
        items = shared(Item, count=2)

        @thread
        def up():
            items[0].n = 1
            if items[0].n == 5:
                head.first = items[1]

        @invariant
        def claim():
            if head.first is not None:
                return head.first.n == 1
            return True

        @invariant
        def other():
            return head.first is None or head.first.n == 1
        """
    vacuous = find_ran(look(program_of(text))).vacuous
    assert {(v.property, v.span.line, v.never) for v in vacuous} == {
        ("claim", find_line(text, "if head.first"), True),
        ("other", find_line(text, "return head.first is None"), False),
    }


def test_a_claim_that_is_constant_is_not_put_to_the_test():
    program = program_of("""
        checked = flag(False)
        x = shared(U8)

        @thread
        def up():
            global x
            x = 1

        @invariant
        def claim():
            return not checked or x == 5

        @invariant
        def small():
            return x <= 5
        """)
    vacuous = find_ran(look(program)).vacuous
    told = [(v.property, Shower().expr(v.expr), v.never) for v in vacuous if v.expr is not None]
    assert told == [("claim", "True", False)]


def test_an_assert_is_looked_at_where_it_ran():
    text = """
        x = shared(U8)

        @thread
        def up():
            global x
            x = 1
            assert x != 7 or x == 8, "seven"
            if x == 5:
                x = 2
                assert x != 7 or x == 8, "late"
        """
    assert [v.property for v in find_ran(look(program_of(text))).vacuous] == ["seven"]


WAITS = """
    x = shared(U8)

    @thread
    def up():
        global x
        x = 1
        x = 2

    @thread
    def patient():
        wait_until(x == 2)

    @thread
    def lucky():
        wait_until(x <= 2)
    """


def test_who_could_have_to_wait_and_who_did():
    ran = find_ran(look(program_of(WAITS)))
    waited = {wait.location[0]: wait.states for wait in ran.waits}
    assert set(waited) == {"patient", "lucky"}
    assert waited["patient"] > 0
    assert waited["lucky"] == 0
    assert ran.calm == ("lucky",)  # `up` never can have to


def test_a_final_is_asked_where_every_thread_is_at_rest_only():
    text = """
        x = shared(U8)

        @thread
        def up():
            global x
            x = 1

        @final
        def end():
            return x == 1
        """
    assert lines_of(program_of(text))[find_line(text, "return x == 1")] == 1


def test_a_budget_that_ends_is_said_and_holds():
    program = program_of(WAITS)
    whole = look(program)
    part = look(program, budget=3)
    assert not part.is_whole
    assert 0 < len(part.states) < len(whole.states)
    assert part.states == whole.states[: len(part.states)]
    assert not find_ran(part).is_whole
    assert not make_profile(part).is_whole
    none = look(program, interrupted=lambda: True)
    assert (none.states, none.is_whole) == ([], False)
    assert make_profile(none).factors == ()


def test_a_profile_tells_what_multiplies_and_what_follows_from_the_rest():
    program = program_of("""
        x = shared(U8)
        y = shared(U8)
        kept = shared(U8)
        follows: U8 = ghost(0)

        @initial
        def begin():
            global x, y
            x = choose(range(5))
            y = choose(range(3))

        @thread
        def up():
            global kept, follows
            kept = 1
            follows = 1
        """)
    profile = make_profile(look(program))
    known = {f.name: (f.values, f.slots, profile.states / f.without) for f in profile.factors}
    assert profile.states == 30
    assert known["x"] == (5, 1, 5.0)
    assert known["y"] == (3, 1, 3.0)
    assert known["kept"] == (2, 1, 1.0)  # the thread's position says it too
    assert known["where up stands"] == (2, 1, 1.0)
    assert [f.name for f in profile.factors][:2] == ["x", "y"]
    assert profile.levels == (15, 15)
    assert sum(profile.standing.values()) == 15


def test_elements_and_threads_of_a_kind_are_one_part():
    program = program_of("""
        @struct
        class Item:
            n: U8

        items = shared(Item, count=2)

        @thread(count=2)
        def up(me):
            items[me].n = 1
        """)
    profile = make_profile(look(program))
    assert {(f.name, f.slots) for f in profile.factors} == {("items.n", 2), ("where up stands", 2)}
