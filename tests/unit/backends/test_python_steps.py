"""The python backend, node by node: what each instruction does to memory."""

import linecache
import traceback

import pytest
from programs import make_model, make_program

from modelcheck.backends.python.outcomes import BLOCKED, IDLE, Failure
from modelcheck.explore.result import Counts
from modelcheck.explore.search import explore
from modelcheck.ir.memory import UNINITIALISED


def run_alone(text):
    """The last state of a program with one way through, by slot name."""
    model = make_model(text, after="liveness")  # unused fields stay
    (first,) = model.start()
    state = first.result
    while True:
        moves = [o for t in range(len(model.memory.threads)) for o in model.outcomes(state, t)]
        if not moves:
            break
        state = moves[0].result
        assert isinstance(state, tuple), state
        assert all(type(value) is int for value in state), "a bool got into a state"
    return {slot.name: state[slot.number] for slot in model.memory.slots}


QUEUE = """
struct Box
  field q: Queue[U8, 3]
  field out: U8
  field length: U8
  field has: Bool

object box: shared struct Box

template t count 1
  entry a
  local %v: U8
  block a atomic
    step
    queue once box.q append(0:U8)
    queue once box.q clear()
{lines}
    store once box.length = $length(box.q):U8
    store once box.has = $contains(box.q, 7:U8)
    end
"""


@pytest.mark.parametrize(
    ("lines", "elements", "out"),
    [
        ("append 1, append 2", (1, 2, 0), 0),
        ("append 1, appendleft 2, appendleft 3", (3, 2, 1), 0),
        ("append 1, append 2, append 3, popleft", (2, 3, 0), 1),
        ("append 1, append 2, append 3, pop", (1, 2, 0), 3),
        ("append 1, append 7, append 3, remove 7", (1, 3, 0), 0),
        ("append 7, append 2, append 7, remove 7", (2, 7, 0), 0),
        ("append 1, append 7, remove 9", (1, 7, 0), 0),
        ("append 1, append 7, clear", (0, 0, 0), 0),
        ("append 1, pop, append 2, appendleft 7", (7, 2, 0), 1),
    ],
)
def test_queue_operations(lines, elements, out):
    verbs = [verb.split() for verb in lines.split(", ")]
    text = "\n".join(
        f"    queue once box.q {v[0]}({v[1]}:U8)"
        if len(v) > 1
        else f"    queue once box.q {v[0]}()"
        if v[0] == "clear"
        else f"    %v = queue once box.q {v[0]}()\n    store once box.out = %v"
        for v in verbs
    )
    end = run_alone(QUEUE.format(lines=text).replace("$length(box.q):U8", "$length(box.q)"))
    length = len([e for e in elements if e])
    assert [end[f"box.q[{i}]"] for i in range(3)] == list(elements)
    assert (end["box.q (length)"], end["box.length"], end["box.out"]) == (length, length, out)
    assert end["box.has"] == (7 in elements[:length])


def test_a_queue_element_is_read_by_its_position():
    text = QUEUE.format(
        lines="""    queue once box.q append(5:U8)
    queue once box.q append(6:U8)
    %v = load once box.q[1:U8]
    store once box.out = %v"""
    ).replace("$length(box.q):U8", "$length(box.q)")
    assert run_alone(text)["box.out"] == 6


POOL = """
struct Node
  field value: U8
  field kept: U8 = 4
  field mark: U8 = 9 ghost
  field q: Queue[U8, 1]

object nodes: pool struct Node count 2WORDS
object seen: shared Bool
object p: shared struct Holder

struct Holder
  field node: Ptr[Node]

template t count 1
  entry a
  local %n: Ptr[Node]
  block a
    step
    %n = new nodes
    store silent {Node %n}.value = 3:U8
    jump b
  block b
    step
    store once p.node = %n
    jump c
  block c
    step
    free {Node %n}
    jump d
  block d atomic
    step
    store once seen = EXPR
    MORE
    end
"""
POOL = POOL.replace(
    "object nodes", "struct Holder\n  field node: Ptr[Node]\n\nobject nodes"
).replace("\nstruct Holder\n  field node: Ptr[Node]\n\ntemplate", "\ntemplate")


