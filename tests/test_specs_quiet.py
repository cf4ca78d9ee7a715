"""Python's own tools have nothing to say about a spec that is written as the guide says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KERNEL = sorted((ROOT / "modelcheck/kernel").glob("*.py"))
SPECS = sorted((ROOT / "specs").rglob("*.py"))


def run_tool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def run_mypy(files: list[Path], cache: Path) -> subprocess.CompletedProcess[str]:
    # No configuration file: these are the settings of somebody who has none.
    return run_tool("mypy", "--config-file=", "--cache-dir", cache, *files)


def run_pyright(files: list[Path], folder: Path) -> subprocess.CompletedProcess[str]:
    config = folder / "pyrightconfig.json"
    config.write_text(
        f'{{"typeCheckingMode": "basic", "pythonVersion": "3.11", "extraPaths": ["{ROOT}"],'
        f' "include": [{", ".join(f"{str(file)!r}" for file in files)}]}}'.replace("'", '"')
    )
    return run_tool("pyright", "--project", config)


def write(folder: Path, text: str) -> Path:
    file = folder / "bad.py"
    file.write_text(
        "from modelcheck.lang import Ptr, U8, shared, struct\n\n\n"
        "@struct\nclass File:\n    pos: U8\n\n\nfiles = shared(File, count=2)\n\n\n" + text
    )
    return file


def test_there_are_specs_to_look_at():
    assert len(SPECS) >= 7
    assert len(KERNEL) >= 5


def test_mypy_is_quiet(tmp_path):
    done = run_mypy(SPECS + KERNEL, tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("Success"), done.stdout  # no notes either


def test_mypy_is_quiet_inside_unannotated_threads(tmp_path):
    done = run_tool(
        "mypy", "--config-file=", "--check-untyped-defs", "--cache-dir", tmp_path, *SPECS, *KERNEL
    )
    assert done.returncode == 0, done.stdout


def test_pyright_is_quiet(tmp_path):
    done = run_pyright([*SPECS, *KERNEL, ROOT / "modelcheck/lang.py"], tmp_path)
    assert "0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr


def test_ruff_is_quiet():
    done = run_tool("ruff", "check", "--isolated", "--select", "F,E9", *SPECS, *KERNEL)
    assert done.returncode == 0, done.stdout


def test_a_misspelt_field_is_seen_by_mypy_and_pyright(tmp_path):
    """Behind a pointer, in a loop, of an element."""
    text = (
        "def seek(file: Ptr[File]):\n"
        "    file.position = 1\n"
        "    for other in files:\n"
        "        other.place = 1\n"
        "    files[0].offset = 1\n"
    )
    file = write(tmp_path, text)
    by_mypy = run_mypy([file], tmp_path / "cache").stdout
    by_pyright = run_pyright([file], tmp_path).stdout
    for name in ("position", "place", "offset"):
        assert f'has no attribute "{name}"' in by_mypy
        assert f'"{name}"' in by_pyright
