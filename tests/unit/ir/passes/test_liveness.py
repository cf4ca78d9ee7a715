"""Which locals are part of the state at a location."""

from small_programs import (
    GHOST,
    PLAIN,
    apply,
    at,
    block,
    body,
    find_block,
    instrs_of,
    load,
    local,
    num,
    program,
    step,
    store,
    through,
    with_rest,
)

from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Branch,
    Check,
    Choose,
    Kind,
    Read,
    Spawn,
    Template,
)
from modelcheck.ir.passes.liveness import drop_useless, liveness
from modelcheck.ir.types import U8

ACCESS = load("v", at("x", "n"))
PLUS = apply("+", local("v"), num(1), type=U8)


def live(*blocks, at_label="t"):
    """The live locals at `at_label`; blocks that begin a step are locations."""
    given = body(*blocks)
    given = with_rest(given, *(b.label for b in blocks if b.step))
    return find_block(liveness(program(given)), at_label).live


def test_a_local_used_later_is_live():
    assert live(step("s", ACCESS, to="t"), step("t", store(at("x", "n"), local("v")))) == ("v",)


def test_a_local_assigned_first_is_dead():
    use = store(at("x", "n"), local("v"))
    assert live(step("t", ACCESS, to="u"), step("u", use)) == ()


def test_a_local_nobody_uses_is_dead():
    assert live(step("s", ACCESS, to="t"), step("t", store(at("x", "n")))) == ()


def test_names_are_sorted():
    use = store(at("x", "a", local("w")), local("v"))
    assert live(step("t", use)) == ("v", "w")


def test_every_place_a_value_can_stand_in_counts():
    for use in (
        load("w", through("p", "n")),
        store(through("p", "n")),
        Check(apply("!=", local("p"), num(0)), "range", None),
        Check(apply("==", num(0), num(0)), "range", through("p")),
        Assert(apply("!=", local("p"), num(0)), "name"),
        Spawn("w", "t0", (local("p"),)),
        store(at("x", "g"), local("p"), GHOST),
        Assign("w", Read(through("p", "n"), PLAIN)),
    ):
        assert live(step("t", use)) == ("p",), use


def test_a_branch_uses_its_condition():
    assert live(step("t", end=Branch(local("b"), "u", "u")), block("u")) == ("b",)


def test_what_any_way_needs_is_live():
    one, other = block("u", store(at("x", "n"), local("v"))), block("w", Assign("v", num(1)))
    for arms in (("u", "w"), ("w", "u")):
        assert live(step("t", end=Branch(local("b"), *arms)), one, other) == ("b", "v")


def test_a_loop_keeps_what_its_next_round_needs():
    head = step("t", store(at("x", "n"), local("v")), to="u")
    assert live(head, step("u", store(at("x", "m")), to="t"), at_label="u") == ("v",)


def test_a_counter_that_nothing_reads_is_dead():
    given = live(step("t", store(at("x", "n")), Assign("v", PLUS), to="t"))
    assert given == ()


def test_a_counter_that_decides_is_live():
    more = Branch(apply("<", local("v"), num(3)), "t", "e")
    assert live(step("t", Assign("v", PLUS), end=more), block("e")) == ("v",)


def test_a_value_with_an_access_is_live_even_for_a_dead_local():
    access = Assign("w", Read(through("p", "n"), Kind.ONCE))
    assert live(step("t", access)) == ("p",)


def test_only_locations_have_live_locals():
    assert live(block("t", store(at("x", "n"), local("v")))) == ()


def test_parameters_live_at_the_entry():
    given = with_rest(body(step("t", store(at("x", "n"), local("v")))), "t")
    spawned = Template("w", 1, given, spawned=True, parameters=("v",))
    assert find_block(liveness(program(spawned)), "t").live == ("v",)


def test_local_work_before_the_first_location_uses_parameters_itself():
    given = body(block("s", Assign("w", local("v")), to="t"), step("t", store(at("x"), local("w"))))
    spawned = Template("w", 1, with_rest(given, "t"), spawned=True, parameters=("v",))
    assert find_block(liveness(program(spawned)), "t").live == ("w",)


def test_useless_assignments_go():
    given = body(
        step("s", Assign("w", PLUS), Assign("v", local("w")), to="t"),
        step("t", Assign("v", num(2)), store(at("x", "n"), local("v"))),
    )
    kept = instrs_of(program(drop_useless(given)))
    assert kept == [Assign("v", num(2)), store(at("x", "n"), local("v"))]


def test_accesses_and_choices_never_go():
    access = Assign("w", Read(at("x", "n"), Kind.ONCE))
    given = body(step("s", access, ACCESS, Choose("v", 2)))
    assert instrs_of(program(drop_useless(given))) == [access, ACCESS, Choose("v", 2)]
