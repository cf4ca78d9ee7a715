"""Every example of docs/language.md means what the guide says.

`python spec` is explored with each of its variants and compared with its own expectations, and with
the counts beside it; `python spec=MC121` is refused with that code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import modelcheck.lang
from modelcheck.api import make_program
from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.gate import Outcome, judge

GUIDE = Path(__file__).resolve().parent.parent / "docs/language.md"
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    name: str
    text: str
    code: str  # the error it must be refused with; "" where it must be accepted
    counts: dict[str, int]


def read_example(info: str, text: str) -> Example:
    words = dict(word.partition("=")[::2] for word in info.split()[1:])
    code = words.pop("spec")
    name = re.search(r'^spec\("([^"]+)"\)', text, re.MULTILINE)
    assert name, f"an example without a name:\n{text}"
    return Example(name[1], text, code, {key: int(value) for key, value in words.items()})


FENCES = FENCE.findall(GUIDE.read_text(encoding="utf-8"))
EXAMPLES = [read_example(info, text) for info, text in FENCES if info.startswith("python spec")]
ACCEPTED = [e for e in EXAMPLES if not e.code]
REFUSED = [e for e in EXAMPLES if e.code]


def load_example(example: Example, folder: Path):
    path = folder / f"{example.name}.py"
    path.write_text(example.text, encoding="utf-8")
    return load(path, path.name)


def test_the_guide_has_no_unchecked_python():
    infos = [info for info, _ in FENCES]
    assert len(ACCEPTED) >= 15
    assert len(REFUSED) >= 5
    assert all(info.startswith("python spec") for info in infos if "python" in info)
    assert len({e.name for e in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("example", ACCEPTED, ids=lambda e: e.name)
def test_example_does_what_it_says(example, tmp_path):
    spec = load_example(example, tmp_path)
    for variant in (spec.info.default, *spec.info.variants):
        result = explore(make_program(spec, variant), Options(variant=variant.name))
        judgement = judge(spec.info.name, variant, result)
        assert judgement.outcome is Outcome.EXPECTED, (variant.name, judgement.reasons)
        if variant.name is None:
            counts = result.counts
            found = {key: getattr(counts, key) for key in example.counts}
            assert found == example.counts


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
