import json
import re
from pathlib import Path

import pytest
from specs_for_traces import CHOICES, DEADLOCK, KERNFS, RACE, USE_AFTER_FREE, check
from stories import HEADING, STORIES

import modelcheck.pages
from modelcheck.pages.source import write_source
from modelcheck.pages.trace import write_page, write_text
from modelcheck.trace.draw import draw_picture
from modelcheck.trace.layout import lay_out_lanes
from modelcheck.trace.replay import Scene, replay_scenes
from modelcheck.trace.tour import Tour
from tests.reading import read_page

PAGES = Path(modelcheck.pages.__file__).parent
CASES = {
    "released_once": KERNFS,
    "use-after-free": USE_AFTER_FREE,
    "deadlock": DEADLOCK,
    "lock-order": DEADLOCK,
    "data-race": RACE,
    "never_five": CHOICES,
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    found = {}
    for name, text in CASES.items():
        case = check(tmp_path_factory.mktemp("spec"), text)
        found[name] = replay_scenes(case.record(name), case.model, case.sources, "replay it")
    return found


def data_of(page):
    return json.loads(page.text_of("script", type="application/json"))


def draw(story):
    return write_page([Scene(draw_picture(story, HEADING), Tour(story.threads))])


@pytest.mark.parametrize("name", CASES)
def test_the_page_is_balanced_and_complete_in_itself(scenes, name):
    page = read_page(write_page(scenes[name]))
    assert page.faults == []
    assert page.outside == []


@pytest.mark.parametrize("name", STORIES)
def test_without_scripts_it_says_what_the_picture_says(name):
    picture = draw_picture(STORIES[name], HEADING)
    page = read_page(draw(STORIES[name]))
    lanes = "".join("".join(n.text for n in page.all("text")).split()).replace("→", "->")
    for row in picture.rows:
        for line in row.lines:
            assert "".join(line.text.split()) in lanes
    said = "".join(page.text_of("header").split())
    assert "".join(picture.reason.headline.replace("`", "").split()) in said
    for fact in picture.reason.rows:
        assert "".join(fact.what.split()) in said
    for line in picture.closing:
        assert line in page.text_of("footer")


def test_what_needs_the_script_is_hidden_until_it_runs(scenes):
    page = read_page(write_page(scenes["deadlock"]))
    (bar,) = page.all("nav")
    assert "hidden" in bar.facts
    assert [n.text for n in bar.walk() if n.tag == "kbd"][:2] == ["\u2190", "\u2192"]


@pytest.mark.parametrize("name", CASES)
def test_the_data_has_a_station_for_each_state_and_a_row_for_each_row(scenes, name):
    parts = data_of(read_page(write_page(scenes[name])))["parts"]
    assert len(parts) == len(scenes[name])
    for part, scene in zip(parts, scenes[name], strict=True):
        assert len(part["stations"]) == part["steps"] + 1
        assert len(part["rows"]) == len(scene.picture.rows)
        values = [""] * len(scene.tour.places)
        for station, told in zip(part["stations"], scene.tour.stations, strict=True):
            for place, value in station["values"]:
                values[place] = value
            assert tuple(values) == told.values
            assert [t["is"] for t in station["threads"]] == [s.condition for s in told.standings]


def test_a_row_says_once_whom_it_wakes_and_why_the_thread_before_stops(scenes):
    (part,) = data_of(read_page(write_page(scenes["use-after-free"])))["parts"]
    wakes = [n for n, row in enumerate(part["rows"]) if any("lets" in x for x in row["links"])]
    assert wakes
    for number in wakes:
        assert "lets `poll` go on, in step" in " ".join(part["rows"][number]["links"])
        assert "wake" not in {line["role"] for line in part["rows"][number]["lines"]}
    whys = [row["why"] for row in part["rows"] if row["switch"]]
    assert whys == [row.why for row in scenes["use-after-free"][0].picture.rows if row.switch]
    assert "write has finished" in whys


def test_every_row_is_in_the_drawing_with_its_number(scenes):
    page = read_page(write_page(scenes["released_once"]))
    rows = range(len(scenes["released_once"][0].picture.rows))
    bands = [n.facts["data-row"] for n in page.all("rect", class_="band")]
    assert bands == [str(n) for n in rows]
    for number, row in enumerate(scenes["released_once"][0].picture.rows):
        groups = [n for n in page.all("g") if n.facts.get("data-row") == str(number)]
        said = "".join("".join(n.text for n in groups).split())
        assert "".join(row.does.split()) in said


def test_the_source_has_a_line_for_each_line_of_the_spec(scenes):
    page = read_page(write_page(scenes["released_once"]))
    lines = [n for n in page.all("li") if n.facts.get("id", "").startswith("f0-")]
    assert [n.text for n in lines] == KERNFS.rstrip().split("\n")
    assert [n.facts["id"] for n in lines] == [f"f0-{n}" for n in range(1, len(lines) + 1)]
    for part in data_of(page)["parts"]:
        for row in part["rows"]:
            assert page.all("li", id=row["at"])


def test_both_orders_of_a_cycle_are_parts_of_one_page(scenes):
    page = read_page(write_page(scenes["lock-order"]))
    tabs = [n.text for n in page.all("button", class_="part")]
    assert tabs == [scene.picture.part_title for scene in scenes["lock-order"]]
    assert len(page.all("svg")) == 2


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)> \"'& <!-- ]]>"


