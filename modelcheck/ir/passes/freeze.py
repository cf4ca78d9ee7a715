"""Freeze: what nothing changes after the start is no access, and what nothing ends is not mortal.

This is part of the meaning (DESIGN 3.1): a load of a field that nothing stores, in an object that
nothing frees, is local work.  The granule is the cell (`alias.Cell`), so whether a load is a step
never depends on which element or object it happens to look at.  Where the start value is the same
constant for all that a place may denote, the read becomes that constant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from modelcheck.ir.alias import Aliases, Cell, Index, Pattern, is_own
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Assign,
    Block,
    Body,
    Const,
    Crash,
    Discard,
    Enter,
    Expr,
    Free,
    Instr,
    Jump,
    Kind,
    Leave,
    Load,
    Local,
    New,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    SetInterrupts,
    Spawn,
    Store,
    Terminator,
    Wait,
)
from modelcheck.ir.passes.bodies import Worklist, map_bodies, same_items, with_blocks, with_code
from modelcheck.ir.passes.mentions import all_bodies, find_mentions, running_templates
from modelcheck.ir.passes.notes import Note, Notes
from modelcheck.ir.rebuild import map_end, map_instr
from modelcheck.ir.traverse import (
    Regions,
    has_access,
    live_successors,
    parts_of,
    parts_of_place,
    place_in,
    places_of,
    predecessors,
    values_of,
)
from modelcheck.ir.types import BOOL, ArrayOf, Embedded, QueueOf, ScalarType, ValueType


@dataclass(frozen=True, slots=True)
class Frozen:
    """What never changes while threads run.

    `stored` are the cells that a thread may store, `initial` those that the initial code stores,
    `freed` the objects that may be freed.
    """

    aliases: Aliases
    stored: frozenset[Cell]
    initial: frozenset[Cell]
    freed: frozenset[str]
    _held: dict[Cell, bool] = field(default_factory=dict, compare=False, repr=False)

    def holds(self, place: Place) -> bool:
        """Whether a place keeps its value from the first state on."""
        cell = self.aliases.cell(place)
        held = self._held.get(cell)
        if held is None:
            held = self._held[cell] = cell not in self.stored and all(
                obj.kind == "shared" and obj.name not in self.freed
                for obj in self.aliases.holders(cell)
            )
        return held

    def holds_for_itself(self, place: Place) -> bool:
        """Whether a place keeps its start value while the running thread, whose own it is, lives.

        Soundness: only looks that are no access ask this (of other threads' places a load is a
        step, and may come after the thread's end).  Attacked by `test_freeze.py`.
        """
        match place.root:
            case ObjectRoot(name, index):
                obj = self.aliases.lookup.object(name)
                is_mine = obj.kind == "per_thread" and is_own(obj, index)
                return is_mine and self.aliases.cell(place) not in self.stored
            case _:
                return False

    def constant(self, place: Place) -> Expr | None:
        """The value of a frozen place, where it is the same constant for all it may denote."""
        if self.aliases.cell(place) in self.initial:
            return None
        of = self.aliases.lookup.place_type(place)
        if isinstance(of, Embedded | ArrayOf | QueueOf):
            return None
        found: Expr | None = None
        for pattern in self.aliases.patterns(place):
            for value in self._start_values(pattern, of):
                if found is not None and value != found:
                    return None
                found = value
        return found

    def _start_values(self, pattern: Pattern, of: ScalarType) -> Iterator[Expr]:
        obj = self.aliases.lookup.object(pattern.object)
        set_values = {
            (element, tuple(p if isinstance(p, str) else _number(p) for p in path)): value
            for element, path, value in obj.start
        }
        count = 1 if obj.count is None else obj.count
        elements = range(count) if isinstance(pattern.element, Index) else (pattern.element,)
        for element in elements:
            for path, default in self._scalars(obj.type, pattern.path):
                value = set_values.get((element, path))
                if value is None:
                    yield Const(default, of)
                else:
                    yield Const(value.value, of) if isinstance(value, Const) else value

    def _scalars(
        self, of: ValueType, path: tuple[str | int | Index, ...], default: int = 0
    ) -> Iterator[tuple[tuple[str | int, ...], int]]:
        """The concrete paths that a path stands for, each with its declared start value."""
        if not path:
            yield (), default
            return
        part, rest = path[0], path[1:]
        if isinstance(of, ArrayOf):
            numbers = range(of.count) if isinstance(part, Index) else (part,)
            for number in numbers:
                for inner, value in self._scalars(of.element, rest, default):
                    yield (number, *inner), value
        elif isinstance(of, Embedded) and isinstance(part, str):
            found = self.aliases.lookup.field(of.struct, part)
            for inner, value in self._scalars(found.type, rest, found.start):
                yield (part, *inner), value


def _number(part: Expr) -> int:
    return part.value if isinstance(part, Const) else -1


def find_frozen(program: Program, notes: Notes) -> Frozen:
    """Decide what no thread changes.

    Soundness: a cell that is wrongly called frozen makes its loads local, so interleavings
    between them are lost.  Every instruction that can change a scalar of a shared object must be
    seen: Store, QueueOp, Crash (which puts back what the initial code stored), Free (in the
    initial code too).  Cells that lie in a pool, per-thread or local object are never frozen, so
    New, Enter, Spawn and the end of a thread change none.  Attacked by `test_freeze.py`, one test
    per condition.
    """
    aliases = Aliases(program, find_mentions(program, notes).objects)
    types = program.structs, tuple((obj.name, obj.type) for obj in program.objects)
    known = notes.stored.under(types)

    def find_stored(body: Body) -> frozenset[Cell]:
        return known.get(body, lambda _: frozenset(stored_cells(aliases, notes.nodes(body))))

    initial = find_stored(program.initial)
    running = [template.body for template in running_templates(program, notes)]
    stored = set[Cell]().union(*map(find_stored, running))
    if any(isinstance(node, Crash) for body in running for node in notes.deaths(body)):
        stored |= initial
    freed: set[str] = set()
    for body in all_bodies(program, notes):
        for node in notes.deaths(body):
            if isinstance(node, Free | Discard):
                freed.update(_freed_objects(program, node))
    return Frozen(aliases, frozenset(stored), initial, frozenset(freed))


def stored_cells(aliases: Aliases, nodes: Iterable[Instr | Terminator]) -> Iterator[Cell]:
    """The cells that some code stores."""
    for node in nodes:
        match node:
            case Store(place):
                yield aliases.cell(place)
            case QueueOp(verb, place) if verb != "read":
                yield aliases.cell(place)
            case _:
                continue


def _freed_objects(program: Program, node: Free | Discard) -> Iterator[str]:
    match node.pointer:
        case AddressOf(Place(ObjectRoot(name), ())):
            yield name
        case _:
            for obj in program.objects:
                if obj.type == Embedded(node.struct):
                    yield obj.name


# ---------------------------------------------------------------------------------------------
# Mortality


def find_mortal(program: Program, freed: frozenset[str], notes: Notes) -> frozenset[str]:
    """The objects whose life something in the program may end while code can still look.

    Soundness: an object wrongly called immortal loses its use-after-free checks.  A `local` object
    is immortal only if no pointer to it is made that outlives the place it is used in, and no
    code names it where it may have been left already.  Attacked by `test_freeze.py`.
    """
    seen = set[str]()
    stacks = frozenset(obj.name for obj in program.objects if obj.kind == "local")
    if stacks:
        known = notes.named_when_dead.under(stacks)
        seen = _escaping(program, stacks, notes)
        for template in running_templates(program, notes):
            seen |= known.get(template.body, lambda body: _named_when_dead(body, stacks, notes))

    def is_mortal(obj: Object) -> bool:
        match obj.kind:
            case "pool":
                return True
            case "shared":
                return obj.name in freed and not obj.ghost
            case "per_thread":
                return not obj.ghost
            case "local":
                return obj.name in seen and not obj.ghost

    return frozenset(obj.name for obj in program.objects if is_mortal(obj))


def _escaping(program: Program, stacks: frozenset[str], notes: Notes) -> set[str]:
    """Those of the objects in `stacks` (and some others) a pointer to which is used for more than
    naming a place.

    Also those that are named as another thread's copy.
    """
    in_bodies = notes.escaping_in.under(stacks)

    def in_body(body: Body) -> frozenset[str]:
        found = [
            _escaping_in(note.node)
            for about in _list_about_stacks(body, stacks, notes).values()
            for note in about
        ]
        return frozenset[str]().union(*found)

    bodies = all_bodies(program, notes)
    return set[str]().union(*[in_bodies.get(body, in_body) for body in bodies])


def _list_about_stacks(
    body: Body, stacks: frozenset[str], notes: Notes
) -> dict[str, tuple[Note, ...]]:
    """For each block that control can reach, by label, the notes of what names an object in
    `stacks`, enters or leaves it; blocks with none are left out.
    """
    known = notes.about_stacks.under(stacks)

    def is_about(note: Note) -> bool:
        if isinstance(note.node, _LIVES):
            return True
        roots = [place.root for place in note.places]
        return any(isinstance(root, ObjectRoot) and root.object in stacks for root in roots)

    def list_in(block: Block) -> tuple[Note, ...]:
        return tuple([note for note in notes.in_block(block) if is_about(note)])

    return {
        block.label: about for block in notes.code(body) if (about := known.get(block, list_in))
    }


_LIVES = (Enter, Leave)


def _escaping_in(node: Instr | Terminator) -> frozenset[str]:
    found: set[str] = set()

    def look(expr: Expr) -> None:
        if isinstance(expr, AddressOf) and isinstance(expr.place.root, ObjectRoot):
            found.add(expr.place.root.object)
        look_below(place_in(expr), parts_of(expr))

    def look_below(place: Place | None, parts: tuple[Expr, ...]) -> None:
        if place is not None:
            if isinstance(place.root, ObjectRoot) and place.root.index is not None:
                found.add(place.root.object)
            if isinstance(place.root, PointerRoot) and isinstance(place.root.pointer, AddressOf):
                inner = place.root.pointer.place
                look_below(inner, parts_of_place(inner))
                parts = tuple(p for p in parts if p is not place.root.pointer)
        for part in parts:
            look(part)

    for place in places_of(node):
        look_below(place, parts_of_place(place))
    for value in values_of(node):
        look(value)
    return frozenset(found)


def _named_when_dead(body: Body, stacks: frozenset[str], notes: Notes) -> frozenset[str]:
    """Those of the objects in `stacks` that are named where they may not have been entered, or
    been left again.

    Forward data flow of the objects that are surely alive.
    """
    blocks = notes.reachable(body)
    before = predecessors(blocks)
    about = _list_about_stacks(body, stacks, notes)
    nodes = [note.node for note in chain(*about.values())]
    everything = frozenset([node.object for node in nodes if isinstance(node, Enter)])
    alive_after: dict[str, frozenset[str]] = {block.label: everything for block in blocks}

    def alive_before(block: Block) -> frozenset[str]:
        if block.label == body.entry:
            return frozenset()
        first, *others = before[block.label]
        alive = alive_after[first]
        for label in others:
            alive &= alive_after[label]
        return alive

    work = Worklist(blocks if everything else ())  # where nothing is entered, nothing is alive
    for block in work:
        alive = alive_before(block)
        for note in about.get(block.label, ()):
            alive = _alive_after(note.node, alive)
        if alive != alive_after[block.label]:
            alive_after[block.label] = alive
            work.add(live_successors(block.end))
    found: set[str] = set()
    for block in blocks:
        if block.label not in about:
            continue
        alive = alive_before(block)
        for note in about[block.label]:
            for place in note.places:
                if isinstance(place.root, ObjectRoot) and place.root.object not in alive:
                    found.add(place.root.object)
            alive = _alive_after(note.node, alive)
    return stacks.intersection(found)


def _alive_after(node: Instr | Terminator, alive: frozenset[str]) -> frozenset[str]:
    match node:
        case Enter(name):
            return alive | {name}
        case Leave(name):
            return alive - {name}
        case _:
            return alive


# ---------------------------------------------------------------------------------------------
# The pass


def freeze(program: Program, notes: Notes | None = None) -> Program:
    """Make loads of frozen places local, put constants for them, and mark what is mortal.

    A step whose accesses were all frozen is no step any more; an empty `step` says so, since what
    follows it in its block (an observer, say) may read shared memory without being a step.
    """
    notes = notes or Notes()
    frozen = find_frozen(program, notes)
    mortal = find_mortal(program, frozen.freed, notes)
    freezer = _Freezer(program, frozen, notes)
    program = map_bodies(program, lambda template: freezer.body(template.body), freezer.body)
    objects = tuple(
        obj if obj.mortal == (obj.name in mortal) else replace(obj, mortal=not obj.mortal)
        for obj in program.objects
    )
    return program if same_items(objects, program.objects) else replace(program, objects=objects)


class _Freezer:
    """Freezes bodies; what becomes of a node is remembered while the same things are frozen."""

    def __init__(self, program: Program, frozen: Frozen, notes: Notes) -> None:
        self.frozen = frozen
        self.notes = notes
        starts = tuple(
            (obj.name, obj.kind, obj.type, obj.count, obj.start) for obj in program.objects
        )
        facts = (
            program.structs,
            starts,
            tuple((template.name, template.count) for template in program.templates),
            frozen.aliases.named,
            frozen.stored,
            frozen.initial,
            frozen.freed,
        )
        self.blocks = notes.frozen_blocks.under(facts)
        self.bodies = notes.frozen_bodies.under(facts)

    def body(self, body: Body) -> Body:
        """The body with what is frozen put in."""
        return self.bodies.get(body, self._freeze_body)

    def block(self, block: Block) -> Block:
        """A block with what is frozen put in."""
        if not block.instrs and isinstance(block.end, Jump):
            return block
        return self.blocks.get(block, self._freeze_block)

    def _freeze_body(self, body: Body) -> Body:
        new = with_blocks(body, [self.block(block) for block in body.blocks])
        if new is body:
            return body
        old_regions, regions = Regions(body.blocks), Regions(new.blocks)

        def was_frozen(block: Block) -> bool:
            if block.step is None:
                return False
            before, after = old_regions.inner(block.label), regions.inner(block.label)
            if same_items(before, after):
                return False
            return (
                touches_memory(before, self.notes)
                and not touches_memory(after, self.notes)
                and not acts(after)
            )

        return with_blocks(new, [replace(b, step=None) if was_frozen(b) else b for b in new.blocks])

    def _freeze_block(self, block: Block) -> Block:
        instrs = [self._freeze_instr(instr) for instr in block.instrs]
        end = block.end
        if self.notes.of(end).sees:
            end = map_end(end, self._freeze_expr)
        return with_code(block, [i for i in instrs if i is not None], end)

    def _freeze_instr(self, old: Instr) -> Instr | None:
        frozen = self.frozen
        instr = map_instr(old, self._freeze_expr) if self.notes.of(old).sees else old
        match instr:
            case Load(local, place) if frozen.holds(place):
                value = frozen.constant(place) or Read(place, _silent(instr.kind))
                return Assign(local, value, span=instr.span)
            case QueueOp("read", place) if frozen.holds(place) and not has_access(
                parts_of_place(place)
            ):
                return None
            case _:
                return instr

    def _freeze_expr(self, expr: Expr) -> Expr:
        frozen = self.frozen
        match expr:
            case Const() | Local() | Apply():
                return expr
            case Read(place, kind) if frozen.holds(place):
                value = frozen.constant(place)
                if value is not None:
                    return value
                return replace(expr, kind=Kind.SILENT) if kind.is_access else expr
            case Read(place, kind) if not kind.is_access and frozen.holds_for_itself(place):
                return frozen.constant(place) or expr
            case QueueLength(place) if _is_empty(place, frozen):
                return Const(0, frozen.aliases.lookup.expr_type(expr, {}))
            case QueueContains(place, value) if _is_empty(place, frozen):
                return replace(expr, kind=Kind.SILENT) if has_access((value,)) else Const(0, BOOL)
            case QueueLength(place, kind) | QueueContains(place, kind=kind) if frozen.holds(place):
                return replace(expr, kind=Kind.SILENT) if kind.is_access else expr
            case _:
                return expr


def touches_memory(region: Sequence[Block], notes: Notes) -> bool:
    """Whether a step accesses shared memory."""
    return any(
        note.looks or (isinstance(note.node, Load | Store | QueueOp) and note.node.kind.is_access)
        for block in region
        for note in notes.in_block(block)
    )


def acts(region: Sequence[Block]) -> bool:
    """Whether a step does something that is a step although it is no access.

    Soundness: a wait counts wherever it stands.  One that filters a choice may have nothing to let
    through, and joined to the step before it would undo that.
    """
    kinds = New | Free | Discard | Spawn | Crash | SetInterrupts | Wait
    return any(isinstance(instr, kinds) for block in region for instr in block.instrs)


def _silent(kind: Kind) -> Kind:
    return Kind.SILENT if kind.is_access else kind


def _is_empty(place: Place, frozen: Frozen) -> bool:
    """Whether a queue stays as it started: empty."""
    return frozen.holds(place) and frozen.aliases.cell(place) not in frozen.initial