def make_pool(words="", expr="$alive({Node %n})", more=""):
    return POOL.replace("WORDS", words).replace("EXPR", expr).replace("MORE", more)


def states_of(text):
    """The states along the only way, as dicts by slot name."""
    model = make_model(text, after="liveness")  # unused fields stay
    (first,) = model.start()
    states = [first.result]
    while outcomes := model.outcomes(states[-1], 0):
        states.append(outcomes[0].result)
    return [{s.name: state[s.number] for s in model.memory.slots} for state in states]


def test_a_new_object_is_uninitialised_but_for_what_is_given_and_ghosts():
    _, new, *_ = states_of(make_pool(expr="$initialised({Node %n}.kept)"))
    assert new["nodes[0] (status)"] == 1
    assert new["nodes[0].value"] == 3
    assert new["nodes[0].kept"] == UNINITIALISED
    assert new["nodes[0].mark"] == 9
    assert (new["nodes[0].q (length)"], new["nodes[0].q[0]"]) == (UNINITIALISED, 0)
    assert new["nodes[1] (status)"] == 0


def test_what_is_freed_is_zero_and_never_comes_back():
    *_, freed, last = states_of(make_pool())
    assert freed["nodes[0] (status)"] == 2
    assert [freed[f"nodes[0].{f}"] for f in ("value", "kept")] == [0, 0]
    assert freed["nodes[0].mark"] == 9, "ghosts do not die"
    assert last["seen"] == 0


def test_with_reuse_a_freed_slot_is_as_if_never_used():
    *_, freed, _ = states_of(make_pool(" reuse"))
    assert freed["nodes[0] (status)"] == 0


def test_stable_fields_start_set_outlive_free_and_end_with_discard():
    text = make_pool(" reuse stable (kept)", "$stable({Node %n})", "discard {Node %n}")
    start, new, _, freed, last = states_of(text)
    assert start["nodes[0].kept"] == start["nodes[1].kept"] == 4
    assert (new["nodes[0].kept"], new["nodes[0].value"]) == (4, 3)
    assert (freed["nodes[0] (status)"], freed["nodes[0].kept"], freed["nodes[0].value"]) == (
        2,
        4,
        0,
    )
    assert last["seen"] == 1
    assert (last["nodes[0] (status)"], last["nodes[0].kept"]) == (3, 0)


ALLOCATE = """
struct Node
  field value: U8

object nodes: pool struct Node count 3REUSE
object got: shared U8

template t count 1
  entry a
  local %n: Ptr[Node]
  local %i: U8
  block a
    step
    check $free_slot(nodes) else "capacity"
    %n = new nodes
    jump b
  block b
    step
    free {Node %n}
    %i = wrap8((%i + 1:U8):U8):U8
    if (%i < 4:U8) jump a else c
  block c
    step
    store once got = 1:U8
    end
"""


def test_without_reuse_a_pool_counts_allocations():
    result = explore(make_program(ALLOCATE.replace("REUSE", "")))
    (violation,) = result.violations
    assert (violation.property, violation.depth) == ("capacity", 7)
    assert violation.object == ""


def test_with_reuse_every_free_slot_is_a_choice_in_order():
    model = make_model(ALLOCATE.replace("REUSE", " reuse"))
    result = explore(model.program)
    assert not result.violations
    (start,) = model.start()
    outcomes = model.outcomes(start.result, 0)
    assert [o.choices for o in outcomes] == [(0,), (1,), (2,)]
    statuses = [model.memory.status_slot("nodes", i) for i in range(3)]
    assert [[o.result[s] for s in statuses] for o in outcomes] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert result.counts.transitions == 4 * (3 + 3) + 1


CHOICES = """
object x: shared U8
template t count 1
  entry a
  local %i: U8
  local %j: U8
  block a
    step
    %i = choose 3
    if (%i == 1:U8) jump one else two
  block one inner
    wait (%i == 2:U8)
    jump two
  block two inner
    %j = choose 2
    wait ((%i + %j):U8 != 3:U8)
    store once x = (%i + %j):U8
    end
"""


