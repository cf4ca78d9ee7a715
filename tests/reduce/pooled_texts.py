"""Random specs of pools, threads of their slots, rounds over elements and shifted numbers.

What `symmetric_texts` has few of: most of these use what `reduce/rounds.py` and `reduce/fresh.py`
know, and some statements break it.
"""

from __future__ import annotations

from random import Random

HEAD = """
@struct(marked=True)
class Head:
    word: U8
    waits: Set[ThreadId]


@struct(marked=True)
class Node:
    head: Head
    value: U8
    next: Ptr[Node]


@struct(marked=True)
class Top:
    line: Set[Ptr[Head]]
    other: Set[Ptr[Head]]
    first: Ptr[Node]
    reading: Set[ThreadId]
    count: U8
    known: Set[Ptr[Head]] = ghost()
    last: Ptr[Head] = ghost(None)


@struct(marked=True)
class File:
    word: U8
    by: ThreadId
    used: Bool


nodes = pool(Node, count={nodes})
files = shared(File, count={files})
top = shared(Top)


@observer
def keep(head: Ptr[Head]):
    if top.last is None:
        top.last = head


@thread(each=Head)
def serve(head):
    {start}
    while True:
        with atomic():
            wait_until({wait}, idle=True)
            top.line.discard(head)
        {served}


@thread(count=2)
def work(me):
    n: Ptr[Node] = None
{work}


@thread(count={others})
def other(me):
    n: Ptr[Node] = None
{other}
"""
STARTS = ("top.known.add(head)", "top.known.add(head)", "pass", "keep(head)", "top.last = head")
WAITS = (
    "head in top.line",
    "head in top.line",
    "head in top.line or head in top.other",
    "head in top.line and len(head.waits) == 0",
    "head in top.line and top.count < 2",
    "head in top.line or top.count > 1",
    "head not in top.other",
)
SERVED = (
    "top.count += 1",
    "top.other.add(head)",
    "free(head, around=True)",
    "head.word = 2",
    "with atomic():\n            for f in files:\n                f.used = False",
)
STATEMENTS = (
    "n = new(Node, value=0, next=None)",
    "n = new(Node, value=0, next=None)",
    (
        "if n is not None:\n    with atomic():\n        n.head.word = 1\n"
        "        n.head.waits = top.reading\n        top.line.add(n.head)"
    ),
    "if n is not None:\n    top.first = n",
    "n = top.first",
    "if n is not None:\n    free(n)",
    "if n is not None:\n    n.next = top.first",
    "top.reading.add(current())",
    (
        "with atomic():\n    top.reading.discard(current())\n    for h in top.line:\n"
        "        h.waits.discard(current())"
    ),
    "files[SHIFT].word = 1",
    "files[SHIFT].by = current()",
    "files[SHIFT].used = True",
    "i = SHIFT\nfiles[i].word = 2",
    "with atomic():\n    for f in files:\n        if f.used:\n            f.word = 1",
    "with atomic():\n    for f in files:\n        if f.by == current():\n            f.by = None",
    "with atomic():\n    for f in files:\n        assert f.word < 3, 'small'\n        f.word = 0",
    (
        "with atomic():\n    for f in files:\n        assert not f.used, 'unused'\n"
        "        assert f.word != 1, 'one'\n        f.used = True"
    ),
    "with atomic():\n    for f in files:\n        if f.used:\n            top.count = f.word",
    "with atomic():\n    top.other = {h for h in objects(Head)}",
    "with atomic():\n    top.line = {h for h in objects(Head, free=True)}",
    "with atomic():\n    for h in objects(Head):\n        h.word = 1",
    "with atomic():\n    for h in top.line:\n        top.other.add(h)",
    "top.first = choose(x for x in objects(Node))",
    "top.count += 1",
    "assert top.count < 2, 'count'",
)
PROPERTIES = (
    "top.count < 3",
    "all(f.word < 2 for f in files)",
    "all(not f.used or f.by is None for f in files)",
    "all(h.word < 2 for h in objects(Head))",
    "len(top.line) < 2",
    "top.first is None or alive(top.first)",
)


def make_text(seed: int) -> str:
    """The random spec with that seed; now and then it is refused."""
    rng = Random(seed)
    shift = rng.choice((0, 2, 2))
    others = rng.choice((1, 2))
    files = 2 + others if shift else 2
    text = HEAD.format(
        nodes=rng.choice((2, 2, 3)),
        files=files,
        others=others,
        start=rng.choice(STARTS),
        wait=rng.choice(WAITS),
        served=rng.choice(SERVED),
        work=_make_body(rng, "me", 4),
        other=_make_body(rng, f"me + {shift}" if shift else "me", 3),
    )
    for number in range(rng.choice((0, 1, 2))):
        kind = rng.choice(("invariant", "final", "reachable"))
        text += f"\n\n@{kind}\ndef prop{number}():\n    return {rng.choice(PROPERTIES)}\n"
    return text


def _make_body(rng: Random, shift: str, most: int) -> str:
    lines: list[str] = []
    for _ in range(rng.randrange(1, most + 1)):
        lines += rng.choice(STATEMENTS).replace("SHIFT", shift).split("\n")
    return "".join(f"    {line}\n" for line in lines)
