"""What in a spec's own routines is a step: which statements can be told from `pass` by others.

A step is a statement that touches shared memory: a store, a call that makes a step, a `with
atomic` as a whole.  No step: ghosts, observers (so what only lockdep sees), asserts, labels and
barriers, which are one thing under `sc`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modelcheck.frontend import Spec
from modelcheck.frontend.modules import Decl, Module

NOT_TESTED = frozenset({"invariant", "final", "reachable", "observer", "on_free", "initial"})
PURE = frozenset({"label", "precedes", "smp_mb", "smp_rmb", "smp_wmb"})


class Syntax:
    """A spec's own file, and what its names mean."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.module = spec.main
        self.text = spec.main.source.text
        self.tree = spec.main.source.tree
        self.routines = {n.name: n for n in self.tree.body if isinstance(n, ast.FunctionDef)}
        found = map(self.resolve, self.module.names)
        self._enums = {d.name for d in found if isinstance(d, Decl) and d.kind == "enum"}
        self._ghosts = self._find_ghosts()
        self._silent: set[str] = set()
        self._silent = self._find_silent()
        self._tested = self._find_tested()

    def list_tested(self) -> list[ast.FunctionDef]:
        """The routines under test, in the order of the text: no properties, observers or set-up,
        nor what only these call.
        """
        return [routine for name, routine in self.routines.items() if name in self._tested]

    def walk(self, body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
        """The statements of a routine, each before those in it; an `atomic` is one."""
        for node in body:
            yield node
            for inner in _list_inner(node):
                yield from self.walk(inner)

    def walk_blocks(self, body: Sequence[ast.stmt]) -> Iterator[Sequence[ast.stmt]]:
        """Each run of statements that follow one another, outside of any `atomic`."""
        yield body
        for node in body:
            for inner in _list_inner(node):
                yield from self.walk_blocks(inner)

    def touches(self, node: ast.stmt, routine: ast.FunctionDef) -> bool:
        """Whether a statement makes a step by itself, whatever those in it do."""
        match node:
            case ast.With():
                return True
            case ast.If(test=test) | ast.While(test=test):
                return self.makes_step(test)
            case ast.Expr(value=ast.Call() as call):
                return self.is_step(call)
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                if self.stores(node, routine):
                    return True
                return node.value is not None and self.makes_step(node.value)
            case ast.Return(value=ast.expr() as value):
                return self.makes_step(value)
        return False

    def is_step(self, call: ast.Call) -> bool:
        """Whether a call as a statement makes a step."""
        if not isinstance(call.func, ast.Name):
            return self._find_root(call.func) is not None
        decl = self.resolve(call.func.id)
        if decl is None or isinstance(decl, str):
            return decl not in PURE
        return call.func.id not in self._silent and not self._is_observer(decl)

    def makes_step(self, value: ast.expr) -> bool:
        """Whether evaluating something touches shared memory."""
        for node in ast.walk(value):
            match node:
                case ast.Attribute() if self._find_root(node) is not None:
                    return True
                case ast.Call(func=ast.Name(id=name)):
                    decl = self.resolve(name)
                    is_routine = isinstance(decl, Decl) and decl.kind == "routine"
                    if is_routine and name not in self._silent and not self._is_observer(decl):
                        return True
                case ast.Name(id=name) if self._is_shared_number(name):
                    return True
        return False

    def stores(
        self, node: ast.Assign | ast.AugAssign | ast.AnnAssign, routine: ast.FunctionDef
    ) -> bool:
        """Whether an assignment stores to shared memory, and to no ghost."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            place = target.value if isinstance(target, ast.Subscript) else target
            match place:
                case ast.Attribute(attr=name):
                    return name not in self._ghosts
                case ast.Name(id=name):
                    return self._is_shared_number(name) or name in _find_refs(routine)
        return False

    def resolve(self, name: str) -> Decl | str | None:
        """What a name of the file means: a declaration, wherever it is, or a language name."""
        decl = self.module.names.get(name)
        if decl is None or decl.kind != "import":
            return decl
        found = self.spec.modules.behind(self.module, decl)
        return found[1] if isinstance(found, tuple) else found

    def find_imported(self, name: str) -> tuple[Module, ast.FunctionDef] | None:
        """The routine of another file that a name means, and that file."""
        decl = self.module.names.get(name)
        if decl is None or decl.kind != "import":
            return None
        found = self.spec.modules.behind(self.module, decl)
        if not isinstance(found, tuple) or not isinstance(found[1].node, ast.FunctionDef):
            return None
        return found[0], found[1].node

    def unwrap(self, call: ast.Call) -> ast.Call:
        """The call that a routine of one statement stands for."""
        routine = self.routines.get(ast.unparse(call.func))
        if routine is None or routine.args.args or len(routine.body) != 1:
            return call
        match routine.body[0]:
            case ast.Expr(value=ast.Call() as only):
                return only
        return call

    def _find_root(self, node: ast.expr) -> str | None:
        """The name a chain of fields begins with; None where it is a constant or a ghost."""
        if isinstance(node, ast.Attribute) and node.attr in self._ghosts:
            return None
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        return node.id if isinstance(node, ast.Name) and node.id not in self._enums else None

    def _is_shared_number(self, name: str) -> bool:
        decl = self.module.names.get(name)
        if decl is None or decl.kind != "call" or not isinstance(decl.node, ast.Assign):
            return False
        value = decl.node.value
        if not isinstance(value, ast.Call) or self.module.word(value) != "shared":
            return False
        what = self.resolve(value.args[0].id) if isinstance(value.args[0], ast.Name) else None
        return not _is(what, "struct")

    def _find_ghosts(self) -> set[str]:
        """The names of all ghosts of the spec's own file, fields and variables."""
        nodes = [n for n in ast.walk(self.tree) if isinstance(n, ast.AnnAssign)]
        made = [n for n in nodes if n.value is not None and self.module.word(n.value) == "ghost"]
        return {ast.unparse(n.target) for n in made}

    def _find_silent(self) -> set[str]:
        """The spec's own routines that make no step at all."""
        while True:
            before = len(self._silent)
            for name, routine in self.routines.items():
                if not any(self.touches(node, routine) for node in self.walk(routine.body)):
                    self._silent.add(name)
            if len(self._silent) == before:
                return self._silent

    def _find_tested(self) -> set[str]:
        """The routines that threads come to: what only set-up and properties call is none."""
        words = {n: set(map(self.module.word, r.decorator_list)) for n, r in self.routines.items()}
        tested = {name for name, found in words.items() if "thread" in found}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                called = words[node.name] & NOT_TESTED
                tested |= _list_names(node, called=False) if called else set()
            else:
                tested |= _list_names(node)
        waiting = list(tested & set(words))
        tested = set(waiting)
        while waiting:
            inner = _list_names(self.routines[waiting.pop()]) & set(words)
            waiting += inner - tested
            tested |= inner
        return {name for name in tested if not words[name] & NOT_TESTED}

    def _is_observer(self, decl: Decl | str | None) -> bool:
        if not isinstance(decl, Decl) or not isinstance(decl.node, ast.FunctionDef):
            return False
        return any("observer" in ast.unparse(d) for d in decl.node.decorator_list)


def _list_inner(node: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    match node:
        case ast.If() | ast.While() | ast.For():
            yield from (block for block in (node.body, node.orelse) if block)
        case ast.Match():
            yield from (case.body for case in node.cases)


def _find_refs(routine: ast.FunctionDef) -> set[str]:
    arguments = routine.args.args
    return {a.arg for a in arguments if a.annotation and "Ref" in ast.unparse(a.annotation)}


def _list_names(node: ast.AST, *, called: bool = True) -> set[str]:
    """The names in a part of the text; with `called` those too that are only called."""
    inside = list(ast.walk(node))
    calls = set() if called else {id(n.func) for n in inside if isinstance(n, ast.Call)}
    return {n.id for n in inside if isinstance(n, ast.Name) and id(n) not in calls}


def _is(decl: Decl | str | None, kind: str) -> bool:
    return isinstance(decl, Decl) and decl.kind == kind