def test_hostile_names_and_texts_stay_text(scenes):
    import dataclasses

    story = STORIES["use_after_free"]
    at = dataclasses.replace(story.steps[0].at, text=HOSTILE, path=f"{HOSTILE}.py")
    first = dataclasses.replace(story.steps[0], at=at, notes=(HOSTILE,))
    story = dataclasses.replace(
        story, threads=(HOSTILE, "b", HOSTILE), steps=(first, *story.steps[1:])
    )
    heading = dataclasses.replace(HEADING, path=HOSTILE, settings=((HOSTILE, HOSTILE),))
    tour = Tour(story.threads, texts=((HOSTILE, f"# {HOSTILE}\nx = '''{HOSTILE}'''\n"),))
    text = write_page([Scene(draw_picture(story, heading), tour)])
    page = read_page(text)
    assert page.faults == []
    assert page.outside == []
    assert page.all("img") == []
    assert len(page.all("script")) == 2  # the data and the script
    assert data_of(page)["parts"][0]["threads"] == [HOSTILE, "b", HOSTILE]
    assert page.text_of("li", id="f0-1") == f"# {HOSTILE}"


def test_the_scripts_and_sheets_can_stand_in_a_page():
    for path in (*PAGES.glob("*.js"), *PAGES.glob("*.css")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"</|<!--", text)
        assert text.isascii()


def test_every_colour_of_the_drawing_has_one_in_the_dark(scenes):
    sheet = (PAGES / "trace.css").read_text(encoding="utf-8")
    pictures = [s.picture for found in scenes.values() for s in found]
    pictures += [draw_picture(story, HEADING) for story in STORIES.values()]
    for picture in pictures:
        for shape in lay_out_lanes(picture).shapes:
            for name, facts in (("fill", ("fill", "colour")), ("stroke", ("stroke",))):
                for fact in facts:
                    colour = getattr(shape, fact, None)
                    if colour is not None:
                        assert f'[{name}="{colour}"]' in sheet, (name, colour)


def test_both_dark_themes_are_the_same():
    sheet = (PAGES / "base.css").read_text(encoding="utf-8")
    chosen, preferred = re.findall(r"color-scheme: dark;([^}]*)}", sheet)
    assert chosen.split() == preferred.split()
    light = re.search(r"color-scheme: light;([^}]*)}", sheet)[1]
    assert re.findall(r"--[\w-]+(?=:)", light) == re.findall(r"--[\w-]+(?=:)", chosen)


def test_a_sentence_has_its_names_as_code():
    assert write_text("invariant `a<b` holds") == "invariant <code>a&lt;b</code> holds"
    assert write_text("a ` alone") == "a ` alone"


def test_a_text_that_is_no_python_stays_plain():
    assert write_source(
        "def (:\n  '''", 0
    ) == '<li id="f0-1">def (:</li><li id="f0-2">  \'\'\'</li>'.replace("'", "&#x27;")
    assert '<span class="keyword">pass</span>' in write_source("if 1:\n    pass", 0)


def test_the_page_is_the_same_each_time(scenes):
    assert write_page(scenes["deadlock"]) == write_page(scenes["deadlock"])
