import dataclasses
import re

import pytest
from stories import HEADING, STORIES, random_story, release, take, use_after_free

from modelcheck.trace.draw import draw_picture
from modelcheck.trace.events import Failure, Story
from modelcheck.trace.mermaid import quote_mermaid, write_mermaid
from tests.mermaid_grammar import NoDiagramError, read_diagram

ALL = {**STORIES, **{f"random {seed}": random_story(seed) for seed in range(20)}}
HOSTILE = (
    "a; b # c: d, e -> f ->> g --x h -) i",
    'say "so" & <b>bold</b> <br/> <script>',
    "end",
    "Note over t0: x",
    "%%{init: {'theme': 'dark'}}%%",
    "%% gone?",
    "style x:#fff; and then #59; &#59; #quot;",
    "wrap: no",
    ": : :",
    "$$x^2$$ \\ ` ~ | { } @{ type: actor }",
    "ﬂ°°59¶ß ﬂ°amp¶ß",
    "two\nlines\r\nand \x00\x1b[31m\u202emore",
    "participant t9 as nobody",
    "名前 …",
    " ",
    "",
)


def write(story):
    return write_mermaid(draw_picture(story, HEADING))


def flatten(statements):
    for statement in statements:
        if statement[0] == "rect":
            yield from flatten(statement[2])
        else:
            yield statement


@pytest.mark.parametrize("name", ["use_after_free", "deadlock", "data_race", "broken_invariant"])
def test_mermaid_is_the_recorded_one(name, golden):
    golden(f"trace/{name}.mmd", write(STORIES[name]))


@pytest.mark.parametrize("name", ALL)
def test_every_diagram_is_in_the_grammar_and_says_what_the_picture_says(name):
    picture = draw_picture(ALL[name], HEADING)
    statements = list(flatten(read_diagram(write_mermaid(picture))))
    names = [statement[2] for statement in statements if statement[0] == "participant"]
    assert names == [lane.name for lane in picture.lanes]
    notes = [s for s in statements if s[0] == "note"]
    first = " ".join(" ".join(notes[0][2]).split())
    assert first.startswith(" ".join(f"{picture.verdict}: {picture.reason.headline}".split()))
    told = iter(notes[1:])
    for number, row in enumerate(picture.rows):
        if number and row.why:
            before = picture.lanes[picture.rows[number - 1].lane].thread
            assert next(told)[1:] == ([f"t{before}"], [f"-- {row.why}"])
        (actor,), lines = next(told)[1:]
        assert actor == f"t{picture.lanes[row.lane].thread}"
        for line in row.lines:
            assert any(" ".join(line.text.split()) in " ".join(x.split()) for x in lines)


@pytest.mark.parametrize("name", ALL)
def test_no_activation_is_ended_that_was_not_begun(name):
    """Mermaid refuses a diagram with one."""
    active = dict.fromkeys((f"t{n}" for n in range(10)), 0)
    for statement in flatten(read_diagram(write(ALL[name]))):
        if statement[0] in ("activate", "deactivate"):
            active[statement[1]] += 1 if statement[0] == "activate" else -1
            assert active[statement[1]] >= 0
    assert set(active.values()) == {0}


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_is_grammar_stays_text(text):
    story = use_after_free()
    first = dataclasses.replace(
        story.steps[0], at=dataclasses.replace(story.steps[0].at, text=text), notes=(text,)
    )
    names = (f"{text}[0]", "write[1]", text)
    story = dataclasses.replace(story, threads=names, steps=(first, *story.steps[1:]))
    shown = re.sub(r"\s", " ", re.sub("[\x00\x1b\u202e]", "\ufffd", text)).strip()
    statements = read_diagram(write(story))
    participants = [s for s in statements if s[0] == "participant"]
    assert [name.strip() for *_, name in participants] == [
        name.replace(text, shown, 1).strip() if text else name
        for name in (f"{shown}[0]", "write[1]", shown)
    ]
    note = [s for s in statements if s[0] == "note"][1]
    assert note[1] == ["t0"]
    assert "" not in note[2]
    assert [line for line in note[2] if line == shown][: 2 if shown else 0] == (
        [shown, shown] if shown else []
    )


@pytest.mark.parametrize(
    "text",
    [
        "sequenceDiagram\nt0->>t1: a; b c\n",
        "sequenceDiagram\nt0->>t1: <b>x</b>\n",
        "sequenceDiagram\nend\n",
        "sequenceDiagram\nNote over t0 x\n",
        "sequenceDiagram\nrect red\nNote over t0: x\n",
        "t0->>t1: a\n",
        "sequenceDiagram\nt0 t1: a\n",
    ],
)
def test_the_grammar_would_refuse_what_is_not_quoted(text):
    with pytest.raises(NoDiagramError):
        read_diagram(text)


def test_a_comment_sign_cuts_a_message_as_in_mermaid():
    (statement,) = read_diagram("sequenceDiagram\nt0->>t1: a # b\n")
    assert statement[-1] == ["a"]
    (statement,) = read_diagram(f"sequenceDiagram\nt0->>t1: {quote_mermaid('a # b')}\n")
    assert statement[-1] == ["a # b"]


def test_a_lock_handed_over_and_a_wake_up_are_arrows():
    story = Story(
        ("a", "b"),
        (0, 1),
        (
            take(1, 0, 10, "m", "a"),
            dataclasses.replace(release(2, 0, 11, "m", "a"), woken=(1,)),
            take(3, 1, 20, "m", "b"),
            dataclasses.replace(release(4, 1, 21, "m", "b"), woken=(0,)),
            dataclasses.replace(take(5, 0, 12, "n", "a"), reads=()),
        ),
        Failure("deadlock", "built in", "state"),
    )
    arrows = [s for s in flatten(read_diagram(write(story))) if s[0] == "arrow"]
    assert ("arrow", "t0", "->>", "t1", ["hands over m"]) in arrows
    assert ("arrow", "t1", "-)", "t0", ["lets it go on"]) in arrows
    assert sum(arrow[-1] == ["lets it go on"] for arrow in arrows) == 1
