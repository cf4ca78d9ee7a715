"""Quiet steps of a long trace are told together: which, and what the picture is then."""

import dataclasses
import random

import pytest
from stories import HEADING, STORIES, at, change, random_story, read, step, take

from modelcheck.trace.draw import draw_picture
from modelcheck.trace.events import Failure, Frame, SourceLine, Story, Waiting
from modelcheck.trace.fold import FEW_ROWS, LEAST_FOLDED, fold_quiet
from modelcheck.trace.text import write_text

SEEDS = range(60)


def draw(story):
    return draw_picture(story, HEADING)


def walk(count, middle=None, **failure):
    """One thread that takes so many steps, each with a place of its own; the last one fails."""
    events = [
        step(n, 0, 10 + n, f"x{n} = {n}", changes=change(f"x{n}", "0", str(n)))
        for n in range(1, count + 1)
    ]
    if middle is not None:
        number, facts = middle
        events[number - 1] = dataclasses.replace(events[number - 1], **facts)
    failed = Failure("use-after-free", "built in", "step", **failure)
    return Story(("walks", "other"), (0, 1), tuple(events), failed)


def long_story(seed):
    """A random story in which threads go on for a while before and after what they do."""
    rng, story, events = random.Random(seed), random_story(seed), []
    for event in story.steps:
        quiet = [step(0, event.thread, rng.randrange(1, 99), "q = 1") for _ in range(8)]
        before, after = rng.randrange(4), rng.randrange(4, 8)
        stays = dataclasses.replace(event, leaves=None, blocked=None)
        last = dataclasses.replace(quiet[-1], leaves=event.leaves, blocked=event.blocked)
        events += [*quiet[:before], stays, *quiet[before:after], last]
    numbered = (dataclasses.replace(event, number=n) for n, event in enumerate(events, 1))
    return dataclasses.replace(story, steps=tuple(numbered))


def labels(picture):
    return [row.label for row in picture.rows]


def test_a_short_trace_is_told_whole():
    picture = draw(walk(FEW_ROWS))
    assert fold_quiet(picture) == picture


def test_the_steps_before_the_one_that_fails_are_one_row():
    picture = draw(walk(FEW_ROWS + 2))
    told = fold_quiet(picture)
    assert labels(told) == ["1-13", "14"]
    fold, failed = told.rows
    assert fold.does == "... 13 steps: lines " + ", ".join(str(10 + n) for n in range(1, 14))
    assert failed == picture.rows[-1]


@pytest.mark.parametrize(
    "facts",
    [
        {"notes": ("either() is True",)},
        {"inside": at(249, "wait_until(len(snapshot.waits_for) == 0)", "kernel/rcu.py")},
        {"entered": (("rcu", 0),)},
        {"left": (("rcu", 0),)},
        {"taken": (("m", 0),)},
        {"released": ("m",)},
        {"woken": (1,)},
        {"started": (1,)},
        {"allocated": ("box[1]",)},
        {"freed": ("box[1]",)},
        {"reads": read("p", "box[0]")},
        {"reads": read("box[0].n", "1")},
        {"changes": change("p", "box[0]", "None")},
        {"changes": change("p", "None", "box[0].link")},
        {"known": (("t", "box[0]"),)},
    ],
)
def test_a_step_that_matters_stands_alone(facts):
    """It chooses, holds, wakes, begins or ends something, or sees what the failure is about."""
    assert labels(fold_quiet(draw(walk(15, (7, facts), object="box[0].lock")))) == [
        "1-6",
        "7",
        "8-14",
        "15",
    ]


def test_what_another_thread_reads_is_told_wherever_it_changes():
    story = walk(16, (3, {"changes": change("kn.active", "0", "1")}))
    events = list(story.steps)
    events[9] = dataclasses.replace(events[9], changes=change("kn.active", "1", "0"))
    events[15] = dataclasses.replace(events[15], thread=1, reads=read("kn.active", "0"))
    told = fold_quiet(draw(dataclasses.replace(story, steps=tuple(events))))
    assert labels(told) == ["1", "2", "3", "4-9", "10", "11-15", "16"]


