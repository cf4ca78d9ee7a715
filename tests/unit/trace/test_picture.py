import dataclasses

import pytest
from stories import (
    HEADING,
    STORIES,
    change,
    deadlock,
    random_story,
    read,
    step,
    use_after_free,
)

from modelcheck.trace.draw import draw_picture
from modelcheck.trace.events import Failure, Story, Waiting


def draw(name):
    return draw_picture(STORIES[name], HEADING)


def bars(picture, kind):
    return {(b.name, b.first, b.last, b.open) for b in picture.bars if b.kind == kind}


def arrows(picture, kind):
    numbers = [row.number for row in picture.rows]
    return {(numbers[a.source], numbers[a.target]) for a in picture.arrows if a.kind == kind}


def test_a_lock_is_a_bar_on_its_owners_lane_from_taken_to_released():
    picture = draw("use_after_free")
    assert bars(picture, "lock") == {("group.lock", 3, 6, False), ("group.lock", 7, 8, True)}
    names = [picture.lanes[b.lane].name for b in picture.bars if b.kind == "lock"]
    assert names == ["write[1]", "poll"]


def test_an_object_is_a_bar_from_new_to_free_with_a_stub_up_to_its_use():
    picture = draw("use_after_free")
    assert bars(picture, "life") == {("trigger[0]", 0, 5, False)}
    assert bars(picture, "freed") == {("trigger[0]", 5, 8, False)}


def test_a_read_points_back_to_the_latest_write_of_another_thread():
    assert arrows(draw("use_after_free"), "reads") == {(2, 3), (7, 8)}


def test_a_threads_own_write_is_no_arrow():
    story = use_after_free()
    same = dataclasses.replace(
        story, steps=tuple(dataclasses.replace(s, thread=0) for s in story.steps)
    )
    assert arrows(draw_picture(same, HEADING), "reads") == set()


def test_the_free_points_to_the_use():
    assert arrows(draw("use_after_free"), "free-use") == {(6, 9)}


def test_a_double_free_points_from_the_first_free():
    story = use_after_free()
    again = dataclasses.replace(story.steps[-1], freed=("trigger[0]",))
    story = dataclasses.replace(
        story,
        steps=(*story.steps[:-1], again),
        failure=dataclasses.replace(story.failure, property="double-free"),
    )
    assert arrows(draw_picture(story, HEADING), "free-use") == {(6, 9)}


def test_only_the_failing_step_is_marked():
    assert [row.number for row in draw("use_after_free").rows if row.failed] == [9]
    assert [row.number for row in draw("broken_invariant").rows if row.failed] == [4]


def test_blocked_threads_have_rows_and_point_at_each_other():
    picture = draw("deadlock")
    waits = [row for row in picture.rows if row.kind == "wait"]
    assert [row.tag for row in waits] == [
        "waits for b, held by close[1]",
        "waits for a, held by close[0]",
        "waits while work.pending is False",
    ]
    assert [(a.source, a.target) for a in picture.arrows] == [(2, 3), (3, 2)]
    assert not any(row.failed for row in picture.rows)


def test_a_deadlock_names_its_cycle():
    row, *_ = draw("deadlock").reason.rows
    assert row.what == "close[0] -> close[1] -> close[0]"


def test_waiting_for_a_thread_outside_the_cycle_is_no_cycle():
    story = deadlock()
    third = dataclasses.replace(story.waiting[2], holders=(("a", 0),))
    second = dataclasses.replace(story.waiting[1], holders=())
    story = dataclasses.replace(story, waiting=(story.waiting[0], second, third))
    rows = draw_picture(story, HEADING).reason.rows
    assert [row.role for row in rows if row.role == "cycle"] == []


def test_a_sleeper_is_told_with_what_it_did_not_see():
    steps = (
        step(1, 0, 11, "wait_event(q, lambda: x.n == 0)", reads=read("x.n", "1")),
        step(2, 1, 20, "y.n = 1", changes=change("y.n", "0", "1")),
        step(3, 1, 21, "x.n = 0", changes=change("x.n", "1", "0")),
    )
    blocked = Waiting(0, steps[0].at, reads=read("task.state", "SLEEPS"))
    story = Story(
        ("sleeper", "waker"),
        (0, 1),
        steps,
        Failure("deadlock", "built in", "state"),
        waiting=(blocked,),
    )
    picture = draw_picture(story, HEADING)
    assert "deadlock after 3 steps: sleeper waits, and no thread can go on" in (
        picture.reason.headline
    )
    assert [row.quiet for row in picture.rows] == [False, True, False, False]
    (missed,) = [row for row in picture.reason.rows if row.role == "missed"]
    assert (missed.step, missed.thread) == (3, "waker")
    assert missed.what == "x.n becomes 0, and nobody wakes sleeper, which last saw 1 (step 1)"
    seen = dataclasses.replace(story, steps=(*steps, dataclasses.replace(steps[0], number=4)))
    assert not [r for r in draw_picture(seen, HEADING).reason.rows if r.role == "missed"]
    own = dataclasses.replace(steps[0], changes=change("x.n", "0", "1"))
    other = dataclasses.replace(story, steps=(own, *steps[1:]))
    assert not [r for r in draw_picture(other, HEADING).reason.rows if r.role == "missed"]


