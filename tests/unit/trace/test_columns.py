"""A trace with a column for each thread."""

import re

import pytest
from stories import HEADING, STORIES, random_story

from modelcheck.trace.columns import LEAST, write_columns
from modelcheck.trace.draw import draw_picture
from modelcheck.trace.text import write_text


@pytest.mark.parametrize("name", ["use_after_free", "deadlock"])
def test_columns_are_the_recorded_ones(name, golden):
    picture = draw_picture(STORIES[name], HEADING)
    golden(f"trace/{name}.columns.txt", write_text(picture, columns=100))


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("width", [60, 120, 200])
def test_everything_of_a_row_stands_in_the_column_of_its_thread(seed, width):
    picture = draw_picture(random_story(seed), HEADING)
    head, *lines = [line for line in write_columns(picture, width) if "start: " not in line]
    starts = [head.index(f"  {lane.name}") + 2 for lane in picture.lanes]
    margin = starts[0] - 2
    column = starts[1] - starts[0] - 2 if len(starts) > 1 else None
    told = iter(picture.rows)
    row, words = None, []
    for line in lines:
        if line.startswith("--"):
            continue
        if number := line[:margin].strip():
            if row is not None:
                assert "".join(words) == squeeze(row)
            row, words = next(told), []
            assert number.removeprefix("=> ") == str(row.number or "=>")
        cells = [line[start : start + column + 2 if column else None].strip() for start in starts]
        words.append(re.sub(r"^\* |\s", "", cells[row.lane]))
        others = [cell for lane, cell in enumerate(cells) if lane != row.lane]
        assert set(others) <= {"|", ""}
    assert "".join(words) == squeeze(row)
    assert next(told, None) is None
    longest = max(len(line) for line in (head, *lines) if not line.startswith("--"))
    assert longest <= max(width, margin + len(starts) * (LEAST + 2))


def squeeze(row):
    """What is to be read of a row, without spaces."""
    tag = f"VIOLATED: {row.tag}" if row.failed and row.tag else row.tag
    texts = [f"{row.at.line}: {row.does}", row.inside, *(e.text for e in row.effects), tag]
    return re.sub(r"\s", "", "".join(texts))


def test_who_has_not_started_or_has_ended_has_no_bar():
    """Threads of random stories start and end on the way."""
    seen = set()
    for seed in range(40):
        picture = draw_picture(random_story(seed), HEADING)
        if len(picture.lanes) < 2:
            continue
        head, *lines = write_columns(picture, 200)
        lines = [line for line in lines if re.match(r" *(=> )?\d+ ", line)]
        for place, lane in enumerate(picture.lanes):
            at = head.index(f"  {lane.name}") + 2
            for number, line in enumerate(lines):
                if len(lines) == len(picture.rows) and picture.rows[number].lane != place:
                    is_there = lane.start <= number and not (lane.ended and number > lane.end)
                    assert (line[at : at + 1] == "|") is is_there
                    seen.add(is_there)
    assert seen == {True, False}
