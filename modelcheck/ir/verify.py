"""Is this a legal program?  `verify` runs after every pass and says what is wrong, and where.

A program that breaks a rule here is a fault of modelcheck itself, never of a spec, so it ends in
InternalError.  The rules are `RULES` in `verify_nodes`; the checks of single nodes are there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from modelcheck.diagnostics import InternalError
from modelcheck.ir.lookup import Lookup, local_types
from modelcheck.ir.nodes import (
    AddressOf,
    Block,
    Body,
    Branch,
    Const,
    End,
    Expr,
    Instr,
    Jump,
    New,
    Object,
    ObjectRoot,
    Place,
    Program,
    Return,
    Template,
    Terminator,
)
from modelcheck.ir.shape import leaves_of, place_header, size_of
from modelcheck.ir.text.show import Shower
from modelcheck.ir.traverse import nodes_of, successors
from modelcheck.ir.types import (
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    FnType,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    ValueType,
    WordType,
)
from modelcheck.ir.verify_blocks import (
    Touch,
    blocks_behind_choices,
    broken_at,
    check_location,
    check_step,
    find_touch,
)
from modelcheck.ir.verify_nodes import RULES, BodyKind, Broken, NodeChecker, demand

__all__ = ["RULES", "Seen", "verify"]

MAX_SET = 63


def verify(program: Program, *, after: str = "", seen: Seen | None = None) -> None:
    """Raise InternalError, naming the rule, the place and the node, if a program is not legal.

    `after` is the pass that made it, for the message; `seen` remembers from one call to the next
    what was legal, so that a pass costs only what it made anew.

    Soundness: the backends trust what is demanded here (no access in local work, one access in a
    plain step, no silent store to shared memory); `test_verify.py` breaks each rule once.
    """
    try:
        _Verifier(program, seen or Seen()).program()
    except Broken as broken:
        made_by = f" after `{after}`" if after else ""
        raise InternalError(
            f"program `{program.name}`{made_by} breaks the rule `{broken.rule}`"
            f" ({RULES[broken.rule]}): {broken.message}"
        ) from None


@dataclass(frozen=True, slots=True)
class _Legal:
    """What was legal in one body, by id and together with itself: while it lives, nothing else
    has its id.  A block is kept with whether it stands behind a choice.
    """

    facts: object
    nodes: dict[int, Touch] = field(default_factory=dict)
    blocks: dict[int, tuple[Block, bool]] = field(default_factory=dict)
    bodies: dict[int, Body] = field(default_factory=dict)


class Seen:
    """The nodes, blocks and bodies that were legal, by which object they are.

    Whether a node is legal follows from the node, the declarations and what is around it in its
    body; what was legal in a body is forgotten when any of that is another.
    """

    def __init__(self) -> None:
        self._bodies: dict[str, _Legal] = {}

    def in_body(self, body: str, facts: object) -> _Legal:
        """What was legal in a body under some facts; to be added to."""
        before = self._bodies.get(body)
        if before is None or before.facts != facts:
            before = self._bodies[body] = _Legal(facts)
        return before


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Say where a rule was broken."""
    try:
        yield
    except Broken as broken:
        raise Broken(broken.rule, f"{where}: {broken.message}") from None


