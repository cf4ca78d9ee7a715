"""docs/tutorial.md works as it is written, typed by a reader in an empty directory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.walkthrough import Block, DocumentError, Reader, cut, rewrite
from tests.examples import list_fences

TUTORIAL = Path(__file__).resolve().parents[2] / "docs/tutorial.md"

# What the prose says of each check, in order: how its first lines begin.
STORY = (
    ("verified", ""),
    ("verified", ""),
    ("VIOLATED", "reachable `removed_under_a_poller`"),
    ("VIOLATED", "use-after-free of triggers[0].event_wait"),
    ("VIOLATED", "use-after-free of triggers[0].event_wait"),
    ("verified", ""),
    ("verified", ""),
    ("VIOLATED", "use-after-free of open_nodes[0].poll"),
    ("verified", ""),
    ("verified", ""),
    ("VIOLATED", "use-after-free of open_nodes[0].poll"),
)


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> tuple[Path, list[Block]]:
    """The folder of a reader who has typed all of it, and the blocks."""
    folder = tmp_path_factory.mktemp("reader")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELCHECK_CACHE", str(tmp_path_factory.getbasetemp() / "modelcheck-cache"))
        return folder, list(Reader(folder).follow(TUTORIAL.read_text(encoding="utf-8")))


def find_shown(blocks: list[Block], command: str) -> str:
    """What the document shows below a command."""
    found = [b.text.partition(f"$ {command}\n")[2] for b in blocks if f"$ {command}\n" in b.text]
    assert len(found) == 1, command
    return found[0]


def test_every_command_of_the_tutorial_prints_what_it_shows(followed):
    stale = [(b.line, b.now) for b in followed[1] if b.text != b.now]
    assert stale == [], "`make docs` writes what they print now; read it before you commit it"


def test_every_block_of_the_tutorial_is_done_or_is_a_sketch(followed):
    infos = [info for info, _ in list_fences(TUTORIAL)]
    sketches = [info for info in infos if info == "text"]
    assert len(sketches) == 1
    assert len(followed[1]) == len(infos) - 1 >= 20


def test_the_checks_of_the_tutorial_end_as_its_prose_says(followed):
    heads = re.findall(
        r"^\$ modelcheck check .*\n(\w+) .*\n +(.*)",
        "".join(b.now for b in followed[1]),
        re.MULTILINE,
    )
    assert len(heads) == len(STORY)
    assert [
        (verdict, reason.startswith(begins))
        for (verdict, reason), (_, begins) in zip(heads, STORY, strict=True)
    ] == [(verdict, True) for verdict, _ in STORY]


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("modelcheck check psi-poll -D fix=POLLFREE", "wake_up_pollfree(t.event_wait, warn=False)"),
        ("modelcheck check psi-poll -D fix=POLLFREE", "remove_wait_queue(t.event_wait, entry)"),
        ("modelcheck check psi-poll -D fix=OPEN_NODE --coverage", "never True   line"),
        ("modelcheck check psi-poll -D fix=OPEN_NODE --coverage", "never  line"),
        ("modelcheck check psi-poll -D fix=OPEN_NODE -D closers=1", "kfree(node)"),
        ("modelcheck gate specs --junit gate.xml", "5 as expected\n$ echo $?\n0\n"),
    ],
)
def test_what_the_prose_points_at_is_not_cut_away(followed, command, part):
    assert part in find_shown(followed[1], command)


def test_the_pictures_of_the_tutorial_are_drawn(followed):
    folder = followed[0] / "psi"
    drawn = (folder / "race.svg").read_text(encoding="utf-8")
    assert drawn == TUTORIAL.with_name("tutorial-race.svg").read_text(encoding="utf-8")
    assert "<html" in (folder / "race.html").read_text(encoding="utf-8")
    assert "<testsuite" in (folder / "gate.xml").read_text(encoding="utf-8")


DOCUMENT = """\
```python file=notes.txt
one
two
three
```

```text
$ rm notes.txt
```

```console show=2-3
$ cat notes.txt
an old output
```

```console
$ modelcheck explain MC999999
$ echo $?
0
```
"""


def test_a_stale_output_is_noticed_and_rewritten(tmp_path):
    blocks = list(Reader(tmp_path).follow(DOCUMENT))
    assert [b.line for b in blocks if b.text != b.now] == [11, 16]
    now = rewrite(DOCUMENT, tmp_path)
    assert "$ cat notes.txt\n…\ntwo\nthree\n```" in now
    assert "there is no code `MC999999`" in now
    assert "$ echo $?\n2\n```" in now
    assert rewrite(now, tmp_path) == now


def test_a_machine_without_a_compiler_shows_the_same(tmp_path, monkeypatch):
    reader = Reader(tmp_path)
    reader.type("modelcheck new tickets")
    shown = reader.type("modelcheck check tickets.py")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert reader.type("modelcheck check tickets.py") == shown
    assert shown.startswith("verified  tickets.py")


def test_a_console_block_without_a_command_is_an_error(tmp_path):
    with pytest.raises(DocumentError, match="line 3: a console block without a command"):
        rewrite("text\n\n```console\nmodelcheck list\n```\n", tmp_path)


OUTPUT = """\
VIOLATED
  needs 1
        2
     8  one
        more
  -- one has finished
  => 9  two
"""


@pytest.mark.parametrize(
    ("show", "shown"),
    [
        (None, OUTPUT),
        ("1-2", "VIOLATED\n  needs 1\n…\n"),
        ("2,7", "…\n  needs 1\n…\n  => 9  two\n"),
        ("/needs/", "…\n  needs 1\n        2\n     8  one\n        more\n…\n"),
        (r"1,/^\s+8\s/", "VIOLATED\n…\n     8  one\n        more\n…\n"),
        ("/more/-/=>/", "…\n        more\n  -- one has finished\n  => 9  two\n"),
    ],
)
def test_what_is_left_out_of_an_output_is_marked(show, shown):
    assert cut(OUTPUT, show) == shown


def test_what_should_be_shown_must_be_there():
    with pytest.raises(DocumentError, match="/no such line/ is found nowhere"):
        cut(OUTPUT, "1,/no such line/")
