import dataclasses
import json
import shutil
import subprocess

import pytest
from stories import HEADING, STORIES, use_after_free

from modelcheck.trace.dot import quote_dot, write_dot
from modelcheck.trace.draw import draw_picture

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def run_dot(text, form="plain"):
    done = subprocess.run(
        ["dot", f"-T{form}"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("name", ["use_after_free", "deadlock", "data_race"])
def test_dot_is_the_recorded_one(name, golden):
    golden(f"trace/{name}.dot", write_dot(draw_picture(STORIES[name], HEADING)))


@needs_dot
@pytest.mark.parametrize("name", [name for name in STORIES if name != "long"])
def test_graphviz_accepts_it_without_a_word(name):
    picture = draw_picture(STORIES[name], HEADING)
    done = run_dot(write_dot(picture))
    assert done.stderr == ""
    assert done.stdout.count("\nnode row_") == len(picture.rows)


@needs_dot
def test_text_that_is_dot_syntax_stays_text():
    story = use_after_free()
    hostile = 'a -> b; } digraph "x" [label=<b>] \\N \\'
    at = dataclasses.replace(story.steps[0].at, text=hostile)
    story = dataclasses.replace(
        story, steps=(dataclasses.replace(story.steps[0], at=at), *story.steps[1:])
    )
    picture = draw_picture(story, HEADING)
    assert run_dot(write_dot(picture)).stdout.count("\nnode row_") == len(picture.rows)


@needs_dot
def test_each_thread_is_a_cluster_with_its_rows():
    picture = draw_picture(STORIES["use_after_free"], HEADING)
    graph = json.loads(run_dot(write_dot(picture), "json").stdout)
    names = {thing["_gvid"]: thing["name"] for thing in graph["objects"]}
    lanes = {
        thing["name"]: {names[n] for n in thing["nodes"] if names[n].startswith("row_")}
        for thing in graph["objects"]
        if thing["name"].startswith("cluster_lane")
    }
    assert lanes == {
        f"cluster_lane_{index}": {
            f"row_{number}" for number, row in enumerate(picture.rows) if row.lane == index
        }
        for index in range(len(picture.lanes))
    }


@pytest.mark.parametrize("name", STORIES)
def test_dot_says_everything_the_picture_says(name):
    picture = draw_picture(STORIES[name], HEADING)
    text = write_dot(picture)
    for row in picture.rows:
        for line in row.lines:
            assert quote_dot(line.text)[1:-1] in text
    for bar in picture.bars:
        assert bar.name in text