def _all_different(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        demand("unique names", name not in seen, f"two {what} are called `{name}`")
        seen.add(name)


class _Verifier:
    """Checks the declarations of one program, then each body."""

    def __init__(self, program: Program, seen: Seen) -> None:
        self.it = program
        self.lookup = Lookup(program)
        self.seen = seen
        # What a node can ask of the declarations.  What is mortal no rule asks for.
        self.declared = (
            program.structs,
            [replace(obj, mortal=True) for obj in program.objects],
            [_head_of(template) for template in program.templates],
        )

    def program(self) -> None:
        it = self.it
        _all_different((s.name for s in it.structs), "structs")
        _all_different((o.name for o in it.objects), "objects")
        _all_different((t.name for t in it.templates), "templates")
        _all_different((p.name for p in it.properties), "properties")
        for struct in it.structs:
            with _at(f"struct `{struct.name}`"):
                _all_different((f.name for f in struct.fields), "fields")
                self.finite(struct.name, ())
        for struct in it.structs:
            for declared in struct.fields:
                with _at(f"field `{struct.name}.{declared.name}`"):
                    self.type(declared.type)
        for obj in it.objects:
            with _at(f"object `{obj.name}`"):
                self.object(obj)
        for template in it.templates:
            with _at(f"template `{template.name}`"):
                self.template(template)
        with _at("the initial code"):
            self.body(it.initial, "initial", "", None)
        for prop in it.properties:
            with _at(f"property `{prop.name}`"):
                has_body = prop.body is not None
                demand("properties", has_body == (prop.kind != "assert"), "body or no body")
                if prop.body is not None:
                    self.body(prop.body, "property", prop.name, None)

    # ------------------------------------------------------------------------ declarations

    def finite(self, struct: str, around: tuple[str, ...]) -> None:
        """No struct contains itself, not through arrays either."""
        demand("names resolve", struct in self.lookup.structs, f"no struct is called `{struct}`")
        demand("finite structs", struct not in around, f"`{struct}` contains itself")
        for declared in self.lookup.struct(struct).fields:
            inner = declared.type
            while isinstance(inner, ArrayOf):
                inner = inner.element
            if isinstance(inner, Embedded):
                self.finite(inner.struct, (*around, struct))

    def type(self, type_: ValueType) -> None:
        """A type's names resolve, and its sets fit into a word."""
        match type_:
            case Embedded(struct) | PtrType(struct):
                known = struct in self.lookup.structs
                demand("names resolve", known, f"no struct is called `{struct}`")
            case ArrayOf(element) | QueueOf(element):
                self.type(element)
            case SetType(element):
                self.type(element)
                demand("small sets", self.values(element) <= MAX_SET, "the set is too large")
            case _:
                return

    def values(self, element: ScalarType) -> int:
        """How many elements a set of a type can have."""
        match element:
            case BoolType():
                return 2
            case RangeType(lo, hi):
                return hi - lo + 1
            case EnumType(_, members):
                return len(members)
            case ThreadIdType():
                return self.lookup.thread_count
            case PtrType(struct):
                header = place_header(struct)
                return sum(
                    self.lookup.instances(o) * size_of(self.lookup, o.type, header)
                    for o in self.it.objects
                )
            case WordType() | FnType() | SetType():
                return MAX_SET + 1  # no set of these

    def object(self, obj: Object) -> None:
        """An object has what its kind needs."""
        self.type(obj.type)
        many = obj.kind in ("shared", "pool")
        demand("objects", many or obj.count is None, f"a {obj.kind} object has no count")
        if obj.kind == "pool":
            demand("objects", obj.count is not None, "a pool has a number of slots")
            demand("objects", isinstance(obj.type, Embedded), "a pool is of structs")
        demand("objects", obj.kind == "pool" or not obj.stable, "only a pool is type-stable")
        demand("objects", obj.kind == "pool" or not obj.reuse, "only a pool reuses its slots")
        demand("objects", (obj.kind == "local") == bool(obj.template), "template or no template")
        if obj.template:
            known = obj.template in self.lookup.templates
            demand("names resolve", known, f"no template is called `{obj.template}`")
        if isinstance(obj.type, Embedded):
            fields = {field.name for field in self.lookup.struct(obj.type.struct).fields}
            for name in obj.stable:
                known = name.rpartition(".")[2] in fields
                demand("names resolve", known, f"no field is called `{name}`")
        for element, path, value in obj.start:
            with _at(f"its start value `{Shower().path(path)}`"):
                self.start(obj, element, Place(ObjectRoot(obj.name, _number(element)), path), value)
        several = obj.kind in ("shared", "pool")
        elements = set(range(self.lookup.instances(obj) if several else 1))
        for leaf in leaves_of(self.lookup, obj):
            if leaf.role == "field" and isinstance(leaf.type, RangeType):
                given = {element for element, path, _ in obj.start if path == leaf.path}
                fits = leaf.type.lo <= leaf.start <= leaf.type.hi or given >= elements
                demand("starts fit", fits, f"{leaf.path} cannot be {leaf.start}")

    def start(self, obj: Object, element: int, place: Place, value: Expr) -> None:
        """A start value is fixed, and of the type of the place that holds it."""
        several = obj.kind in ("shared", "pool")
        inside = 0 <= element < (self.lookup.instances(obj) if several else 1)
        demand("constant starts", inside, f"there is no element {element}")
        fixed = isinstance(value, Const) or (
            isinstance(value, AddressOf) and _is_fixed(value.place)
        )
        demand("constant starts", fixed and _is_fixed(place), "it is not fixed")
        nodes = NodeChecker(self.lookup, "initial", {}, None, frozenset())
        nodes.want(value, nodes.scalar_place(place))

    def template(self, template: Template) -> None:
        """A template's parameters, its target, its code."""
        names = {local.name for local in template.body.locals}
        demand("templates", names.issuperset(template.parameters), "a parameter is no local")
        demand("templates", template.count >= 1, "it has no copies")
        if template.interrupts:
            known = template.interrupts in self.lookup.templates
            demand("names resolve", known, f"no template is called `{template.interrupts}`")
            target = self.lookup.template(template.interrupts)
            fits = target.count in (1, template.count)
            demand("templates", fits, f"{template.count} copies interrupt {target.count}")
        self.body(template.body, "thread", template.name, template)

    # ------------------------------------------------------------------------ bodies

    def body(self, body: Body, kind: BodyKind, name: str, template: Template | None) -> None:
        """A graph: its labels, its nodes one by one, then what depends on what is around them."""
        allocated = frozenset(
            i.local for block in body.blocks for i in block.instrs if isinstance(i, New)
        )
        nodes = NodeChecker(self.lookup, kind, local_types(body), template, allocated)
        legal = self.seen.in_body(f"{kind} {name}", (self.declared, nodes.locals, allocated))
        if id(body) in legal.bodies:
            return
        _all_different((block.label for block in body.blocks), "blocks")
        _all_different((local.name for local in body.locals), "locals")
        for local in body.locals:
            self.type(local.type)
        labels = {block.label for block in body.blocks}
        demand("names resolve", body.entry in labels, f"no block is called `{body.entry}`")
        filtered = blocks_behind_choices(body)
        for block in body.blocks:
            with _at(f"block `{block.label}`"):
                code = [self.node(node, nodes, legal) for node in nodes_of(block)]
                for label in successors(block.end):
                    if label not in labels:
                        broken = Broken("names resolve", f"no block is called `{label}`")
                        raise broken_at(block.end, broken)
                behind_choice = block.label in filtered
                if legal.blocks.get(id(block)) != (block, behind_choice):
                    check_location(block, kind, nodes)
                    if kind == "thread":
                        check_step(block, code, behind_choice=behind_choice)
                    legal.blocks[id(block)] = block, behind_choice
        legal.bodies[id(body)] = body

    def node(self, node: Instr | Terminator, nodes: NodeChecker, legal: _Legal) -> Touch:
        """Check a node by itself; how it touches shared memory."""
        known = legal.nodes.get(id(node))
        if known is None:
            try:
                if isinstance(node, Jump | Branch | End | Return):
                    nodes.end(node)
                else:
                    nodes.instr(node)
            except Broken as broken:
                raise broken_at(node, broken) from None
            known = legal.nodes[id(node)] = find_touch(node)
        return known


def _head_of(template: Template) -> object:
    """What a node can ask of a template: not its code, but what its parameters take."""
    types = local_types(template.body)
    takes = [types.get(name) for name in template.parameters]
    return template.name, template.count, template.spawned, template.parameters, takes


def _number(value: int) -> Const:
    return Const(value, RangeType(value, value))


def _is_fixed(place: Place) -> bool:
    """Whether a place is the same wherever and whenever it is named."""
    root = place.root
    parts = (*place.path, root.index) if isinstance(root, ObjectRoot) else (*place.path, None)
    return isinstance(root, ObjectRoot) and all(
        part is None or isinstance(part, str | Const) for part in parts
    )
