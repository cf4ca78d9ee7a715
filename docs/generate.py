"""Rewrites what in the documents comes from the program: in README.md the example, its output, its
picture, page and diagram, a part of a listing and the table of specs; in docs/ci.md the summary of
a gate; in docs/proofs.md what z3 proves; docs/diagnostics.md; what the commands of the tutorial
and of its like print.

    python docs/generate.py [--check]

A part stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`.  With --check nothing is
written, and a part that is not current ends with 1; documents with commands are left to tests/docs,
which do the same.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from walkthrough import rewrite

from modelcheck.codes import render_markdown
from modelcheck.prove.result import TRIVIAL

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CI = ROOT / "docs/ci.md"
PROOFS = ROOT / "docs/proofs.md"
EXAMPLE = "docs/put-twice.py"
PICTURE = "docs/put-twice.svg"
PAGE = "docs/put-twice.html"
FOLLOWED = ("docs/tutorial.md", "docs/modelling.md")
MADE = {"psi/race.svg": "docs/tutorial-race.svg"}  # by commands of theirs
GATED = (EXAMPLE, "specs/selftest/publish-and-free.py", "--baseline", "results")
LISTED = "kernfs-active-drain"
LISTED_FROM = ("  if drained:", "  if get == Get.INC_UNLESS_NEGATIVE:")  # where its parts begin
LISTED_LINES = 3
PROVED = (  # spec, what else is said of it on the command line, method
    ("kernfs-release-once", ("-D", "closers=2"), "induction"),
    ("kernfs-release-once", (), "spacer"),
    ("work-requeue", (), "induction"),
    ("selftest-completion-on-stack", (), "induction"),
    ("selftest-lookup-and-get", (), "induction"),
    ("selftest-recursive-read", ("--variant", "read_once"), "induction"),
    ("selftest-recursive-read", ("--variant", "trylock"), "induction"),
    ("selftest-two-mutexes", ("--variant", "same_order"), "induction"),
    ("selftest-unlock-then-free", ("--variant", "spinlock"), "induction"),
    ("dining-philosophers", ("--variant", "ordered"), "induction"),
    ("increments", ("--variant", "rmw"), "induction"),
    ("peterson", (), "induction"),
    ("two-phase-commit", (), "induction"),
)
PROVED_FOR_ANY = (
    "proof-mutex",
    "proof-refcount",
    "proof-release-once",
    "proof-active-drain",
)


def run_modelcheck(*arguments: str, code: int) -> str:
    """What `modelcheck` prints, with the environment of a plain pipe."""
    command = [sys.executable, "-m", "modelcheck", *arguments]
    done = subprocess.run(  # noqa: S603 (our own program)
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != code:
        sys.exit(f"docs: {' '.join(arguments)} ends with {done.returncode}\n{done.stderr}")
    return done.stdout


def make_parts() -> dict[str, str]:
    """The text of each part by name."""
    spec = (ROOT / EXAMPLE).read_text(encoding="utf-8")
    output = run_modelcheck("check", EXAMPLE, code=1)
    return {
        "spec": f"```python\n{spec}```",
        "output": f"```console\n$ modelcheck check {EXAMPLE}\n{output}```",
        "mermaid": f"```mermaid\n{draw('mermaid')}```",
        "listing": f"```console\n$ modelcheck check {LISTED} --listing\n{cut_listing()}```",
        "specs": make_table(),
    }


def make_proofs() -> str:
    """A row for each spec that is proved: which of its properties, and how."""
    rows = ["| spec | | proved | how |", "|---|---|---|---|"]
    for name, more, method in PROVED:
        told = run_modelcheck(
            "prove", name, *more, "--method", method, "--timeout", "200s", "--json", code=0
        )
        value = json.loads(told)
        found = [
            one
            for one in value["properties"]
            if one["verdict"] == "proved" and one["kind"] != "reachable" and one["by"] != TRIVIAL
        ]
        ways = Counter(one["by"] for one in found)
        how = ", ".join(f"{way} ({n})" if len(ways) > 1 else way for way, n in ways.items())
        names = ", ".join(f"`{one['name']}`" for one in found)
        link = f"[{name}](../{value['path']})"
        rows.append(f"| {link} | {' '.join(more).removeprefix('--variant ')} | {names} | {how} |")
    return "\n".join(rows)


def make_proof_tables(*, only_check: bool) -> dict[str, str]:
    """The tables of what is proved; that for any number of threads takes a minute, and is left to
    whoever writes: tests/prove/test_any.py has two of its rows.
    """
    tables = {"proofs": make_proofs()}
    return tables if only_check else tables | {"any": make_any_proofs()}


def make_any_proofs() -> str:
    """A row for each spec that is proved for any number of threads."""
    rows = ["| spec | threads | proved |", "|---|---|---|"]
    for name in PROVED_FOR_ANY:
        told = run_modelcheck(
            "prove", name, "--threads", "any", "--timeout", "300s", "--json", code=0
        )
        value = json.loads(told)
        found = [
            f"`{one['name']}`"
            for one in value["properties"]
            if one["verdict"] == "proved" and one["by"] != TRIVIAL
        ]
        link = f"[{name}](../{value['path']})"
        rows.append(f"| {link} | {value['family']} | {', '.join(found)} |")
    return "\n".join(rows)


def cut_listing() -> str:
    """Two parts of a listing: work that no thread came to, and what a flag decided."""
    lines = run_modelcheck("check", LISTED, "--listing", code=0).splitlines()
    starts = [next(n for n, line in enumerate(lines) if text in line) for text in LISTED_FROM]
    parts = [lines[start : start + LISTED_LINES] for start in starts]
    return "".join(f"{line}\n" for part in parts for line in ("...", *part))


def make_summary() -> str:
    """What the summary of a job shows of a gate."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "summary.md")
        run_modelcheck("gate", *GATED, "--jobs", "1", "--summary", str(file), code=1)
        return file.read_text(encoding="utf-8").rstrip("\n")


