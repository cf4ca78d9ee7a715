"""Who may import whom (DESIGN 11), and that the documents show what the program does."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "modelcheck"

# Part → the parts of ours it may import, itself always.  `kernel` is written in another language.
MAY_IMPORT = {
    "checks": set(),
    "records": set(),
    "diagnostics": set(),
    "lang": set(),
    "codes": {"diagnostics"},
    "ir": {"checks", "diagnostics", "records"},
    "frontend": {"diagnostics", "codes", "ir", "checks", "records"},
    "reduce": {"diagnostics", "ir", "backends.python.outcomes"},
    "backends": {"checks", "diagnostics", "ir", "reduce.permute", "reduce.tables"},
    "explore": {"checks", "diagnostics", "ir", "backends", "reduce"},
    "trace": {"checks", "diagnostics", "ir", "backends", "explore", "frontend.spec"},
    "export": {"diagnostics", "ir"},
    "gate": {"explore.result", "frontend.spec"},
    "baseline": {"explore.result", "gate", "specfiles"},
    "report": {
        "baseline",
        "diagnostics",
        "ir",
        "explore.looked",
        "explore.result",
        "frontend.spec",
        "gate",
        "reduce",
    },
    "pages": {"explore.result", "frontend.spec", "gate", "report.text", "trace"},
    "specfiles": set(),
    "settings": {"diagnostics", "frontend.spec", "specfiles"},
    "starter": {"report.files", "specfiles"},
    "api": {
        "backends.python.model",
        *("checks", "diagnostics", "explore", "frontend", "gate", "ir", "reduce", "report.files"),
        "settings",
        *("pages", "specfiles", "trace"),
    },
    "formats": {"api", "backends.python.model", "specfiles", "trace"},
    "midway": {"api", "explore", "specfiles", "trace"},
    "mutate": {
        *("api", "diagnostics", "explore.options", "explore.result", "frontend", "gate", "ir"),
        *("report", "settings", "specfiles", "trace.stored", "workers"),
    },
    "notebook": {
        *("api", "backends.python.model", "diagnostics", "midway"),
        *("explore.looked", "explore.options", "explore.result"),
        *("pages.frame", "report", "samples", "settings", "specfiles", "trace"),
    },
    "samples": {"api", "backends.python.model", "explore.result", "specfiles", "trace"},
    "prove": {
        *("api", "backends", "diagnostics", "explore", "frontend", "gate", "ir"),
        *("report.text", "settings", "specfiles"),
    },
    "repair": {
        *("api", "diagnostics", "explore.result"),
        *("frontend", "gate", "ir", "settings", "specfiles", "workers"),
        *("trace.dot", "trace.shapes", "trace.states"),
    },
    "workers": {"explore.limits", "explore.options"},
    "results": {"api", "explore", "gate", "report"},
    "pytest_plugin": {"api", "diagnostics", "frontend", "gate", "specfiles", "trace.text"},
    "ci": {
        *("api", "baseline", "diagnostics", "explore.result", "frontend.spec", "gate", "trace"),
        "report.gaps",
    },
    "cli": {
        *("api", "ci", "codes", "diagnostics", "export", "gate", "report", "specfiles", "starter"),
        *("baseline", "formats", "midway", "mutate", "prove", "repair", "samples", "workers"),
        *("trace.text", "trace.stored"),  # writers
        "ir.nodes",  # the type of a program
        "explore.options",  # the type of a progress report
        "pages.gate",  # the type of an entry
        "trace.wander",  # the type of a walk
        "trace.trace",  # the type of a trace
        "trace.picture",  # the type of a picture
        "backends.native.build",  # begun before anything else is imported
        "backends.smt.ways",  # what cannot be proved
        "backends.native.compiler",  # how many cores there are
        "explore.limits",  # memory that processes share
    },
    "__main__": {"cli"},
}
IMPORTED_WHERE_USED = {"z3", "networkx", "rich", "pydot"}


def list_files() -> list[Path]:
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in ("kernel", "storage", "__init__.py")
    ]


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def find_imports(path: Path) -> list[str]:
    """The modules a file names, ours without `modelcheck.` in front."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "modelcheck":
                found += [f"modelcheck.{alias.name}" for alias in node.names]
            else:
                found.append(node.module or "")
    return found


@pytest.mark.parametrize("path", list_files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_layer_may(path):
    part = part_of(path)
    allowed = MAY_IMPORT[part] | {part}
    ours = [n.removeprefix("modelcheck.") for n in find_imports(path) if n.startswith("modelcheck")]
    strays = [
        name for name in ours if not any(name == a or name.startswith(f"{a}.") for a in allowed)
    ]
    assert strays == []


def test_frontend_and_backends_never_meet():
    assert not any("backends" in name for name in MAY_IMPORT["frontend"])
    assert not any("frontend" in name for name in MAY_IMPORT["backends"])


@pytest.mark.parametrize("path", list_files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_where_they_are_used(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        name.partition(".")[0]
        for node in at_top
        for name in (
            [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    }
    assert names & IMPORTED_WHERE_USED == set()


def test_help_imports_nothing_of_the_pipeline():
    code = (
        "import sys, modelcheck.cli;"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in"
        " ('rich', 'networkx', 'z3', 'pydot') or m.startswith('modelcheck.explore')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_generated_documents_are_current():
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_readme_opens_with_a_spec_of_twelve_lines():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    spec = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert spec is not None
    assert len([line for line in spec[1].splitlines() if line.strip()]) == 12
    assert readme.index("```python") < readme.index("## ")


def test_readme_names_every_folder_of_the_package():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = [p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))]
    assert [
        name for name in folders if f"`modelcheck/{name}/`" not in readme and name != "cli"
    ] == []


def test_every_file_that_a_document_leads_to_is_there():
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    leads = [
        (document, target.partition("#")[0])
        for document in documents
        for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
        if not target.startswith(("http:", "https:", "#", "mailto:"))
    ]
    assert len(leads) >= 20
    assert [(d.name, t) for d, t in leads if not (d.parent / t).exists()] == []
