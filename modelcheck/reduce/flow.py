"""Where a name of a slot that was never used may be kept, and what waits for it."""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.ir.alias import Aliases, Cell
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Assign,
    Block,
    Body,
    Branch,
    Const,
    ContainerOf,
    Expr,
    Instr,
    Jump,
    Load,
    Local,
    Me,
    ObjectRoot,
    Place,
    PointerRoot,
    QueueContains,
    QueueOp,
    Read,
    Spawn,
    Store,
    Template,
    Wait,
)
from modelcheck.ir.ops import LOGIC
from modelcheck.ir.traverse import assigned_local
from modelcheck.ir.types import PtrType, SetType

_NO_NAMES = (*LOGIC, "==", "!=", "<", "<=", ">", ">=", "bit-test", "popcount")


def names_place(memory: Memory, const: Const, object_: str) -> bool:
    """Whether a constant names a place in an object."""
    match const.type:
        case PtrType(struct):
            numbers = [const.value - 1]
        case SetType(PtrType(struct)):
            numbers = [i for i in range(const.value.bit_length()) if const.value >> i & 1]
        case _:
            return False
    places = memory.places(struct)
    return any(places[n].object == object_ for n in numbers if 0 <= n < len(places))


class Flow:
    """Where a name of a slot that was never used may be kept: it comes from code that names slots
    by their numbers, and goes where such a value is assigned.

    The thread of a slot names it by its own number.  Behind the first location the slot has been
    used (that is the claim, and by it no thread of another gets there), so what it keeps of its
    own slot there is no name of an unused one.

    Soundness: a way that a name may take and that is forgotten here lets a thread run before its
    slot is taken, and then `new` takes another one (tests/reduce/test_symmetry_fresh.py).
    """

    def __init__(self, memory: Memory, pool: str, tied: Mapping[str, int]) -> None:
        self._memory = memory
        self._pool = pool
        self._tied = tied
        self._aliases = Aliases(memory.program)
        self._cells: set[Cell] = set()
        self._locals: set[tuple[str, str]] = set()
        self._own: dict[tuple[str, Expr], bool] = {}
        self._early = {name: _find_early(memory.lookup.template(name).body) for name in tied}
        for name in tied:
            self._add_own_locals(memory.lookup.template(name))
        self._spread()

    def waits(self, template: Template, first: Block) -> bool:
        """Whether the thread of a slot that was never used is stopped at its first location, before
        it has done or failed anything.
        """
        blocks = {block.label: block for block in template.body.blocks}
        work, passed = [first.label], {first.label}
        while work:
            block = blocks[work.pop()]
            targets = self._go_on(block, template.name)
            if targets is None:
                return False
            for target in targets:
                if blocks[target].rest:
                    return False
                if target not in passed:
                    passed.add(target)
                    work.append(target)
        return True

    def _go_on(self, block: Block, template: str) -> tuple[str, ...] | None:
        """Where control may go from a block; None where it may do or fail something."""
        for instr in block.instrs:
            match instr:
                case Assign() | Load() | QueueOp("read"):
                    continue
                case Wait(condition):
                    if self._judge(condition, template) is False:
                        return ()
                case _:
                    return None
        match block.end:
            case Jump(target):
                return (target,)
            case Branch(condition, then, other):
                answer = self._judge(condition, template)
                return (then, other) if answer is None else (then if answer else other,)
            case _:
                return None

    def _judge(self, condition: Expr, template: str) -> bool | None:
        """A condition for the thread of a slot that was never used; None if that is not known."""
        match condition:
            case Const(value):
                return bool(value)
            case Apply("not", (part,)):
                answer = self._judge(part, template)
                return None if answer is None else not answer
            case Apply(("and" | "or") as op, args):
                ends = op == "or"
                answers = [self._judge(arg, template) for arg in args]
                if ends in answers:
                    return ends
                return None if None in answers else not ends
            case Apply("bit-test", (Read(place), Apply("-", (name, Const(1))))):
                return self._judge_member(place, name, template)
            case QueueContains(place, name):
                return self._judge_member(place, name, template)
            case _:
                return None

    def _judge_member(self, place: Place, name: Expr, template: str) -> bool | None:
        is_clean = self._aliases.cell(place) not in self._cells
        return False if is_clean and self._is_own(name, template) else None

    # -----------------------------------------------------------------------------------------

    def _spread(self) -> None:
        """Find the cells and locals, until there are no more."""
        program = self._memory.program
        bodies = [("", program.initial), *((t.name, t.body) for t in program.templates)]
        known = -1
        while known != len(self._cells) + len(self._locals):
            known = len(self._cells) + len(self._locals)
            for template, body in bodies:
                early = self._early.get(template, frozenset())
                for block in body.blocks:
                    for node in block.instrs:
                        self._pass_on(node, template, is_early=block.label in early)

    def _pass_on(self, node: Instr, template: str, *, is_early: bool) -> None:
        def may_name(expr: Expr) -> bool:
            return self._may_name(expr, template, is_early=is_early)

        match node:
            case Assign(local, value):
                if may_name(value):
                    self._locals.add((template, local))
            case Load(local, place):
                if self._aliases.cell(place) in self._cells:
                    self._locals.add((template, local))
            case Store(place, value):
                if may_name(value):
                    self._cells.add(self._aliases.cell(place))
            case QueueOp(_, place, _, value, local):
                if value is not None and may_name(value):
                    self._cells.add(self._aliases.cell(place))
                if local is not None and self._aliases.cell(place) in self._cells:
                    self._locals.add((template, local))
            case Spawn(_, spawned, arguments):
                parameters = self._memory.lookup.template(spawned).parameters
                for parameter, argument in zip(parameters, arguments, strict=True):
                    if may_name(argument):
                        self._locals.add((spawned, parameter))
            case _:
                return

    def _may_name(self, expr: Expr, template: str, *, is_early: bool) -> bool:
        """Whether a value may be, or have in it, a name of a slot that was never used."""
        if not is_early and self._is_own(expr, template):
            return False

        def inside(part: Expr) -> bool:
            return self._may_name(part, template, is_early=is_early)

        match expr:
            case Const(value):
                return bool(value) and names_place(self._memory, expr, self._pool)
            case AddressOf(Place(ObjectRoot(name))):
                return name == self._pool
            case AddressOf(Place(PointerRoot(pointer))) | ContainerOf(pointer):
                return inside(pointer)
            case Local(name):
                return (template, name) in self._locals
            case Read(place):
                return self._aliases.cell(place) in self._cells
            case Apply(op) if op in _NO_NAMES:
                return False
            case Apply("ite", (_, then, other)):
                return inside(then) or inside(other)
            case Apply("bit-clear", (whole, _)):
                return inside(whole)
            case Apply(_, args):
                return any(map(inside, args))
            case _:
                return False

    def _add_own_locals(self, template: Template) -> None:
        """A local that is set once, before the first location, to a thread's own place."""
        values: dict[str, list[Expr | None]] = {}
        for block in template.body.blocks:
            is_early = block.label in self._early[template.name]
            for instr in block.instrs:
                if (local := assigned_local(instr)) is not None:
                    value = instr.value if is_early and isinstance(instr, Assign) else None
                    values.setdefault(local, []).append(value)
        for local, given in values.items():
            if local in template.parameters or len(given) != 1 or given[0] is None:
                continue
            if self._is_own(given[0], template.name):
                self._own[template.name, Local(local)] = True

    def _is_own(self, expr: Expr, template: str) -> bool:
        """Whether an expression is, in each copy of a template, the place in its own slot (or in
        another object): `ite($me == 0, nodes[0].rcu, …)`, or a local that keeps it.
        """
        key = (template, expr)
        if template not in self._tied or not isinstance(expr, Apply) or expr.op != "ite":
            return self._own.get(key, False)
        if key not in self._own:
            count = self._memory.lookup.template(template).count
            self._own[key] = all(self._gives_own(expr, copy, template) for copy in range(count))
        return self._own[key]

    def _gives_own(self, expr: Expr, copy: int, template: str) -> bool:
        while isinstance(expr, Apply):
            match expr:
                case Apply("ite", (Apply("==", (Me(), Const(value))), then, other)):
                    expr = then if value == copy else other
                case _:
                    return False
        match expr:
            case AddressOf(Place(ObjectRoot(name, index))) if name == self._pool:
                element = 0 if index is None else index.value if isinstance(index, Const) else -1
                return element == copy - self._tied[template]
            case AddressOf(Place(ObjectRoot())):
                return True
            case _:
                return False


def _find_early(body: Body) -> frozenset[str]:
    """The blocks before the first location."""
    blocks = {block.label: block for block in body.blocks}
    found: set[str] = set()
    work = [body.entry]
    while work:
        block = blocks[work.pop()]
        if block.label in found or block.rest:
            continue
        found.add(block.label)
        match block.end:
            case Jump(target):
                work.append(target)
            case Branch(_, then, other):
                work += [then, other]
            case _:
                continue
    return frozenset(found)
