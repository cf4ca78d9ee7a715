"""Data races: every kind of place, and the near misses that are none."""

import pytest
from programs import make_model, make_program

from modelcheck.explore.search import explore
from modelcheck.explore.walk import walk

HEAD = """
struct Inner
  field n: U8

struct Box
  field n: U8
  field inner: struct Inner
  field items: Array[U8, 2]
  field waiting: Queue[U8, 2]
  field shadow: U8 ghost

struct Head
  field first: Ptr[Box]

object word: shared U8
object box: shared struct Box
object boxes: shared struct Box count 2
"""

THREAD = """
template {name} count 1
  entry a
  local %v: U8
  local %p: Ptr[Box]
  block a
    %p = {pointer}
    jump b
  block b {words}
    step
    {access}
    {use}
    end
"""


def find(first, second, words=("", ""), pointers=("$address(box)", "$address(box)"), head=HEAD):
    threads = "".join(
        THREAD.format(
            name=f"t{i}",
            access=access,
            words=words[i],
            pointer=pointers[i],
            use='assert (%v != 77:U8) else "used"',
        )
        for i, access in enumerate((first, second))
    )
    text = f"{head}{threads}\n" + "\ninitial\n  entry go\n  block go\n    end\n"
    result = explore(make_program(text))
    return [(v.object, v.names, v.depth) for v in result.violations if v.property == "data-race"]


@pytest.mark.parametrize(
    ("first", "second", "shown", "names"),
    [
        ("store plain word = 1:U8", "%v = load plain word", "word", ("word",)),
        ("store plain word = 1:U8", "%v = load once word", "word", ("word",)),
        ("store once word = 1:U8", "%v = load plain word", "word", ("word",)),
        ("store plain word = 1:U8", "store plain word = 2:U8", "word", ("word",)),
        (
            "store plain box.n = 1:U8",
            "%v = load plain {Box %p}.n",
            "box.n",
            ("box", "Box", "Box.n"),
        ),
        (
            "store plain box.inner.n = 1:U8",
            "%v = load plain {Inner $address({Box %p}.inner)}.n",
            "box.inner.n",
            ("box", "Inner", "Inner.n"),
        ),
        (
            "store plain box.items[1:U8] = 1:U8",
            "%v = load plain {Box %p}.items[(%v + 1:U8):U8]",
            "box.items[1]",
            ("box", "Box", "Box.items"),
        ),
        (
            "queue plain box.waiting append(1:U8)",
            "queue once {Box %p}.waiting read()",
            "box.waiting",
            ("box", "Box", "Box.waiting"),
        ),
        (
            "store plain word = 1:U8",
            "wait ($read(once word) == 0:U8)",
            "word",
            ("word",),
        ),
    ],
)
def test_two_accesses_race(first, second, shown, names):
    assert find(first, second) == [(shown, names, 0)]
    assert find(second, first) == [(shown, names, 0)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("%v = load plain word", "%v = load plain word"),  # nobody writes
        ("store once word = 1:U8", "%v = load once word"),  # nobody is plain
        ("store release word = 1:U8", "%v = load acquire word"),
        ("store plain boxes[0].n = 1:U8", "%v = load plain boxes[1].n"),  # two places
        ("store plain box.n = 1:U8", "%v = load plain box.inner.n"),
        ("store plain box.items[0:U8] = 1:U8", "%v = load plain box.items[1:U8]"),
        ("queue plain box.waiting append(1:U8)", "queue once boxes[0].waiting read()"),
        ("queue plain box.waiting read()", "queue plain box.waiting read()"),
        ("store ghost box.shadow = 1:U8", "%v = load ghost box.shadow"),  # no accesses at all
        ("store plain word = 1:U8", 'assert ($read(silent word) != 9:U8) else "small"'),
    ],
)
def test_near_misses_are_no_race(first, second):
    # What nobody stores is frozen; a third thread keeps every field in play.
    assert find(first, second) == []


# A pointer that somebody stores is not folded into the place that it names.
LOADED = """
object head: shared struct Head
  start 0 at .first = $address(box)

template by_pointer count 1
  entry a
  local %p: Ptr[Box]
  local %v: U8
  block a
    step
    %p = load once head.first
    jump b
  block b
    step
    {access}
    end

template by_name count 1
  entry a
  block a
    step
    {store}
    end

template moves count 1
  entry a
  block a
    step
    store once head.first = $address(box)
    end
"""


