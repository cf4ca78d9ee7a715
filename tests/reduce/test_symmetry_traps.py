"""Programs that look symmetric and are not, each beside one that is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from checking import program_of, violated

from modelcheck.diagnostics import NOWHERE
from modelcheck.ir.nodes import Apply, Const, ObjectRoot, Place, Read, Return
from modelcheck.ir.types import BOOL, U8
from modelcheck.reduce.sorts import Sorts
from modelcheck.reduce.symmetry import find_symmetry
from reduce.symmetry_kit import check_equivariance, moved, search, symmetry_of, verdicts

SLOTS = """
@struct
class Slot:
    used: Bool
    owner: ThreadId


slots = shared(Slot, count=3)
"""

# Each thread of `take` does what stands at the place of BODY, over three slots.
TRAPS = {
    "the first free slot in order": """
@thread(count=2)
def take():
    with atomic():
        for slot in slots:
            if not slot.used:
                slot.used = True
                slot.owner = current()
                break
""",
    "the first free slot, step by step": """
@thread(count=2)
def take():
    for slot in slots:
        if not slot.used:
            slot.used = True
            break
""",
    "the first free slot, kept in a local": """
@thread(count=2)
def take():
    with atomic():
        found = slots[2]
        for slot in slots:
            if not slot.used:
                found = slot
                break
        found.used = True
        found.owner = current()
""",
    "the last that is looked at": """
@thread(count=2)
def take():
    i = choose(range(3))
    with atomic():
        last: ThreadId = None
        for slot in slots:
            if slot.used:
                last = slot.owner
        slots[i].used = True
        slots[i].owner = current() if last is None else last
""",
    "one slot by its number": """
@thread(count=2)
def take():
    slots[1].used = True
""",
    "a count by number": """
@thread(count=3)
def take(me):
    slots[(me + 1) % 3].used = True


@invariant
def holds():
    return True
""",
    "a property that names a slot": """
@thread(count=2)
def take():
    slot = choose(s for s in slots if not s.used)
    slot.used = True


@invariant
def the_first_is_free():
    return not slots[0].used
""",
    "a property that stops at the first": """
@thread(count=2)
def take():
    slot = choose(s for s in slots if not s.used)
    slot.used = True
    slot.owner = current()


@invariant
def in_order():
    for slot in slots:
        if slot.owner is None:
            return True
        if slot.used:
            return False
    return True
""",
    "a start value of its own": """
special = shared(Slot, count=2)


@initial
def link():
    special[0].used = True


@thread(count=2)
def take():
    slot = choose(s for s in slots if not s.used)
    slot.used = True
    crash()
    special[0].used = True
    slots[0].used = True
""",
    "numbers among which only some are chosen": """
@thread(count=2)
def take():
    i = choose(range(2))
    slots[i].used = True
""",
    "an index that is compared in order": """
@thread(count=2)
def take():
    i = choose(range(3))
    if i < 2:
        slots[i].used = True
""",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_slots_that_are_told_apart_are_not_exchanged(trap):
    text = SLOTS + TRAPS[trap]
    found = symmetry_of(text)
    numbers = [c.numbers for c in found.classes if "slots" in c.objects]
    assert (0, 1, 2) not in numbers
    assert any("slots" in broken.subject for broken in found.broken)
    check_equivariance(program_of(text))


@pytest.mark.parametrize(
    "body",
    [
        "    slot = choose(s for s in slots if not s.used)\n    slot.used = True",
        "    i = choose(range(3))\n    slots[i].used = True\n    slots[i].owner = current()",
        "    for slot in any_order(slots):\n        slot.used = True",
        (
            "    with atomic():\n        wait_until(any(not s.used for s in slots))\n"
            "        i = choose(range(3))\n        slots[i].used = True"
        ),
        "    i = choose(range(3))\n    if i < 3:\n        slots[i].used = True",
    ],
)
def test_slots_that_nobody_tells_apart_are_exchanged(body):
    text = f"{SLOTS}\n\n@thread(count=2)\ndef take():\n{body}\n"
    assert moved(text) == {"take", "slots"}
    assert check_equivariance(program_of(text)) > 0
    plain, reduced = search(program_of(text))
    assert verdicts(plain) == verdicts(reduced)
    assert reduced.counts.states < plain.counts.states


def test_a_reason_survives_whatever_sorts_meet():
    sorts = Sorts()
    for a, b in (("x", "y"), ("z", "w"), ("y", "w")):
        sorts.unite((a,), (b,))
    sorts.spoil(("v",), "it is counted with", NOWHERE)
    sorts.unite(("w",), ("v",))
    assert all(sorts.is_broken((name,)) for name in "xyzwv")


CRASHING = """
@struct
class Slot:
    used: Bool


slots = shared(Slot, count=3)
{more}


@thread(count=2)
def take():
    slot = choose(s for s in slots if not s.used)
    slot.used = True
    if either():
        crash()


@reachable
def all_used():
    return all(s.used for s in slots)