def test_choices_come_in_increasing_order_without_the_disabled_ones():
    model = make_model(CHOICES)
    (start,) = model.start()
    outcomes = model.outcomes(start.result, 0)
    x = next(s.number for s in model.memory.slots if s.name == "x")
    assert [(o.choices, o.result[x]) for o in outcomes] == [
        ((0, 0), 0),
        ((0, 1), 1),
        ((2, 0), 2),
    ]


def test_disabled_steps_say_whether_they_rest():
    text = """
object x: shared Bool
template t count 1
  entry a
  block a
    step
    waitIDLE $read(once x)
    store once x = False
    end
"""
    for words, answer in ((" idle", IDLE), ("", BLOCKED)):
        model = make_model(text.replace("IDLE", words))
        (start,) = model.start()
        assert model.tables[0][0](start.result) == answer


def loop(rounds):
    # Blocks of the step: a, then head and body per round, head once more, and out.
    return f"""
object x: shared U32
template t count 1
  entry a
  local %i: U32
  block a
    step
    store once x = 1:U32
    jump head
  block head inner
    if (%i < {rounds}:U32) jump body else out
  block body inner
    %i = wrap32((%i + 1:U32):U32):U32
    jump head
  block out inner
    store once x = %i
    end
"""


def test_ten_thousand_blocks_are_allowed_and_one_more_diverges():
    # 1 + 2 * 4998 + 1 + 1 = 9,999 blocks; a fold may join some, never add any.
    assert not explore(make_program(loop(4990))).violations
    result = explore(make_program(loop(5000)))
    assert [(v.property, v.depth) for v in result.violations] == [("diverges", 1)]
    assert result.counts == Counts(1, 1, 0)


def test_a_local_loop_that_never_ends_diverges():
    text = loop(1).replace("%i = wrap32((%i + 1:U32):U32):U32", "%i = 0:U32")
    assert [v.property for v in explore(make_program(text)).violations] == ["diverges"]


def test_dead_locals_and_ended_threads_are_zero():
    text = """
struct Own
  field n: U8 = 5

object x: shared U8
object own: per_thread struct Own

template t count 1
  entry a
  local %v: U8
  block a
    step
    %v = load once x
    jump b
  block b
    step
    store once x = wrap8((%v + 2:U8):U8):U8
    jump c
  block c
    step
    store once own[0:U8].n = 7:U8
    jump d
  block d
    step
    store once x = 9:U8
    end
"""
    states = states_of(text)
    assert [s["t.v"] for s in states] == [0, 0, 0, 0, 0]
    owns = [s["own[t].n"] for s in states]
    assert owns == [5, 5, 5, 7, 0]
    assert [s["t.pc"] for s in states] == [0, 1, 2, 3, 4]


def test_a_local_that_lives_until_the_end_is_zero_behind_it():
    text = """
object x: shared U8

template t count 1
  entry a
  local %v: U8
  block a
    step
    %v = choose 2
    jump b
  block b
    step
    store once x = wrap8((%v + 2:U8):U8):U8
    if (%v == 0:U8) jump c else d
  block c
    end
  block d
    end
"""
    model = make_model(text)
    _, one = [o.result for o in model.start()]
    (slot,) = [s.number for s in model.memory.slots if s.role == "local"]
    assert one[slot] == 1
    (end,) = [o.result for o in model.outcomes(one, 0)]
    assert end[slot] == 0


