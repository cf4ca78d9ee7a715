"""The specs in a document: `python spec` is accepted and as it expects itself, with the counts
beside it; `python spec=MC121` is refused with that code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from modelcheck.api import make_program
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.gate import Outcome, judge

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    name: str
    text: str
    code: str  # the error it must be refused with; "" where it must be accepted
    counts: dict[str, int]


def list_fences(document: Path) -> list[tuple[str, str]]:
    """The words behind the ``` and the text of every block."""
    return FENCE.findall(document.read_text(encoding="utf-8"))


def list_examples(document: Path) -> list[Example]:
    return [
        read_example(info, text)
        for info, text in list_fences(document)
        if info.startswith("python spec")
    ]


def read_example(info: str, text: str) -> Example:
    words = dict(word.partition("=")[::2] for word in info.split()[1:])
    code = words.pop("spec")
    words.pop("file", None)  # what commands of the document call it
    name = re.search(r'^spec\("([^"]+)"\)', text, re.MULTILINE)
    assert name, f"an example without a name:\n{text}"
    return Example(name[1], text, code, {key: int(value) for key, value in words.items()})


def load_example(example: Example, folder: Path):
    path = folder / f"{example.name}.py"
    path.write_text(example.text, encoding="utf-8")
    return load(path, path.name)


def check_example(example: Example, folder: Path) -> None:
    """Explore its default and every variant, and compare each with what it expects."""
    spec = load_example(example, folder)
    for variant in (spec.info.default, *spec.info.variants):
        result = explore(make_program(spec, variant), Options(variant=variant.name))
        judgement = judge(spec.info.name, variant, result)
        as_said = Outcome.NOT_CHECKABLE if variant.needs else Outcome.EXPECTED
        assert judgement.outcome is as_said, (variant.name, judgement.reasons)
        if variant.name is None:
            found = {key: getattr(result.counts, key) for key in example.counts}
            assert found == example.counts
