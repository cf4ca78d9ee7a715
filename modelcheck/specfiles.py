"""From what a user typed to spec files: names, paths and folders.

A name is looked up in the spec folders of the working directory (`[tool.modelcheck] specs` of the
nearest pyproject.toml, else `specs/`), then among the specs that come with modelcheck.  A file is
a spec if it calls `spec`, most of them on a line `spec("…")`; other files in these folders are
libraries of specs.  Whether a file is a *good* spec is the front end's question.
"""

from __future__ import annotations

import ast
import difflib
import os
import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+\.|(?:from|import)[ \t]+modelcheck\b)", re.MULTILINE)
_SPEC_CALL = re.compile(rb"""^spec\(\s*(?:"([^"\n]*)"|'([^'\n]*)')""", re.MULTILINE)


class SelectionError(Exception):
    """What was asked for is not there, or is not one spec: a usage error, exit 2."""


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A spec on disk: where it is, how messages call the file, what it calls itself."""

    path: Path
    shown: str
    name: str


def find_spec(argument: str, directory: Path | None = None) -> SpecFile:
    """The one spec that a name or a path means.

    A path is taken as it is, also where nothing is there: the front end says what is wrong with
    it.  Raises `SelectionError` for a folder, an unknown name and a name that two files share.
    """
    here = directory or Path.cwd()
    if _is_written_as_path(argument):
        return _take_path(here / argument, here)
    named = [f for f in _first_with(argument, here) if f.name == argument]
    if len(named) > 1:
        places = ", ".join(f.shown for f in named)
        raise SelectionError(f"`{argument}` is the name of several specs: {places}")
    if named:
        return named[0]
    if (here / argument).exists():
        return _take_path(here / argument, here)
    raise SelectionError(_explain_unknown(argument, here))


def find_specs(arguments: Iterable[str], directory: Path | None = None) -> list[SpecFile]:
    """The specs that names, paths and folders mean, each once; without any, all specs.

    In order of the arguments, then of the paths.  Without arguments a name that stands both in
    the working directory and among the shipped specs means the former.
    """
    here = directory or Path.cwd()
    found: dict[Path, SpecFile] = {}
    arguments = tuple(arguments)
    for argument in arguments:
        folder = here / argument
        if folder.is_dir() and (
            _is_written_as_path(argument) or not any(_first_with(argument, here))
        ):
            chosen = list(_scan(folder, here))
        else:
            chosen = [find_spec(argument, here)]
        found.update({f.path.resolve(): f for f in chosen})
    if not arguments:
        found.update({f.path.resolve(): f for f in _all_specs(here)})
    return list(found.values())


def read_spec_file(path: Path, directory: Path | None = None) -> SpecFile | None:
    """The spec in a file; None where no spec is declared: a module that specs share, or a test."""
    name = _read_name(path)
    return None if name is None else SpecFile(path, show_path(path, directory or Path.cwd()), name)


def spec_folders(here: Path) -> list[Path]:
    """The folders in which names are looked up, first come first served, the shipped ones last."""
    own = _configured_folders(here) or [here / "specs"]
    folders = [f.resolve() for f in own if f.is_dir()]
    shipped = shipped_folder()
    if shipped is not None and shipped not in folders:
        folders.append(shipped)
    return folders


def shipped_folder() -> Path | None:
    """Where the specs that come with modelcheck lie: beside the package, in a wheel under a name
    of their own, in a source tree in `specs/`.
    """
    beside = Path(__file__).resolve().parent.parent
    installed = beside / "modelcheck_specs"
    if installed.is_dir():
        return installed
    in_source = beside / "specs"
    return in_source if (beside / "pyproject.toml").is_file() and in_source.is_dir() else None


def show_path(path: Path, here: Path) -> str:
    """`path` as messages call it: relative to the working directory where it lies below."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)
    if absolute.is_relative_to(here):
        return absolute.relative_to(here).as_posix()
    return absolute.as_posix()


def _is_written_as_path(argument: str) -> bool:
    return "/" in argument or os.sep in argument or argument.endswith(".py") or argument == "."


def _take_path(path: Path, here: Path) -> SpecFile:
    if path.is_dir():
        raise SelectionError(
            f"{show_path(path, here)}:1:1: [MC002] {show_path(path, here)} is a folder; name one"
            " spec of it (`gate` and `list` take folders)"
        )
    return SpecFile(path, show_path(path, here), _read_name(path) or path.stem)


