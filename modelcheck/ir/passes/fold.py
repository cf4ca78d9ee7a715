"""Fold: constants, what follows from them, and code that then does nothing.

Constants travel along the graph (a local that is the same constant on every way here is that
constant), single-use temporaries into their use, addresses into the places they name.  Checks that
cannot fail go, branches on constants become jumps, empty local blocks are jumped over.  It never
removes an access, a step or a check that may fail.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain

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
    Terminator,
    ThreadOf,
    Wait,
)
from modelcheck.ir.passes.bodies import Worklist, map_bodies, with_blocks, with_code
from modelcheck.ir.passes.liveness import drop_useless
from modelcheck.ir.passes.mentions import find_mentions
from modelcheck.ir.passes.notes import Constants, Notes
from modelcheck.ir.passes.simplify import Simplifier
from modelcheck.ir.rebuild import map_end, map_instr, map_targets
from modelcheck.ir.traverse import (
    drop_unreachable,
    list_exprs,
    live_successors,
    parts_of,
    predecessors,
)


def fold(program: Program, notes: Notes | None = None) -> Program:
    """Fold every body once; `run_passes` repeats it with `freeze` until nothing changes."""
    notes = notes or Notes()
    named = find_mentions(program, notes).objects
    aliases = Aliases(program, named)
    facts = program.structs, program.objects, named
    templates = {t.name: _Folder(notes, facts, Simplifier(aliases, t)) for t in program.templates}
    elsewhere = _Folder(notes, facts, Simplifier(aliases, None))
    return map_bodies(
        program,
        lambda template: templates[template.name].body(template.body),
        elsewhere.body,
    )


class _Folder:
    """Folds bodies; what came of a body, and of a node by itself, is remembered."""

    def __init__(self, notes: Notes, facts: object, simplifier: Simplifier) -> None:
        self.notes = notes
        self.simplifier = simplifier
        self.instrs = notes.folded[simplifier.single].under(facts)
        self.ends = notes.folded_ends[simplifier.single].under(facts)
        self.bodies = notes.folded_bodies[simplifier.single].under(facts)
        self.blocks = notes.folded_blocks[simplifier.single].under(facts)
        self.moved = notes.moved[simplifier.single].under(facts)

    def body(self, body: Body) -> Body:
        """The body, folded once."""
        return self.bodies.get(body, self._fold_body)

    def _fold_body(self, body: Body) -> Body:
        body = thread_jumps(body)  # what follows has half as many blocks to look at
        body = propagate_constants(body, self)
        body = drop_unreachable(body)
        body = move_temporaries(body, self)
        return thread_jumps(drop_useless(body, self.notes))

    def instr(self, instr: Instr) -> Instr:
        """An instruction simplified where nothing is known."""
        if self.notes.of(instr).is_plain:  # of a constant and a local nothing is simpler
            return instr
        return self.instrs.get(instr, self._simplify_instr)

    def end(self, end: Terminator) -> Terminator:
        """A terminator simplified where nothing is known."""
        if self.notes.of(end).is_plain:
            return end
        return self.ends.get(end, self._simplify_end)

    def _simplify_instr(self, instr: Instr) -> Instr:
        return map_instr(instr, self.simplifier.on_expr, self.simplifier.on_place)

    def _simplify_end(self, end: Terminator) -> Terminator:
        return map_end(end, self.simplifier.on_expr, self.simplifier.on_place)


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
    return isinstance(expr, Const) or len(list_exprs((expr,))) <= LARGEST_CONSTANT


def propagate_constants(body: Body, folder: _Folder) -> Body:
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
            if reached is None or reached is known:
                continue  # not visited yet: says nothing
            if known is None:
                known = reached
            else:
                known = {n: v for n, v in known.items() if reached.get(n) == v}
        return known or {}

    def fold_block(block: Block, known: Constants) -> tuple[Block, Constants]:
        return _fold_block(block, known, folder)

    folded: dict[str, Block] = {}
    given: dict[str, Constants] = {}
    work = Worklist(body.blocks)
    for block in work:
        label = block.label
        if label != body.entry and all(after[source] is None for source in before.get(label, ())):
            continue  # its sources will call for it again
        known = known_at(label)
        if label in given and given[label] == known:
            continue
        given[label] = known
        folded[label], now = folder.blocks.get(block, known, fold_block)
        if now != after[label]:
            after[label] = now
            work.add(live_successors(block.end))
    blocks = [folded.get(b.label) or fold_block(b, {})[0] for b in body.blocks]
    return with_blocks(body, blocks)


def _fold_block(block: Block, known: Constants, folder: _Folder) -> tuple[Block, Constants]:
    """A block with its expressions simplified, and what is known after it."""
    now = dict(known)
    simplifier = folder.simplifier

    def on_expr(expr: Expr) -> Expr:
        if isinstance(expr, Local) and expr.name in now:
            return now[expr.name]
        return simplifier.on_expr(expr)

    instrs: list[Instr] = []
    for old in block.instrs:
        note = folder.notes.of(old)
        if now and not now.keys().isdisjoint(note.used):
            instr = map_instr(old, on_expr, simplifier.on_place)
        else:
            instr = folder.instr(old)
        local = note.assigned
        if local is not None:
            now.pop(local, None)
        if isinstance(instr, Assign) and is_rigid(instr.value) and _is_small(instr.value):
            now[instr.local] = instr.value
        if not _always_holds(instr):
            instrs.append(instr)
    if now and not now.keys().isdisjoint(folder.notes.of(block.end).used):
        end = map_end(block.end, on_expr, simplifier.on_place)
    else:
        end = folder.end(block.end)
    return with_code(block, instrs, _fold_end(end)), now


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


def move_temporaries(body: Body, folder: _Folder) -> Body:
    """Put the value of a temporary that is used once, in the same block, into its use.

    Soundness: the value must be the same there: nothing in between assigns a local it uses, and if
    it looks at memory, nothing in between may change memory.  A value that touches memory itself
    (an access) stays where it is.  Attacked by `test_fold.py`.
    """
    notes = folder.notes
    temporaries = {local.name for local in body.locals if not local.shown}
    used = [note.locals for block in body.blocks for note in notes.in_block(block)]
    uses = Counter(chain.from_iterable(used))
    once = {name for name in temporaries if uses[name] == 1}

    def move(block: Block) -> Block:
        assigned = [note.assigned for note in notes.in_block(block) if note.assigned is not None]
        here = frozenset(once.intersection(assigned))
        if not here:
            return block
        return folder.moved.get(block, here, lambda b, names: _move_in_block(b, names, folder))

    return with_blocks(body, [move(block) for block in body.blocks])


def _move_in_block(block: Block, once: frozenset[str], folder: _Folder) -> Block:
    waiting: dict[str, Assign] = {}
    notes, simplifier = folder.notes, folder.simplifier

    def on_expr(expr: Expr) -> Expr:
        if isinstance(expr, Local) and expr.name in waiting:
            return waiting[expr.name].value
        return simplifier.on_expr(expr)

    instrs: list[Instr] = []
    for old in block.instrs:
        if waiting.keys() & notes.of(old).used:
            instr = map_instr(old, on_expr, simplifier.on_place)
        else:
            instr = old
        instrs.append(instr)
        note = notes.of(instr)
        local = note.assigned
        for name in list(waiting):
            value = waiting[name].value
            spoilt = local is not None and (name == local or local in notes.of(waiting[name]).used)
            if spoilt or (changes_memory(instr) and looks_at_memory(value)):
                del waiting[name]
        if (
            isinstance(instr, Assign)
            and instr.local in once
            and not note.looks
            and instr.local not in note.used
        ):
            waiting[instr.local] = instr
    end = block.end
    if waiting.keys() & notes.of(end).used:
        end = _fold_end(map_end(end, on_expr, simplifier.on_place))
    return with_code(block, instrs, end)


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
        for part in list_exprs((expr,))
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

    blocks = [
        block
        if block.label in empty
        else with_code(block, block.instrs, map_targets(block.end, beyond))
        for block in body.blocks
    ]
    body = with_blocks(body, blocks)
    entry = beyond(body.entry)
    return drop_unreachable(body if entry == body.entry else replace(body, entry=entry))