"""


def test_start_values_of_their_own():
    program = program_of(CRASHING.format(more=""))
    assert moved(CRASHING.format(more="")) >= {"slots"}
    start = ((1, ("used",), Const(1, BOOL)),)
    objects = tuple(replace(o, start=start) if o.name == "slots" else o for o in program.objects)
    told = replace(program, objects=objects)
    numbers = [c.numbers for c in find_symmetry(told).classes if "slots" in c.objects]
    assert numbers == [(0, 2)]
    check_equivariance(told)
    plain, reduced = search(told)
    assert verdicts(plain) == verdicts(reduced)


ASKED = """
@struct
class Node:
    word: U8


@struct
class Slot:
    node: Ptr[Node]


node = shared(Node)
slots = shared(Slot, count=2)


@thread(count=2)
def fill():
    slot = choose(s for s in slots if s.node is None)
    slot.node = node
    node.word = 1


@invariant
def small():
    if slots[0].node is None and slots[1].node is None:
        return True
    return slots[0].node.word == slots[0].node.word
"""


def test_a_property_that_fails_to_be_asked_of_one_tells_it_apart():
    """It is false nowhere: only asking it through one of the slots can fail."""
    assert "slots" not in moved(ASKED)
    check_equivariance(program_of(ASKED))
    plain, reduced = search(program_of(ASKED))
    assert violated(plain) >= {"small"}
    assert verdicts(plain) == verdicts(reduced)


LOOKING = """
@struct(marked=True)
class Lock:
    owner: ThreadId


locks = shared(Lock, count=3)
gate = shared(Lock)


@observer
def note(lock):
    for held in locks:
        if held.owner == current() and held is not lock:
            precedes("lock-order", held, gate)


@thread(count=2)
def work():
    lock = choose(x for x in locks)
    with atomic():
        wait_until(lock.owner is None)
        note(lock)
        lock.owner = current()
    with atomic():
        free = True
        for other in locks:
            if other.owner == current() and other is not lock:
                free = False
        wait_until(free)
        note(gate)
        gate.owner = current()
    gate.owner = None
    lock.owner = None
"""


def test_loops_that_only_look_may_go_in_any_order():
    program = program_of(LOOKING)
    assert moved(LOOKING) == {"work", "locks"}
    assert check_equivariance(program) > 0
    plain, reduced = search(program)
    assert verdicts(plain) == verdicts(reduced)
    assert reduced.counts.states < plain.counts.states / 3


ORDERED = """
@struct(marked=True)
class Fork:
    holder: ThreadId


forks = shared(Fork, count=2)


@thread(count=2)
def dine(me):
    other = choose(range(2))
    first, second = forks[me], forks[other]
    if me < other:
        first, second = forks[other], forks[me]
    with atomic():
        wait_until(first.holder is None)
        first.holder = current()
"""


def test_forks_taken_in_order_of_their_numbers():
    assert moved(ORDERED) == set()
    assert moved(ORDERED.replace("me < other", "me == other")) == {"dine", "forks"}


THREADS = """
done = shared(U8)
last: ThreadId = ghost(None)


@struct
class Box:
    by: ThreadId


box = shared(Box)
"""


@pytest.mark.parametrize(
    ("code", "is_symmetric"),
    [
        ("@invariant\ndef p():\n    return not finished(work[0]) or done > 0\n", False),
        ("@invariant\ndef p():\n    return not finished(work[2]) or done > 0\n", False),
        ("@final\ndef p():\n    return all(finished(t) for t in threads())\n", True),
        ("@invariant\ndef p():\n    return box.by is None or not finished(box.by)\n", True),
        ("@reachable\ndef p():\n    return box.by == work[1]\n", False),
    ],
)
def test_threads_that_a_property_names(code, is_symmetric):
    text = f"{THREADS}\n\n@thread(count=3)\ndef work():\n    box.by = current()\n\n\n{code}"
    full = any(c.numbers == (0, 1, 2) for c in symmetry_of(text).classes)
    assert full is is_symmetric
    check_equivariance(program_of(text))
    plain, reduced = search(program_of(text))
    assert verdicts(plain) == verdicts(reduced)


def test_threads_that_are_not_named_are_still_exchanged():
    text = f"{THREADS}\n\n@thread(count=3)\ndef work():\n    box.by = current()\n"
    text += "\n\n@reachable\ndef p():\n    return box.by == work[1]\n"
    assert [c.numbers for c in symmetry_of(text).classes] == [(0, 2)]


BOSS = """
job = shared(U8)


@thread(spawned=2)
def worker():
    {work}


@thread
def boss():
    {t}spawn(worker)
    {u}spawn(worker)
    wait_until({asked})
