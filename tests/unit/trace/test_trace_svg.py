import dataclasses
import re
from xml.etree import ElementTree as ET

import pytest
from stories import HEADING, STORIES, deadlock, random_story, use_after_free

from modelcheck.trace.draw import draw_picture
from modelcheck.trace.shapes import ARROWS, BARS, measure_text
from modelcheck.trace.svg import write_svg
from tests.geometry import find_clashes

NS = "{http://www.w3.org/2000/svg}"
ALL = {**STORIES, **{f"random {seed}": random_story(seed) for seed in range(20)}}


def parse(story):
    return ET.fromstring(write_svg(draw_picture(story, HEADING)))


@pytest.mark.parametrize("name", ALL)
def test_no_label_overlaps_leaves_the_paper_or_is_crossed(name):
    assert list(find_clashes(write_svg(draw_picture(ALL[name], HEADING)))) == []


def test_the_geometry_test_would_notice_two_labels_in_one_place():
    label = '<text x="10" y="20" font-size="13">abc</text>'
    near = '<text x="30" y="24" font-size="13">abc</text>'
    far = '<text x="60" y="20" font-size="13">abc</text>'
    turned = '<text x="42" y="24" font-size="13" transform="rotate(-90 42 24)">abc</text>'
    line = '<polyline points="0,15 50,15 50,40" />'

    def count(*inside):
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">'
        return len(list(find_clashes(f"{svg}{''.join(inside)}</svg>")))

    assert count(label, near) == 1
    assert count(label, far) == 0
    assert count(label, line) == 1
    assert count(near, turned) == 1
    assert count(far.replace("60", "70")) == 1  # beyond the paper


@pytest.mark.parametrize("name", STORIES)
def test_svg_is_complete_in_itself(name):
    text = write_svg(draw_picture(STORIES[name], HEADING))
    assert "<script" not in text
    assert "href" not in text
    assert "@import" not in text
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("name", STORIES)
def test_svg_says_everything_the_picture_says(name):
    picture = draw_picture(STORIES[name], HEADING)
    written = "".join(
        "".join((label.text or "").split()) for label in parse(STORIES[name]).iter(f"{NS}text")
    ).replace("→", "->")
    for row in picture.rows:
        for line in row.lines:
            assert "".join(line.text.split()) in written
    assert "".join(picture.reason.headline.split()) in written


def test_of_two_arrows_between_the_same_rows_the_stronger_is_drawn():
    story = STORIES["use_after_free"]
    picture = draw_picture(story, HEADING)
    assert {a.kind for a in picture.arrows} == {"reads", "hands over", "free-use"}
    lines = [p for p in parse(story).iter(f"{NS}polyline") if p.get("points").count(" ") == 3]
    assert len(lines) == len({(a.source, a.target) for a in picture.arrows})
    handed = ARROWS["hands over"]
    assert [p.get("stroke-dasharray") for p in lines].count(handed.dash) == 1


def test_arrows_and_bars_are_told_apart_without_colour():
    arrows = [(a.thickness, a.dash, a.heads) for a in ARROWS.values()]
    assert len(set(arrows)) == len(arrows)
    assert {b.dash for b in (BARS["lock"], BARS["life"])} == {""}
    assert len({b.dash for b in (BARS["lock"], BARS["read"], BARS["freed"])}) == 3


def test_all_parts_of_a_violation_are_one_drawing_with_one_heading_and_one_reason():
    parts = [draw_picture(deadlock(), HEADING, part, 2) for part in (1, 2)]
    parts = [dataclasses.replace(p, part_title=f"order {p.part} of 2") for p in parts]
    text = write_svg(*parts)
    assert list(find_clashes(text)) == []
    written = [label.text for label in ET.fromstring(text).iter(f"{NS}text")]
    assert [t for t in written if t.startswith("order ")] == ["order 1 of 2", "order 2 of 2"]
    assert written.count("VIOLATED") == 1
    assert written.count("drain") == 2
    assert sum(t.startswith("cycle ") for t in written) == 1


def test_only_a_violation_is_headed_in_its_colour():
    picture = draw_picture(use_after_free(), HEADING)
    for verdict, ground in (("VIOLATED", "#d55e00"), ("REACHED", "#5f5f5f"), ("SAMPLE", "#5f5f5f")):
        svg = ET.fromstring(write_svg(dataclasses.replace(picture, verdict=verdict)))
        paper, box, *_ = svg.iter(f"{NS}rect")
        assert (paper.get("fill"), box.get("fill")) == ("#ffffff", ground)


def test_a_lock_bar_that_is_long_enough_has_its_name():
    story = use_after_free()
    turned = [t.text for t in parse(story).iter(f"{NS}text") if t.get("transform")]
    assert turned == ["group.lock"] * 2
    held = dataclasses.replace(story, held=(("a_lock_whose_name_is_longer_than_all" * 5, 0),))
    turned = [t.text for t in parse(held).iter(f"{NS}text") if t.get("transform")]
    assert turned == ["group.lock"] * 2


def test_the_failing_step_is_marked_by_shape_width_and_words():
    svg = parse(use_after_free())
    (octagon,) = [p for p in svg.iter(f"{NS}polygon") if len(p.get("points").split()) == 8]
    assert octagon.get("stroke-width") == "3"
    label = next(t for t in svg.iter(f"{NS}text") if t.text.startswith("VIOLATED: use-after-free"))
    assert label.get("font-weight") == "bold"


def test_text_that_is_no_xml_is_quoted_or_replaced():
    story = use_after_free()
    at = dataclasses.replace(story.steps[0].at, text='if a < b and c & d: x = "]]>\x00\x1b[31m"')
    story = dataclasses.replace(
        story, steps=(dataclasses.replace(story.steps[0], at=at), *story.steps[1:])
    )
    written = " ".join(label.text for label in parse(story).iter(f"{NS}text"))
    assert "a < b and c & d" in written
    assert "\x00" not in written


def test_wide_characters_are_given_two_columns():
    assert measure_text("名前", 13) == 2 * measure_text("ab", 13)


@pytest.mark.parametrize("name", STORIES)
def test_svg_is_the_same_each_time(name):
    first = write_svg(draw_picture(STORIES[name], HEADING))
    assert first == write_svg(draw_picture(STORIES[name], HEADING))
