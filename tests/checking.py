"""Check a spec given as text: the whole way from text to result, as tests need it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from textwrap import dedent

from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.options import Options
from modelcheck.explore.result import Result
from modelcheck.explore.search import explore
from modelcheck.frontend import Spec, load
from modelcheck.ir.nodes import Program
from modelcheck.ir.passes import run_passes


def load_text(text: str) -> Spec:
    """A spec from text; `spec(…)` and the imports of `modelcheck.lang` are added."""
    from modelcheck.frontend.names import LANG_NAMES

    body = dedent(text)
    words = set(re.findall(r"\w+", body))
    names = sorted((words & LANG_NAMES) | {"spec"})
    source = f"from modelcheck.lang import {', '.join(names)}\n\nspec('text')\n{body}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.py"
        path.write_text(source, encoding="utf-8")
        return load(path, "text.py")


def program_of(text: str, **settings: int | bool | str) -> Program:
    """The program of a spec's text, after all passes."""
    return run_passes(load_text(text).program(settings))


def check_text(text: str, options: Options | None = None, **settings: int | bool | str) -> Result:
    """The result of exploring a spec's text."""
    return explore(program_of(text, **settings), options or Options())


def violated(result: Result) -> set[str]:
    """The names of all violated properties."""
    return {v.property for v in result.violations}


def counts(result: Result) -> tuple[int, int, int | None]:
    """States, transitions, depth."""
    return result.counts.states, result.counts.transitions, result.counts.depth


def refusal(text: str, **settings: int | bool | str) -> set[str]:
    """The codes of the errors for which a spec's text is refused."""
    try:
        program_of(text, **settings)
    except SpecErrors as errors:
        return {error.code for error in errors.errors}
    return set()
