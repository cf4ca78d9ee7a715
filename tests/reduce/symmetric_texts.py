"""Random specs full of names: threads with an element each, ids and pointers kept everywhere.

The programs of `random_programs` seldom tie threads to elements; here most statements do, and some
of them tell threads or elements apart.
"""

from __future__ import annotations

from random import Random

HEAD = """
@struct{marked}
class Slot:
    used: Bool
    owner: ThreadId
    next: Ptr[Slot]
    num: U8


@struct{marked}
class Top:
    head: Ptr[Slot]
    who: ThreadId
    seen: Set[ThreadId]
    marked: Set[Ptr[Slot]]
    line: Queue[Ptr[Slot]] = queue(4)
    waiting: Queue[ThreadId] = queue(4)
    count: U8


slots = shared(Slot, count={count})
nodes = pool(Slot, count={nodes}{reuse})
top = shared(Top)
mine = per_thread(Slot)
shadow: U8 = ghost(0)


@observer
def note():
    global shadow
    for s in slots:
        if s.owner == current():
            precedes("lock-order", s, top)
    shadow = min(shadow + 1, 3)


@thread(spawned=2)
def extra():
    top.count += 1
    {extra}
"""
SLOTS = (
    "slots[me]",
    "choose(s for s in slots)",
    "choose(s for s in slots if not s.used)",
    "slots[i]",
    "top.head",
    "mine[current()]",
    "slots[0]",
)
CONDITIONS = (
    "top.head is None",
    "top.who is None",
    "top.who == current()",
    "slots[me].used",
    "all(s.used for s in slots)",
    "any(s.owner == current() for s in slots)",
    "len(top.seen) > 1",
    "current() in top.seen",
    "finished(work[0])",
    "all(finished(t) for t in work)",
    "top.count > 1",
    "i == me",
    "i < 1",
    "i < COUNT",
    "me == 0",
    "p is top.head",
    "slots[i].used",
    "either()",
    "p in top.marked",
)
STATEMENTS = (
    "p = SLOT",
    "if p is not None:\n    p.used = True",
    "if p is not None:\n    p.owner = current()",
    "if p is not None:\n    p.next = top.head",
    "if p is not None:\n    top.marked.add(p)",
    "if p is not None:\n    free(p)",
    "top.head = p",
    "top.who = current()",
    "top.who = slots[me].owner",
    "top.seen.add(current())",
    "top.seen.discard(current())",
    "top.count += 1",
    "slots[me].num += 1",
    "slots[i].used = True",
    "mine[current()].used = True",
    "i = choose(range(COUNT))",
    "i = choose(range(2))",
    "p = new(Slot, used=False, owner=None, next=None, num=0)",
    "w = local(Slot)\ntop.head = w",
    "assert CONDITION, 'told'",
    "spawn(extra)",
    "crash()",
    "note()",
    "irqs(False)",
    "irqs(True)",
    "if CONDITION:\n    top.count += 1",
    "if CONDITION:\n    slots[me].owner = current()",
    "with atomic():\n    wait_until(CONDITION)\n    top.who = current()",
    "for s in any_order(slots):\n    s.used = True",
    "with atomic():\n    for s in slots:\n        s.owner = None",
    (
        "with atomic():\n    for s in slots:\n        if not s.used:\n            s.used = True\n"
        "            break"
    ),
    (
        "with atomic():\n    last = slots[me]\n    for s in slots:\n        if s.used:\n"
        "            last = s\n    top.head = last"
    ),
    (
        "with atomic():\n    is_free = True\n    for s in slots:\n"
        "        if s.owner == current():\n"
        "            is_free = False\n    wait_until(is_free)\n    top.count += 1"
    ),
    "with atomic():\n    if p is not None and len(top.line) < 4:\n        top.line.append(p)",
    "with atomic():\n    if len(top.waiting) < 4:\n        top.waiting.append(current())",
    "with atomic():\n    if len(top.waiting) > 0:\n        top.who = top.waiting.popleft()",
    "if top.who is not None:\n    if not finished(top.who):\n        mine[top.who].num += 1",
)
PROPERTIES = (
    "top.count < 3",
    "all(s.num < 2 for s in slots)",
    "not slots[0].used",
    "top.who is None or not finished(top.who)",
    "all(s.owner is None or s.used for s in slots)",
    "top.head is None or alive(top.head)",
    "len(top.marked) < 2",
    "not any(s.used and s.owner == top.who for s in slots)",
    "shadow < 2",
    "not finished(work[0]) or top.count < 2",
    "all(x.num < 2 for x in objects(Slot))",
    "sum(s.num for s in slots) < 2",
    "top.head is None or top.head.num < 1",
)


def make_text(seed: int) -> str:
    """The random spec with that seed; now and then it is refused."""
    rng = Random(seed)
    count = rng.choice((2, 2, 3))
    text = HEAD.format(
        marked=rng.choice(("", "(marked=True)")),
        count=count,
        nodes=rng.choice((1, 2, 3)),
        reuse=rng.choice(("", ", reuse=True")),
        extra=rng.choice(("pass", "pass", "top.who = current()")),
    )
    text += f"\n\n@thread(count={count})\ndef work(me):\n" + _make_body(rng, count, 4)
    if rng.random() < 0.3:
        copies = rng.choice((1, 2))
        text += f"\n\n@thread(count={copies})\ndef other(me):\n" + _make_body(rng, count, 2)
    if rng.random() < 0.2:
        text += f"\n\n@thread(count={count}, interrupts=work, context=Context.HARDIRQ)\n"
        text += "def handler(me):\n    top.count += 1\n    slots[me].num += 1\n"
    for number in range(rng.choice((1, 2))):
        kind = rng.choice(("invariant", "final", "reachable"))
        text += f"\n\n@{kind}\ndef prop{number}():\n    return {rng.choice(PROPERTIES)}\n"
    return text


def _make_body(rng: Random, count: int, most: int) -> str:
    lines = [f"i = choose(range({count}))", "p: Ptr[Slot] = None"]
    for _ in range(rng.randrange(1, most + 1)):
        statement = rng.choice(STATEMENTS).replace("SLOT", rng.choice(SLOTS))
        statement = statement.replace("CONDITION", rng.choice(CONDITIONS))
        lines += statement.replace("COUNT", str(count)).split("\n")
    return "".join(f"    {line}\n" for line in lines)
