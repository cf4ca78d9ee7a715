"""What of a statement mutators look at: its calls, the names that it uses, how it is told."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modelcheck.mutate.syntax import Syntax


def describe(node: ast.stmt) -> str:
    """A statement in one line: what stands in a block is left out."""
    match node:
        case ast.With(body=body):
            first = ast.unparse(body[0]).splitlines()[0]
            more = len(body) > 1 or not isinstance(body[0], ast.Assign | ast.AugAssign)
            return f"with atomic: {first}{' …' if more else ''}"
        case ast.If(test=test):
            return f"if {ast.unparse(test)}: …"
        case ast.While(test=test):
            return f"while {ast.unparse(test)}: …"
        case ast.For(target=target, iter=iterated):
            return f"for {ast.unparse(target)} in {ast.unparse(iterated)}: …"
        case ast.Match(subject=subject):
            return f"match {ast.unparse(subject)}: …"
    return ast.unparse(node)


def find_call(node: ast.stmt) -> ast.Call | None:
    """The call that a statement is."""
    match node:
        case ast.Expr(value=ast.Call() as call):
            return call
    return None


def list_calls(node: ast.stmt) -> Iterator[ast.Call]:
    """The calls in a statement by itself, without those of the statements in it."""
    for part in _list_own(node):
        yield from (inner for inner in ast.walk(part) if isinstance(inner, ast.Call))


def _list_own(node: ast.stmt) -> Sequence[ast.AST]:
    match node:
        case ast.If(test=test) | ast.While(test=test):
            return (test,)
        case ast.For(iter=iterated):
            return (iterated,)
        case ast.Match(subject=subject):
            return (subject,)
        case ast.With():
            return ()  # one step: what is in it is not told apart
    return (node,)


def gives_truth(syntax: Syntax, name: str) -> bool:
    """Whether a routine says that it returns a `Bool`."""
    decl = syntax.resolve(name)
    node = getattr(decl, "node", None)
    returns = node.returns if isinstance(node, ast.FunctionDef) else None
    return returns is not None and ast.unparse(returns) == "Bool"


def has_step(syntax: Syntax, routine: ast.FunctionDef, node: ast.stmt) -> bool:
    """Whether a statement, or one in it, makes a step."""
    return any(syntax.touches(inner, routine) for inner in syntax.walk([node]))


def list_names(node: ast.AST) -> set[str]:
    """The names in a statement, and in those in it."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def list_assigned(node: ast.AST) -> set[str]:
    """The names that a statement, or one in it, gives a value."""
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {name.id for name in stored if isinstance(name.ctx, ast.Store)}
