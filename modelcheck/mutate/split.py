"""An atomic operation of the library, taken apart: what is written by who forgets that it is one.

`atomic_dec_and_test(v)` becomes a routine of its own, which loads, computes and stores: the text
of the library's routine without its `with atomic`.
"""

from __future__ import annotations

import ast
import copy

from modelcheck.frontend.modules import Module
from modelcheck.mutate.syntax import Syntax

# Where operations are one instruction.  What is atomic elsewhere stands for more: to take a lock
# apart would model another lock, not a mistake of who uses it.
SPLIT = frozenset(f"modelcheck/kernel/{name}.py" for name in ("atomic", "bitmap", "refcount"))
PREFIX = "split_"


def split_call(syntax: Syntax, call: ast.Call) -> tuple[str, str] | None:
    """The name of the operation's other form, and the text that declares it; None where what is
    called is no atomic operation of the library.
    """
    if not isinstance(call.func, ast.Name):
        return None
    found = syntax.find_imported(call.func.id)
    if found is None or found[0].source.shown not in SPLIT:
        return None
    module, routine = found
    parts = [node for node in routine.body if isinstance(node, ast.With)]
    if len(parts) != 1:
        return None
    apart = copy.deepcopy(routine)
    index = routine.body.index(parts[0])
    inside = copy.deepcopy(parts[0].body)
    apart.name = f"{PREFIX}{routine.name}"
    apart.body = [*apart.body[:index], *inside, *apart.body[index + 1 :]]
    if ast.get_docstring(apart) is not None:
        apart.body = apart.body[1:]
    imports = _rename(module, apart)
    return apart.name, "\n".join((*imports, "", "", ast.unparse(apart)))


def _rename(module: Module, routine: ast.FunctionDef) -> list[str]:
    """Give what the routine uses of its file names of their own; the imports that make them."""
    used: dict[str, str] = {}
    for node in ast.walk(routine):
        if isinstance(node, ast.Name) and node.id in module.names:
            decl = module.names[node.id]
            source, origin = module.source.shown.removesuffix(".py").replace("/", "."), node.id
            if decl.kind == "import" and not decl.source.startswith("."):
                source, origin = decl.source, decl.origin
            used[node.id] = f"from {source} import {origin} as {PREFIX}{node.id}"
            node.id = f"{PREFIX}{node.id}"
    return [used[name] for name in sorted(used)]
