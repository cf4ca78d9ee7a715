"""Fold: constants, what follows from them, and code that then does nothing.

Constants travel along the graph (a local that is the same constant on every way here is that
constant), single-use temporaries into their use, addresses into the places they name.  Checks that
cannot fail go, branches on constants become jumps, empty local blocks are jumped over.  It never
removes an access, a step or a check that may fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from modelcheck.ir.alias import Aliases
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Assert,
    Assign,
    Block,
    Body,
    Branch,
    Check,
    Choose,
    Const,
    Current,
    Expr,
    HasFreeSlot,
    HasFreeThread,
    Instr,
    IsFinished,
    IsInitialised,
    Jump,
    Load,
    Local,
    Me,
    ObjectRoot,
    Place,
    Precedes,
    Program,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    StartsObject,
    Template,
    Terminator,
    ThreadOf,
    Wait,
)
from modelcheck.ir.passes.liveness import drop_useless
from modelcheck.ir.passes.mentions import find_mentions
from modelcheck.ir.passes.simplify import Simplifier
from modelcheck.ir.traverse import (
    assigned_local,
    drop_unreachable,
    has_access,
    locals_in,
    map_end,
    map_instr,
    map_targets,
    nodes_of,
    parts_of,
    predecessors,
    used_locals,
    walk,
    walk_node,
)

Constants = Mapping[str, Expr]


def fold(program: Program) -> Program:
    """Fold every body once; `run_passes` repeats it with `freeze` until nothing changes."""
    aliases = Aliases(program, find_mentions(program).objects)

    def in_template(template: Template) -> Template:
        body = _fold_body(template.body, Simplifier(aliases, template))
        return replace(template, body=body)

    elsewhere = Simplifier(aliases, None)
    return replace(
        program,
        templates=tuple(map(in_template, program.templates)),
        initial=_fold_body(program.initial, elsewhere),
        properties=tuple(
            prop if prop.body is None else replace(prop, body=_fold_body(prop.body, elsewhere))
            for prop in program.properties
        ),
    )


def _fold_body(body: Body, simplifier: Simplifier) -> Body:
    body = drop_unreachable(body)
    body = propagate_constants(body, simplifier)
    body = drop_unreachable(body)
    body = move_temporaries(body, simplifier)
    return thread_jumps(drop_useless(body))


# ---------------------------------------------------------------------------------------------
# Constants


LARGEST_CONSTANT = 16
"""Parts of an expression that is still worth writing out at every use."""


def is_rigid(expr: Expr) -> bool:
    """Whether a thread always gets the same value for it: no memory, no locals."""
    match expr:
        case Const() | Me() | Current():
            return True
        case ThreadOf() | Apply():
            return all(map(is_rigid, parts_of(expr)))
        case AddressOf(Place(ObjectRoot())):
            return all(map(is_rigid, parts_of(expr)))
        case _:
            return False


def _is_small(expr: Expr) -> bool:
    return sum(1 for _ in walk(expr)) <= LARGEST_CONSTANT


def propagate_constants(body: Body, simplifier: Simplifier) -> Body:
    """Put rigid values for the locals that have them on every way to the use.

    Soundness: a local counts as known only where every path from the entry assigned it that value;
    parameters and locals at the entry count as unknown.  Attacked by `test_fold.py`.
    """
    before = predecessors(body.blocks)
    after: dict[str, Constants | None] = {block.label: None for block in body.blocks}

    def known_at(label: str) -> Constants:
        if label == body.entry:
            return {}
        known: Constants | None = None
        for source in before.get(label, ()):
            reached = after[source]
            if reached is None:
                continue  # not visited yet: says nothing
            if known is None:
                known = reached
            else:
                known = {n: v for n, v in known.items() if reached.get(n) == v}
        return known or {}

    changed = True
    while changed:
        changed = False
        for block in body.blocks:
            if block.label != body.entry and all(
                after[source] is None for source in before.get(block.label, ())
            ):
                continue
            known = _fold_block(block, known_at(block.label), simplifier)[1]
            if known != after[block.label]:
                after[block.label] = known
                changed = True
    return replace(
        body,
        blocks=tuple(_fold_block(b, known_at(b.label), simplifier)[0] for b in body.blocks),
    )


def _fold_block(block: Block, known: Constants, simplifier: Simplifier) -> tuple[Block, Constants]:
    """A block with its expressions simplified, and what is known after it."""
    now = dict(known)

    def on_expr(expr: Expr) -> Expr:
        if isinstance(expr, Local) and expr.name in now:
            return now[expr.name]
        return simplifier.on_expr(expr)

    instrs: list[Instr] = []
    for old in block.instrs:
        instr = map_instr(old, on_expr, simplifier.on_place)
        local = assigned_local(instr)
        if local is not None:
            now.pop(local, None)
        if isinstance(instr, Assign) and is_rigid(instr.value) and _is_small(instr.value):
            now[instr.local] = instr.value
        if not _always_holds(instr):
            instrs.append(instr)
    end = _fold_end(map_end(block.end, on_expr, simplifier.on_place))
    return replace(block, instrs=tuple(instrs), end=end), now


def _always_holds(instr: Instr) -> bool:
    """Whether an instruction is a check that cannot fail."""
    match instr:
        case Check(Const(value)) | Assert(Const(value)):
            return value != 0
        case _:
            return False


def _fold_end(end: Terminator) -> Terminator:
    match end:
        case Branch(Const(value), then, other):
            return Jump(then if value else other, span=end.span)
        case _:
            return end


# ---------------------------------------------------------------------------------------------
# Temporaries


def move_temporaries(body: Body, simplifier: Simplifier) -> Body:
    """Put the value of a temporary that is used once, in the same block, into its use.

    Soundness: the value must be the same there: nothing in between assigns a local it uses, and if
    it looks at memory, nothing in between may change memory.  A value that touches memory itself
    (an access) stays where it is.  Attacked by `test_fold.py`.
    """
    temporaries = {local.name for local in body.locals if not local.shown}
    uses = Counter(
        expr.name
        for block in body.blocks
        for node in nodes_of(block)
        for expr in walk_node(node)
        if isinstance(expr, Local)
    )
    once = {name for name in temporaries if uses[name] == 1}
    return replace(body, blocks=tuple(_move_in_block(b, once, simplifier) for b in body.blocks))


def _move_in_block(block: Block, once: set[str], simplifier: Simplifier) -> Block:
    waiting: dict[str, Expr] = {}

    def on_expr(expr: Expr) -> Expr:
        if isinstance(expr, Local) and expr.name in waiting:
            return waiting[expr.name]
        return simplifier.on_expr(expr)

    instrs: list[Instr] = []
    for old in block.instrs:
        if waiting.keys() & used_locals(old):
            instr = map_instr(old, on_expr, simplifier.on_place)
        else:
            instr = old
        instrs.append(instr)
        local = assigned_local(instr)
        for name in list(waiting):
            spoilt = local is not None and (name == local or local in locals_in((waiting[name],)))
            if spoilt or (changes_memory(instr) and looks_at_memory(waiting[name])):
                del waiting[name]
        if (
            isinstance(instr, Assign)
            and instr.local in once
            and not has_access((instr.value,))
            and instr.local not in locals_in((instr.value,))
        ):
            waiting[instr.local] = instr.value
    end = block.end
    if waiting.keys() & used_locals(end):
        end = map_end(end, on_expr, simplifier.on_place)
    return replace(block, instrs=tuple(instrs), end=end)


def changes_memory(instr: Instr) -> bool:
    """Whether an instruction may change shared memory, lives or threads."""
    match instr:
        case Assign() | Load() | Check() | Assert() | Wait() | Choose() | Precedes():
            return False
        case QueueOp(verb):
            return verb != "read"
        case _:
            return True


def looks_at_memory(expr: Expr) -> bool:
    """Whether an expression's value depends on shared memory, lives or threads."""
    return any(
        isinstance(
            part,
            Read
            | Alive
            | IsInitialised
            | StartsObject
            | QueueLength
            | QueueContains
            | IsFinished
            | HasFreeThread
            | HasFreeSlot,
        )
        for part in walk(expr)
    )


# ---------------------------------------------------------------------------------------------
# Jumps


def thread_jumps(body: Body) -> Body:
    """Go past local blocks that do nothing.  A ring of them is left: it never ends, and a run
    has to say so (`diverges`).
    """
    empty = {
        block.label: block.end.target
        for block in body.blocks
        if not block.instrs and block.step is None and isinstance(block.end, Jump)
    }

    def beyond(label: str) -> str:
        passed: set[str] = set()
        while label in empty and label not in passed:
            passed.add(label)
            label = empty[label]
        return label

    blocks = tuple(
        block if block.label in empty else replace(block, end=map_targets(block.end, beyond))
        for block in body.blocks
    )
    return drop_unreachable(replace(body, entry=beyond(body.entry), blocks=blocks))
