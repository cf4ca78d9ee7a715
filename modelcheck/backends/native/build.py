"""C text → an executable: the fixed runtime and one file per model, compiled, linked and kept.

What is built is a function of the texts, the flags, the compiler and this version, and is looked
up under their hash.  A model costs one compilation; the runtime is compiled once per compiler,
beside the first model.
"""

from __future__ import annotations

import functools
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

from modelcheck.backends.native.ahead import Ahead
from modelcheck.backends.native.cache import Cache, find_folder, hash_parts
from modelcheck.backends.native.compiler import (
    CompileFailure,
    Compiler,
    find_compiler,
    run_all,
)
from modelcheck.diagnostics import InternalError

FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-pthread")
RUNTIME = Path(__file__).parent / "runtime"
SYMBOL = "m_model"
# The parts of the runtime that run once per transition or step.
_BUSY = frozenset(("store", "expand", "fuse", "compact", "stuck", "way", "objects", "states"))
# Those that only a model with such tables needs; each is a unit of its own.
_REDUCTIONS = frozenset(("stubborn", "symmetry"))
_MOST_SAID = 2000  # characters of a compiler's output in a message


class BuildError(InternalError):
    """The compiler failed on our own text; the message says where that text is kept."""


@dataclass(frozen=True, slots=True)
class Source:
    """The C file of one model, the symbol that it exports, and which reductions of the runtime it
    calls (`stubborn`, `symmetry`).
    """

    text: str
    symbol: str = SYMBOL
    reductions: frozenset[str] = frozenset()


