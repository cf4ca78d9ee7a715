"""What the text of a spec asks about how many threads there are.

The programs of a family are compared at a few sizes only (`prove.family`), and the front end works
out what it knows: `me == 4` is false wherever there are three threads, and nothing of it is left to
compare.  So the text itself may ask nothing that has another answer for other sizes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.frontend import Spec
from modelcheck.frontend.modules import Decl, Module, Modules
from modelcheck.ir.nodes import Program

WALKING = frozenset({"threads", "places", "objects"})
"""Words of the language for all that there are of something."""


def list_counts(spec: Spec, program: Program) -> dict[str, int]:
    """The parameters that a spec's text uses to say how many threads there are, and for nothing
    else, with their values.

    Raises UnsupportedError where the text asks how many threads there are in another way.

    Soundness: code that asks for the number of threads may be other code for sizes that nobody
    compares (`if closers > 100`); so whatever names a parameter but the `count=` of a thread takes
    it out, and nobody may walk what each thread has, or use a thread's number among its like.  And
    there is one thread at least: without any, what only they change never changes, and a program is
    made of other steps.
    """
    values = {s.name: int(s.value) for s in program.settings if s.value.isdecimal()}
    found = {p.name: values[p.name] for p in spec.info.parameters if p.name in values}
    texts = [_Text(spec.modules, m) for m in spec.modules.in_order() if not m.library]
    for text in texts:
        for name in text.list_asked():
            found.pop(name, None)
    for text in texts:
        text.require_no_number(found)
    asked = {name for text in texts for name in text.list_counting()}
    for parameter in spec.info.parameters:
        if parameter.name in asked & found.keys() and parameter.min < 1:
            raise UnsupportedError(
                f"`{parameter.name}` may be 0, and without threads it is another program: "
                f"give `{parameter.name}` min=1"
            )
    return found


class _Text:
    """One file of a spec."""

    def __init__(self, modules: Modules, module: Module) -> None:
        self._modules = modules
        self._module = module
        names = [n for n in ast.walk(module.source.tree) if isinstance(n, ast.Name)]
        self._names = [name for name in names if isinstance(name.ctx, ast.Load)]
        self._threads: list[tuple[ast.FunctionDef, list[ast.keyword]]] = []
        functions = (n for n in module.source.tree.body if isinstance(n, ast.FunctionDef))
        for node in functions:
            for decorator in node.decorator_list:
                name = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(name, ast.Name) and self._resolve(name.id) == "thread":
                    given = decorator.keywords if isinstance(decorator, ast.Call) else []
                    self._threads.append((node, given))

    def list_asked(self) -> Iterator[str]:
        """The names that the file uses, as they are declared; but for those of a `count=`."""
        counting = {id(name) for _, given in self._threads for name in _list_counting(given)}
        yield from (self._name(name) for name in self._names if id(name) not in counting)

    def list_counting(self) -> Iterator[str]:
        """The names that say how many of a thread there are, as they are declared."""
        for _, given in self._threads:
            yield from map(self._name, _list_counting(given))

    def _name(self, name: ast.Name) -> str:
        """What a name is called where it is declared."""
        found = self._resolve(name.id)
        return found if isinstance(found, str) else found[1].name

    def require_no_number(self, counted: Mapping[str, int]) -> None:
        """Raise UnsupportedError where the file names what each thread has but to name that of one
        thread, or uses the number of a thread of which there are as many as a parameter says.
        """
        for thread, given in self._threads:
            mine = {argument.arg for argument in thread.args.args}
            if any(name.id in counted for name in _list_counting(given)):
                for node in ast.walk(thread):
                    if isinstance(node, ast.Name) and node.id in mine:
                        _refuse(node, f"`{thread.name}` uses its number among its like")
            if any(keyword.arg == "each" for keyword in given):
                _refuse(thread, f"`{thread.name}` has a thread for each of something")
        nodes = ast.walk(self._module.source.tree)
        of_one = {id(node.value) for node in nodes if isinstance(node, ast.Subscript)}
        for name in self._names:
            found = self._resolve(name.id)
            if isinstance(found, str) and found in WALKING:
                _refuse(name, f"it asks for all {name.id}")
            if id(name) not in of_one and self._is_per_thread(name):
                _refuse(name, f"it asks for what all threads have, `{name.id}`")

    def _is_per_thread(self, name: ast.Name) -> bool:
        """Whether a name stands for what each thread has one of."""
        found = self._resolve(name.id)
        if isinstance(found, str):
            return False
        module, declared = found
        words = (node.id for node in ast.walk(declared.node) if isinstance(node, ast.Name))
        return any(_resolve(self._modules, module, word) == "per_thread" for word in words)

    def _resolve(self, name: str) -> tuple[Module, Decl] | str:
        return _resolve(self._modules, self._module, name)


def _resolve(modules: Modules, module: Module, name: str) -> tuple[Module, Decl] | str:
    """What a name of a file stands for: a declaration, there or in another file, or a word."""
    declared = module.names.get(name)
    if declared is None:
        return name
    if declared.kind == "import":
        return modules.behind(module, declared) or name
    return module, declared


def _list_counting(given: list[ast.keyword]) -> Iterator[ast.Name]:
    """The name that says how many of a thread there are."""
    for keyword in given:
        if keyword.arg == "count" and isinstance(keyword.value, ast.Name):
            yield keyword.value


def _refuse(node: ast.Name | ast.FunctionDef, why: str) -> None:
    raise UnsupportedError(f"{why} (line {node.lineno})")
