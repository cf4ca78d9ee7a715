"""Short ways to write the programs that the tests of the passes look at."""

from dataclasses import replace

from modelcheck.diagnostics import Span
from modelcheck.ir.nodes import (
    Apply,
    Block,
    Body,
    Const,
    End,
    Field,
    Jump,
    Kind,
    Load,
    Local,
    LocalVar,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    StepInfo,
    Store,
    Struct,
    Template,
)
from modelcheck.ir.types import BOOL, U8, ArrayOf, Embedded, PtrType, QueueOf

PLAIN, SILENT, ONCE, GHOST = Kind.PLAIN, Kind.SILENT, Kind.ONCE, Kind.GHOST
STEP = StepInfo(span=Span("spec.py", 1))
NODE = PtrType("Node")
NULL = Const(0, NODE)
NOTHING = Body("start", (Block("start", (), End()),))
# n and m are numbers, g a ghost, next a pointer, q a queue, a an array.
NODE_STRUCT = Struct(
    "Node",
    (
        Field("n", U8),
        Field("m", U8),
        Field("g", U8, ghost=True),
        Field("next", NODE),
        Field("q", QueueOf(U8, 2)),
        Field("a", ArrayOf(U8, 3)),
    ),
)
OUTER_STRUCT = Struct("Outer", (Field("node", Embedded("Node")), Field("k", U8)))


def num(value):
    return Const(value, U8)


def local(name):
    return Local(name)


def apply(op, *args, type=BOOL):
    return Apply(op, args, type)


def at(object, *path, index=None):
    """A place in a declared object."""
    return Place(ObjectRoot(object, index), path)


def through(pointer, *path, struct="Node"):
    """A place that a pointer leads to."""
    return Place(PointerRoot(local(pointer) if isinstance(pointer, str) else pointer, struct), path)


def load(name, place, kind=PLAIN):
    return Load(name, place, kind)


def store(place, value=1, kind=PLAIN):
    return Store(place, num(value) if isinstance(value, int) else value, kind)


def block(label, *instrs, to=None, end=None, step=None, **more):
    """A block; `step=True` gives it a step."""
    end = end or (End() if to is None else Jump(to))
    return Block(label, instrs, end, step=STEP if step else None, **more)


def step(label, *instrs, **more):
    return block(label, *instrs, step=True, **more)


def body(*blocks, locals=()):
    types = {"p": NODE, "s": NODE, "b": BOOL}
    names = dict.fromkeys((*locals, "v", "w", "p", "s", "b"))
    found = tuple(LocalVar(name, types.get(name, U8), shown=name) for name in names)
    return Body(blocks[0].label, blocks, found)


def chain(*steps, **more):
    """A body of one step per instruction (or tuple of them), in a row."""
    rows = [s if isinstance(s, tuple) else (s,) for s in steps]
    blocks = [
        step(f"s{i}", *row, to=f"s{i + 1}" if i + 1 < len(rows) else None)
        for i, row in enumerate(rows)
    ]
    return body(*blocks, **more)


def program(*bodies, objects=(), initial=NOTHING, structs=(), **more):
    """A program with one thread per body and the objects `x` and `y` (shared nodes) besides."""
    templates = tuple(
        Template(f"t{i}", 1, b) if isinstance(b, Body) else b for i, b in enumerate(bodies)
    )
    given = {obj.name for obj in objects}
    standard = tuple(
        obj
        for obj in (
            Object("x", "shared", Embedded("Node"), mortal=False),
            Object("y", "shared", Embedded("Node"), mortal=False),
        )
        if obj.name not in given
    )
    return Program(
        "small",
        (NODE_STRUCT, OUTER_STRUCT, *structs),
        (*standard, *objects),
        templates,
        initial,
        more.pop("properties", ()),
        **more,
    )


def instrs_of(program, template=0):
    return [i for b in program.templates[template].body.blocks for i in b.instrs]


def find_block(program, label, template=0):
    return next(b for b in program.templates[template].body.blocks if b.label == label)


def find_object(program, name):
    return next(obj for obj in program.objects if obj.name == name)


def with_rest(given, *labels):
    """A body whose locations are these blocks."""
    return replace(given, blocks=tuple(replace(b, rest=b.label in labels) for b in given.blocks))