class Built:
    """An executable that may be run until this is closed."""

    def __init__(
        self, program: Path, sources: Sequence[Source], temporary: Path | None = None
    ) -> None:
        self.program = program
        self._sources = sources
        self._temporary = temporary

    def keep(self, texts: Mapping[str, str]) -> Path:
        """Put the executable, its C files and some texts into a new folder, for a report."""
        folder = keep_sources(self._sources, texts)
        try:
            shutil.copy2(self.program, folder / "search")
        except OSError as error:
            (folder / "search.missing.txt").write_text(f"{error}\n", encoding="utf-8")
        return folder

    def close(self) -> None:
        """Remove what lies in no cache."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def build(
    sources: Sequence[Source],
    compiler: Compiler | None = None,
    *,
    flags: Sequence[str] = (),
    folder: Path | None = None,
    check_stop: Callable[[], None] = lambda: None,
) -> Built:
    """The search executable of some models, built now or before.

    `flags` come after the usual ones (sanitizers), `folder` is the cache's; `check_stop` is called
    while compilers run, and what it raises ends them.  Raises NoCompilerError, BuildError.
    """
    plan = _Plan(tuple(sources), compiler or find_compiler(), (*FLAGS, *flags))
    cache = Cache(folder or find_folder())
    found = cache.find(plan.key)
    if found is not None:
        return Built(found, plan.sources)
    temporary = Path(tempfile.mkdtemp(prefix="modelcheck-build-"))
    try:
        made = plan.build(cache, temporary, check_stop)
        stored = cache.store(plan.key, made)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, CompileFailure):
            raise _explain(error, plan.sources) from None
        raise
    if stored != made:
        shutil.rmtree(temporary, ignore_errors=True)
        return Built(stored, plan.sources)
    return Built(made, plan.sources, temporary)


_ahead: Ahead | None = None  # of this process, while the front end works


@contextmanager
def compile_runtime_ahead() -> Iterator[None]:
    """Meanwhile the runtime is compiled, if it is in no cache; `build` waits for that."""
    global _ahead  # noqa: PLW0603
    _ahead = Ahead(_compile_runtime)
    try:
        yield
    finally:
        _ahead.stop()
        _ahead = None


def _compile_runtime(check_stop: Callable[[], None]) -> None:
    plan, cache = _Plan((), find_compiler(), FLAGS), Cache(find_folder())
    with tempfile.TemporaryDirectory(prefix="modelcheck-build-") as folder:
        plan.compile_runtime(cache, Path(folder), check_stop)


def find_built(
    sources: Sequence[Source], compiler: Compiler, *, folder: Path | None = None
) -> Built | None:
    """The executable if it was built before; compiles nothing."""
    plan = _Plan(tuple(sources), compiler, FLAGS)
    found = Cache(folder or find_folder()).find(plan.key)
    return None if found is None else Built(found, plan.sources)


class _Plan:
    """What is to be built, by which keys it is known, and how."""

    def __init__(
        self, sources: tuple[Source, ...], compiler: Compiler, flags: tuple[str, ...]
    ) -> None:
        self.sources = sources
        self._compiler = compiler
        self._flags = flags
        headers = [path.name.encode() + b"\0" + path.read_bytes() for path in _list_runtime(".h")]
        self._base = hash_parts(find_version(), compiler.identity, *flags, *headers)
        self._units = {
            unit: "object-" + hash_parts(self._base, unit.text, *unit.contents)
            for unit in _list_units(frozenset().union(*(s.reductions for s in sources)))
        }
        texts = [part for source in sources for part in (source.symbol, source.text)]
        self.key = "search-" + hash_parts(self._base, *self._units.values(), *texts)

    def build(self, cache: Cache, folder: Path, check_stop: Callable[[], None]) -> Path:
        """Compile what is in no cache and link; the executable in `folder`."""
        objects: list[Path] = []
        commands: list[tuple[str, ...]] = []
        for source in write_models(self.sources, folder):
            objects.append(source.with_suffix(".o"))
            commands.append(self._call("-c", source, "-o", objects[-1]))
        if _ahead is not None:
            run_all(commands, folder, check_stop)
            commands = []
            _ahead.wait(check_stop)
        objects += self.compile_runtime(cache, folder, check_stop, commands)
        program = folder / "search"
        run_all([self._call(*objects, "-o", program)], folder, check_stop)
        return program

    def compile_runtime(
        self,
        cache: Cache,
        folder: Path,
        check_stop: Callable[[], None],
        others: Sequence[tuple[str, ...]] = (),
    ) -> list[Path]:
        """Compile what of the runtime is in no cache, beside `others`; its objects."""
        objects: list[Path] = []
        commands = list(others)
        fresh: dict[str, Path] = {}
        for unit, key in self._units.items():
            found = cache.find(key)
            if found is None:
                found = fresh[key] = folder / f"runtime-{unit.name}.o"
                written = found.with_suffix(".c")
                written.write_text(unit.text, encoding="ascii")
                commands.append(self._call(*unit.effort, "-c", written, "-o", found))
            objects.append(found)
        run_all(commands, folder, check_stop)
        for key, path in fresh.items():
            cache.store(key, path)
        return objects

    def _call(self, *words: str | Path) -> tuple[str, ...]:
        return (*self._compiler.command, *self._flags, "-I", str(RUNTIME), *map(str, words))


@dataclass(frozen=True, slots=True)
class _Unit:
    """Files of the runtime that are compiled together: one call of the compiler costs as much as a
    small file.  What runs once a level or less takes less effort: somebody waits for it.
    """

    name: str
    files: tuple[Path, ...]
    effort: tuple[str, ...]

    @property
    def text(self) -> str:
        """A C file that is all of them; no two static names in the runtime are the same."""
        includes = "".join(f'#include "{path.name}"\n' for path in self.files)
        return f"#define _GNU_SOURCE\n{includes}"

    @property
    def contents(self) -> list[bytes]:
        """What the compiler reads."""
        return [path.read_bytes() for path in self.files]


def _list_units(reductions: frozenset[str]) -> tuple[_Unit, ...]:
    files = _list_runtime(".c")
    busy = tuple(path for path in files if path.stem in _BUSY)
    rest = tuple(path for path in files if path.stem not in _BUSY | _REDUCTIONS)
    units = [_Unit("busy", busy, ()), _Unit("rest", rest, ("-O0",))]
    units += [_Unit(path.stem, (path,), ()) for path in files if path.stem in reductions]
    return tuple(unit for unit in units if unit.files)


def write_models(sources: Sequence[Source], folder: Path) -> list[Path]:
    """Write the C files of some models and the table of them; the files to compile.

    The table of a single model includes it, which saves a call of the compiler.
    """
    files = []
    for i, source in enumerate(sources):
        files.append(folder / f"model-{i}.c")
        files[-1].write_text(source.text, encoding="utf-8")
    lines = ['#include "model.h"']
    if len(sources) == 1:
        lines = [f'#include "{files[0].name}"']
    lines += [f"extern const mc_model {source.symbol};" for source in sources]
    lines += [
        "extern const mc_model *const mc_models[];",
        "extern const unsigned mc_model_count;",
        f"const mc_model *const mc_models[] = {{{', '.join(f'&{s.symbol}' for s in sources)}}};",
        f"const unsigned mc_model_count = {len(sources)};",
    ]
    table = folder / "models.c"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [table] if len(sources) == 1 else [*files, table]


def keep_sources(sources: Sequence[Source], texts: Mapping[str, str]) -> Path:
    """Put C files and some texts into a new folder, for a report."""
    folder = Path(tempfile.mkdtemp(prefix="modelcheck-kept-"))
    write_models(sources, folder)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _explain(failure: CompileFailure, sources: Sequence[Source]) -> BuildError:
    said = f"{shlex.join(failure.command)}\n{failure.ending}\n\n{failure.said}"
    try:
        folder = keep_sources(sources, {"compiler-output.txt": said})
    except OSError as error:
        return BuildError(
            f"the C compiler `{failure.command[0]}` {failure.ending}; its input could not be kept "
            f"({error.strerror}); it said: {failure.said.strip()[:_MOST_SAID]}"
        )
    return BuildError(
        f"the C compiler `{failure.command[0]}` {failure.ending} on generated code; kept: the C "
        f"file {folder / 'model-0.c'}, what the compiler said {folder / 'compiler-output.txt'}"
    )


def _list_runtime(suffix: str) -> tuple[Path, ...]:
    return tuple(sorted(path for path in RUNTIME.iterdir() if path.suffix == suffix))


@functools.cache
def find_version() -> str:
    """The installed version; another one never runs what this one built."""
    try:
        return metadata.version("modelcheck")
    except metadata.PackageNotFoundError:
        return ""
