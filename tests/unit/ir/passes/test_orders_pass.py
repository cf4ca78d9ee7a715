"""Which recorded orders stay: those that a cycle can contain."""

from small_programs import (
    apply,
    at,
    block,
    body,
    chain,
    find_block,
    instrs_of,
    load,
    local,
    num,
    program,
    step,
    store,
    through,
)

from modelcheck.ir.nodes import Branch, Jump, Kind, Object, Precedes, Read
from modelcheck.ir.passes.orders import orders
from modelcheck.ir.types import Embedded

X, Y, Z = at("x"), at("y"), at("z")
THIRD = (Object("z", "shared", Embedded("Node"), mortal=False),)


def kept(*bodies, **more):
    found = orders(program(*bodies, objects=THIRD, **more))
    return [
        i
        for number in range(len(found.templates))
        for i in instrs_of(found, number)
        if isinstance(i, Precedes)
    ]


def test_an_order_that_no_other_answers_goes():
    assert kept(chain(Precedes("p", X, Y), Precedes("p", Y, Z))) == []


def test_both_orders_of_two_threads_stay():
    one, two = Precedes("p", X, Y), Precedes("p", Y, X)
    assert kept(chain(one), chain(two)) == [one, two]


def test_a_cycle_over_three_stays_and_what_leads_to_it_goes():
    cycle = [Precedes("p", X, Y), Precedes("p", Y, Z), Precedes("p", Z, X)]
    aside = Precedes("p", at("x", "next"), X)
    assert kept(*[chain(order) for order in (*cycle, aside)]) == cycle


def test_orders_of_two_properties_make_no_cycle():
    assert kept(chain(Precedes("p", X, Y)), chain(Precedes("q", Y, X))) == []


def test_a_declaration_before_itself_stays_unless_it_is_nested():
    itself = Precedes("p", X, X)
    assert kept(chain(itself, Precedes("p", X, X, nested=True))) == [itself]


def test_a_nested_order_of_two_declarations_is_like_any_other():
    one, two = Precedes("p", X, Y, nested=True), Precedes("p", Y, X)
    assert kept(chain(one), chain(two)) == [one, two]


def test_a_pointer_may_name_any_place_of_its_struct():
    one, two = Precedes("p", through("p"), Y), Precedes("p", Y, X)
    assert kept(chain(one), chain(two)) == [one, two]


def test_an_order_in_the_initial_code_counts():
    answer = Precedes("p", Y, X)
    assert kept(chain(Precedes("p", X, Y)), initial=chain(answer)) == [Precedes("p", X, Y)]


def branching(condition):
    """A step that branches, and records an order that goes on one way."""
    return body(
        step("s", load("b", at("x", "n")), end=Branch(condition, "then", "done")),
        block("then", Precedes("p", X, Y), to="done"),
        step("done", store(at("x", "n"))),
    )


def test_a_branch_whose_arms_meet_goes_with_its_order():
    found = orders(program(branching(local("b"))))
    assert find_block(found, "s").end == Jump("done")


def test_a_condition_that_is_an_access_stays():
    given = branching(apply("==", Read(at("x", "n"), Kind.ONCE), num(1)))
    assert isinstance(find_block(orders(program(given)), "s").end, Branch)


def test_a_branch_to_two_steps_stays():
    given = body(
        step("s", Precedes("p", X, Y), end=Branch(local("b"), "one", "two")),
        step("one", to="done"),
        step("two", to="done"),
        block("done", store(at("x", "n"))),
    )
    assert isinstance(find_block(orders(program(given)), "s").end, Branch)


def test_an_endless_loop_of_nothing_is_followed_once():
    given = body(
        step("s", Precedes("p", X, Y), end=Branch(local("b"), "round", "done")),
        block("round", to="again"),
        block("again", to="round"),
        block("done", store(at("x", "n"))),
    )
    assert isinstance(find_block(orders(program(given)), "s").end, Branch)


def test_what_has_no_orders_is_left_as_it_is():
    given = program(chain(load("v", at("x", "n"))))
    assert orders(given) is given
