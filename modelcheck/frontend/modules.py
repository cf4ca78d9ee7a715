"""Files and names: which declarations a spec and the files it imports make.

Nothing is evaluated here.  A library's `__init__` passes names on; the file behind a name is read
only when the name is used, so a spec pays for the mechanisms it uses.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from modelcheck.diagnostics import Related, Report, Span, SpecError, did_you_mean
from modelcheck.frontend.names import LANG_NAMES
from modelcheck.frontend.parse import Source, read_source, span_of
from modelcheck.frontend.restrict import restrict

PACKAGE = Path(__file__).resolve().parent.parent
LIBRARIES = ("modelcheck.kernel", "modelcheck.storage")

DeclKind = Literal["import", "constant", "struct", "enum", "routine", "call"]


@dataclass(frozen=True, slots=True)
class Decl:
    """One name a file declares at its top level.

    `call` declarations are assignments of a declaring call (`shared(…)`, `param(…)`); `import`
    ones stand for a name of another module.
    """

    name: str
    kind: DeclKind
    node: ast.AST
    span: Span
    source: str = ""  # the module an import names
    origin: str = ""  # the name there


@dataclass(slots=True)
class Module:
    """One file: its declarations by name, and its free-standing calls (`spec`, `variant`, …)."""

    name: str
    source: Source
    library: bool
    names: dict[str, Decl] = field(default_factory=dict)
    calls: list[ast.Call] = field(default_factory=list)
    # By id of a node, which is kept too: while it lives no other has its id.
    _spans: dict[int, tuple[ast.AST, Span]] = field(default_factory=dict, repr=False)
    _texts: dict[int, tuple[ast.AST, str]] = field(default_factory=dict, repr=False)

    def span(self, node: ast.AST) -> Span:
        """Where a node of this file stands."""
        known = self._spans.get(id(node))
        if known is None:
            known = self._spans[id(node)] = (node, span_of(node, self.source.shown))
        return known[1]

    def text(self, node: ast.AST) -> str:
        """A node as Python would write it."""
        known = self._texts.get(id(node))
        if known is None:
            known = self._texts[id(node)] = (node, ast.unparse(node))
        return known[1]

    def word(self, node: ast.expr) -> str:
        """The name of a decorator or of what is called, as its file of origin has it."""
        if isinstance(node, ast.Call):
            node = node.func
        if not isinstance(node, ast.Name):
            return ""
        decl = self.names.get(node.id)
        return decl.origin if decl is not None and decl.kind == "import" else node.id

    @property
    def prefix(self) -> str:
        """What distinguishes equal names of different files."""
        return self.name.rpartition(".")[2]


DECLARING = frozenset({"param", "flag", "shared", "pool", "per_thread", "ghost", "between"})
FREE_CALLS = frozenset({"spec", "variant", "default", "allow"})


class Modules:
    """All files of a spec, read on demand.  Errors go to `report`."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.by_path: dict[Path, Module] = {}
        self._reading: list[Path] = []
        # By file and name, which a file declares once.
        self._behind: dict[tuple[str, str], tuple[Module, Decl] | str | None] = {}

    def read(self, path: Path, shown: str, name: str, *, library: bool = False) -> Module:
        """Read a file and the relative imports it makes; raises SpecErrors if it is no Python."""
        key = resolved(path)
        if key in self.by_path:
            return self.by_path[key]
        source = read_library(path, shown) if library else read_source(path, shown)
        return self.take(source, name, library=library)

    def take(self, source: Source, name: str, *, library: bool = False) -> Module:
        """A file that was read, and the relative imports it makes."""
        if not library:
            restrict(source, self.report)
        key = resolved(source.path)
        module = Module(name, source, library)
        self.by_path[key] = module
        self._reading.append(key)
        for node in source.tree.body:
            self._declare(module, node)
        if not library:
            for decl in list(module.names.values()):
                if decl.kind == "import" and decl.source.startswith("."):
                    self.behind(module, decl)
        self._reading.pop()
        return module

    def read_imports(self, module: Module, seen: set[Path]) -> None:
        """Read every file that a file needs, directly or through others.

        What a library's `__init__` passes on is followed for the names that are asked for.
        """
        if module.source.path in seen:
            return
        seen.add(module.source.path)
        for decl in list(module.names.values()):
            if decl.kind != "import" or decl.source == "modelcheck.lang":
                continue
            found = self.behind(module, decl)
            if isinstance(found, tuple):
                self.read_imports(found[0], seen)

    def in_order(self) -> Iterator[Module]:
        """Every file read so far: the spec first."""
        yield from list(self.by_path.values())

    def _declare(self, module: Module, node: ast.stmt) -> None:
        match node:
            case ast.ImportFrom(module=source, names=names, level=level):
                if source == "__future__":
                    return
                for alias in names:
                    self._add(
                        module,
                        Decl(
                            alias.asname or alias.name,
                            "import",
                            alias,
                            module.span(alias),
                            "." * level + (source or ""),
                            alias.name,
                        ),
                    )
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                kind: DeclKind = "constant"
                if isinstance(value, ast.Call) and module.word(value) in DECLARING:
                    kind = "call"
                self._add(module, Decl(name, kind, node, module.span(node.targets[0])))
            case ast.AnnAssign(target=ast.Name(id=name)):
                self._add(module, Decl(name, "call", node, module.span(node.target)))
            case ast.ClassDef(name=name):
                kind = "struct" if "struct" in map(module.word, node.decorator_list) else "enum"
                self._add(module, Decl(name, kind, node, module.span(node)))
            case ast.FunctionDef(name=name):
                self._add(module, Decl(name, "routine", node, module.span(node)))
            case ast.Expr(value=ast.Call() as call):
                module.calls.append(call)
            case _:
                pass  # docstrings, and what `restrict` has refused

    def _add(self, module: Module, decl: Decl) -> None:
        before = module.names.get(decl.name)
        if before is not None:
            self.report.add(
                SpecError(
                    "MC202",
                    f"`{decl.name}` is declared twice",
                    decl.span,
                    note="a name means one thing in a file",
                    help="give one of them another name",
                    related=(Related(before.span, "first declared here"),),
                )
            )
            return
        module.names[decl.name] = decl

    def behind(self, module: Module, decl: Decl) -> tuple[Module, Decl] | str | None:
        """What an import stands for: a declaration of another file, a name of the language
        (str), or None where it names nothing (reported).
        """
        if decl.source == "modelcheck.lang":
            if decl.origin in LANG_NAMES:
                return decl.origin
            self._unknown(decl, "modelcheck.lang", LANG_NAMES)
            return None
        key = (str(module.source.path), decl.name)
        if key not in self._behind:
            self._behind[key] = self._follow(module, decl)
        return self._behind[key]

    def _follow(self, module: Module, decl: Decl) -> tuple[Module, Decl] | str | None:
        target = self._import(module, decl)
        if target is None:
            return None
        found = target.names.get(decl.origin)
        if found is None:
            self._unknown(decl, decl.source, target.names)
            return None
        if found.kind == "import":
            return self.behind(target, found)
        return target, found

    def _unknown(self, decl: Decl, where: str, known: object) -> None:
        self.report.add(
            SpecError(
                "MC203",
                f"`{where}` has no `{decl.origin}`",
                decl.span,
                help=did_you_mean(decl.origin, known),  # type: ignore[arg-type]  # any iterable
            )
        )

    def _import(self, module: Module, decl: Decl) -> Module | None:
        dots = len(decl.source) - len(decl.source.lstrip("."))
        parts = [p for p in decl.source[dots:].split(".") if p]
        shown_folder = Path(module.source.shown).parent
        library = module.library
        if dots:
            folder = module.source.path.parent
            for _ in range(dots - 1):
                folder, shown_folder = folder.parent, shown_folder.parent
        else:
            folder, shown_folder, parts, library = (
                PACKAGE,
                Path("modelcheck"),
                parts[1:],
                True,
            )
        path, shown = folder.joinpath(*parts), shown_folder.joinpath(*parts)
        if path.is_dir():
            path, shown = path / "__init__.py", shown / "__init__.py"
        else:
            path, shown = path.with_suffix(".py"), shown.with_suffix(".py")
        if not path.is_file():
            self.report.add(
                SpecError(
                    "MC204",
                    f"there is no file for `{decl.source}`",
                    decl.span,
                    note=f"it would be `{shown}`",
                )
            )
            return None
        if resolved(path) in self._reading and not library:
            self.report.add(
                SpecError(
                    "MC205",
                    f"`{decl.source}` imports this file in turn",
                    decl.span,
                    note="imports must not form a cycle",
                    help="move what both need into a third file",
                )
            )
            return None
        name = ".".join(["modelcheck", *parts]) if library and not dots else ".".join(parts)
        return self.read(path, str(shown), name or module.name, library=library)


@functools.cache
def read_library(path: Path, shown: str) -> Source:
    """A file of the library, read and looked through once for all specs of a process."""
    source = read_source(path, shown)
    restrict(source, Report())
    return source


def resolved(path: Path) -> Path:
    """A path without links; what no system takes stays as it is, for reading to refuse."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path