"""


@pytest.mark.parametrize(
    ("given", "is_symmetric"),
    [
        ({"work": "job.x += 1", "t": "", "u": "", "asked": "job.x > 0"}, True),
        ({"work": "job.by = current()", "t": "", "u": "", "asked": "job.x == 0"}, False),
        ({"work": "job.x += 1", "t": "t = ", "u": "", "asked": "finished(t)"}, False),
    ],
)
def test_spawn_takes_the_lowest_only_where_nobody_can_tell(given, is_symmetric):
    text = "@struct\nclass Job:\n    x: U8\n    by: ThreadId\n"
    text += BOSS.replace("shared(U8)", "shared(Job)").format(**given)
    assert ("worker" in moved(text)) is is_symmetric
    check_equivariance(program_of(text))
    plain, reduced = search(program_of(text))
    assert verdicts(plain) == verdicts(reduced)


POOL = """
@struct
class Node:
    next: Ptr[Node]
    value: U8


@struct
class Head:
    first: Ptr[Node]


head = shared(Head)
nodes = pool(Node, count=3)
"""


@pytest.mark.parametrize(
    ("code", "is_symmetric"),
    [
        ("    n = new(Node, next=head.first, value=0)\n    head.first = n\n", True),
        ("    n = new(Node, next=None, value=0)\n    free(n)\n    head.first = n\n", True),
        (
            (
                "    n = new(Node, next=None, value=0)\n    with atomic():\n"
                "        head.first = choose(x for x in objects(Node, free=True))\n    free(n)\n"
            ),
            False,
        ),
    ],
)
def test_new_takes_the_lowest_only_where_nobody_can_tell(code, is_symmetric):
    text = f"{POOL}\n\n@thread(count=2)\ndef add():\n{code}"
    assert ("nodes" in moved(text)) is is_symmetric
    check_equivariance(program_of(text))
    plain, reduced = search(program_of(text))
    assert verdicts(plain) == verdicts(reduced)


def test_new_after_a_crash_takes_slots_that_may_be_named():
    text = POOL.replace("first: Ptr[Node]", "first: Ptr[Node] = durable(None)")
    code = "    n = new(Node, next=None, value=0)\n    with atomic():\n"
    code += "        if head.first is None:\n            head.first = n\n"
    text += f"\n\n@thread(count=2)\ndef add():\n{code}"
    assert "nodes" in moved(text)
    text += "    if either():\n        crash()\n        m = new(Node, next=None, value=0)\n"
    assert "nodes" not in moved(text)
    check_equivariance(program_of(text))
    plain, reduced = search(program_of(text))
    assert verdicts(plain) == verdicts(reduced)


def test_a_slot_that_is_told_apart_keeps_all_of_them_apart():
    """`new` takes slot 1 before slot 2, but 2 before 1 where 0 and 2 are exchanged."""
    text = f"""{POOL}

@thread(count=2)
def add():
    n = new(Node, next=None, value=0)
    n.value = 1


@invariant
def holds():
    return head.first is None
"""
    program = program_of(text)
    assert moved(text) == {"add", "nodes"}
    (told,) = (p for p in program.properties if p.name == "holds")
    block = told.body.blocks[-1]
    value = Read(Place(ObjectRoot("nodes", Const(1, U8)), ("value",)))
    is_small = Apply("<", (value, Const(1, U8)), BOOL)
    body = replace(
        told.body,
        entry=block.label,
        blocks=(replace(block, instrs=(), end=Return(is_small)),),
    )
    others = [replace(p, body=body) if p is told else p for p in program.properties]
    program = replace(program, properties=tuple(others))
    assert all("nodes" not in c.objects for c in find_symmetry(program).classes)
    plain, reduced = search(program)
    assert violated(plain) >= {"holds"}
    assert verdicts(plain) == verdicts(reduced)


def test_a_leak_is_found_in_whatever_order_was_allocated():
    text = f"""{POOL}

@thread(count=2)
def add():
    n = new(Node, next=None, value=0)
    m = new(Node, next=None, value=0)
    free(m)
    if either():
        free(n)
"""
    text = text.replace("count=3", "count=4")
    assert moved(text) == {"add", "nodes"}
    plain, reduced = search(program_of(text))
    assert violated(plain) == violated(reduced) == {"leak"}
    assert reduced.counts.states < plain.counts.states / 2


RACING = """
@struct
class Slot:
    ready: Bool


slots = shared(Slot, count=2)


@thread
def look():
    wait_until({condition})


@thread(count=2)
def {raise_}
"""


def test_the_order_in_which_memory_is_looked_at_counts_where_it_races():
    body = "raise_ready(me):\n    slots[me].ready = True"
    text = RACING.format(condition="slots[0].ready or slots[1].ready", raise_=body)
    # Who sees the first slot ready never looks at the second one.
    assert moved(text) == set()
    plain, reduced = search(program_of(text))
    races = [
        {v.object for v in r.violations if v.property == "data-race"} for r in (plain, reduced)
    ]
    assert races[0] == races[1] == {"slots[0].ready"}
    marked = text.replace("@struct", "@struct(marked=True)")
    assert moved(marked) == {"raise_ready", "slots"}
