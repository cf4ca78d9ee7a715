"""A spec with any number of threads: what has to be so that one program stands for all sizes.

The threads of some templates are only more or fewer of the same: their number is in nothing but
how many there are, they reach nothing of one another but shared memory, and their names are
compared with nothing but each other.  Then a step of one thread, as far as two others and shared
memory can tell, is a step of a program with just the threads that take part in it (the small model
theorem of Pnueli, Ruah and Zuck, "Automatic Deductive Verification with Invisible Invariants",
TACAS 2001): the one that moves, the two that a fact is about, and those whose names are kept
somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.ir.alias import is_own
from modelcheck.ir.lookup import Lookup, local_types
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import (
    Apply,
    Body,
    Crash,
    Current,
    Discard,
    Expr,
    Free,
    HasFreeThread,
    IsFinished,
    Me,
    New,
    ObjectRoot,
    Program,
    QueueOp,
    Spawn,
    Store,
    Template,
    ThreadOf,
    Wait,
)
from modelcheck.ir.rebuild import map_end, map_instr
from modelcheck.ir.regions import list_locations, list_start_blocks
from modelcheck.ir.traverse import every_place, nodes_of, walk_node
from modelcheck.ir.types import PtrType, RangeType, SetType, ThreadIdType

INVOLVED = 3  # the thread that moves, and the two that a fact is about
MOST_THREADS = 9  # of a template, in the program that stands for all
LEARNED_FROM = (2, 3)  # threads

Make = Callable[[Mapping[str, int]], Program]


@dataclass(frozen=True, slots=True)
class Family:
    """Programs that differ in how many threads the `templates` have: `small` ones to learn from,
    and the one that stands for all sizes.  `parameters` are what says how many.
    """

    parameters: tuple[str, ...]
    templates: frozenset[str]
    small: tuple[Program, ...]
    big: Program


def find_family(make: Make, parameters: Mapping[str, int]) -> Family:
    """The family of a spec: `make` gives its program for other values of parameters, of which
    `parameters` are the values now.

    Raises UnsupportedError where there is none, with the reason.

    Soundness: a program that is told from those with more threads by anything but their number
    proves nothing of them; each condition has a spec that breaks it in tests/prove/test_family.py.
    """
    plain = make({})
    found = {name: _find_counted(make, plain, name, value) for name, value in parameters.items()}
    counted = {name: templates for name, templates in found.items() if templates}
    if not counted:
        raise UnsupportedError(
            "no parameter says how many threads of a kind there are and nothing else"
        )
    templates = frozenset[str]().union(*counted.values())
    small = [make(dict.fromkeys(counted, count)) for count in LEARNED_FROM]
    _require_alike(small[0], small[1], templates)
    _require_apart(small[-1], templates)
    count = INVOLVED + _count_names(small[-1], templates)
    if count > MOST_THREADS:
        raise UnsupportedError(f"too many names of threads are kept: {count - INVOLVED}")
    big = make(dict.fromkeys(counted, count))
    _require_alike(small[1], big, templates)
    return Family(tuple(counted), templates, tuple(small), big)


def _find_counted(make: Make, plain: Program, name: str, value: int) -> frozenset[str]:
    """The templates that have one thread more if a parameter is one more."""
    more = make({name: value + 1})
    before = {t.name: t.count for t in plain.templates}
    after = {t.name: t.count for t in more.templates}
    if before.keys() != after.keys():
        return frozenset()
    grown = frozenset(t for t in before if after[t] == before[t] + 1)
    same = all(after[t] == before[t] for t in before if t not in grown)
    return grown if same else frozenset()


# ---------------------------------------------------------------------------------------------
# The number of threads is in nothing else


def _require_alike(one: Program, other: Program, templates: frozenset[str]) -> None:
    """Raise UnsupportedError unless two programs differ in how many threads there are only."""
    first, second = _without_numbers(one, templates), _without_numbers(other, templates)
    for a, b in zip(first.templates, second.templates, strict=True):
        if a != b:
            raise UnsupportedError(f"what `{a.name}` does depends on how many threads there are")
    for p, q in zip(first.properties, second.properties, strict=True):
        if p != q:
            raise UnsupportedError(f"what `{p.name}` says depends on how many threads there are")
    if first != second:
        raise UnsupportedError("memory depends on how many threads there are")


def _without_numbers(program: Program, templates: frozenset[str]) -> Program:
    """A program without its sizes: counts of templates, numbers of threads as types, settings."""
    lookup = Lookup(program)

    def strip(body: Body) -> Body:
        types = local_types(body)

        def on_expr(expr: Expr) -> Expr:
            match expr:
                case Apply("-", (thread, _)) if lookup.expr_type(thread, types) == ThreadIdType():
                    return replace(expr, type=RangeType(0, -1))
                case _:
                    return expr

        blocks = [
            replace(
                block,
                instrs=tuple(map_instr(instr, on_expr) for instr in block.instrs),
                end=map_end(block.end, on_expr),
            )
            for block in body.blocks
        ]
        return replace(body, blocks=tuple(blocks))

    return replace(
        program,
        templates=tuple(
            replace(t, body=strip(t.body), count=0 if t.name in templates else t.count)
            for t in program.templates
        ),
        properties=tuple(
            p if p.body is None else replace(p, body=strip(p.body)) for p in program.properties
        ),
        settings=(),
    )


# ---------------------------------------------------------------------------------------------
# Threads reach nothing of one another


def _require_apart(program: Program, templates: frozenset[str]) -> None:
    """Raise UnsupportedError unless the threads of some templates are told apart by nothing but
    comparing their names, and nobody reaches what is theirs.
    """
    memory = Memory(program)
    for template in program.templates:
        if template.interrupts:
            raise UnsupportedError(f"`{template.name}` interrupts a thread, which waits for it")
        if template.spawned and template.name in templates:
            raise UnsupportedError(f"`{template.name}` is spawned")
        if template.name in templates:
            _require_idle_start(memory, template)
    owned = {o.name for o in program.objects if o.kind in ("per_thread", "local")}
    pointed = _list_pointed(program)
    for struct in sorted(pointed):
        inside = [p for p in memory.places(struct) if p.object in owned]
        if inside:
            raise UnsupportedError(
                f"pointers to {struct} may lead to what belongs to one thread ({inside[0].shown})"
            )
    for template in program.templates:
        for expr in _list_exprs(template.body):
            _require_no_number(expr, template.name, is_counted=template.name in templates)
        for block in template.body.blocks:
            for instr in block.instrs:
                if isinstance(instr, Crash | Spawn):
                    raise UnsupportedError(f"`{template.name}` starts or ends other threads")
            for node in nodes_of(block):
                for place in every_place(node):
                    root = place.root
                    if isinstance(root, ObjectRoot) and root.object in owned:
                        obj = memory.lookup.object(root.object)
                        if not is_own(obj, root.index):
                            raise UnsupportedError(
                                f"`{template.name}` looks at what belongs to another thread "
                                f"({root.object})"
                            )
    for body in (program.initial, *(p.body for p in program.properties if p.body is not None)):
        for expr in _list_exprs(body):
            _require_no_number(expr, "a property or the start", is_counted=True)
        for block in body.blocks:
            for node in nodes_of(block):
                for place in every_place(node):
                    root = place.root
                    if isinstance(root, ObjectRoot) and root.object in owned:
                        raise UnsupportedError(
                            f"a property or the start looks at what belongs to one thread "
                            f"({root.object})"
                        )


def _require_idle_start(memory: Memory, template: Template) -> None:
    """Raise UnsupportedError where a thread changes what others see before its first location, or
    waits: then the start is another one for each number of threads.  (Orders are no part of a
    state.)
    """
    for block in list_start_blocks(template.body):
        for instr in block.instrs:
            match instr:
                case Store(place=place) | QueueOp(place=place):
                    root = place.root
                    changes_own = isinstance(root, ObjectRoot) and is_own(
                        memory.lookup.object(root.object), root.index
                    )
                case New() | Free() | Discard() | Wait():
                    changes_own = False
                case _:
                    changes_own = True
            if not changes_own:
                raise UnsupportedError(
                    f"`{template.name}` waits, or changes what others see, before its first "
                    "access, which happens at the start"
                )


def _require_no_number(expr: Expr, where: str, *, is_counted: bool) -> None:
    match expr:
        case Me() if is_counted:
            raise UnsupportedError(f"`{where}` uses its number among its like")
        case IsFinished() | HasFreeThread():
            raise UnsupportedError(f"`{where}` asks whether a thread has ended")
        case ThreadOf():
            raise UnsupportedError(f"`{where}` names one thread")
        case Apply(op, args, _) if op not in ("==", "!=", "ite", "and", "or", "not"):
            if any(isinstance(arg, Current) for arg in args) and op != "-":
                raise UnsupportedError(f"`{where}` counts with the name of a thread")
        case _:
            return


def _list_exprs(body: Body) -> Iterator[Expr]:
    for block in body.blocks:
        for node in nodes_of(block):
            yield from walk_node(node)


def _list_pointed(program: Program) -> set[str]:
    """The structs that pointers in memory or locals may name."""
    memory = Memory(program)
    types = [slot.type for slot in memory.slots]
    for body in (program.initial, *(t.body for t in program.templates)):
        types += local_types(body).values()
    found = set()
    for type_ in types:
        inner = type_.element if isinstance(type_, SetType) else type_
        if isinstance(inner, PtrType):
            found.add(inner.struct)
    return found


# ---------------------------------------------------------------------------------------------
# Whose names are kept


def _count_names(program: Program, templates: frozenset[str]) -> int:
    """How many names of threads shared memory and three threads can keep at once."""
    memory = Memory(program)
    total = 0
    # What locals hold was loaded from memory, which has a name in the spec.
    for slot in sorted(memory.slots, key=lambda slot: slot.thread is not None):
        if isinstance(slot.type, SetType) and isinstance(slot.type.element, ThreadIdType):
            raise UnsupportedError(f"{slot.name} is a set of threads")
        if isinstance(slot.type, ThreadIdType) and slot.role != "queue-length":
            total += slot.thread is None
    for template in program.templates:
        threads = memory.threads_of(template.name)
        if not threads:
            continue
        own = [s for s in memory.slots if s.thread == threads[0].number]
        unkept = _find_unkept(memory, template)
        kept = sum(isinstance(s.type, ThreadIdType) and s.number not in unkept for s in own)
        total += kept * (INVOLVED if template.name in templates else len(threads))
    return total


def _find_unkept(memory: Memory, template: Template) -> set[int]:
    """The slots of its first thread's locals that hold something within steps only."""
    live = {name for block in list_locations(template.body) for name in block.live}
    kept = {memory.local_slot(template.name, name) for name in live}
    first = memory.threads_of(template.name)[0].locals_base
    return {first + n for n in range(memory.local_slot_count(template.name)) if n not in kept}
