"""The steps of a spec's own code that can be removed from its text, each by itself.

A step is a statement that touches shared memory: a store, a call that makes a step, a `with
atomic` as a whole.  Three more removals each change one thing of the kernel's: a guard that looks
at shared memory and leaves (`if of.released: return`), such a look that decides whether something
is done (its condition becomes a constant), and a lock with its unlock.

No step: ghosts, observers (so what only lockdep sees), asserts, labels and barriers, which are
one thing under `sc`.  A statement whose value is used is skipped: the text would mean nothing.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from modelcheck.frontend import Spec
from modelcheck.frontend.modules import Decl

PROPERTIES = frozenset({"invariant", "final", "reachable", "observer", "on_free", "initial"})
PURE = frozenset({"label", "precedes", "smp_mb", "smp_rmb", "smp_wmb"})
LOCK = re.compile(r"(?:\w+_)?(?:lock|down_read|down_write|lock_irq|lock_irqsave|lock_bh)")
UNLOCK = re.compile(r"(?:\w+_)?(?:unlock|up_read|up_write|unlock_irq|unlock_irqrestore|unlock_bh)")

Way = Literal["statement", "guard", "look", "pair"]


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands at some lines of the text instead; the lines keep their numbers."""

    node: ast.stmt | ast.expr
    new: str


@dataclass(frozen=True, slots=True)
class Removal:
    """One step taken out: `text` is the spec without it.

    `statement` is what the spec says there; of several equal ones in a routine, `nth` counts.
    """

    spec: str
    routine: str
    statement: str
    nth: int
    way: Way
    lines: tuple[int, ...]
    text: str

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.spec, self.routine, self.statement, self.nth


@dataclass(frozen=True, slots=True)
class Skipped:
    """A step that cannot be removed by itself, and why."""

    routine: str
    line: int
    statement: str
    why: str


@dataclass(frozen=True, slots=True)
class _Found:
    routine: str
    statement: str
    way: Way
    edits: tuple[Edit, ...]


def find_removals(spec: Spec) -> tuple[list[Removal], list[Skipped]]:
    """All removals in a spec's own file, in the order of its text, and what was skipped."""
    return _Finder(spec).find()


