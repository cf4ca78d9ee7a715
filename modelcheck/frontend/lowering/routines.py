"""What is known of a routine before it is lowered: the names it assigns, where it returns."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelcheck.frontend.lowering.context import Frame
from modelcheck.frontend.values import (
    Routine,
)


def make_frame(routine: Routine, calls: tuple[object, ...]) -> Frame:
    """A frame for a routine: which names it assigns, and whether it returns only at its end."""
    facts = find_facts(routine.node)
    return Frame(
        routine.module,
        routine.name,
        routine.node,
        {},
        set(),
        calls=calls,  # type: ignore[arg-type]  # spans
        counts=facts.assigned,
        single_return=facts.returns_at_its_end,
        ambiguous=facts.ambiguous,
        loop_names=facts.loops,
    )


@dataclass(frozen=True, slots=True)
class RoutineFacts:
    """What the text of a routine says; it is inlined often."""

    assigned: Mapping[str, Sequence[ast.AST]]
    returns_at_its_end: bool
    ambiguous: frozenset[str]
    loops: frozenset[str]


@functools.lru_cache(maxsize=4096)
def find_facts(node: ast.FunctionDef) -> RoutineFacts:
    """The facts of a routine (nodes are compared by identity)."""
    returns = [n for n in walk_routine(node) if isinstance(n, ast.Return)]
    loops = frozenset(
        n.target.id
        for n in walk_routine(node)
        if isinstance(n, ast.For) and isinstance(n.target, ast.Name)
    )
    at_its_end = len(returns) == 1 and node.body[-1] is returns[0]
    return RoutineFacts(assigned_names(node), at_its_end, ambiguous_names(node), loops)


def walk_routine(node: ast.AST) -> list[ast.AST]:
    """All nodes of a routine's body."""
    return [n for statement in getattr(node, "body", []) for n in ast.walk(statement)]


def assigned_names(node: ast.FunctionDef) -> dict[str, list[ast.AST]]:
    """The names a routine assigns, with each assignment; loop variables are not among them."""
    found: dict[str, list[ast.AST]] = {}
    outer: set[str] = set()
    for inner in walk_routine(node):
        match inner:
            case ast.Assign(targets=targets):
                for target in targets:
                    for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                        if isinstance(name, ast.Name):
                            found.setdefault(name.id, []).append(inner)
            case ast.AugAssign(target=ast.Name(id=name)) | ast.AnnAssign(target=ast.Name(id=name)):
                found.setdefault(name, []).append(inner)
            case ast.Global(names=names):
                outer.update(names)
            case _:
                pass
    return {name: nodes for name, nodes in found.items() if name not in outer}


def ambiguous_names(node: ast.FunctionDef) -> frozenset[str]:
    """Names assigned in an unrolled loop whose value afterwards depends on the way taken, so
    that they must live at run time: those assigned under a branch, and all in a loop with `break`
    or `continue`.
    """
    found: set[str] = set()

    def visit(statements: list[ast.stmt], in_for: bool, in_branch: bool) -> None:
        for statement in statements:
            match statement:
                case ast.Assign(targets=targets) if in_for and in_branch:
                    found.update(
                        n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)
                    )
                case ast.For(body=body):
                    visit(body, True, in_branch or has_jumps(body))
                case ast.If(body=body, orelse=orelse):
                    visit(body, in_for, in_for)
                    visit(orelse, in_for, in_for)
                case ast.While(body=body):
                    visit(body, in_for, in_for)
                case ast.With(body=body):
                    visit(body, in_for, in_branch)
                case ast.Match(cases=cases):
                    for case in cases:
                        visit(case.body, in_for, in_for)
                case _:
                    pass

    visit(node.body, False, False)
    return frozenset(found)


def has_jumps(body: list[ast.stmt]) -> bool:
    """Whether a loop's body can leave a round early (what leaves an inner loop counts too)."""
    jumps = ast.Break | ast.Continue
    return any(isinstance(n, jumps) for statement in body for n in ast.walk(statement))
