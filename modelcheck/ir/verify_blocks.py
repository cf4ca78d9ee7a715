"""What makes a block of a program legal, beyond its single nodes: where in a step they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.ir.nodes import (
    Assert,
    Block,
    Body,
    Choose,
    Crash,
    Discard,
    Free,
    Instr,
    Kind,
    Load,
    New,
    QueueOp,
    Read,
    SetInterrupts,
    Spawn,
    Store,
    Terminator,
    Wait,
)
from modelcheck.ir.text.show import show_node
from modelcheck.ir.traverse import Look, list_node_exprs, successors
from modelcheck.ir.verify_nodes import BodyKind, Broken, NodeChecker, demand


def broken_at(node: Instr | Terminator, broken: Broken) -> Broken:
    """The same rule, broken at a node; it is shown as its text only now."""
    return Broken(broken.rule, f"`{show_node(node)}`: {broken.message}")


@dataclass(frozen=True, slots=True)
class Touch:
    """How a node touches shared memory: itself, or with what it evaluates; whether one of these
    accesses is part of a read-modify-write.
    """

    node: Instr | Terminator
    is_access: bool
    touches: bool
    is_rmw: bool


def blocks_behind_choices(body: Body) -> frozenset[str]:
    """The labels of the blocks before which some way through the body makes a choice."""
    after = {block.label: successors(block.end) for block in body.blocks}
    found: set[str] = set()
    work = [
        label
        for block in body.blocks
        if any(isinstance(instr, Choose) for instr in block.instrs)
        for label in after[block.label]
    ]
    while work:
        label = work.pop()
        if label not in found:
            found.add(label)
            work.extend(after.get(label, ()))
    return frozenset(found)


def check_location(block: Block, kind: BodyKind, nodes: NodeChecker) -> None:
    """What is marked as a location may be one."""
    if block.rest:
        demand("locations", kind == "thread", "there is no thread that could stand here")
        demand("locations", block.step is not None, "no step begins here")
        demand("locations", not block.inner, "it continues a step")
    missing = [name for name in block.live if name not in nodes.locals]
    demand("locations", not missing, f"what lives is no local: {missing}")


def check_step(block: Block, code: Sequence[Touch], *, behind_choice: bool) -> None:
    """Where accesses and waits stand in a thread's block.

    A plain step is one that is not atomic and has nothing that looks at memory all at once: no
    Wait, Choose or Assert, no inner blocks, no initial code after a Crash.
    """
    accesses = 0
    chosen = behind_choice
    at_once = block.atomic or block.inner
    for touch in code:
        node = touch.node
        try:
            if isinstance(node, Wait):
                first = block.step is not None and not accesses
                may_wait = first or chosen or block.atomic or block.inner
                demand("waits", may_wait, "it would wait in the middle")
            alone = not (block.atomic or block.inner)
            demand("kinds", not (touch.is_rmw and alone), "an RMW that is not atomic")
            if touch.touches:
                begins = block.step is not None or block.inner or block.atomic
                demand("local work", begins, "no step begins here")
        except Broken as broken:
            raise broken_at(node, broken) from None
        accesses += touch.is_access
        chosen = chosen or isinstance(node, Choose)
        at_once = at_once or isinstance(node, Wait | Choose | Assert | Crash)
    if not at_once and accesses > 1:
        raise Broken("one access", f"there are {accesses} accesses in one plain step")


def find_touch(node: Instr | Terminator) -> Touch:
    """How a node touches shared memory."""
    is_access = is_rmw = False
    match node:
        case Load() | Store() | QueueOp():
            is_access, is_rmw = node.kind.is_access, node.kind is Kind.RMW
        case New() | Free() | Discard() | Spawn() | Crash() | SetInterrupts():
            is_access = True
        case _:
            pass
    touches = is_access
    for expr in list_node_exprs(node):
        if isinstance(expr, Look) and expr.kind.is_access:
            touches = True
            is_rmw = is_rmw or (isinstance(expr, Read) and expr.kind is Kind.RMW)
    return Touch(node, is_access, touches, is_rmw)
