"""What the documents beside the tutorial show is so, and they lead to each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.walkthrough import FENCE, rewrite
from modelcheck.cli.group import modelcheck
from tests.examples import check_example, list_examples, list_fences

ROOT = Path(__file__).resolve().parents[2]
MODELLING = ROOT / "docs/modelling.md"
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
EXAMPLES = list_examples(MODELLING)


def test_every_block_about_modelling_is_an_example_or_is_run():
    infos = [info for info, _ in list_fences(MODELLING)]
    assert len(EXAMPLES) >= 5
    assert {info.partition(" ")[0] for info in infos} == {"python", "console"}
    assert len(EXAMPLES) + sum(info.startswith("console") for info in infos) == len(infos)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_an_example_about_modelling_is_as_it_expects_itself(example, tmp_path):
    check_example(example, tmp_path)


@pytest.mark.parametrize("name", ["locked-region", "timeout-left-out"])
def test_a_coarse_model_is_verified_and_its_fine_form_is_not(name):
    (example,) = [e for e in EXAMPLES if e.name == name]
    assert "default(" not in example.text
    assert len(re.findall(r"^variant\(.*violates=", example.text, re.MULTILINE)) == 1


def test_commands_about_modelling_print_what_is_shown(tmp_path):
    text = MODELLING.read_text(encoding="utf-8")
    assert rewrite(text, tmp_path) == text, "`make docs` writes what they print now"


def test_the_index_leads_to_every_document():
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    names = [p.name for p in (ROOT / "docs").glob("*.md") if p.name != "index.md"]
    assert [name for name in names if f"]({name}" not in index] == []


def find_anchors(document: Path) -> set[str]:
    """What GitHub makes of the headings."""
    text = re.sub(FENCE, "", document.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


def test_every_heading_that_a_document_leads_to_is_there():
    anchors = {document: find_anchors(document) for document in DOCUMENTS}
    leads = [
        (document, (document.parent / path).resolve() if path else document, anchor)
        for document in DOCUMENTS
        for path, anchor in re.findall(
            r"\]\(([^)\s#:]*)#([^)\s]+)\)", document.read_text(encoding="utf-8")
        )
    ]
    assert len(leads) >= 30
    lost = [(d.name, p.name, a) for d, p, a in leads if p in anchors and a not in anchors[p]]
    assert lost == []


def list_options() -> dict[str, set[str]]:
    """The options of each command."""
    return {
        name: {text for parameter in command.params for text in parameter.opts} | {"--help"}
        for name, command in modelcheck.commands.items()
    }


def test_every_option_that_a_document_names_is_there():
    options = list_options()
    pattern = re.compile(rf"(?:`|\$ )(?:modelcheck )?({'|'.join(options)}) ([^`\n]*)")
    named = [
        (document.name, command, option)
        for document in DOCUMENTS
        for command, rest in pattern.findall(document.read_text(encoding="utf-8"))
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest)
    ]
    assert len(named) >= 25
    assert [(d, c, o) for d, c, o in named if o not in options[c]] == []
    every = set().union(*options.values())
    alone = {
        o for d in DOCUMENTS for o in re.findall(r"`(--[a-z-]+)", d.read_text(encoding="utf-8"))
    }
    assert len(alone) >= 20
    assert alone - every == set()