def test_other_objects_are_not_what_the_failure_is_about():
    facts = {"reads": read("p", "box[10]"), "changes": change("box[1].n", "0", "1")}
    assert labels(fold_quiet(draw(walk(15, (7, facts), object="box[0].lock")))) == ["1-14", "15"]


def test_what_was_called_is_named():
    own, library = SourceLine("specs/psi/trigger.py", 3, "f()"), SourceLine("kernel/rcu.py", 9, "x")
    stack = (Frame("inner", library), Frame("synchronize_rcu", library), Frame("destroy", own))
    (fold, _) = fold_quiet(draw(walk(14, (7, {"stack": stack})))).rows
    assert fold.inside == "in destroy; calls synchronize_rcu"


@pytest.mark.parametrize("seed", SEEDS)
def test_every_other_row_stays_and_so_does_all_that_leads_to_it(seed):
    picture = draw(long_story(seed))
    told = fold_quiet(picture)
    covered = []
    for row in told.rows:
        if row.kind != "fold":
            covered.append(row.number)
            continue
        first, last = row.span
        assert last - first + 1 >= LEAST_FOLDED
        covered += range(first, last + 1)
        inside = [r for r in picture.rows if r.number is not None and first <= r.number <= last]
        assert all(r.quiet and r.lane == row.lane for r in inside)
        assert [r.switch for r in inside] == [row.switch, *[False] * (len(inside) - 1)]
    assert covered == [row.number for row in picture.rows]
    for before, after in zip(picture.arrows, told.arrows, strict=True):
        ends = ((before.source, after.source), (before.target, after.target))
        assert all(picture.rows[old] == told.rows[new] for old, new in ends)
    for before, after in zip(picture.bars, told.bars, strict=True):
        for old, new in ((before.first, after.first), (before.last, after.last)):
            assert (old < 0 and new == old) or holds(told.rows[new], picture.rows[old].number)
    assert [lane.name for lane in told.lanes] == [lane.name for lane in picture.lanes]
    assert fold_quiet(told) == told
    assert len(picture.rows) <= FEW_ROWS or any(row.kind == "fold" for row in told.rows)


def holds(row, number):
    if row.kind == "fold":
        return row.span[0] <= number <= row.span[1]
    return row.number == number


def test_blocked_threads_behind_one_at_rest_are_told():
    events = walk(14).steps
    stand = [Waiting(t, at(50 + t, "wait()"), idle=t == 2) for t in (2, 3, 4)]
    story = Story(
        ("walks", "b", "rests", "c", "d"),
        tuple(range(5)),
        events,
        Failure("deadlock", "built in", "state"),
        waiting=tuple(stand),
    )
    assert labels(fold_quiet(draw(story))) == ["1-14", "", "", ""]


def test_all_steps_are_told_where_they_are_asked_for():
    picture = draw(walk(20))
    assert "1-19" in write_text(picture)
    text = write_text(picture, all_steps=True)
    assert all(f"x{n} = {n}" in text for n in range(1, 21))


def test_the_head_of_a_report_is_ten_lines_at_most():
    needs = tuple(f"`{'x' * 60}` in a (step {n}) before `y` in b (step 9)" for n in range(1, 5))
    heading = dataclasses.replace(HEADING, needs=needs)
    for story in STORIES.values():
        lines = write_text(draw_picture(story, heading)).splitlines()
        head = next(n for n, line in enumerate(lines) if line.split()[:2] == ["step", "thread"])
        assert head <= 10
        assert any(line.endswith("; 2 more below") for line in lines[:head])
        assert sum("needs" in line for line in lines[head:]) == 2


def test_a_lock_is_still_held_across_what_is_folded():
    events = (
        take(1, 0, 10),
        *(dataclasses.replace(e, number=e.number + 1) for e in walk(14).steps),
    )
    story = dataclasses.replace(walk(14), steps=events)
    told = fold_quiet(draw(story))
    assert labels(told) == ["1", "2-14", "15"]
    (bar,) = [bar for bar in told.bars if bar.kind == "lock"]
    assert (bar.first, bar.last, bar.open) == (0, 2, True)
