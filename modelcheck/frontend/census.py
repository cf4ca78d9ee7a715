"""`places(T)`: how many places of a struct the declared objects have, from what is written alone.

A size in a struct may ask for it while that struct, or one that it leads to, is being resolved; so
nothing is resolved here but the numbers of elements.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Protocol

from modelcheck.diagnostics import SpecError
from modelcheck.frontend.modules import Decl, Module, Modules

Key = tuple[str, str]  # the file and the name of a struct
OBJECTS = ("shared", "pool", "per_thread")


class Numbers(Protocol):
    """What the census asks the declarations for."""

    modules: Modules

    @property
    def thread_count(self) -> int:
        """How many threads there are."""

    def number(self, module: Module, node: ast.expr, *, least: int | None = None) -> int:
        """A constant number."""

    def called(self, module: Module, node: ast.Call) -> str:
        """The language's name of what is called."""


class Census:
    """Counts the places of structs under one setting."""

    def __init__(self, world: Numbers) -> None:
        self._world = world
        self._inside: dict[tuple[Key, Key], int] = {}

    def count(self, wanted: Key) -> int:
        """The places of a struct in all objects but `local` ones."""
        return sum(
            number * self._count_inside(found, wanted) for found, number in self._list_objects()
        )

    def _list_objects(self) -> Iterator[tuple[tuple[Module, Decl], int]]:
        """The struct of each declared object, and how many of it there are."""
        for module in self._world.modules.in_order():
            for decl in list(module.names.values()):
                match decl.node:
                    case ast.Assign(value=ast.Call() as call) if decl.kind == "call":
                        if self._world.called(module, call) in OBJECTS and call.args:
                            found = self._find_struct(module, call.args[0])
                            if found is not None:
                                yield found, self._count_objects(module, call)
                    case ast.AnnAssign(annotation=annotation, value=value):
                        yield from self._list_embedded(module, annotation, value)
                    case _:
                        pass

    def _count_objects(self, module: Module, call: ast.Call) -> int:
        if self._world.called(module, call) == "per_thread":
            return self._world.thread_count
        given = [k.value for k in call.keywords if k.arg == "count"]
        return self._number(module, given[0]) if given else 1

    def _count_inside(self, outer: tuple[Module, Decl], wanted: Key) -> int:
        """How many structs of that name one of another contains, itself included."""
        module, decl = outer
        key = make_key(module, decl)
        if (key, wanted) not in self._inside:
            self._inside[key, wanted] = 0  # what would contain itself is refused elsewhere
            assert isinstance(decl.node, ast.ClassDef)
            fields = [item for item in decl.node.body if isinstance(item, ast.AnnAssign)]
            self._inside[key, wanted] = int(key == wanted) + sum(
                number * self._count_inside(found, wanted)
                for item in fields
                for found, number in self._list_embedded(module, item.annotation, item.value)
            )
        return self._inside[key, wanted]

    def _list_embedded(
        self, module: Module, annotation: ast.expr, value: ast.expr | None
    ) -> Iterator[tuple[tuple[Module, Decl], int]]:
        """The struct that a field or ghost holds, and how often."""
        match parse_quoted(annotation):
            case ast.Subscript(value=ast.Name(id=name), slice=element) if (
                module.names.get(name) is not None and module.names[name].origin == "Array"
            ):
                found = self._find_struct(module, element)
                if found is not None and isinstance(value, ast.Call) and value.args:
                    yield found, self._number(module, value.args[0])
            case other:
                found = self._find_struct(module, other)
                if found is not None:
                    yield found, 1

    def _find_struct(self, module: Module, node: ast.expr) -> tuple[Module, Decl] | None:
        """The struct that a name means; None where it means something else."""
        node = parse_quoted(node)
        if not isinstance(node, ast.Name):
            return None
        decl = module.names.get(node.id)
        if decl is not None and decl.kind == "import":
            behind = self._world.modules.behind(module, decl)
            if not isinstance(behind, tuple):
                return None
            module, decl = behind
        if decl is None:
            return None
        if decl.kind == "constant" and isinstance(decl.node, ast.Assign):  # another name of it
            return self._find_struct(module, decl.node.value)
        return (module, decl) if decl.kind == "struct" else None

    def _number(self, module: Module, node: ast.expr) -> int:
        try:
            return self._world.number(module, node)
        except SpecError:  # said where the object is declared
            return 1


def make_key(module: Module, decl: Decl) -> Key:
    """What tells a struct from all others."""
    return str(module.source.path), decl.name


def parse_quoted(node: ast.expr) -> ast.expr:
    """A type that is written as a string, as what it says."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return node
    return node
