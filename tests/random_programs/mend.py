"""A program that violates something → one that goes on where it failed, and so does more.

A step that fails has no successor, so what a random program does behind its first mistakes is
never seen.  Here a thread ends where it would have failed, waits are idle where there was a
deadlock, accesses are marked where they raced, a property that broke becomes its opposite.
"""

from __future__ import annotations

from dataclasses import replace

from modelcheck.ir.nodes import (
    Allow,
    Apply,
    Assert,
    Block,
    Body,
    Branch,
    Check,
    End,
    Expr,
    Instr,
    Kind,
    Load,
    Precedes,
    Program,
    Property,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    Return,
    Store,
    Wait,
)
from modelcheck.ir.rebuild import map_end, map_instr
from modelcheck.ir.types import BOOL

OPPOSITE = {"invariant": "reachable", "reachable": "invariant", "final": "reachable"}
MENDED = "not_"


def mend(program: Program, violated: set[str]) -> Program:
    """The program without what was found, as far as that is easy; more may show behind it."""
    program = replace(
        program,
        properties=tuple(
            mended
            for prop in program.properties
            if (mended := opposite(prop) if prop.name in violated else prop) is not None
        ),
        allows=program.allows
        + tuple(Allow(n, "", "mended") for n in ("stuck", "leak") if n in violated),
    )
    return replace(
        program,
        templates=tuple(replace(t, body=mend_body(t.body, violated)) for t in program.templates),
        initial=mend_body(program.initial, violated),
    )


def opposite(prop: Property) -> Property | None:
    """What holds where a property did not (where it failed to be asked, it may not)."""
    if prop.body is None:
        return prop
    if prop.name.startswith(MENDED):
        return None
    blocks = tuple(
        replace(b, end=Return(Apply("not", (b.end.value,), BOOL)))
        if isinstance(b.end, Return)
        else b
        for b in prop.body.blocks
    )
    kind = OPPOSITE[prop.kind]
    return replace(prop, name=MENDED + prop.name, kind=kind, body=replace(prop.body, blocks=blocks))


def mend_body(body: Body, violated: set[str]) -> Body:
    blocks: list[Block] = []
    for block in body.blocks:
        blocks += cut(without_races(block) if "data-race" in violated else block, violated)
    if any(b.label == GIVEN_UP for b in blocks):
        return replace(body, blocks=tuple(blocks))
    return replace(body, blocks=(*blocks, Block(GIVEN_UP, (), End())))


# ---------------------------------------------------------------------- where it failed

GIVEN_UP = "given_up"


def cut(block: Block, violated: set[str]) -> list[Block]:
    """The block in pieces, with a branch to the thread's end where it would have failed."""
    pieces: list[Block] = []
    instrs: list[Instr] = []
    for old in block.instrs:
        instr = old
        name = getattr(instr, "property", getattr(instr, "fault", ""))
        if isinstance(instr, Wait) and "deadlock" in violated:
            instr = replace(instr, idle=True)
        if isinstance(instr, Precedes) and name in violated:
            continue
        if not (isinstance(instr, Check | Assert) and name in violated):
            instrs.append(instr)
            continue
        label = f"{block.label}_{len(block.instrs)}_{len(pieces)}"
        end = Branch(instr.condition, label, GIVEN_UP)
        pieces.append(replace(block, instrs=tuple(instrs), end=end))
        goes_on = block.inner or block.step is not None  # the pieces are parts of one step
        block = replace(block, label=label, step=None, inner=goes_on)
        instrs = []
    return [*pieces, replace(block, instrs=tuple(instrs))]


# ---------------------------------------------------------------------- accesses


def without_races(block: Block) -> Block:
    """The block with every plain access marked."""
    instrs = tuple(marked(map_instr(i, marked_look)) for i in block.instrs)
    return replace(block, instrs=instrs, end=map_end(block.end, marked_look))


def marked(instr: Instr) -> Instr:
    if isinstance(instr, Load | Store | QueueOp) and instr.kind is Kind.PLAIN:
        return replace(instr, kind=Kind.ONCE)
    return instr


def marked_look(expr: Expr) -> Expr:
    if isinstance(expr, Read | QueueLength | QueueContains) and expr.kind is Kind.PLAIN:
        return replace(expr, kind=Kind.ONCE)
    return expr