def find_baseline(here: Path) -> Path | None:
    """The folder that `[tool.modelcheck] baseline` names; None where there is no such line.

    Raises `SelectionError` where that is no folder's name.
    """
    file, options = _read_options(here)
    name = options.get("baseline") if isinstance(options, dict) else None
    if name is None:
        return None
    if not isinstance(name, str) or not name:
        raise SelectionError(f"{show_path(file, here)}: [tool.modelcheck] baseline is a folder")
    return file.parent / name


def _configured_folders(here: Path) -> list[Path]:
    file, options = _read_options(here)
    names = options.get("specs", []) if isinstance(options, dict) else None
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise SelectionError(
            f"{show_path(file, here)}: [tool.modelcheck] specs is a list of folders"
        )
    return [file.parent / name for name in names]


def _read_options(here: Path) -> tuple[Path, object]:
    """The nearest pyproject.toml and its `[tool.modelcheck]`; an empty one where there is none."""
    for folder in (here, *here.parents):
        file = folder / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SelectionError(f"{show_path(file, here)}: {error}") from None
        tool = table.get("tool", {})
        return file, tool.get("modelcheck", {}) if isinstance(tool, dict) else {}
    return here / "pyproject.toml", {}


def _scan(folder: Path, here: Path) -> Iterator[SpecFile]:
    """Every spec below a folder, in the order of the paths; folders that start with `.` or `_`
    are left out.
    """
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")))
        for file in sorted(files):
            path = Path(root, file)
            name = _read_name(path) if file.endswith(".py") else None
            if name is not None:
                yield SpecFile(path, show_path(path, here), name)


def _read_name(path: Path) -> str | None:
    """How the spec in a file calls itself; None where there is none.

    Soundness: a spec that is not seen here is no part of a gate, which would be green without it.
    So a call of `spec` counts wherever it stands and whatever it is called by, and a file that
    cannot be read, or one of ours that is no Python, is a spec: the front end says what is wrong.
    tests/cli/test_specfiles.py::test_a_spec_is_found_however_it_is_written.
    """
    try:
        text = path.read_bytes()
    except OSError:
        return path.stem
    match = _SPEC_CALL.search(text)
    if match is not None:
        return (match[1] or match[2] or b"").decode("utf-8", "replace")
    return _find_other_call(text, path.stem) if _IMPORT.search(text) and b"spec" in text else None


def _find_other_call(text: bytes, stem: str) -> str | None:
    """The name in a call of `spec` that does not stand in a line of its own, or has another name;
    the file's where it is no text.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of strings; they are the front end's question
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return stem
    names, modules = _list_names(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in names:
                return _read_argument(node, stem)
            case ast.Call(func=ast.Attribute(attr="spec", value=module)):
                if ast.unparse(module).partition(".")[0] in modules:
                    return _read_argument(node, stem)
    return None


def _list_names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """What `spec` is called in a file, and the modules of ours that may have it."""
    names, modules = set[str](), set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, level=level) if level or _is_ours(module):
                found = {alias.asname or alias.name: alias.name for alias in node.names}
                names |= {name for name, meant in found.items() if meant in ("spec", "*")}
                modules |= {*found}
            case ast.Import():
                ours = [alias for alias in node.names if _is_ours(alias.name)]
                modules |= {alias.asname or alias.name.partition(".")[0] for alias in ours}
    return names | ({"spec"} if "*" in names else set()), modules


def _is_ours(module: str | None) -> bool:
    return (module or "").partition(".")[0] == "modelcheck"


def _read_argument(call: ast.Call, stem: str) -> str:
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            return name
    return stem


def _first_with(name: str, here: Path) -> list[SpecFile]:
    """The specs of that name in the first folder that has any."""
    for folder in spec_folders(here):
        found = [f for f in _scan(folder, here) if f.name == name]
        if found:
            return found
    return []


def _all_specs(here: Path) -> list[SpecFile]:
    chosen: list[SpecFile] = []
    for folder in spec_folders(here):
        taken = {f.name for f in chosen}
        chosen += [f for f in _scan(folder, here) if f.name not in taken]
    return chosen


def _explain_unknown(name: str, here: Path) -> str:
    known = [f.name for f in _all_specs(here)]
    if (here / f"{name}.py").is_file():
        return f"there is no spec `{name}`; for the file here write `{name}.py`"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"there is no spec `{name}`; did you mean `{near[0]}`?"
    folders = ", ".join(show_path(f, here) for f in spec_folders(here)) or "no folder"
    return f"there is no spec `{name}` (looked in {folders}; `modelcheck list` shows all)"