def test_those_of_a_circle_wait_for_each_other():
    headline = draw("deadlock").reason.headline
    assert (
        headline == "deadlock after 2 steps: close[0] and close[1] wait for each other (shortest)"
    )


def test_a_use_after_a_free_says_in_its_first_line_where_the_free_was():
    assert ", freed in step 6 by write[1]" in draw("use_after_free").reason.headline


def test_a_quiet_row_is_one_that_nothing_points_at_and_no_mark_is_about():
    picture = draw("long")
    told = {end for arrow in picture.arrows for end in (arrow.source, arrow.target)}
    named = {row.step for row in picture.reason.rows}
    quiet = [n for n, row in enumerate(picture.rows) if row.quiet]
    assert quiet
    assert told
    assert not told & set(quiet)
    for number in quiet:
        row = picture.rows[number]
        assert row.kind == "step"
        assert not row.failed
        assert row.number not in named
        assert not {line.role for line in row.effects} & {"lock", "wake", "life"}


def test_a_lock_handed_over_is_one_line_with_the_reading_of_its_owner():
    picture = draw("use_after_free")
    twins = [a for a in picture.arrows if (a.source, a.target) == (6, 7)]
    assert {a.kind for a in twins} == {"reads", "hands over"}
    assert len({(a.gutter, a.track) for a in twins}) == 1


def test_both_accesses_of_a_race_are_marked():
    picture = draw("data_race")
    assert [(row.kind, row.failed) for row in picture.rows] == [
        ("step", False),
        ("race", True),
        ("race", True),
    ]
    assert [row.what for row in picture.reason.rows] == [
        "reader reads x.n (plain)",
        "writer writes x.n (plain)",
    ]


def test_a_lane_begins_where_its_thread_is_spawned_and_ends_with_it():
    story = use_after_free()
    steps = list(story.steps)
    steps[1] = dataclasses.replace(steps[1], started=(2,), ended=(0,))
    story = dataclasses.replace(story, alive=(0, 1), steps=tuple(steps))
    lanes = {lane.name: lane for lane in draw_picture(story, HEADING).lanes}
    assert (lanes["poll"].start, lanes["poll"].ended) == (1, False)
    assert (lanes["write[0]"].end, lanes["write[0]"].ended) == (1, True)


def test_a_thread_that_does_nothing_has_no_lane():
    story = use_after_free()
    story = dataclasses.replace(story, threads=(*story.threads, "idler"), alive=(0, 1, 2, 3))
    assert [lane.name for lane in draw_picture(story, HEADING).lanes] == list(story.threads[:3])


def test_a_lock_held_from_the_start_is_a_bar_from_above():
    story = dataclasses.replace(deadlock(), held=(("c", 0),))
    assert ("c", -1, 4, True) in bars(draw_picture(story, HEADING), "lock")


@pytest.mark.parametrize("seed", range(20))
def test_arrows_in_one_gutter_never_share_a_track(seed):
    picture = draw_picture(random_story(seed), HEADING)
    for i, a in enumerate(picture.arrows):
        for b in picture.arrows[i + 1 :]:
            if (a.source, a.target) == (b.source, b.target):
                assert a.track == b.track
            elif (a.gutter, a.track) == (b.gutter, b.track):
                rows_a, rows_b = sorted((a.source, a.target)), sorted((b.source, b.target))
                assert rows_a[1] < rows_b[0] or rows_b[1] < rows_a[0]


@pytest.mark.parametrize("seed", range(20))
def test_bars_of_one_lane_never_share_a_track_at_a_row(seed):
    picture = draw_picture(random_story(seed), HEADING)
    locks = [b for b in picture.bars if b.kind in ("lock", "read")]
    for i, a in enumerate(locks):
        for b in locks[i + 1 :]:
            if (a.lane, a.track) == (b.lane, b.track):
                assert a.last <= b.first or b.last <= a.first
