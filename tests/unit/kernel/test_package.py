"""`modelcheck.kernel` passes on what the files of the library declare."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import modelcheck
from tests.checking import check_text, violated

KERNEL = Path(modelcheck.__file__).parent / "kernel"
KERNEL_FILE = re.compile(r"(?:[a-z_]+/)+[\w.-]+\.[chS]\b")
FILES = [path for path in sorted(KERNEL.glob("*.py")) if path.name != "__init__.py"]


def declared(path):
    """The structs, enums and constants of a file, and the routines that stand for one of the
    kernel's: their docstrings begin with its file.
    """
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case ast.FunctionDef(name=name) if KERNEL_FILE.match(ast.get_docstring(node) or ""):
                if not {"thread", "on_free", "initial"} & decorators(node):
                    yield name
            case _:
                pass


def decorators(node):
    called = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
    return {name.id for name in called if isinstance(name, ast.Name)}


def passed_on():
    """Name → file, as the package has it."""
    found = {}
    for node in ast.parse((KERNEL / "__init__.py").read_text()).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                assert alias.name == alias.asname
                assert alias.name not in found, f"{alias.name} is passed on twice"
                found[alias.name] = node.module
    return found


def test_the_package_passes_on_what_stands_for_something_of_the_kernel():
    names = passed_on()
    missing = {f"{path.stem}.{name}" for path in FILES for name in declared(path)}
    missing = {entry for entry in missing if entry.split(".")[1] not in names}
    assert missing == set()


def test_every_file_says_what_is_kept_and_left_out():
    for path in FILES:
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        assert "Left out" in text, path.name


def test_a_name_of_the_package_is_that_of_its_file():
    result = check_text("""
        from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock, wait_queue_head_t, wake_up
        from modelcheck.kernel.mutex import Mutex as SameMutex

        lock = shared(Mutex)
        same = shared(SameMutex)
        head = shared(wait_queue_head_t)

        @thread
        def t():
            mutex_lock(lock)
            mutex_lock(same)
            wake_up(head)
            mutex_unlock(same)
            mutex_unlock(lock)
    """)
    assert violated(result) == set()
