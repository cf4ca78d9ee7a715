import dataclasses
import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from stories import HEADING, STORIES, random_story, use_after_free

from modelcheck.trace.draw import draw_picture
from modelcheck.trace.shapes import measure_text
from modelcheck.trace.svg import write_svg

NS = "{http://www.w3.org/2000/svg}"
ADVANCE = 0.615  # of a monospace character; DejaVu Sans Mono, Menlo: 0.602, Courier: 0.6
ALL = {**STORIES, **{f"random {seed}": random_story(seed) for seed in range(20)}}


def parse(story):
    return ET.fromstring(write_svg(draw_picture(story, HEADING)))


def box_of(label):
    """Where a text lies: left, top, right, bottom."""
    size = float(label.get("font-size"))
    width = len(label.text) * size * ADVANCE
    x, y = float(label.get("x")), float(label.get("y"))
    if label.get("text-anchor") == "middle":
        x -= width / 2
    return x, y - 0.76 * size, x + width, y + 0.24 * size


def meet(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def lines_of(svg):
    """The arrows: lines with more than two points, as thin boxes."""
    for line in svg.iter(f"{NS}polyline"):
        points = [tuple(map(float, p.split(","))) for p in line.get("points").split()]
        if len(points) > 2:
            for (x1, y1), (x2, y2) in itertools.pairwise(points):
                yield min(x1, x2), min(y1, y2), max(x1, x2) + 0.1, max(y1, y2) + 0.1


@pytest.mark.parametrize("name", ALL)
def test_labels_do_not_overlap_and_stay_on_the_paper(name):
    svg = parse(ALL[name])
    labels = [(label.text, box_of(label)) for label in svg.iter(f"{NS}text")]
    for (text_a, a), (text_b, b) in itertools.combinations(labels, 2):
        assert not meet(a, b), (text_a, text_b)
    for text, (left, top, right, bottom) in labels:
        assert left >= 0, text
        assert top >= 0, text
        assert right <= float(svg.get("width")), text
        assert bottom <= float(svg.get("height")), text


@pytest.mark.parametrize("name", ALL)
def test_no_arrow_crosses_a_word(name):
    svg = parse(ALL[name])
    labels = [(label.text, box_of(label)) for label in svg.iter(f"{NS}text")]
    for line in lines_of(svg):
        for text, box in labels:
            assert not meet(line, box), text


def test_the_geometry_test_would_notice_two_labels_in_one_place():
    label = ET.fromstring('<text x="10" y="20" font-size="13">abc</text>')
    near = ET.fromstring('<text x="30" y="24" font-size="13">abc</text>')
    far = ET.fromstring('<text x="60" y="20" font-size="13">abc</text>')
    assert meet(box_of(label), box_of(near))
    assert not meet(box_of(label), box_of(far))


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