@pytest.mark.parametrize(
    ("store", "access", "shown"),
    [
        ("store plain box.n = 1:U8", "%v = load plain {Box %p}.n", "box.n"),
        ("store plain box.inner.n = 1:U8", "%v = load plain {Box %p}.inner.n", "box.inner.n"),
        (
            "store plain box.items[1:U8] = 1:U8",
            "%v = load plain {Box %p}.items[1:U8]",
            "box.items[1]",
        ),
        (
            "queue once box.waiting append(1:U8)",
            "queue plain {Box %p}.waiting read()",
            "box.waiting",
        ),
    ],
)
def test_what_is_reached_by_name_and_by_a_loaded_pointer_races(store, access, shown):
    text = HEAD + LOADED.replace("{store}", store).replace("{access}", access)
    text += "\ninitial\n  entry go\n  block go\n    end\n"
    found = [v.object for v in explore(make_program(text)).violations if v.property == "data-race"]
    assert found == [shown]


def test_what_a_disabled_way_touched_before_it_stopped_is_no_race():
    way = """%v = choose 2
    store plain box.items[%v] = 1:U8
    wait (%v == 0:U8)"""
    assert find(way, "%v = load plain box.items[1:U8]", words=("atomic", "")) == []
    found = find(way, "%v = load plain box.items[0:U8]", words=("atomic", ""))
    assert [shown for shown, _, _ in found] == ["box.items[0]"]


def test_a_thread_that_its_handler_holds_up_does_not_race_with_it():
    text = (
        HEAD
        + """
template task count 1
  entry a
  block a
    step
    store plain word = 1:U8
    end

template handler count 1 context hardirq interrupts task
  entry a
  block a
    step
    store once box.n = 1:U8
    jump b
  block b
    step
    store plain word = 2:U8
    end
"""
    )
    assert not explore(make_program(text)).violations


def test_a_pointer_to_another_object_is_no_race():
    pointers = ("$address(boxes[0])", "$address(boxes[1])")
    store, load = "store plain {Box %p}.n = 1:U8", "%v = load plain {Box %p}.n"
    assert find(store, load, pointers=pointers) == []
    pointers = ("$address(boxes[1])", "$address(boxes[1])")
    assert find(store, load, pointers=pointers) == [("boxes[1].n", ("boxes", "Box", "Box.n"), 0)]


def test_two_atomic_steps_do_not_race_but_one_with_a_plain_step_does():
    store, load = "store plain word = 1:U8", "%v = load plain word"
    assert find(store, load, words=("atomic", "atomic")) == []
    assert find(store, load, words=("atomic", "")) == [("word", ("word",), 0)]


def test_a_disabled_step_does_not_race():
    store = "wait ($read(once box.n) == 1:U8)\n    store plain word = 1:U8"
    assert find(store, "%v = load plain word") == []


def test_a_choice_that_is_disabled_does_not_race_and_one_that_is_enabled_does():
    branch = """%v = choose 2
    wait (%v == WHICH:U8)
    store plain box.items[%v] = 1:U8"""
    load = "%v = load plain box.items[1:U8]"
    assert find(branch.replace("WHICH", "0"), load) == []
    found = find(branch.replace("WHICH", "1"), load)
    assert found == [("box.items[1]", ("box", "Box", "Box.items"), 0)]


def test_a_failing_step_races():
    store = 'store plain word = 1:U8\n    check False else "range"'
    assert find(store, "%v = load plain word") == [("word", ("word",), 0)]


def test_the_path_of_a_race_ends_before_two_possible_moves():
    text = HEAD + "".join(
        THREAD.format(name=f"t{i}", access=a, words="", pointer="None:Ptr[Box]", use="")
        for i, a in enumerate(("store plain word = 1:U8", "store plain word = 2:U8"))
    )
    model = make_model(text)
    (violation,) = explore(model.program).violations
    (path,) = violation.witnesses
    assert (path.last, path.moves, len(path.race)) == ("race", (), 2)
    assert {move.thread for move in path.race} == {0, 1}
    assert len(list(walk(model, path))) == 1


@pytest.mark.parametrize(("on", "count"), [("word", 0), ("box", 1), ("Box.n", 1)])
def test_allow_silences_one_declaration(on, count):
    text = HEAD + "".join(
        THREAD.format(name=f"t{i}", access=a, words="", pointer="None:Ptr[Box]", use="")
        for i, a in enumerate(("store plain word = 1:U8", "store plain word = 2:U8"))
    )
    header = f'program "t"\nallow "data-race" on "{on}" because "x"'
    assert len(explore(make_program(text, header=header)).violations) == count


def test_allow_silences_a_field():
    text = HEAD + "".join(
        THREAD.format(name=f"t{i}", access=a, words="", pointer="None:Ptr[Box]", use="")
        for i, a in enumerate(("store plain box.n = 1:U8", "store plain box.n = 2:U8"))
    )
    header = 'program "t"\nallow "data-race" on "Box.n" because "x"'
    assert not explore(make_program(text, header=header)).violations
