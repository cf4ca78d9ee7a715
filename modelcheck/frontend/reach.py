"""Names in code that no thread reaches: routines nobody calls, branches a flag folds away.

Lowering looks only at what runs under the settings of one run.  A misspelt name elsewhere would
stay unseen until some variant reaches it, so every name of the user's own files is looked up once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelcheck.diagnostics import Report, SpecError, did_you_mean
from modelcheck.frontend.kinds import import_hint
from modelcheck.frontend.modules import Modules
from modelcheck.frontend.names import PYTHON_NAMES


def check_names(modules: Modules, report: Report) -> None:
    """Report every name in a routine that is neither its own nor declared in its file (MC201)."""
    for module in modules.in_order():
        if module.library:
            continue
        for node in module.source.tree.body:
            if isinstance(node, ast.FunctionDef):
                known = {*module.names, *PYTHON_NAMES, *_bound_names(node)}
                for name in _used_names(node):
                    if name.id not in known:
                        report.add(
                            SpecError(
                                "MC201",
                                f"`{name.id}` is not defined",
                                module.span(name),
                                help=did_you_mean(name.id, known) or import_hint(name.id),
                            )
                        )


def _bound_names(node: ast.FunctionDef) -> Iterator[str]:
    """Parameters, and everything the routine assigns or loops over."""
    for inner in ast.walk(node):
        match inner:
            case ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def _used_names(node: ast.FunctionDef) -> Iterator[ast.Name]:
    """The names the body reads; annotations and decorators are looked up where they are used."""
    for statement in node.body:
        for inner in ast.walk(statement):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                yield inner
