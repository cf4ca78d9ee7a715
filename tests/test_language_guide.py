"""Every example of docs/language.md means what the guide says.

`python spec` is explored with each of its variants and compared with its own expectations, and with
the counts beside it; `python spec=MC121` is refused with that code.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import modelcheck.lang
from modelcheck.api import make_program
from modelcheck.diagnostics import SpecErrors
from tests.examples import check_example, list_examples, list_fences, load_example

GUIDE = Path(__file__).resolve().parent.parent / "docs/language.md"
EXAMPLES = list_examples(GUIDE)
ACCEPTED = [e for e in EXAMPLES if not e.code]
REFUSED = [e for e in EXAMPLES if e.code]


def test_the_guide_has_no_unchecked_python():
    infos = [info for info, _ in list_fences(GUIDE)]
    assert len(ACCEPTED) >= 15
    assert len(REFUSED) >= 5
    assert all(info.startswith("python spec") for info in infos if "python" in info)
    assert len({e.name for e in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("example", ACCEPTED, ids=lambda e: e.name)
def test_example_does_what_it_says(example, tmp_path):
    check_example(example, tmp_path)


@pytest.mark.parametrize("example", REFUSED, ids=lambda e: e.name)
def test_example_is_refused(example, tmp_path):
    with pytest.raises(SpecErrors) as caught:
        spec = load_example(example, tmp_path)
        make_program(spec, spec.info.default)
    assert [error.code for error in caught.value.errors] == [example.code]


def test_the_guide_names_everything_there_is():
    own = {
        name
        for name, value in vars(modelcheck.lang).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == modelcheck.lang.__name__
    } - {"Thread", "Threads"}
    aliases = {"Bool", "U8", "U16", "U32", "Int", "Enum", "ThreadId", "Ptr", "Ref", "Fn", "Set"}
    table = GUIDE.read_text(encoding="utf-8").partition("## 13. All names")[2]
    assert set(re.findall(r"`(\w+)`", table)) == own | aliases