def draw(form: str) -> str:
    """The example's trace in a format."""
    return run_modelcheck("graph", EXAMPLE, "--format", form, code=0)


def make_table() -> str:
    """A row per spec, from results/."""
    rows = [
        "| spec | default | states | variants verified | violated | later |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for file in sorted((ROOT / "results").glob("*.json")):
        recorded = json.loads(file.read_text(encoding="utf-8"))
        default, *variants = recorded["variants"]
        counts = default.get("counts", {}).get("none")
        states = f"{counts['states']:,}" if counts else "–"  # noqa: RUF001 (a dash)
        kinds = Counter(variant.get("verdict", "later") for variant in variants)
        name = f"[{recorded['spec']}]({recorded['path']})"
        numbers = [str(kinds[kind] or "") for kind in ("verified", "violated", "later")]
        rows.append(f"| {name} | {default['expected']} | {states} | {' | '.join(numbers)} |")
    return "\n".join(rows)


def fill(file: Path, parts: dict[str, str]) -> str:
    """The text of a file with every part put between its marks."""
    text = file.read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            sys.exit(f"docs: {file.name} does not have the part {name} once")
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{part}\n{end}{rest.split(end)[1]}"
    return text


def follow_documents() -> dict[Path, str]:
    """The documents with commands, and what these make, each followed from an empty folder."""
    texts = {}
    for name in FOLLOWED:
        with tempfile.TemporaryDirectory() as folder:
            texts[ROOT / name] = rewrite((ROOT / name).read_text(encoding="utf-8"), Path(folder))
            for made, kept in MADE.items():
                if (Path(folder) / made).exists():
                    texts[ROOT / kept] = (Path(folder) / made).read_text(encoding="utf-8")
    return texts


def main(*, only_check: bool) -> int:
    """Write what is not current, or name it."""
    wanted = {
        README: fill(README, make_parts()),
        CI: fill(CI, {"summary": make_summary()}),
        PROOFS: fill(PROOFS, make_proof_tables(only_check=only_check)),
        ROOT / PICTURE: draw("svg"),
        ROOT / PAGE: draw("html"),
        ROOT / "docs/diagnostics.md": render_markdown(),
    }
    if not only_check:
        wanted |= follow_documents()
    stale = [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        if only_check:
            print(f"docs: {path.relative_to(ROOT)} is not current; run `make docs`")  # noqa: T201
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if only_check and stale else 0


if __name__ == "__main__":
    sys.exit(main(only_check="--check" in sys.argv[1:]))
