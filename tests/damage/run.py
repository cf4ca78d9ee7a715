"""Apply a row to a copy of the tree, run its tests there, and say whether they noticed.

The tests must fail by what they assert.  A damage that keeps a module from being imported, or a
test that stops at an exception, proves nothing and is a fault of the row.
"""

from __future__ import annotations

import ast
import atexit
import compileall
import json
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.damage.inside import UNDAMAGED, run_inside
from tests.damage.row import Row

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("modelcheck", "tests", "specs", "bench", "docs", "pyproject.toml")
LIMIT_SECONDS = 120  # a damage may make a loop endless
ALL_LIMIT_SECONDS = 600  # of all named tests, without any damage


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run in a copy came to: an error before any test ran, or how the tests ended."""

    error: str
    ends: Mapping[str, str]

    def of(self, test: str) -> list[str]:
        """How a test ended, for each of its parameters."""
        return [
            end for node, end in self.ends.items() if node == test or node.startswith(f"{test}[")
        ]


def run_row(row: Row) -> str:
    """Why a row does not hold; empty where each of its tests noticed the damage."""
    if not row.tests:
        return "it names no test"
    if missing := [test for test in row.tests if not is_there(test)]:
        return f"there is no {', '.join(missing)}"
    with copy_tree() as tree:
        file = tree / "modelcheck" / row.file
        if not file.exists():
            return f"{row.file} is gone"
        text = file.read_text(encoding="utf-8")
        count = text.count(row.old)
        if count != 1:
            return f"the old text stands {count} times in {row.file}, not once"
        if row.new == row.old:
            return "the edit changes nothing"
        file.unlink()  # a link: the snapshot keeps its text
        file.write_text(text.replace(row.old, row.new), encoding="utf-8")
        for stale in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            stale.unlink()
        seen = run_tests(tree, row.tests, name_module(row.file))
    if seen.error:
        return seen.error
    complaints = (complain(test, seen) for test in row.tests)
    return "; ".join(complaint for complaint in complaints if complaint)


def complain(test: str, seen: Seen) -> str:
    """Why a test is no witness of a damage; empty if it failed as it should."""
    ends = seen.of(test)
    if not ends:
        return f"{test} was not run"
    if "wrong" in ends:
        return ""
    errors = [end for end in ends if end not in ("passed", "skipped")]
    if errors:
        return f"{test} stops at an error and asserts nothing: {errors[0]}"
    return f"{test} notices nothing"


def find_unsound(rows: Sequence[Row]) -> dict[str, str]:
    """The named tests that do not pass without any damage, and how they end."""
    named = dict.fromkeys(test for row in rows for test in row.tests)
    tests = tuple(test for test in named if is_there(test))  # pytest runs nothing if one is not
    with copy_tree() as tree:
        seen = run_tests(tree, tests, "-", ALL_LIMIT_SECONDS)
    if seen.error:
        return dict.fromkeys(tests, seen.error)
    found = {}
    for test in tests:
        ends = seen.of(test)
        bad = [end for end in ends if end not in ("passed", "skipped")]
        if bad or "passed" not in ends:
            found[test] = bad[0] if bad else "was not run"
    return found


def is_there(test: str) -> bool:
    """Whether a node id names a test function of a file (its parameters are not looked at)."""
    file, _, name = test.partition("::")
    path = ROOT / file
    if not path.exists():
        return False
    defined = (n for n in ast.parse(path.read_text(encoding="utf-8")).body)
    return name.partition("[")[0] in {n.name for n in defined if isinstance(n, ast.FunctionDef)}


def run_rows(rows: Sequence[Row], jobs: int) -> Iterator[tuple[Row, str]]:
    """Run rows side by side; each with why it does not hold, in the order of the table."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from zip(rows, pool.map(run_row, rows), strict=True)


def run_tests(
    tree: Path, tests: Sequence[str], module: str, limit_seconds: float = LIMIT_SECONDS
) -> Seen:
    """Run tests in a copy; makes sure that the package there is the one that is imported."""
    report, output = tree / "report.json", tree / "output.txt"
    inside = find_server().Process(target=run_inside, args=(tree, output, report, module, tests))
    inside.start()
    inside.join(limit_seconds)
    if inside.is_alive():
        inside.kill()
        inside.join()
        return Seen(f"no end after {limit_seconds:.0f} seconds", {})
    if not report.exists():
        said = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
        return Seen(f"the run broke off: {said[-500:]}", {})
    found = json.loads(report.read_text(encoding="utf-8"))
    if found["error"]:
        return Seen(f"the damaged checker does not import: {found['error']}", {})
    package = Path(found["package"])
    if not package.is_relative_to(tree):
        return Seen(f"not the copy was imported but {package}", {})
    return Seen("", found["ends"])


@cache
def find_server() -> ForkServerContext:
    """Where processes come from that have imported what no row damages, half of a row's cost."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(list(UNDAMAGED))
    return server


def name_module(file: str) -> str:
    """The module that a file of the package is; `-` for what a spec includes, and for C."""
    parts = Path("modelcheck", file).with_suffix("").parts
    return ".".join(parts) if file.endswith(".py") and parts[1] != "kernel" else "-"


@cache
def make_snapshot() -> Path:
    """The tree as it is now, compiled: what every copy is made from, so that all rows of a run
    damage the same text.
    """
    folder = tempfile.TemporaryDirectory(prefix="damage-")
    atexit.register(folder.cleanup)
    tree = Path(folder.name).resolve()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            # Tests that were run here need not be compiled again.
            left_out = shutil.ignore_patterns("__pycache__") if name == "modelcheck" else None
            shutil.copytree(source, tree / name, ignore=left_out)
        else:
            shutil.copy2(source, tree / name)
    compileall.compile_dir(tree / "modelcheck", quiet=2)
    return tree


@contextmanager
def copy_tree() -> Iterator[Path]:
    """A copy of what tests need, for as long as the context lasts; its files are links."""
    snapshot = make_snapshot()
    with tempfile.TemporaryDirectory(prefix="damaged-", dir=snapshot.parent) as folder:
        tree = Path(folder).resolve()
        for name in COPIED:
            if (snapshot / name).is_dir():
                shutil.copytree(snapshot / name, tree / name, copy_function=os.link)
            else:
                os.link(snapshot / name, tree / name)
        yield tree
