import dataclasses

import pytest
from stories import HEADING, STORIES, broken_invariant

from modelcheck.trace.draw import draw_picture
from modelcheck.trace.events import Failure, Story
from modelcheck.trace.text import write_steps, write_text


@pytest.mark.parametrize("name", ["use_after_free", "deadlock", "data_race", "broken_invariant"])
def test_text_is_the_recorded_one(name, golden):
    golden(f"trace/{name}.txt", write_text(draw_picture(STORIES[name], HEADING)))


@pytest.mark.parametrize(("minimal", "word"), [("steps", True), ("switches", False), ("no", False)])
def test_shortest_is_said_only_with_proof(minimal, word):
    heading = dataclasses.replace(HEADING, minimal=minimal)
    text = write_text(draw_picture(STORIES["use_after_free"], heading))
    assert ("shortest" in text) is word
    assert f"minimal: {minimal};" in text


def test_the_first_line_is_complete():
    first = write_text(draw_picture(STORIES["deadlock"], HEADING)).splitlines()[0]
    assert first == "VIOLATED  specs/psi/trigger.py  pollers=1 variant=early_free"


def test_the_last_lines_say_how_to_see_it_again_and_what_was_searched():
    last = write_text(draw_picture(STORIES["deadlock"], HEADING)).splitlines()[-2:]
    replay, counts = last
    assert replay == "  replay: modelcheck replay out/trigger.early_free.trace.json"
    assert counts.startswith("  122 states, 301 transitions, depth 19; minimal: steps; por, ")


def test_a_use_after_free_has_the_shape_of_kasan():
    text = write_steps(draw_picture(STORIES["use_after_free"], HEADING))
    assert text.split("\n\n", 1)[1] == (
        "used in step 9 by poll:\n"
        "  line 52  t.event = 1\n"
        "\n"
        "freed in step 6 by write[1]:\n"
        "  line 33  free(old)\n"
        "\n"
        "allocated in step 1 by write[0]:\n"
        "  line 21  t = new(Trigger, refs=1)\n"
        "\n"
    )


def test_every_switch_of_threads_is_a_rule():
    for story in STORIES.values():
        picture = draw_picture(story, HEADING)
        rules = [r for r in write_steps(picture).splitlines() if r.startswith("--")]
        assert len(rules) == sum(row.switch for row in picture.rows)


def test_lines_name_their_file_only_where_there_are_several():
    assert " 21  t = new" in write_steps(draw_picture(STORIES["use_after_free"], HEADING))
    assert "trigger.py:101  inode_1" in write_steps(draw_picture(STORIES["long"], HEADING))


def test_a_violation_in_the_initial_state_needs_no_steps():
    story = Story(("t",), (0,), (), Failure("p", "invariant", "state"), initial=("x is 1",))
    text = write_text(draw_picture(story, HEADING))
    assert "invariant `p` is false in the initial state" in text
    assert "start: x is 1" in text
    assert "step  thread" not in text


def test_one_step_is_no_plural():
    story = broken_invariant()
    story = dataclasses.replace(story, steps=story.steps[:1])
    assert "is false after 1 step (shortest)" in write_text(draw_picture(story, HEADING))


def test_text_is_ascii_as_long_as_the_spec_is():
    for story in STORIES.values():
        assert write_text(draw_picture(story, HEADING)).isascii()


def test_no_line_ends_in_space():
    for story in STORIES.values():
        for line in write_text(draw_picture(story, HEADING)).splitlines():
            assert line == line.rstrip()