def test_a_straight_step_with_many_branches_is_split_and_still_right():
    lines = ["object x: shared U32", "template t count 1", "  entry a", "  local %i: U32"]
    lines += ["  local %s: U32", "  block a", "    step", "    %i = choose 2", "    jump b0"]
    for i in range(40):
        lines += [
            f"  block b{i} inner",
            f"    if (%i == 0:U32) jump c{i} else d{i}",
            f"  block c{i} inner",
            "    %s = wrap32((%s + 1:U32):U32):U32",
            f"    jump b{i + 1}",
            f"  block d{i} inner",
            "    %s = wrap32((%s + 2:U32):U32):U32",
            f"    jump {'c' if i % 7 == 3 else 'b'}{i + (i % 7 != 3)}",
        ]
    lines += ["  block b40 inner", "    store once x = %s", "    end"]
    model = make_model("\n".join(lines))
    (start,) = model.start()
    x = next(s.number for s in model.memory.slots if s.name == "x")
    extra = sum(1 for i in range(40) if i % 7 == 3)
    values = [o.result[x] for o in model.outcomes(start.result, 0)]
    assert values == [40, 80 + extra]


def test_a_long_chain_of_nested_branches_is_split():
    lines = ["object x: shared U32", "template t count 1", "  entry a", "  local %i: U32"]
    lines += ["  block a", "    step", "    %i = choose 60", "    jump b0"]
    for i in range(59):
        lines += [
            f"  block b{i} inner",
            f"    if (%i == {i}:U32) jump c{i} else b{i + 1}",
            f"  block c{i} inner",
            f"    store once x = {i}:U32",
            "    end",
        ]
    lines += ["  block b59 inner", "    store once x = 59:U32", "    end"]
    model = make_model("\n".join(lines))
    (start,) = model.start()
    x = next(s.number for s in model.memory.slots if s.name == "x")
    assert [o.result[x] for o in model.outcomes(start.result, 0)] == list(range(60))


def test_generated_steps_show_in_tracebacks():
    model = make_model(CHOICES)
    with pytest.raises(IndexError) as caught:
        model.outcomes((0,), 0)
    frames = traceback.extract_tb(caught.value.__traceback__)
    (frame,) = [f for f in frames if f.filename.startswith("<modelcheck test: t")]
    assert frame.line
    assert frame.line == linecache.getline(frame.filename, frame.lineno).strip()


NULL = """
struct Inner
  field n: U8

struct Box
  field inner: struct Inner
  field slots: Array[Inner, 2]

object box: shared struct Box count 2
object x: shared U8

template t count 1
  entry a
  local %p: Ptr[Box]
  local %i: U8
  block a atomic
    step
    %p = POINTER
    %i = INDEX
    store once x = 1:U8
    check (%i == 99:U8) else "out-of-bounds" of SUBJECT says "detail"
    store once box[0:U8].inner.n = 1:U8
    end
""".replace("Array[Inner, 2]", "Array[struct Inner, 2]")


@pytest.mark.parametrize(
    ("pointer", "index", "subject", "shown", "names"),
    [
        ("$address(box[1:U8])", 0, "{Box %p}", "box[1]", ("box", "Box")),
        ("None:Ptr[Box]", 0, "{Box %p}", "", ("Box",)),
        ("None:Ptr[Box]", 0, "{Box %p}.inner", "", ("Inner",)),
        ("$address(box[1:U8])", 0, "{Box %p}.inner", "box[1].inner", ("box", "Inner", "Box")),
        (
            "$address(box[1:U8])",
            1,
            "{Box %p}.slots[%i].n",
            "box[1].slots[1]",
            ("box", "Inner", "Box"),
        ),
        ("$address(box[1:U8])", 3, "box[%i].inner", "box", ("box", "Inner")),
        ("$address(box[1:U8])", 3, "box[0:U8].slots[%i].n", "box", ("box", "Inner")),
        ("$address(box[1:U8])", 0, "x", "x", ("x",)),
    ],
)
def test_a_failing_check_names_its_subject(pointer, index, subject, shown, names):
    text = NULL.replace("POINTER", pointer).replace("INDEX", f"{index}:U8")
    model = make_model(text.replace("SUBJECT", subject))
    (start,) = model.start()
    (outcome,) = model.outcomes(start.result, 0)
    failure = outcome.result
    assert isinstance(failure, Failure)
    assert (failure.property, failure.detail) == ("out-of-bounds", "detail")
    assert (failure.object, failure.names) == (shown, names)
