"""Everything a spec declares, under one setting of its parameters and flags.

Names resolve to values on demand; structs, objects and threads are made the first time they are
needed, then once more for all that remain, so that their order is the order of declaration.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from modelcheck.diagnostics import Span, SpecError, did_you_mean
from modelcheck.frontend.census import Census
from modelcheck.frontend.declarations import Declarations
from modelcheck.frontend.kinds import (
    INT64,
    import_hint,
)
from modelcheck.frontend.modules import Decl, Module
from modelcheck.frontend.names import CONTEXTS, LANG_NAMES, PYTHON_NAMES, SCALAR_TYPES
from modelcheck.frontend.values import (
    Builtin,
    EnumClass,
    TypeName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import ArrayOf, Embedded, EnumType, ValueType

Decorated = tuple[Module, ast.FunctionDef, ast.expr]
"""A routine and one of its decorators."""

BUILTINS = {name: Builtin(name) for name in (*LANG_NAMES, *PYTHON_NAMES)}


class World(Declarations):
    """All declarations of all files of a spec."""

    def resolve(self, module: Module, name: str, span: Span) -> Value | None:
        """What a name of a file means; None (reported once) where it means nothing."""
        decl = module.names.get(name)
        if decl is None:
            if name in PYTHON_NAMES:
                return BUILTINS[name]
            self.report.add(
                SpecError(
                    "MC201",
                    f"`{name}` is not defined",
                    span,
                    help=did_you_mean(name, [*module.names, *PYTHON_NAMES]) or import_hint(name),
                )
            )
            return None
        return self.value_of(module, decl)

    def value_of(self, module: Module, decl: Decl) -> Value | None:
        """What a declaration stands for."""
        if decl.kind == "import":
            behind = self.modules.behind(module, decl)
            if behind is None:
                return None
            if isinstance(behind, str):
                return self._builtin(behind)
            return self.value_of(*behind)
        key = (str(module.source.path), decl.name)
        if key in self._values:
            return self._values[key]
        if key in self._resolving:
            self.error("MC206", f"`{decl.name}` is defined by itself", decl.span)
            return None
        self._resolving.append(key)
        try:
            value = self._evaluate(module, decl)
        except SpecError as error:
            self.report.add(error)
            value = None
        self._resolving.pop()
        self._values[key] = value
        return value

    def _builtin(self, name: str) -> Value:
        if name in SCALAR_TYPES:
            return TypeName(SCALAR_TYPES[name])
        if name == "Int":
            return TypeName(INT64, bounded=False)
        if name == "Context":
            return EnumClass(EnumType("Context", tuple(c.upper() for c in CONTEXTS)))
        return BUILTINS[name]

    def _evaluate(self, module: Module, decl: Decl) -> Value | None:
        match decl.node:
            case ast.Assign(value=value):
                if decl.kind == "constant":
                    return self.constant(module, value)
                assert isinstance(value, ast.Call)
                return self._declared(module, decl, value, None)
            case ast.AnnAssign(annotation=annotation, value=value):
                return self._declared(module, decl, value, annotation)
            case ast.ClassDef() as node if decl.kind == "struct":
                return self._struct(module, decl, node)
            case ast.ClassDef() as node:
                return self._enum(module, node)
            case ast.FunctionDef() as node:
                return self._function(module, decl, node)
            case _:
                return None

    @functools.cached_property
    def _inside(self) -> dict[tuple[str, str], tuple[tuple[ir.Field, ...], int]]:
        """What `places_inside` found, with the fields that it looked at."""
        return {}

    @functools.cached_property
    def paths(self) -> dict[tuple[str, str], tuple[tuple[str | ir.Expr, ...], ...]]:
        """What `paths_to` found inside structs: while code is lowered, all are complete."""
        return {}

    @functools.cached_property
    def _decorated(self) -> dict[str, tuple[int, list[Decorated]]]:
        """What `routines_of_kind` found, with the number of files that it looked at."""
        return {}

    @functools.cached_property
    def annotations(self) -> dict[int, tuple[ast.arg, TypeName | str | None]]:
        """What the annotations of parameters say, by id of the parameter (which is kept too)."""
        return {}

    @functools.cached_property
    def _census(self) -> Census:
        return Census(self)

    def count_places(self, struct: str) -> int:
        """How many places of a struct the declared objects have (`places(T)`)."""
        return self._census.count(self.struct_keys[struct])

    def places_inside(self, of: ValueType, struct: str) -> int:
        """How many structs of that name a value of a type contains, itself included."""
        match of:
            case Embedded(name):
                fields = self.structs[name].fields
                known = self._inside.get((name, struct))
                if known is None or known[0] is not fields:
                    inner = sum(self.places_inside(f.type, struct) for f in fields)
                    known = self._inside[name, struct] = (fields, int(name == struct) + inner)
                return known[1]
            case ArrayOf(element, count):
                return count * self.places_inside(element, struct)
            case _:
                return 0

    @property
    def thread_count(self) -> int:
        """How many threads there are, spawned ones too."""
        return sum(t.count for t in self.threads.values())

    def declare_all(self) -> None:
        """Resolve every struct and object of every file, in order of declaration."""
        for module in self.modules.in_order():
            for decl in list(module.names.values()):
                if decl.kind in ("call", "struct"):
                    self.value_of(module, decl)

    def declare_threads(self) -> None:
        """Read all files, and resolve every thread and routine of every one, in order."""
        self.modules.read_imports(self.main, set())
        self.report.stop()
        for module in self.modules.in_order():
            for decl in list(module.names.values()):
                if decl.kind == "routine":
                    self.value_of(module, decl)

    def routines_of_kind(self, kind: str) -> list[Decorated]:
        """All routines decorated with `kind`, with the decorator."""
        known = self._decorated.get(kind)
        if known is None or known[0] != len(self.modules.by_path):
            known = len(self.modules.by_path), list(self._find_decorated(kind))
            self._decorated[kind] = known
        return known[1]

    def _find_decorated(self, kind: str) -> Iterator[Decorated]:
        for module in self.modules.in_order():
            for decl in list(module.names.values()):
                if isinstance(decl.node, ast.FunctionDef):
                    for decorator in decl.node.decorator_list:
                        if module.word(decorator) == kind:
                            yield module, decl.node, decorator