class _Finder:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.source = spec.main.source.text
        self.tree = ast.parse(self.source)
        self.routines = {n.name: n for n in self.tree.body if isinstance(n, ast.FunctionDef)}
        self.enums = {d.name for d in map(self.resolve, spec.main.names) if _is(d, "enum")}
        self.ghosts = self.find_ghosts()
        self.skipped: list[Skipped] = []
        self.routine = next(iter(self.routines.values()), None)
        self.silent: set[str] = set()

    def find(self) -> tuple[list[Removal], list[Skipped]]:
        self.silent = self.find_silent()
        found = [
            one
            for routine in self.routines.values()
            if not PROPERTIES & set(map(self.spec.main.word, routine.decorator_list))
            for one in self.look_at(routine)
        ]
        count = Counter((f.routine, f.statement) for f in found)
        seen: Counter[tuple[str, str]] = Counter()
        removals = []
        for one in found:
            name = (one.routine, one.statement)
            seen[name] += 1
            nth = seen[name] if count[name] > 1 else 1
            lines = [n for e in one.edits for n in range(e.node.lineno, e.node.end_lineno + 1)]
            text = self.apply(one.edits)
            removal = (one.routine, one.statement, nth, one.way, tuple(lines), text)
            removals.append(Removal(self.spec.info.name, *removal))
        return removals, self.skipped

    def look_at(self, routine: ast.FunctionDef) -> Iterator[_Found]:
        self.routine = routine
        statements = list(self.walk(routine.body))
        for node in statements:
            yield from self.remove(node)
        for pair in self.find_pairs(statements):
            calls = [ast.unparse(call) for _, call in pair]
            text = " … ".join(dict.fromkeys(calls))
            yield self.make(text, "pair", *(Edit(node, "pass") for node, _ in pair))

    def walk(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        """The statements of a routine, each before those in it; an `atomic` is one."""
        for node in body:
            yield node
            if not isinstance(node, ast.With):
                for inner in ("body", "orelse", "cases"):
                    for part in getattr(node, inner, []):
                        yield from self.walk([part] if isinstance(part, ast.stmt) else part.body)

    def remove(self, node: ast.stmt) -> Iterator[_Found]:
        match node:
            case ast.If(test=test) if self.makes_step(test):
                yield from self.remove_look(node, ast.unparse(test))
            case ast.With():
                first = ast.unparse(node.body[0]).splitlines()[0]
                more = len(node.body) > 1 or not isinstance(
                    node.body[0], ast.Assign | ast.AugAssign
                )
                text = f"with atomic: {first}{' …' if more else ''}"
                yield self.make(text, "statement", whole(node))
            case ast.Expr(value=ast.Call() as call) if self.is_step(call):
                yield self.make(ast.unparse(node), "statement", whole(node))
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                if self.stores(node):
                    yield self.make(ast.unparse(node), "statement", whole(node))
                elif node.value is not None and self.makes_step(node.value):
                    self.skip(node, ast.unparse(node), "its value is used")
            case ast.While(test=test) if self.makes_step(test):
                self.skip(node, f"while {ast.unparse(test)}:", "a loop")
            case ast.Return(value=ast.expr() as value) if self.makes_step(value):
                self.skip(node, ast.unparse(node), "its value is used")

    def remove_look(self, node: ast.If, test: str) -> Iterator[_Found]:
        if node.orelse:
            for constant in ("True", "False"):
                text = f"if {test}: … else: … -> {constant}"
                yield self.make(text, "look", Edit(node.test, constant))
        elif isinstance(node.body[-1], ast.Return | ast.Break | ast.Continue):
            last = ast.unparse(node.body[-1])
            dots = "… " if len(node.body) > 1 else ""
            yield self.make(f"if {test}: {dots}{last}", "guard", whole(node))
        else:
            yield self.make(f"if {test}: … -> True", "look", Edit(node.test, "True"))

    def make(self, statement: str, way: Way, *edits: Edit) -> _Found:
        return _Found(self.routine.name, statement, way, edits)

    def skip(self, node: ast.stmt, statement: str, why: str) -> None:
        self.skipped.append(Skipped(self.routine.name, node.lineno, statement, why))

    # What is a step

    def is_step(self, call: ast.Call) -> bool:
        """Whether a call as a statement makes a step."""
        if not isinstance(call.func, ast.Name):
            return self.root(call.func) is not None
        decl = self.resolve(call.func.id)
        if decl is None or isinstance(decl, str):
            return decl not in PURE
        return call.func.id not in self.silent and not self.is_observer(decl)

    def makes_step(self, value: ast.expr) -> bool:
        """Whether evaluating something touches shared memory."""
        for node in ast.walk(value):
            match node:
                case ast.Attribute() if self.root(node) is not None:
                    return True
                case ast.Call(func=ast.Name(id=name)):
                    decl = self.resolve(name)
                    routine = isinstance(decl, Decl) and decl.kind == "routine"
                    if routine and name not in self.silent and not self.is_observer(decl):
                        return True
                case ast.Name(id=name) if self.is_shared_number(name):
                    return True
        return False

    def stores(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> bool:
        """Whether an assignment stores to shared memory, and to no ghost."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            place = target.value if isinstance(target, ast.Subscript) else target
            match place:
                case ast.Attribute(attr=name):
                    return name not in self.ghosts
                case ast.Name(id=name):
                    return self.is_shared_number(name) or name in self.find_refs()
        return False

    def root(self, node: ast.expr) -> str | None:
        """The name a chain of fields begins with; None where it is a constant or a ghost."""
        if isinstance(node, ast.Attribute) and node.attr in self.ghosts:
            return None
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        return node.id if isinstance(node, ast.Name) and node.id not in self.enums else None

    def is_shared_number(self, name: str) -> bool:
        decl = self.spec.main.names.get(name)
        if decl is None or decl.kind != "call" or not isinstance(decl.node, ast.Assign):
            return False
        value = decl.node.value
        if self.spec.main.word(value) != "shared":
            return False
        what = self.resolve(value.args[0].id) if isinstance(value.args[0], ast.Name) else None
        return not _is(what, "struct")

    def find_refs(self) -> set[str]:
        arguments = self.routine.args.args
        return {a.arg for a in arguments if a.annotation and "Ref" in ast.unparse(a.annotation)}

    def find_ghosts(self) -> set[str]:
        """The names of all ghosts of the spec's own file, fields and variables."""
        nodes = [n for n in ast.walk(self.tree) if isinstance(n, ast.AnnAssign) and n.value]
        made = [n for n in nodes if self.spec.main.word(n.value) == "ghost"]
        return {ast.unparse(n.target) for n in made}

    def find_silent(self) -> set[str]:
        """The spec's own routines that make no step at all."""
        silent: set[str] = set()
        while True:
            before = len(silent)
            for name, routine in self.routines.items():
                self.routine, self.silent, self.skipped = routine, silent, []
                found = any(True for n in self.walk(routine.body) for _ in self.remove(n))
                if not found and not self.skipped:
                    silent.add(name)
            self.skipped = []
            if len(silent) == before:
                return silent

    def resolve(self, name: str) -> Decl | str | None:
        """What a name of the file means: a declaration, wherever it is, or a language name."""
        decl = self.spec.main.names.get(name)
        if decl is None or decl.kind != "import":
            return decl
        found = self.spec.modules.behind(self.spec.main, decl)
        return found[1] if isinstance(found, tuple) else found

    def is_observer(self, decl: Decl) -> bool:
        if not isinstance(decl.node, ast.FunctionDef):
            return False
        return any("observer" in ast.unparse(d) for d in decl.node.decorator_list)

    # Locks

    def find_pairs(self, statements: list[ast.stmt]) -> Iterator[list[tuple[ast.stmt, ast.Call]]]:
        """The lock and unlock statements of one lock that belong together."""
        by_lock: dict[str, list[tuple[bool, ast.stmt, ast.Call]]] = {}
        for node in statements:
            if isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Call):
                call = self.unwrap(node.value)
                word = ast.unparse(call.func).strip("_")
                lock = bool(LOCK.fullmatch(word))
                if lock or UNLOCK.fullmatch(word):
                    family = "rcu" if not call.args else ast.unparse(call.args[0])
                    by_lock.setdefault(family, []).append((lock, node, call))
        for calls in by_lock.values():
            group: list[tuple[bool, ast.stmt, ast.Call]] = []
            for one in [*calls, (True, None, None)]:
                closed = bool(group) and (group[0][0] or one[0])
                if closed and one[0] and group[0][0]:
                    if not group[-1][0]:
                        yield [(node, call) for _, node, call in group]
                    group = []
                if one[1] is None:
                    break
                group.append(one)
                if closed and not group[0][0] and one[0]:
                    yield [(node, call) for _, node, call in group]
                    group = []

    def unwrap(self, call: ast.Call) -> ast.Call:
        """The call that a routine of one statement stands for."""
        routine = self.routines.get(ast.unparse(call.func))
        if routine is None or routine.args.args or len(routine.body) != 1:
            return call
        only = routine.body[0]
        is_call = isinstance(only, ast.Expr) and isinstance(only.value, ast.Call)
        return only.value if is_call else call

    # The text

    def apply(self, edits: tuple[Edit, ...]) -> str:
        lines = self.source.encode().splitlines(keepends=True)
        for edit in sorted(edits, key=lambda e: -e.node.lineno):
            first, last = edit.node.lineno - 1, edit.node.end_lineno - 1
            head = lines[first][: edit.node.col_offset]
            tail = lines[last][edit.node.end_col_offset :]
            lines[first : last + 1] = [head + edit.new.encode() + tail, *[b"\n"] * (last - first)]
        return b"".join(lines).decode()


def whole(node: ast.stmt) -> Edit:
    """A statement becomes `pass`."""
    return Edit(node, "pass")


def _is(decl: Decl | str | None, kind: str) -> bool:
    return isinstance(decl, Decl) and decl.kind == kind
